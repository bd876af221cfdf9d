/*
 * Random tables, metrics and sizes of pieces, seeded: every number equals a plain statement. 30
 * cases, or SOAK of them.
 */
#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "metrics/sources.h"
#include "tests/support/asking.h"
#include "tests/support/rehearsal.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */
#define LAST_7D     " BETWEEN '2026-11-12 10:00:00+00' AND '2026-11-19 10:00:00+00'"
#define LAST_28D    " BETWEEN '2026-10-22 10:00:00+00' AND '2026-11-19 10:00:00+00'"
#define METRICS     25

static struct loop *loop;
static struct db_config config = {.name = "main"};
static struct db *db;
static struct database_settings databases[1];

static long below(long n)
{
    return lrand48() % n;
}

static const char *one_of(const char *const *texts, size_t count)
{
    return texts[below((long)count)];
}
#define ONE_OF(...)                                                                                \
    one_of((const char *const[]){__VA_ARGS__},                                                     \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void write_sql(const char *sql)
{
    struct asked asked = ask_statement(
        loop, db, &(struct db_statement){.sql = sql, .timeout_ms = 30000, .writes = true});

    if (asked.err.kind != ERROR_NONE)
        fail_msg("%s: %s", sql, asked.err.text);
}

static int set_up(void **state)
{
    static char conninfo[512];

    (void)state;
    (void)snprintf(conninfo, sizeof(conninfo), "%s options='-csearch_path=random'",
                   getenv("TEST_DATABASE"));
    config.conninfo = conninfo;
    databases[0] = (struct database_settings){.name = "main", .config = config, .duty = 1};
    loop = loop_new();
    db = db_new(loop, &config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_free(db);
    loop_free(loop);
    return 0;
}

/* ---- Tables ---- */

static void make_tables(void)
{
    const char *id =
        ONE_OF("g", "g * 3 - 4000", "g * 1000003", "g + (g / 500) * 1000000000",
               "(g - 600) * 9000000000000", "9223372036854775807 - g * g",
               "'-9223372036854775808'::bigint + g * 7", "CASE WHEN g % 2 = 0 THEN g ELSE -g END");
    const char *key = ONE_OF("PRIMARY KEY (id)", "PRIMARY KEY (id)", "PRIMARY KEY (id, n)",
                             "UNIQUE (id)", "PRIMARY KEY (made_at, id)", "UNIQUE (txt)");
    struct str sql;

    str_init(&sql);
    write_sql("DROP SCHEMA IF EXISTS random CASCADE");
    write_sql("CREATE SCHEMA random");
    str_add_format(&sql,
                   "CREATE TABLE a (id bigint NOT NULL, n int NOT NULL, ref bigint, big bigint,"
                   " dec numeric, flag boolean, made_at timestamp NOT NULL, seen_at timestamptz,"
                   " txt text NOT NULL, %s)",
                   key);
    write_sql(sql.text);
    str_clear(&sql);
    str_add_format(
        &sql,
        "INSERT INTO a SELECT %s, g %% %ld, CASE WHEN g %% %ld > 0 THEN g * 7919 %% %ld END,"
        " (g * 2654435761) %% 4294967296 * %ld - 5, CASE WHEN g %% 3 > 0 THEN g / %ld.0 - 7 END,"
        " CASE g %% 4 WHEN 0 THEN true WHEN 1 THEN false END,"
        " timestamp '2026-11-21 10:00' - g %% %ld * interval '%ld minutes',"
        " CASE WHEN g %% 5 > 0 THEN timestamptz '2026-11-21 10:00+00' - (g * g) %% %ld *"
        " interval '%ld minutes' END, 't' || g FROM generate_series(1::bigint, %ld) g",
        id, below(40) + 1, below(9) + 1, below(3000) + 1, below(2000000000) - 1000000000,
        below(90) + 1, below(4000) + 1, below(60) + 1, below(3000) + 1, below(60) + 1,
        below(4) == 0 ? below(3) : below(6000));
    write_sql(sql.text);
    str_release(&sql);
    if (below(2) == 0)
        write_sql("CREATE INDEX ON a (seen_at)");
    if (below(2) == 0)
        write_sql("CREATE INDEX ON a (made_at)");
    write_sql("CREATE TABLE b (id bigint PRIMARY KEY, kind int)");
    write_sql("INSERT INTO b SELECT g * 3, g % 4 FROM generate_series(0, 300) g");
    if (below(2) == 0)
        write_sql("DELETE FROM a WHERE n % 3 = 1");
}

/* ---- Metrics ---- */

struct random_metric {
    struct str fields, plain;
};

static const char *condition(bool joined)
{
    if (joined)
        return ONE_OF("b.kind = 1", "b.kind > 1 OR a.flag", "a.n < 5 AND b.id < 400", "");
    return ONE_OF("", "", "n = 1", "n > 3 AND flag", "flag IS NULL OR n < 2", "NOT flag",
                  "ref IS NOT NULL", "txt LIKE '%7%'", "dec > 0", "n < 0",
                  "ref IN (SELECT id FROM b WHERE kind = 2)",
                  "EXISTS (SELECT 1 FROM b WHERE b.id = a.ref AND kind < 3)",
                  "n = (SELECT max(n) FROM a)", "coalesce(dec, 0) < abs(n)");
}

static void make_metric(size_t index, struct random_metric *metric)
{
    bool joined = below(5) == 0;
    const char *where = condition(joined), *frame = ONE_OF("all", "all", "7d", "28d");
    const char *timestamp = ONE_OF("a.made_at", "a.seen_at");
    const char *operation = ONE_OF("count", "count", "distinct_count", "sum", "average");
    const char *column = ONE_OF("a.n", "a.ref", "a.big", "a.dec");
    const char *opening = "count(";

    if (strcmp(operation, "count") == 0)
        column = ONE_OF("*", "a.ref");
    else if (strcmp(operation, "distinct_count") == 0)
        column = ONE_OF("a.n", "a.ref", "a.big", "a.dec", "a.txt", "a.id");
    if (strcmp(operation, "distinct_count") == 0)
        opening = "count(DISTINCT ";
    else if (strcmp(operation, "sum") == 0)
        opening = "coalesce(sum(";
    else if (strcmp(operation, "average") == 0)
        opening = "avg(";
    str_add_format(&metric->fields,
                   "key_path: m%zu\ntime_frame: %s\noptions:\n  relation: a\n  operation: %s\n"
                   "  timestamp_column: %s\n",
                   index, frame, operation, timestamp);
    if (*column != '*')
        str_add_format(&metric->fields, "  column: %s\n", column);
    if (*where != '\0')
        str_add_format(&metric->fields, "  where: \"%s\"\n", where);
    if (joined)
        str_add(&metric->fields, "  joins: [{relation: b, on: b.id = a.ref}]\n");
    str_add_format(&metric->plain, "SELECT trim_scale(%s%s)%s::numeric) FROM a%s WHERE true%s%s%s",
                   opening, column, strcmp(operation, "sum") == 0 ? ", 0)" : "",
                   joined ? " JOIN b ON b.id = a.ref" : "", *where != '\0' ? " AND (" : "", where,
                   *where != '\0' ? ")" : "");
    if (strcmp(frame, "all") != 0)
        str_add_format(&metric->plain, " AND %s%s", timestamp,
                       strcmp(frame, "7d") == 0 ? LAST_7D : LAST_28D);
}

static void assert_equal(const struct rehearsal *rehearsal, size_t index,
                         const struct random_metric *metric)
{
    char key_path[16], found[300];
    const struct outcome *outcome;
    struct asked asked;
    struct str sql;

    (void)snprintf(key_path, sizeof(key_path), "m%zu", index);
    outcome = rehearsal_outcome(rehearsal, key_path);
    if (outcome->status != STATUS_OK && outcome->status != STATUS_ABSENT)
        fail_msg("%s%s", metric->fields.text, outcome->reason);
    if (outcome->value.kind == VALUE_COUNT)
        (void)snprintf(found, sizeof(found), "%" PRId64, outcome->value.count);
    else
        (void)snprintf(found, sizeof(found), "%s",
                       outcome->status == STATUS_ABSENT ? "NULL" : outcome->value.text);
    str_init(&sql);
    str_add_format(&sql, "SELECT coalesce((%s)::text, 'NULL')", metric->plain.text);
    asked = ask(loop, db, sql.text);
    assert_string_equal(asked.err.text, "");
    str_release(&sql);
    if (strcmp(found, asked.text) != 0)
        fail_msg("%s is %s; %s says %s", metric->fields.text, found, metric->plain.text,
                 asked.text);
}

static void play(long seed)
{
    struct source_settings settings = {
        .databases = databases,
        .database_count = 1,
        .statement_timeout_ms = 15000,
    };
    struct random_metric metrics[METRICS];
    struct rehearsal *rehearsal;

    srand48(seed);
    settings.piece_target_ms = (unsigned)below(4) + 1;
    settings.small_table_rows = below(3) == 0 ? 100000 : below(2) == 0 ? 1000 : -1;
    make_tables();
    if (below(2) == 0)
        write_sql("ANALYZE a");
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    for (size_t i = 0; i < METRICS; i++) {
        str_init(&metrics[i].fields);
        str_init(&metrics[i].plain);
        make_metric(i, &metrics[i]);
        rehearsal_define(rehearsal, metrics[i].fields.text);
    }
    rehearsal_run(rehearsal);
    for (size_t i = 0; i < METRICS; i++) {
        assert_equal(rehearsal, i, &metrics[i]);
        str_release(&metrics[i].fields);
        str_release(&metrics[i].plain);
    }
    rehearsal_free(rehearsal);
}

static void test_random(void **state)
{
    const char *soak = getenv("SOAK");
    long count = soak != NULL ? strtol(soak, NULL, 10) : 30;

    (void)state;
    for (long seed = 1; seed <= count; seed++) {
        print_message("  seed %ld\n", seed);
        play(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
