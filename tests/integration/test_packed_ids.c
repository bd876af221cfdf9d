/*
 * Ids of several columns in one number, on a real server: ids that grow, turn negative, are zero,
 * NULL, rare or wide in the middle of a walk; every number equals a plain statement.
 */
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/str.h"
#include "metrics/sources.h"
#include "tests/support/rehearsal.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1795255200)

/* Of 60,000 rows, which are pieces of 4,000, 16,000 and 40,000. */
static const struct {
    const char *name, *type, *value;
} columns[] = {
    {"few", "bigint", "CASE WHEN g % 7 > 0 THEN g % 200 END"},
    {"grows", "integer", "g / 3"},
    {"small", "smallint", "g % 3000 + 1"},
    {"dom", "small_id", "CASE WHEN g % 5 > 0 THEN g * 7 % 9999 END"},
    {"widens", "bigint", "CASE WHEN g < 35000 THEN g % 50 ELSE g * 4000000000000 END"},
    {"turns", "bigint", "CASE WHEN g < 30000 THEN g ELSE -g END"},
    {"lowest", "bigint", "CASE g WHEN 50000 THEN '-9223372036854775808'::bigint ELSE g % 1000 END"},
    {"highest", "bigint", "CASE g WHEN 50000 THEN 9223372036854775807 ELSE g % 1000 END"},
    {"powers", "bigint", "1::bigint << (g % 18)::int"},
    {"later", "bigint", "1::bigint << (g / 1000)::int"},
    {"zero", "bigint", "0"},
    {"never", "bigint", "NULL::bigint"},
    {"rare", "bigint", "CASE WHEN g % 50 = 0 THEN g END"},
    {"indexed", "bigint", "CASE WHEN g % 3 > 0 THEN g % 70000 END"},
    {"indexed_int", "integer", "g * 7919 % 30011"},
    {"indexed_below", "bigint", "g - 40000"},
};

static struct sql_desk desk;
static struct database_settings databases[1];
static struct source_settings settings;

static void make_table(void)
{
    struct str sql;

    str_init(&sql);
    str_add(&sql, "CREATE TABLE packed.rows (id bigint PRIMARY KEY, kind int NOT NULL");
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        str_add_format(&sql, ", %s %s", columns[i].name, columns[i].type);
    sql_desk_write_format(&desk, "%s)", sql.text);
    str_clear(&sql);
    str_add(&sql, "INSERT INTO packed.rows SELECT g, g % 10");
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        str_add_format(&sql, ", %s", columns[i].value);
    sql_desk_write_format(&desk, "%s FROM generate_series(1::bigint, 60000) g", sql.text);
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (strstr(columns[i].name, "indexed") != NULL)
            sql_desk_write_format(&desk, "CREATE INDEX ON packed.rows (%s)", columns[i].name);
    sql_desk_write(&desk, "ANALYZE packed.rows");
    str_release(&sql);
}

static int set_up(void **state)
{
    (void)state;
    /* So that the test sees what was asked. */
    sql_desk_open(&desk, "options='-csearch_path=packed -clog_statement=all'");
    databases[0] = (struct database_settings){.name = "main", .config = desk.config, .duty = 1};
    settings = (struct source_settings){
        .databases = databases,
        .database_count = 1,
        .piece_target_ms = 1000,
        .statement_timeout_ms = 15000,
        .small_table_rows = -1,
    };
    sql_desk_write(&desk, "DROP SCHEMA IF EXISTS packed CASCADE");
    sql_desk_write(&desk, "CREATE SCHEMA packed");
    sql_desk_write(&desk, "CREATE DOMAIN packed.small_id AS bigint CHECK (VALUE > -9)");
    make_table();
    now_stop_at(RECORDED_AT * US_PER_SECOND);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sql_desk_close(&desk);
    return 0;
}

/* ---- What the server was asked ---- */

static const char *server_log(struct arena *arena)
{
    struct error err;
    char path[512];
    const char *text;
    size_t length;

    (void)snprintf(path, sizeof(path), "%s/postgres.log", getenv("TEST_DIR"));
    assert_true(file_read(path, arena, &text, &length, &err));
    return text;
}

/* How often it stands in the server's log. */
static unsigned times_of(const char *what)
{
    struct arena *arena = arena_new();
    unsigned times = 0;

    for (const char *at = server_log(arena); (at = strstr(at, what)) != NULL; at++)
        times++;
    arena_free(arena);
    return times;
}

/* ---- Cases ---- */

static struct rehearsal *distinct_counts(void)
{
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);

    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        char fields[256];

        (void)snprintf(fields, sizeof(fields),
                       "key_path: of.%s\n"
                       "options: {relation: rows, operation: distinct_count, column: %s}\n",
                       columns[i].name, columns[i].name);
        rehearsal_define(rehearsal, fields);
    }
    rehearsal_define(rehearsal, "key_path: filtered\noptions: {relation: rows, operation: "
                                "distinct_count, column: grows, where: few > 100}\n");
    rehearsal_define(rehearsal, "key_path: all\noptions: {relation: rows}\n");
    return rehearsal;
}

static void assert_same(const struct rehearsal *rehearsal, const char *key_path, const char *sql)
{
    struct str count;

    str_init(&count);
    str_add_format(&count, "%" PRId64, rehearsal_outcome(rehearsal, key_path)->value.count);
    print_message("  %s\n", key_path);
    assert_int_equal(rehearsal_outcome(rehearsal, key_path)->status, STATUS_OK);
    assert_string_equal(count.text, sql_desk_ask(&desk, sql).text);
    str_release(&count);
}

static void assert_distinct_counts(const struct rehearsal *rehearsal)
{
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        char key_path[64], sql[128];

        (void)snprintf(key_path, sizeof(key_path), "of.%s", columns[i].name);
        (void)snprintf(sql, sizeof(sql), "SELECT count(DISTINCT %s)::text FROM rows",
                       columns[i].name);
        assert_same(rehearsal, key_path, sql);
    }
    assert_same(rehearsal, "filtered",
                "SELECT count(DISTINCT grows)::text FROM rows WHERE few > 100");
    assert_same(rehearsal, "all", "SELECT count(*)::text FROM rows");
}

static void ids_are_packed_and_come_out_right(void **state)
{
    struct rehearsal *rehearsal = distinct_counts();
    unsigned packed = times_of("int8send(coalesce("), looked_up = times_of("(SELECT max(indexed)");

    (void)state;
    rehearsal_run(rehearsal);
    assert_distinct_counts(rehearsal);
    assert_true(times_of("int8send(coalesce(") >= packed + 2);
    assert_true(times_of("(SELECT max(indexed)") > looked_up);
    rehearsal_free(rehearsal);
}

/* With so many conditions the rows are grouped first, and ids are read by a second scan. */
static void ids_beside_groups_are_packed(void **state)
{
    struct rehearsal *rehearsal = distinct_counts();
    unsigned packed = times_of("(coalesce(");

    (void)state;
    for (int i = 0; i < 80; i++) {
        char fields[128];

        (void)snprintf(fields, sizeof(fields),
                       "key_path: kind.k%d\noptions: {relation: rows, where: kind < %d}\n", i, i);
        rehearsal_define(rehearsal, fields);
    }
    rehearsal_run(rehearsal);
    assert_string_equal(rehearsal_describe_probe(rehearsal, "all").brief, "walk, grouped");
    assert_distinct_counts(rehearsal);
    assert_same(rehearsal, "kind.k3", "SELECT count(*)::text FROM rows WHERE kind < 3");
    assert_true(times_of("(coalesce(") > packed);
    rehearsal_free(rehearsal);
}

/* What is known of the ids is learnt anew after each interruption. */
static void interrupted_walks_pack_again(void **state)
{
    struct rehearsal *rehearsal = distinct_counts();

    (void)state;
    rehearsal_save_always(rehearsal);
    assert_in_range(rehearsal_interrupt(rehearsal, 2), 1, 50);
    assert_distinct_counts(rehearsal);
    rehearsal_free(rehearsal);
}

/* A column that fails takes none of those with it that it was packed with. */
static void a_bad_metric_costs_itself_only(void **state)
{
    struct rehearsal *rehearsal = distinct_counts();
    const struct outcome *guilty;

    (void)state;
    rehearsal_define(rehearsal,
                     "key_path: guilty\noptions: {relation: rows, where: 1 / (id - 30000) < 0}\n");
    rehearsal_run(rehearsal);
    guilty = rehearsal_outcome(rehearsal, "guilty");
    assert_int_equal(guilty->status, STATUS_ERROR);
    assert_non_null(strstr(guilty->reason, "division by zero"));
    assert_distinct_counts(rehearsal);
    rehearsal_free(rehearsal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_packed_and_come_out_right),
        cmocka_unit_test(ids_beside_groups_are_packed),
        cmocka_unit_test(interrupted_walks_pack_again),
        cmocka_unit_test(a_bad_metric_costs_itself_only),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
