/*
 * Right numbers: every metric equals one plain statement that was written by hand, whether its
 * table is walked in tiny pieces, in large ones, or gathered.
 */
#include "agent/base/clock.h"
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

/* 2026-11-21 10:00:00 UTC, and the windows of that moment. */
#define RECORDED_AT INT64_C(1795255200)
#define LAST_7D     " BETWEEN '2026-11-12 10:00:00+00' AND '2026-11-19 10:00:00+00'"
#define LAST_28D    " BETWEEN '2026-10-22 10:00:00+00' AND '2026-11-19 10:00:00+00'"

static struct sql_desk desk;
static struct database_settings databases[1];

static const char *const schema[] = {
    "DROP SCHEMA IF EXISTS numbers CASCADE",
    "CREATE SCHEMA numbers",
    "CREATE TABLE things (id bigint PRIMARY KEY, n int, big bigint, dec numeric(30,6), flt float8,"
    " txt text, u uuid, flag boolean, kind smallint NOT NULL, owner_id bigint,"
    " created_at timestamp, closed_at timestamptz, day date)",
    /* Skewed kinds, NULLs everywhere, owners that repeat, ids with holes. */
    "INSERT INTO things SELECT g * 3 - 20000, nullif(g % 11, 3), CASE g % 5 WHEN 0 THEN NULL"
    " WHEN 1 THEN 9223372036854775807 - g % 7 WHEN 2 THEN -9223372036854775808 + g % 7 ELSE g END,"
    " CASE WHEN g % 4 > 0 THEN g / 7.0 - 900 END, CASE WHEN g % 3 > 0 THEN g * 0.5 END,"
    " 'text ' || g % 97, CASE WHEN g % 2 = 0 THEN md5((g % 50)::text)::uuid END,"
    " CASE g % 3 WHEN 0 THEN true WHEN 1 THEN false END,"
    " CASE WHEN g % 100 = 0 THEN 2 WHEN g % 10 = 0 THEN 1 ELSE 0 END,"
    " CASE WHEN g % 6 > 0 THEN (g * 7919) % 500 END,"
    " timestamp '2026-11-21 10:00' - g % 1000 * interval '1 hour',"
    " CASE WHEN g % 8 > 0 THEN timestamptz '2026-11-21 10:00+00' - g % 3000 * interval '31 minutes'"
    " END, date '2026-11-21' - g % 60 FROM generate_series(1, 20000) g",
    /* The ends of the key, a gap of a billion, and rows exactly on the ends of the windows. */
    "INSERT INTO things (id, n, kind, owner_id, created_at, closed_at, day) VALUES"
    " (-9223372036854775808, 1, 7, 1, '2026-11-19 10:00', '2026-11-19 10:00+00', '2026-11-19'),"
    " (-9223372036854775807, 2, 7, -5, '2026-11-19 10:00:00.000001', '2026-11-19 "
    "10:00:00.000001+00',"
    " '2026-11-20'),"
    " (1000000000, 3, 7, 9223372036854775807, '2026-11-12 10:00', '2026-11-12 10:00+00',"
    " '2026-11-12'),"
    " (1000000001, 4, 7, -9223372036854775808, '2026-11-12 09:59:59.999999',"
    " '2026-11-12 09:59:59.999999+00', '2026-11-11'),"
    " (9223372036854775806, 5, 7, 4294967296, '2026-10-22 10:00', '2026-10-22 10:00+00',"
    " '2026-10-22'),"
    " (9223372036854775807, 6, 7, NULL, '2026-10-22 09:59:59.999999',"
    " '2026-10-22 09:59:59.999999+00', '2026-10-21'), (-77777, 7, 7, 0, NULL, NULL, NULL)",
    "CREATE INDEX ON things (closed_at)",
    "CREATE INDEX ON things (day)",
    "CREATE TABLE owners (id int PRIMARY KEY, name text, created_at timestamp)",
    "INSERT INTO owners SELECT g, 'owner ' || g, timestamp '2026-11-01' FROM generate_series(0, "
    "300) g",
    "CREATE TABLE empty (id bigint PRIMARY KEY, n int, created_at timestamptz)",
    "CREATE INDEX ON empty (created_at)",
    "CREATE TABLE one (id bigint PRIMARY KEY, n int, created_at timestamptz DEFAULT now())",
    "INSERT INTO one VALUES (-9223372036854775808, 42, NULL)",
    "CREATE TABLE keyless (n int, txt text)",
    "INSERT INTO keyless SELECT nullif(g % 7, 0), 'x' || g % 13 FROM generate_series(1, 5000) g",
    "CREATE VIEW seen AS SELECT id, n, owner_id, created_at FROM things WHERE kind = 0",
    "CREATE MATERIALIZED VIEW kept AS SELECT kind, count(*) AS n FROM things GROUP BY kind",
    "CREATE TABLE pairs (a int, b int, n int, PRIMARY KEY (a, b))",
    "INSERT INTO pairs SELECT g / 10, g % 10, g FROM generate_series(1, 3000) g",
    "CREATE TABLE logs (at timestamptz PRIMARY KEY, n int)",
    "INSERT INTO logs SELECT timestamptz '2020-02-29 00:00+00' + g * interval '17 hours', g % 3"
    " FROM generate_series(1, 3000) g",
    "INSERT INTO logs VALUES ('-infinity', 1), ('infinity', 2), ('0044-03-15 12:00:00+00 BC', 0)",
    "CREATE TABLE parted (id bigint, n int, PRIMARY KEY (id)) PARTITION BY RANGE (id)",
    "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000)",
    "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (9000)",
    "INSERT INTO parted SELECT g, g % 5 FROM generate_series(0, 4000) g",
    "CREATE TABLE \"Odd Name\" (\"Id\" int PRIMARY KEY, \"order\" int, \"it's\" text)",
    "INSERT INTO \"Odd Name\" SELECT g, g % 4, 'a' FROM generate_series(1, 2000) g",
    "CREATE TABLE nullable (id bigint UNIQUE, n int)",
    "INSERT INTO nullable SELECT nullif(g % 2000, 7), g FROM generate_series(1, 1999) g",
    "INSERT INTO nullable VALUES (NULL, 1), (NULL, 2)",
};

/* `options` as a definition says them; the key path is the row's number. */
static const struct {
    const char *name;
    const char *options;
    const char *frame; /* NULL: all */
    const char *plain;
} cases[] = {
    {"all rows", "{relation: things}", NULL, "SELECT count(*) FROM things"},
    {"rows that meet a condition", "{relation: things, where: kind = 1}", NULL,
     "SELECT count(*) FROM things WHERE kind = 1"},
    {"a rare condition", "{relation: things, where: kind = 7}", NULL,
     "SELECT count(*) FROM things WHERE kind = 7"},
    {"a condition that no row meets", "{relation: things, where: kind > 100}", NULL,
     "SELECT count(*) FROM things WHERE kind > 100"},
    {"a condition that is sometimes NULL", "{relation: things, where: NOT flag}", NULL,
     "SELECT count(*) FROM things WHERE NOT flag"},
    {"a condition with OR", "{relation: things, where: kind = 1 OR n = 2}", "28d",
     "SELECT count(*) FROM things WHERE (kind = 1 OR n = 2) AND created_at" LAST_28D},
    {"values that are not NULL", "{relation: things, column: n}", NULL,
     "SELECT count(n) FROM things"},
    {"a window without an index", "{relation: things}", "7d",
     "SELECT count(*) FROM things WHERE created_at" LAST_7D},
    {"a longer window without an index", "{relation: things}", "28d",
     "SELECT count(*) FROM things WHERE created_at" LAST_28D},
    {"a window of an indexed timestamp", "{relation: things, timestamp_column: closed_at}", "7d",
     "SELECT count(*) FROM things WHERE closed_at" LAST_7D},
    {"a longer window of it", "{relation: things, timestamp_column: closed_at}", "28d",
     "SELECT count(*) FROM things WHERE closed_at" LAST_28D},
    {"with a condition", "{relation: things, timestamp_column: closed_at, where: flag}", "28d",
     "SELECT count(*) FROM things WHERE closed_at" LAST_28D " AND flag"},
    {"distinct in an indexed window",
     "{relation: things, timestamp_column: closed_at, operation: distinct_count, column: owner_id}",
     "7d", "SELECT count(DISTINCT owner_id) FROM things WHERE closed_at" LAST_7D},
    {"distinct in the longer one",
     "{relation: things, timestamp_column: closed_at, operation: distinct_count, column: owner_id}",
     "28d", "SELECT count(DISTINCT owner_id) FROM things WHERE closed_at" LAST_28D},
    {"a sum in an indexed window",
     "{relation: things, timestamp_column: closed_at, operation: sum, column: big}", "28d",
     "SELECT sum(big) FROM things WHERE closed_at" LAST_28D},
    {"a window of dates", "{relation: things, timestamp_column: day}", "7d",
     "SELECT count(*) FROM things WHERE day BETWEEN '2026-11-12' AND '2026-11-19'"},
    {"a longer window of dates", "{relation: things, timestamp_column: day}", "28d",
     "SELECT count(*) FROM things WHERE day BETWEEN '2026-10-22' AND '2026-11-19'"},
    {"a sum of whole numbers", "{relation: things, operation: sum, column: n}", NULL,
     "SELECT sum(n) FROM things"},
    {"a sum beyond 64 bits", "{relation: things, operation: sum, column: big}", NULL,
     "SELECT sum(big) FROM things"},
    {"a sum of decimals", "{relation: things, operation: sum, column: dec}", NULL,
     "SELECT trim_scale(sum(dec)) FROM things"},
    {"a sum of floats", "{relation: things, operation: sum, column: flt}", NULL,
     "SELECT trim_scale(sum(flt::numeric)) FROM things"},
    {"a sum under a condition", "{relation: things, operation: sum, column: dec, where: kind = 1}",
     NULL, "SELECT trim_scale(sum(dec)) FROM things WHERE kind = 1"},
    {"a sum of no rows", "{relation: things, operation: sum, column: n, where: kind = 50}", NULL,
     "SELECT coalesce(sum(n), 0) FROM things WHERE kind = 50"},
    {"an average of whole numbers", "{relation: things, operation: average, column: n}", NULL,
     "SELECT trim_scale(avg(n)) FROM things"},
    {"an average of large numbers", "{relation: things, operation: average, column: big}", NULL,
     "SELECT trim_scale(avg(big)) FROM things"},
    {"an average of decimals", "{relation: things, operation: average, column: dec}", NULL,
     "SELECT trim_scale(avg(dec)) FROM things"},
    {"an average under a condition",
     "{relation: things, operation: average, column: dec, where: kind = 2}", "28d",
     "SELECT trim_scale(avg(dec)) FROM things WHERE kind = 2 AND created_at" LAST_28D},
    {"an average of no rows", "{relation: things, operation: average, column: n, where: kind = 50}",
     NULL, "SELECT avg(n) FROM things WHERE kind = 50"},
    {"distinct ids", "{relation: things, operation: distinct_count, column: owner_id}", NULL,
     "SELECT count(DISTINCT owner_id) FROM things"},
    {"distinct ids by the estimate's name",
     "{relation: things, operation: estimate_distinct_count, column: owner_id}", NULL,
     "SELECT count(DISTINCT owner_id) FROM things"},
    {"distinct ids under a condition",
     "{relation: things, operation: distinct_count, column: owner_id, where: kind > 0}", NULL,
     "SELECT count(DISTINCT owner_id) FROM things WHERE kind > 0"},
    {"distinct ids in a window without an index",
     "{relation: things, operation: distinct_count, column: owner_id}", "7d",
     "SELECT count(DISTINCT owner_id) FROM things WHERE created_at" LAST_7D},
    {"distinct large numbers", "{relation: things, operation: distinct_count, column: big}", NULL,
     "SELECT count(DISTINCT big) FROM things"},
    {"distinct small numbers", "{relation: things, operation: distinct_count, column: kind}", NULL,
     "SELECT count(DISTINCT kind) FROM things"},
    {"distinct keys", "{relation: things, operation: distinct_count, column: id}", NULL,
     "SELECT count(DISTINCT id) FROM things"},
    {"distinct texts", "{relation: things, operation: distinct_count, column: txt}", NULL,
     "SELECT count(DISTINCT txt) FROM things"},
    {"distinct uuids in a window", "{relation: things, operation: distinct_count, column: u}",
     "28d", "SELECT count(DISTINCT u) FROM things WHERE created_at" LAST_28D},
    {"distinct decimals", "{relation: things, operation: distinct_count, column: dec}", NULL,
     "SELECT count(DISTINCT dec) FROM things"},
    {"a join", "{relation: things, joins: [{relation: owners, on: owners.id = things.owner_id}]}",
     NULL, "SELECT count(*) FROM things JOIN owners ON owners.id = things.owner_id"},
    {"a join with a condition on the other side",
     "{relation: things, where: \"owners.name LIKE 'owner 1%'\","
     " joins: [{relation: owners, on: owners.id = things.owner_id}]}",
     NULL,
     "SELECT count(*) FROM things JOIN owners ON owners.id = owner_id WHERE name LIKE 'owner 1%'"},
    {"a join that multiplies rows",
     "{relation: owners, joins: [{relation: things, on: owners.id = owner_id}]}", NULL,
     "SELECT count(*) FROM owners JOIN things ON owners.id = owner_id"},
    {"a left join",
     "{relation: things, where: owners.id IS NULL,"
     " joins: [{relation: owners, on: owners.id = things.owner_id, type: left}]}",
     NULL,
     "SELECT count(*) FROM things WHERE owner_id IS NULL OR owner_id NOT IN (SELECT id FROM "
     "owners)"},
    {"a join in a window, whose timestamp is the driving relation's",
     "{relation: things, joins: [{relation: owners, on: owners.id = things.owner_id}]}", "28d",
     "SELECT count(*) FROM things JOIN owners ON owners.id = owner_id WHERE "
     "things.created_at" LAST_28D},
    {"a join in an indexed window",
     "{relation: things, timestamp_column: things.closed_at,"
     " joins: [{relation: owners, on: owners.id = things.owner_id}]}",
     "28d",
     "SELECT count(*) FROM things JOIN owners ON owners.id = owner_id WHERE closed_at" LAST_28D},
    {"a window of the joined relation",
     "{relation: things, timestamp_column: owners.created_at,"
     " joins: [{relation: owners, on: owners.id = things.owner_id}]}",
     "28d",
     "SELECT count(*) FROM things JOIN owners ON owners.id = owner_id WHERE "
     "owners.created_at" LAST_28D},
    {"distinct over a join",
     "{relation: things, operation: distinct_count, column: owners.id,"
     " joins: [{relation: owners, on: owners.id = things.owner_id}]}",
     NULL, "SELECT count(DISTINCT owners.id) FROM things JOIN owners ON owners.id = owner_id"},
    {"distinct keys over a join that multiplies rows",
     "{relation: owners, operation: distinct_count, column: owners.id,"
     " joins: [{relation: things, on: owners.id = owner_id}]}",
     NULL, "SELECT count(DISTINCT owners.id) FROM things JOIN owners ON owners.id = owner_id"},
    {"a sub-select", "{relation: things, where: owner_id IN (SELECT id FROM owners WHERE id < 50)}",
     NULL, "SELECT count(*) FROM things WHERE owner_id < 50 AND owner_id >= 0"},
    {"a sub-select that depends on the row",
     "{relation: owners,"
     " where: EXISTS (SELECT 1 FROM things WHERE things.owner_id = owners.id AND things.kind = 2)}",
     NULL,
     "SELECT count(DISTINCT o.id) FROM owners o JOIN things t ON t.owner_id = o.id WHERE kind = 2"},
    {"a large sub-select in two windows",
     "{relation: things, timestamp_column: closed_at,"
     " where: n IN (SELECT n FROM things WHERE kind = 2)}",
     "7d",
     "SELECT count(*) FROM things WHERE closed_at" LAST_7D
     " AND n IN (SELECT n FROM things WHERE kind = 2)"},
    {"an empty table", "{relation: empty}", NULL, "SELECT 0"},
    {"an empty table in an indexed window", "{relation: empty}", "28d", "SELECT 0"},
    {"a sum of an empty table", "{relation: empty, operation: sum, column: n}", NULL, "SELECT 0"},
    {"distinct of an empty table", "{relation: empty, operation: distinct_count, column: n}", NULL,
     "SELECT 0"},
    {"a table of one row", "{relation: one, operation: sum, column: n}", NULL, "SELECT 42"},
    {"a table of one row, distinct", "{relation: one, operation: distinct_count, column: id}", NULL,
     "SELECT 1"},
    {"a table without a key", "{relation: keyless, where: n > 3}", NULL,
     "SELECT count(*) FROM keyless WHERE n > 3"},
    {"distinct numbers without a key", "{relation: keyless, operation: distinct_count, column: n}",
     NULL, "SELECT count(DISTINCT n) FROM keyless"},
    {"distinct texts without a key", "{relation: keyless, operation: distinct_count, column: txt}",
     NULL, "SELECT count(DISTINCT txt) FROM keyless"},
    {"a view", "{relation: seen}", NULL, "SELECT count(*) FROM seen"},
    {"a view in a window", "{relation: seen, operation: sum, column: n}", "28d",
     "SELECT sum(n) FROM seen WHERE created_at" LAST_28D},
    {"distinct of a view", "{relation: seen, operation: distinct_count, column: owner_id}", NULL,
     "SELECT count(DISTINCT owner_id) FROM seen"},
    {"a materialised view", "{relation: kept, operation: sum, column: n}", NULL,
     "SELECT sum(n) FROM kept"},
    {"a key of two columns", "{relation: pairs, where: b > 4}", NULL,
     "SELECT count(*) FROM pairs WHERE b > 4"},
    {"a key of two columns is not unique by its first",
     "{relation: pairs, operation: distinct_count, column: a}", NULL,
     "SELECT count(DISTINCT a) FROM pairs"},
    {"a timestamp for a key, with infinities", "{relation: logs}", NULL,
     "SELECT count(*) FROM logs"},
    {"a timestamp for a key, under a condition", "{relation: logs, where: n = 0}", NULL,
     "SELECT count(*) FROM logs WHERE n = 0"},
    {"a timestamp for a key, in a window", "{relation: logs, timestamp_column: at}", "28d",
     "SELECT count(*) FROM logs WHERE at" LAST_28D},
    {"a partitioned table", "{relation: parted, operation: sum, column: n}", NULL,
     "SELECT sum(n) FROM parted"},
    {"a name with a schema", "{relation: numbers.things, column: things.n}", NULL,
     "SELECT count(n) FROM things"},
    {"odd names", "{relation: Odd Name, where: '\"order\" = 1', operation: sum, column: '\"Id\"'}",
     NULL, "SELECT sum(\"Id\") FROM \"Odd Name\" WHERE \"order\" = 1"},
    {"a unique column with NULLs is no key", "{relation: nullable}", NULL,
     "SELECT count(*) FROM nullable"},
    {"a unique column with NULLs, distinct",
     "{relation: nullable, operation: distinct_count, column: id}", NULL,
     "SELECT count(DISTINCT id) FROM nullable"},
    {"a statement", "{operation: sql, sql: \"SELECT max(n) FROM things\"}", NULL,
     "SELECT max(n) FROM things"},
    {"a statement with a decimal", "{operation: sql, sql: SELECT 12.50}", NULL, "SELECT '12.50'"},
    {"a statement with a float", "{operation: sql, sql: 'SELECT 1e300::float8'}", NULL,
     "SELECT '1e+300'"},
    {"a statement without a row", "{operation: sql, sql: SELECT n FROM empty}", NULL,
     "SELECT NULL"},
};

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options='-csearch_path=numbers,public -cTimeZone=Asia/Tokyo'");
    databases[0] = (struct database_settings){.name = "main", .config = desk.config, .duty = 1};
    for (size_t i = 0; i < COUNT_OF(schema); i++)
        sql_desk_write(&desk, schema[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sql_desk_close(&desk);
    return 0;
}

static struct source_settings settings_of(unsigned piece_target_ms, int64_t small_table_rows)
{
    return (struct source_settings){
        .databases = databases,
        .database_count = 1,
        .piece_target_ms = piece_target_ms,
        .statement_timeout_ms = 15000,
        .lock_timeout_ms = 2000,
        .small_table_rows = small_table_rows,
    };
}

/* The value as text, as PostgreSQL would write it. */
static const char *shown(const struct outcome *outcome, char *room, size_t size)
{
    if (outcome->status == STATUS_ABSENT &&
        (strstr(outcome->reason, "no rows to average") != NULL ||
         strstr(outcome->reason, "gives no value") != NULL))
        (void)snprintf(room, size, "NULL");
    else if (outcome->status != STATUS_OK)
        (void)snprintf(room, size, "%s: %s", status_name(outcome->status), outcome->reason);
    else if (outcome->value.kind == VALUE_COUNT)
        (void)snprintf(room, size, "%" PRId64, outcome->value.count);
    else
        (void)snprintf(room, size, "%s", outcome->value.text);
    return room;
}

static void assert_equals_plain(const struct rehearsal *rehearsal, const char *key_path,
                                const char *name, const char *plain)
{
    char sql[1024], room[512];
    struct asked asked;

    (void)snprintf(sql, sizeof(sql), "SELECT coalesce((%s)::text, 'NULL')", plain);
    asked = ask(desk.loop, desk.db, sql);
    assert_string_equal(asked.err.text, "");
    if (strcmp(shown(rehearsal_outcome(rehearsal, key_path), room, sizeof(room)), asked.text) != 0)
        fail_msg("%s: %s, but plain SQL says %s", name, room, asked.text);
}

static struct rehearsal *rehearsal_cases(const struct source_settings *settings)
{
    struct rehearsal *rehearsal = rehearsal_new(&database_source, settings, RECORDED_AT);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char fields[1024];

        (void)snprintf(fields, sizeof(fields), "key_path: case%zu\ntime_frame: %s\noptions: %s\n",
                       i, cases[i].frame != NULL ? cases[i].frame : "all", cases[i].options);
        rehearsal_define(rehearsal, fields);
    }
    return rehearsal;
}

static void compare_all(const struct source_settings *settings)
{
    struct rehearsal *rehearsal = rehearsal_cases(settings);

    rehearsal_run(rehearsal);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char key_path[32];

        print_message("  %s\n", cases[i].name);
        (void)snprintf(key_path, sizeof(key_path), "case%zu", i);
        assert_equals_plain(rehearsal, key_path, cases[i].name, cases[i].plain);
    }
    rehearsal_free(rehearsal);
}

static void test_walked_in_tiny_pieces(void **state)
{
    struct source_settings settings = settings_of(2, -1);

    (void)state;
    compare_all(&settings);
}

static void test_walked_in_large_pieces(void **state)
{
    struct source_settings settings = settings_of(250, -1);

    (void)state;
    compare_all(&settings);
}

/* Because the settings ask for speed: as exact while nothing changes, and each outcome says so. */
static void test_walked_by_blocks(void **state)
{
    struct source_settings settings = settings_of(2, -1);
    struct rehearsal *rehearsal;

    (void)state;
    databases[0].accuracy = ACCURACY_FAST;
    compare_all(&settings);
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    rehearsal_define(rehearsal, "key_path: rows\noptions: {relation: things}\n");
    rehearsal_define(rehearsal, "key_path: week\ntime_frame: 7d\n"
                                "options: {relation: things, timestamp_column: closed_at}\n");
    rehearsal_run(rehearsal);
    assert_string_equal(rehearsal_outcome(rehearsal, "rows")->method, "tid");
    assert_non_null(rehearsal_outcome(rehearsal, "rows")->error_bound);
    assert_null(rehearsal_describe(rehearsal, "rows").unindexed);
    assert_null(rehearsal_outcome(rehearsal, "week")->method);
    rehearsal_free(rehearsal);
    databases[0].accuracy = ACCURACY_EXACT;
}

static void test_gathered(void **state)
{
    struct source_settings settings = settings_of(250, 1000000);

    (void)state;
    compare_all(&settings);
}

/* A statement's value has the type that the definition says. */
static void test_statements_of_all_types(void **state)
{
    static const struct {
        const char *name, *type, *sql;
        enum value_kind kind;
        const char *value;
    } rows[] = {
        {"a number", "number", "SELECT 42", VALUE_COUNT, "42"},
        {"a decimal", "number", "SELECT -0.5", VALUE_DECIMAL, "-0.5"},
        {"a number given as text", "number", "SELECT '17'::text", VALUE_COUNT, "17"},
        {"a text", "string", "SELECT 'a \"b\"'", VALUE_TEXT, "\"a \\\"b\\\"\""},
        {"a number as a text", "string", "SELECT 42", VALUE_TEXT, "\"42\""},
        {"a flag", "boolean", "SELECT 1 < 2", VALUE_FLAG, "true"},
        {"an object, its keys sorted", "object",
         "SELECT json_build_object('b', 1.50, 'a', ARRAY[1, NULL], 'c', json_build_object('z', "
         "true, 'y', 'x'))",
         VALUE_JSON, "{\"a\":[1,null],\"b\":1.50,\"c\":{\"y\":\"x\",\"z\":true}}"},
        {"nothing", "number", "SELECT n FROM empty", VALUE_NONE, "null"},
    };
    struct source_settings settings = settings_of(250, 1000);
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    struct str text;

    (void)state;
    str_init(&text);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str_clear(&text);
        str_add_format(
            &text, "key_path: s%zu\nvalue_type: %s\noptions:\n  operation: sql\n  sql: |\n    %s\n",
            i, rows[i].type, rows[i].sql);
        rehearsal_define(rehearsal, text.text);
    }
    rehearsal_run(rehearsal);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct outcome *outcome;
        char key_path[16];

        print_message("  %s\n", rows[i].name);
        (void)snprintf(key_path, sizeof(key_path), "s%zu", i);
        outcome = rehearsal_outcome(rehearsal, key_path);
        assert_int_equal(outcome->status, rows[i].kind == VALUE_NONE ? STATUS_ABSENT : STATUS_OK);
        assert_int_equal(outcome->value.kind, rows[i].kind);
        str_clear(&text);
        value_write_json(&outcome->value, &text);
        assert_string_equal(text.text, rows[i].value);
    }
    str_release(&text);
    rehearsal_free(rehearsal);
}

/* What stands behind a number, before and in a run. */
static void test_descriptions(void **state)
{
    struct source_settings settings = settings_of(250, -1);
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    struct description description;

    (void)state;
    rehearsal_define(rehearsal,
                     "key_path: a\ntime_frame: 7d\noptions: {relation: things, where: kind = 1}\n");
    rehearsal_define(rehearsal, "key_path: b\noptions: {relation: things}\n");
    description = rehearsal_describe(rehearsal, "a");
    assert_string_equal(description.text,
                        "SELECT count(*) FROM things WHERE things.created_at" LAST_7D
                        " AND (kind = 1)");
    assert_string_equal(description.service, "database main");
    assert_null(description.error_bound);
    rehearsal_run(rehearsal);
    assert_int_equal(rehearsal_probe_count(rehearsal), 1);
    assert_ptr_equal(rehearsal_probe_of(rehearsal, "a"), rehearsal_probe_of(rehearsal, "b"));
    assert_string_equal(rehearsal_probe_of(rehearsal, "a")->name, "main: things by id");
    assert_true(rehearsal_probe_of(rehearsal, "a")->rows > 0);
    assert_true(rehearsal_probe_of(rehearsal, "a")->cost_s > 0);
    description = rehearsal_describe_probe(rehearsal, "a");
    assert_non_null(strstr(description.text, "things.id >= :from AND things.id < :to"));
    assert_non_null(strstr(description.method, "walk"));
    rehearsal_free(rehearsal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_of_all_types),
        cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_walked_in_tiny_pieces),
        cmocka_unit_test(test_walked_in_large_pieces),
        cmocka_unit_test(test_walked_by_blocks),
        cmocka_unit_test(test_gathered),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
