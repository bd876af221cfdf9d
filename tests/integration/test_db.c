/* Asking a real PostgreSQL: values, writes, what a statement leaves behind, the order of answers.
 */
#include "agent/io/db.h"

#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "tests/support/asking.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct loop *loop;
static struct db_config config = {.name = "main"};
static struct db *db;

static struct asked write_sql(const char *sql)
{
    struct asked asked = ask_statement(
        loop, db, &(struct db_statement){.sql = sql, .timeout_ms = 10000, .writes = true});

    assert_string_equal(asked.err.text, "");
    return asked;
}

static int set_up(void **state)
{
    (void)state;
    config.conninfo = getenv("TEST_DATABASE");
    if (config.conninfo == NULL) {
        (void)fputs("run it under tests/support/with-services\n", stderr);
        return -1;
    }
    loop = loop_new();
    db = db_new(loop, &config);
    (void)write_sql("CREATE SCHEMA test_db");
    (void)write_sql("CREATE TABLE test_db.numbers AS SELECT n FROM generate_series(1, 1000) n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_free(db);
    loop_free(loop);
    return 0;
}

static const struct {
    const char *name, *sql;
    int64_t integer;
    bool is_integer, is_null;
    const char *text; /* NULL: not looked at */
} values[] = {
    {"an int2", "SELECT (-32768)::int2", INT16_MIN, true, false, NULL},
    {"an int4", "SELECT (-2147483648)::int4", INT32_MIN, true, false, NULL},
    {"the largest int8", "SELECT 9223372036854775807", INT64_MAX, true, false, NULL},
    {"the smallest int8", "SELECT (-9223372036854775808)::int8", INT64_MIN, true, false, NULL},
    {"a count", "SELECT count(*) FROM test_db.numbers", 1000, true, false, NULL},
    {"true is 1", "SELECT true", 1, true, false, NULL},
    {"false is 0", "SELECT false", 0, true, false, NULL},
    {"a NULL is 0", "SELECT NULL::int8", 0, true, true, ""},
    {"text is no integer", "SELECT 'a\u00e9'::text", 0, false, false, "a\u00e9"},
    {"an empty text is not NULL", "SELECT ''", 0, false, false, ""},
    {"numeric is no integer", "SELECT 1::numeric", 0, false, false, NULL},
    {"numeric as text", "SELECT (0.10 + 0.20)::text", 0, false, false, "0.30"},
    {"text beyond ASCII from a name", "SELECT current_setting('client_encoding')", 0, false, false,
     "UTF8"},
};

static void reads_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct asked asked = ask(loop, db, values[i].sql);

        print_message("# %s\n", values[i].name);
        assert_string_equal(asked.err.text, "");
        assert_int_equal(asked.rows, 1);
        assert_int_equal(asked.is_null, values[i].is_null);
        assert_int_equal(asked.is_integer, values[i].is_integer);
        assert_true(asked.integer == values[i].integer);
        if (values[i].text != NULL)
            assert_string_equal(asked.text, values[i].text);
        assert_true(asked.took_us > 0);
    }
}

static void reads_no_rows(void **state)
{
    struct asked asked = ask(loop, db, "SELECT 1 WHERE false");

    (void)state;
    assert_string_equal(asked.err.text, "");
    assert_int_equal(asked.rows, 0);
}

static const struct {
    const char *name, *sql;
    bool is_list;
    size_t count;
    int64_t list[4];
} lists[] = {
    {"int2[]", "SELECT '{1,-2}'::int2[]", true, 2, {1, -2}},
    {"int4[] leaves NULLs out",
     "SELECT '{NULL,7,NULL,-2147483648}'::int4[]",
     true,
     2,
     {7, INT32_MIN}},
    {"int8[] leaves NULLs out",
     "SELECT ARRAY[NULL,9223372036854775807,-1]::int8[]",
     true,
     2,
     {INT64_MAX, -1}},
    {"an empty list", "SELECT '{}'::int4[]", true, 0, {0}},
    {"a list of nothing but NULL", "SELECT '{NULL}'::int8[]", true, 0, {0}},
    {"no list at all", "SELECT NULL::int8[]", true, 0, {0}},
    {"two dimensions", "SELECT '{{1,2},{3,4}}'::int4[]", true, 4, {1, 2, 3, 4}},
    {"array_agg",
     "SELECT array_agg(n ORDER BY n) FROM test_db.numbers WHERE n < 4",
     true,
     3,
     {1, 2, 3}},
    {"text[] is refused", "SELECT '{1}'::text[]", false, 0, {0}},
    {"a number is no list", "SELECT 1", false, 0, {0}},
};

static void reads_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct asked asked = ask(loop, db, lists[i].sql);

        print_message("# %s\n", lists[i].name);
        assert_string_equal(asked.err.text, "");
        assert_int_equal(asked.is_list, lists[i].is_list);
        assert_int_equal(asked.list_count, lists[i].count);
        assert_memory_equal(asked.list, lists[i].list, lists[i].count * sizeof(int64_t));
    }
}

static void reads_a_list_of_megabytes(void **state)
{
    struct asked asked =
        ask(loop, db, "SELECT array_agg(n::int8) FROM generate_series(1, 500000) n");

    (void)state;
    assert_string_equal(asked.err.text, "");
    assert_int_equal(asked.list_count, 500000);
    assert_true(asked.list_sum == INT64_C(500000) * 500001 / 2);
}

/* More than the socket takes at once, so that the rest has to wait until it can be written. */
static void sends_a_statement_of_megabytes(void **state)
{
    struct asked asked;
    struct str sql;

    (void)state;
    str_init(&sql);
    str_add(&sql, "SELECT length('");
    for (int i = 0; i < 300000; i++)
        str_add(&sql, "0123456789");
    str_add(&sql, "')");
    asked = ask(loop, db, sql.text);
    str_release(&sql);
    assert_true(asked.integer == 3000000);
}

static void passes_parameters(void **state)
{
    const char *const params[] = {"40", NULL, "it's \\"};
    struct asked asked =
        ask_statement(loop, db,
                      &(struct db_statement){
                          .sql = "SELECT $1::int4 + coalesce($2::int4, 2) + length($3::text)",
                          .params = params,
                          .param_count = 3,
                          .timeout_ms = 1000,
                      });

    (void)state;
    assert_string_equal(asked.err.text, "");
    assert_true(asked.integer == 48);
}

/* The server's own list decides which words need quotes; more of them do no harm. */
static void quotes_every_keyword(void **state)
{
    struct str name;

    (void)state;
    str_init(&name);
    for (int64_t i = 0;; i++) {
        struct asked asked;
        char sql[200];

        (void)snprintf(sql, sizeof(sql),
                       "SELECT word::text FROM pg_get_keywords() WHERE catcode <> 'U' "
                       "ORDER BY word OFFSET %d LIMIT 1",
                       (int)i);
        asked = ask(loop, db, sql);
        if (asked.rows == 0)
            break;
        str_clear(&name);
        db_quote_name(asked.text, &name);
        assert_int_equal(name.text[0], '"');
    }
    str_release(&name);
}

static void quoted_names_are_found(void **state)
{
    static const char *const names[] = {"plain", "Mixed Case", "with\"quote", "select", "9lives"};
    struct str sql;

    (void)state;
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        str_clear(&sql);
        str_add(&sql, "SELECT x.");
        db_quote_name(names[i], &sql);
        str_add(&sql, " FROM (SELECT 5 AS ");
        db_quote_name(names[i], &sql);
        str_add(&sql, ") x");
        assert_true(ask(loop, db, sql.text).integer == 5);
    }
    str_release(&sql);
}

static void quoted_texts_come_back(void **state)
{
    static const char *const texts[] = {"", "it's", "back\\slash", "'\\'", "\\", "E'x'", "a\nb"};
    struct str sql;

    (void)state;
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        str_clear(&sql);
        str_add(&sql, "SELECT ");
        db_quote_text(texts[i], &sql);
        assert_string_equal(ask(loop, db, sql.text).text, texts[i]);
    }
    str_release(&sql);
}

static void reading_is_read_only(void **state)
{
    (void)state;
    assert_string_equal(ask(loop, db, "SELECT current_setting('transaction_read_only')").text,
                        "on");
    assert_string_equal(write_sql("SELECT current_setting('transaction_read_only')").text, "off");
    assert_string_equal(ask(loop, db, "SELECT current_setting('transaction_read_only')").text,
                        "on");
}

static void writes_are_committed(void **state)
{
    struct db *other = db_new(loop, &config);

    (void)state;
    (void)write_sql("CREATE TABLE test_db.written (n int)");
    (void)write_sql("INSERT INTO test_db.written VALUES (1), (2)");
    assert_true(ask(loop, other, "SELECT count(*) FROM test_db.written").integer == 2);
    assert_int_equal(ask(loop, db, "INSERT INTO test_db.written VALUES (3)").err.kind,
                     ERROR_REFUSED);
    assert_true(ask(loop, other, "SELECT count(*) FROM test_db.written").integer == 2);
    db_free(other);
}

static const struct {
    const char *name, *setting, *inside, *outside;
} settings[] = {
    {"the statement's time", "statement_timeout", "777ms", "10s"},
    {"the time for a lock", "lock_timeout", "55ms", "0"},
    {"no parallel workers", "max_parallel_workers_per_gather", "0", "0"},
    {"nothing is compiled", "jit", "off", "off"},
    {"the server looks for us", "client_connection_check_interval", "500ms", "500ms"},
};

static void settings_do_not_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        char sql[100];
        struct asked inside;

        print_message("# %s\n", settings[i].name);
        (void)snprintf(sql, sizeof(sql), "SELECT current_setting('%s')", settings[i].setting);
        inside = ask_statement(
            loop, db, &(struct db_statement){.sql = sql, .timeout_ms = 777, .lock_timeout_ms = 55});
        assert_string_equal(inside.text, settings[i].inside);
        assert_string_equal(ask(loop, db, sql).text, settings[i].outside);
    }
}

static void the_session_is_the_same_and_idle(void **state)
{
    struct db *other = db_new(loop, &config);
    int64_t pid = ask(loop, db, "SELECT pg_backend_pid()").integer;
    char sql[200];

    (void)state;
    assert_int_equal(ask(loop, db, "SELECT 1 / 0").err.kind, ERROR_REFUSED);
    assert_true(ask(loop, db, "SELECT pg_backend_pid()").integer == pid);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT state = 'idle' AND application_name = 'service-ping' "
                   "FROM pg_stat_activity WHERE pid = %d",
                   (int)pid);
    ask_until(loop, other, sql);
    assert_true(db_server_version(db) >= 120000);
    assert_int_equal(db_server_version(other), db_server_version(db));
    db_free(other);
}

#define MANY 500

struct line {
    unsigned next; /* the number that has to come now */
    bool in_order;
};

static void took_its_turn(const struct db_result *result, const struct error *err, void *arg)
{
    struct line *line = arg;
    struct error ignored;
    int64_t number = -1;

    if (err == NULL && !db_integer(result, 0, 0, &number, &ignored))
        number = -1;
    /* Every tenth statement is one that fails. */
    if (line->next % 10 == 9 ? err == NULL : number != (int64_t)line->next)
        line->in_order = false;
    if (++line->next == MANY)
        loop_stop(loop);
}

static void queued_queries_answer_in_order(void **state)
{
    struct line line = {.in_order = true};

    (void)state;
    for (int i = 0; i < MANY; i++) {
        char sql[40];

        (void)snprintf(sql, sizeof(sql), i % 10 == 9 ? "SELECT 1 / 0" : "SELECT %d", i);
        (void)db_query(db, &(struct db_statement){.sql = sql, .timeout_ms = 1000}, took_its_turn,
                       &line);
    }
    run_until(loop, &line.next, MANY);
    assert_int_equal(line.next, MANY);
    assert_true(line.in_order);
}

/* An idle session does not keep the loop running. */
static void the_loop_ends_by_itself(void **state)
{
    struct asking asking = {.loop = loop, .db = db};

    (void)state;
    (void)db_query(db, &(struct db_statement){.sql = "SELECT 1", .timeout_ms = 1000}, asking_done,
                   &asking);
    loop_run(loop);
    loop_run(loop);
    assert_int_equal(asking.asked.calls, 1);
}

/* Nothing but errors in the server's log: an admin reads it. Stands last. */
static void the_log_has_no_warnings(void **state)
{
    char path[200], line[1000];
    FILE *log;
    int lines = 0;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/postgres.log", getenv("TEST_DIR"));
    log = fopen(path, "r");
    assert_non_null(log);
    while (fgets(line, sizeof(line), log) != NULL) {
        lines++;
        if (strstr(line, "WARNING:") != NULL)
            fail_msg("%s", line);
    }
    (void)fclose(log);
    assert_true(lines > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(reads_no_rows),
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(reads_a_list_of_megabytes),
        cmocka_unit_test(sends_a_statement_of_megabytes),
        cmocka_unit_test(passes_parameters),
        cmocka_unit_test(quotes_every_keyword),
        cmocka_unit_test(quoted_names_are_found),
        cmocka_unit_test(quoted_texts_come_back),
        cmocka_unit_test(reading_is_read_only),
        cmocka_unit_test(writes_are_committed),
        cmocka_unit_test(settings_do_not_stay),
        cmocka_unit_test(the_session_is_the_same_and_idle),
        cmocka_unit_test(queued_queries_answer_in_order),
        cmocka_unit_test(the_loop_ends_by_itself),
        cmocka_unit_test(the_log_has_no_warnings),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
