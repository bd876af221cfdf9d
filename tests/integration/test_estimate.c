/*
 * GitLab's estimates of distinct values, of small tables, walks, windows, joins and tables without
 * a key: each is the very number that a statement in GitLab's form says. Its logarithm and least
 * value of each bucket are the server's here, and ours are not. Without compat.estimates they are
 * the exact counts.
 */
#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "metrics/sources.h"
#include "tests/support/rehearsal.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */

static struct sql_desk desk;
static struct database_settings databases[1];

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options='-csearch_path=estimates'");
    databases[0] = (struct database_settings){.name = "main", .config = desk.config, .duty = 1};
    sql_desk_write(&desk, "DROP SCHEMA IF EXISTS estimates CASCADE");
    sql_desk_write(&desk, "CREATE SCHEMA estimates");
    sql_desk_write(&desk,
                   "CREATE TABLE a (id bigint PRIMARY KEY, ref bigint, name text, token uuid,"
                   " made_at timestamp NOT NULL)");
    sql_desk_write(&desk,
                   "INSERT INTO a SELECT g - 1000, CASE WHEN g % 10 > 0 THEN g * 7919 % 12000 END,"
                   " 'n' || g % 1400, md5((g % 700)::text)::uuid,"
                   " timestamp '2026-11-21 10:00' - g * interval '1 minute'"
                   " FROM generate_series(1, 60000) g");
    sql_desk_write(&desk, "CREATE INDEX ON a (made_at)");
    sql_desk_write(&desk, "CREATE TABLE b (id bigint PRIMARY KEY, kind int)");
    sql_desk_write(&desk, "INSERT INTO b SELECT g, g % 7 FROM generate_series(1, 9000) g");
    sql_desk_write(&desk, "CREATE TABLE keyless AS SELECT ref, name FROM a");
    sql_desk_write(&desk, "CREATE TABLE none (id bigint PRIMARY KEY, ref bigint)");
    sql_desk_write(&desk, "ANALYZE");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sql_desk_close(&desk);
    return 0;
}

static const struct {
    const char *name;
    const char *frame, *options, *joins;
    const char *column, *from; /* of the statement in GitLab's form: from ... where ... */
} cases[] = {
    {"whole numbers", "all", "relation: a, column: ref", "", "ref", "a WHERE true"},
    {"a key", "all", "relation: a, column: id", "", "id", "a WHERE true"},
    {"texts", "all", "relation: a, column: name", "", "name", "a WHERE true"},
    {"uuids", "all", "relation: a, column: token", "", "token", "a WHERE true"},
    {"times", "all", "relation: a, column: made_at", "", "made_at", "a WHERE true"},
    {"of some rows", "all", "relation: a, column: ref, where: ref < 100", "", "ref",
     "a WHERE ref < 100"},
    {"of few", "all", "relation: a, column: ref, where: ref = 5 OR ref = 7", "", "ref",
     "a WHERE (ref = 5 OR ref = 7)"},
    {"of none", "all", "relation: a, column: ref, where: ref < 0", "", "ref", "a WHERE ref < 0"},
    {"in a window", "28d", "relation: a, column: ref, timestamp_column: made_at", "", "ref",
     "a WHERE made_at BETWEEN '2026-10-22 10:00' AND '2026-11-19 10:00'"},
    {"of a join", "all", "relation: a, column: b.id", ", joins: [{relation: b, on: b.id = a.ref}]",
     "b.id", "a JOIN b ON b.id = a.ref WHERE true"},
    {"without a key", "all", "relation: keyless, column: name", "", "name", "keyless WHERE true"},
    {"of an empty table", "all", "relation: none, column: ref", "", "ref", "none WHERE true"},
};

/* As GitLab's PostgresHll asks and computes it, but for all rows in one batch: the highest rank of
 * a bucket is the same as that of all batches'. */
static const char estimate_form[] =
    "WITH hashed AS MATERIALIZED (SELECT CAST('X' || md5(CAST(%s AS text)) AS bit(32)) AS bits"
    " FROM %s AND %s IS NOT NULL),"
    " buckets AS (SELECT (bits & B'00000000000000000000000111111111')::int AS bucket,"
    " (31 - floor(log(2, min((bits & B'01111111111111111111111111111111')::int))))::int AS rank"
    " FROM hashed GROUP BY 1),"
    " sums AS (SELECT 512 - count(*) AS empty, coalesce(sum(2::float8 ^ -rank), 0) AS harmonic"
    " FROM buckets), many AS (SELECT empty, trunc((512 ^ 2) * (0.7213::float8 /"
    " (1 + 1.079::float8 / 512)) / (empty + harmonic)) AS n FROM sums)"
    " SELECT CASE WHEN empty > 0 AND n < 2.5 * 512 THEN 512 * ln(512 / empty::float8)"
    " ELSE n END::text FROM many";

static struct asked ask_plain(size_t index, bool estimated)
{
    struct asked asked;
    struct str sql;

    str_init(&sql);
    if (estimated)
        str_add_format(&sql, estimate_form, cases[index].column, cases[index].from,
                       cases[index].column);
    else
        str_add_format(&sql, "SELECT count(DISTINCT %s)::text FROM %s", cases[index].column,
                       cases[index].from);
    asked = ask(desk.loop, desk.db, sql.text);
    assert_string_equal(asked.err.text, "");
    str_release(&sql);
    return asked;
}

static void assert_estimate(const struct outcome *outcome, size_t index, bool estimated)
{
    struct asked asked = ask_plain(index, estimated);
    struct str text;

    print_message("  %s: %s\n", cases[index].name, asked.text);
    assert_int_equal(outcome->status, STATUS_OK);
    assert_string_equal(outcome->method, estimated ? "hyperloglog" : "exact");
    assert_string_equal(outcome->error_bound != NULL ? outcome->error_bound : "none",
                        estimated ? "5.3%" : "none");
    str_init(&text);
    value_write_json(&outcome->value, &text);
    if (strcmp(text.text, "0.0") == 0) /* as Ruby writes it */
        str_truncate(&text, 1);
    assert_string_equal(text.text, asked.text);
    str_release(&text);
}

static void play(bool estimated, int64_t small_table_rows)
{
    struct source_settings settings = {
        .databases = databases,
        .database_count = 1,
        .statement_timeout_ms = 15000,
        .piece_target_ms = 5,
        .small_table_rows = small_table_rows,
        .compat_estimates = estimated,
    };
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    struct str text;
    char key_path[16];

    str_init(&text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str_clear(&text);
        str_add_format(&text,
                       "key_path: m%zu\ntime_frame: %s\n"
                       "options: {operation: estimate_distinct_count, %s%s}\n",
                       i, cases[i].frame, cases[i].options, cases[i].joins);
        rehearsal_define(rehearsal, text.text);
    }
    rehearsal_run(rehearsal);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)snprintf(key_path, sizeof(key_path), "m%zu", i);
        assert_estimate(rehearsal_outcome(rehearsal, key_path), i, estimated);
    }
    rehearsal_free(rehearsal);
    str_release(&text);
}

static void test_walked(void **state)
{
    (void)state;
    play(true, -1);
}

static void test_gathered(void **state)
{
    (void)state;
    play(true, 1000000);
}

static void test_exact(void **state)
{
    (void)state;
    play(false, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walked),
        cmocka_unit_test(test_gathered),
        cmocka_unit_test(test_exact),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
