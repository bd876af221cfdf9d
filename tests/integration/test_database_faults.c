/*
 * Whatever is broken costs its own metric alone: it has a status and a sentence that says what to
 * do, and the others on the same table are right.
 */
#include "agent/base/clock.h"
#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "metrics/sources.h"
#include "tests/support/rehearsal.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDED_AT INT64_C(1795255200)

static struct sql_desk desk;
static struct database_settings databases[3];
static char reader_conninfo[512], nowhere_conninfo[512], other_conninfo[512];

static const char *const schema[] = {
    "DROP SCHEMA IF EXISTS faults CASCADE",
    "CREATE SCHEMA faults",
    "DO $$ BEGIN CREATE ROLE faults_reader LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
    "GRANT USAGE ON SCHEMA faults TO faults_reader",
    "CREATE TABLE faults.good (id bigint PRIMARY KEY, n int, txt text, f float8)",
    "INSERT INTO faults.good SELECT g, g % 7, CASE WHEN g = 15000 THEN 'x' ELSE g::text END,"
    " CASE WHEN g = 16000 THEN 'NaN'::float8 ELSE g END FROM generate_series(1, 20000) g",
    "CREATE TABLE faults.secret (id bigint PRIMARY KEY)",
    "CREATE VIEW faults.slow AS SELECT 1 AS id, 2 AS n FROM pg_sleep(60)",
    "CREATE FUNCTION faults.nap(bigint) RETURNS int LANGUAGE sql VOLATILE AS"
    " 'SELECT 1 FROM pg_sleep(CASE WHEN $1 = 12345 THEN 60 ELSE 0 END)'",
    "CREATE VIEW faults.naps AS SELECT id, faults.nap(id) AS one FROM faults.good",
    "CREATE TABLE faults.tiny (id bigint PRIMARY KEY, n int)",
    "INSERT INTO faults.tiny SELECT g, g % 3 FROM generate_series(1, 30) g",
    "GRANT SELECT ON faults.good, faults.slow, faults.naps, faults.tiny TO faults_reader",
};

static int set_up(void **state)
{
    const char *conninfo = getenv("TEST_DATABASE");

    (void)state;
    sql_desk_open(&desk, "");
    (void)snprintf(reader_conninfo, sizeof(reader_conninfo),
                   "%s user=faults_reader options='-csearch_path=faults'", conninfo);
    (void)snprintf(nowhere_conninfo, sizeof(nowhere_conninfo), "host=/nonexistent dbname=x");
    (void)snprintf(other_conninfo, sizeof(other_conninfo), "%s dbname=template1", conninfo);
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

static struct source_settings settings_of(int64_t small_table_rows)
{
    databases[0] = (struct database_settings){
        .name = "main", .config = {.name = "main", .conninfo = reader_conninfo}, .duty = 1};
    return (struct source_settings){
        .databases = databases,
        .database_count = 1,
        .piece_target_ms = 50,
        .statement_timeout_ms = 400,
        .lock_timeout_ms = 200,
        .small_table_rows = small_table_rows,
    };
}

static void define(struct rehearsal *rehearsal, const char *key_path, const char *more,
                   const char *options)
{
    char fields[1024];

    (void)snprintf(fields, sizeof(fields), "key_path: %s\n%soptions: %s\n", key_path, more,
                   options);
    rehearsal_define(rehearsal, fields);
}

static void assert_count(const struct rehearsal *rehearsal, const char *key_path, int64_t count)
{
    const struct outcome *outcome = rehearsal_outcome(rehearsal, key_path);

    if (outcome->status != STATUS_OK)
        fail_msg("%s: %s: %s", key_path, status_name(outcome->status), outcome->reason);
    assert_int_equal(outcome->value.kind, VALUE_COUNT);
    if (outcome->value.count != count)
        fail_msg("%s is %ld, not %ld", key_path, (long)outcome->value.count, (long)count);
}

static void assert_fault(const struct rehearsal *rehearsal, const char *key_path,
                         enum outcome_status status, const char *said)
{
    const struct outcome *outcome = rehearsal_outcome(rehearsal, key_path);

    print_message("  %s: %s\n", key_path, outcome->reason != NULL ? outcome->reason : "ok");
    assert_int_equal(outcome->status, status);
    if (strstr(outcome->reason, said) == NULL)
        fail_msg("%s says: %s", key_path, outcome->reason);
}

static const struct {
    const char *key_path, *more, *options;
    enum outcome_status status; /* STATUS_OK: then the count */
    int64_t count;
    const char *said;
} rows[] = {
    {"good_count", "", "{relation: good}", STATUS_OK, 20000, NULL},
    {"good_filtered", "", "{relation: good, where: n = 3}", STATUS_OK, 2857, NULL},
    {"good_distinct", "", "{relation: good, operation: distinct_count, column: n}", STATUS_OK, 7,
     NULL},
    {"no_column", "", "{relation: good, where: colour = 1}", STATUS_ABSENT, 0, "colour"},
    {"no_column_file", "", "{relation: good, operation: sum, column: colour}", STATUS_ABSENT, 0,
     "no_column_file.yml"},
    {"no_timestamp", "time_frame: 7d\n", "{relation: good}", STATUS_ABSENT, 0, "created_at"},
    {"no_table", "", "{relation: nowhere}", STATUS_ABSENT, 0, "nowhere"},
    {"no_schema", "", "{relation: nowhere.good}", STATUS_ABSENT, 0, "nowhere.good"},
    {"no_table_in_sub_select", "", "{relation: good, where: n IN (SELECT id FROM nowhere)}",
     STATUS_ABSENT, 0, "nowhere"},
    {"no_table_in_statement", "", "{operation: sql, sql: SELECT count(*) FROM nowhere}",
     STATUS_ABSENT, 0, "nowhere"},
    {"no_database", "", "{relation: good, database: ci}", STATUS_OFF, 0, "'ci'"},
    {"denied", "", "{relation: secret}", STATUS_DENIED, 0,
     "GRANT SELECT ON secret TO faults_reader"},
    {"denied_in_sub_select", "", "{relation: good, where: id IN (SELECT id FROM secret)}",
     STATUS_DENIED, 0, "GRANT SELECT ON good, secret TO faults_reader"},
    {"not_a_condition", "", "{relation: good, where: n}", STATUS_ERROR, 0, "not_a_condition.yml"},
    {"sum_of_text", "", "{relation: good, operation: sum, column: txt}", STATUS_ERROR, 0, "sum"},
    {"by_zero", "", "{relation: good, where: 1 / (n - n) = 1}", STATUS_ERROR, 0,
     "division by zero"},
    {"bad_cast", "", "{relation: good, where: txt::int > 100}", STATUS_ERROR, 0, "bad_cast.yml"},
    {"bad_cast_too", "", "{relation: good, operation: sum, column: n, where: txt::int > 100}",
     STATUS_ERROR, 0, "integer"},
    {"sum_of_nan", "", "{relation: good, operation: sum, column: f}", STATUS_ERROR, 0, "NaN"},
    {"too_slow", "", "{relation: slow}", STATUS_TIMEOUT, 0, "slow"},
    {"wrong_type", "value_type: number\n", "{operation: sql, sql: \"SELECT 'many'\"}", STATUS_ERROR,
     0, "value_type"},
    {"two_rows", "", "{operation: sql, sql: SELECT n FROM good}", STATUS_ERROR, 0,
     "more than one row"},
    {"wrong_object", "value_type: object\n", "{operation: sql, sql: SELECT 1}", STATUS_ERROR, 0,
     "object"},
    {"tiny_count", "", "{relation: tiny}", STATUS_OK, 30, NULL},
    {"tiny_by_zero", "", "{relation: tiny, where: 1 / (n - 1) > 0}", STATUS_ERROR, 0,
     "division by zero"},
};

static void check_rows(int64_t small_table_rows)
{
    struct source_settings settings = settings_of(small_table_rows);
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        define(rehearsal, rows[i].key_path, rows[i].more, rows[i].options);
    rehearsal_run(rehearsal);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].status == STATUS_OK)
            assert_count(rehearsal, rows[i].key_path, rows[i].count);
        else
            assert_fault(rehearsal, rows[i].key_path, rows[i].status, rows[i].said);
    }
    rehearsal_free(rehearsal);
}

static void test_walked(void **state)
{
    (void)state;
    check_rows(-1);
}

static void test_some_gathered(void **state)
{
    (void)state;
    check_rows(100);
}

static void test_gathered(void **state)
{
    (void)state;
    check_rows(1000000);
}

/* Of several metrics on one relation, of which each row costs nothing but one costs a minute. */
static void test_a_slow_metric_among_others(void **state)
{
    struct source_settings settings = settings_of(-1);
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);

    (void)state;
    define(rehearsal, "all", "", "{relation: good}");
    define(rehearsal, "slow_one", "",
           "{relation: good, where: (SELECT one FROM naps WHERE naps.id = good.id) = 1}");
    define(rehearsal, "some", "", "{relation: good, where: n = 3}");
    settings.small_table_rows = 15000; /* the sub-select's view is not small: it is apart */
    rehearsal_run(rehearsal);
    assert_count(rehearsal, "all", 20000);
    assert_count(rehearsal, "some", 2857);
    assert_fault(rehearsal, "slow_one", STATUS_TIMEOUT, "slow_one.yml");
    rehearsal_free(rehearsal);
}

static void test_database_down(void **state)
{
    struct source_settings settings = settings_of(-1);
    struct rehearsal *rehearsal;

    (void)state;
    databases[0].config.conninfo = nowhere_conninfo;
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    define(rehearsal, "count", "", "{relation: good}");
    define(rehearsal, "statement", "", "{operation: sql, sql: SELECT 1}");
    rehearsal_run(rehearsal);
    assert_fault(rehearsal, "count", STATUS_UNAVAILABLE, "main");
    assert_fault(rehearsal, "statement", STATUS_UNAVAILABLE, "main");
    rehearsal_free(rehearsal);
}

static void test_no_database(void **state)
{
    struct source_settings settings = settings_of(-1);
    struct rehearsal *rehearsal;

    (void)state;
    settings.database_count = 0;
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    define(rehearsal, "count", "", "{relation: good}");
    rehearsal_run(rehearsal);
    assert_fault(rehearsal, "count", STATUS_OFF, "databases");
    rehearsal_free(rehearsal);
}

/* A relation is looked up where it exists; what is in a database that is down may be there. */
static void test_several_databases(void **state)
{
    struct source_settings settings = settings_of(-1);
    struct rehearsal *rehearsal;

    (void)state;
    databases[1] = databases[0];
    databases[1].name = databases[1].config.name = "second";
    databases[0] = (struct database_settings){
        .name = "first", .config = {.name = "first", .conninfo = other_conninfo}, .duty = 1};
    databases[2] = (struct database_settings){
        .name = "third", .config = {.name = "third", .conninfo = nowhere_conninfo}, .duty = 1};
    settings.database_count = 3;
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    define(rehearsal, "good", "", "{relation: good}");
    define(rehearsal, "named", "", "{relation: good, database: first}");
    define(rehearsal, "down", "", "{relation: good, database: third}");
    define(rehearsal, "unknown", "", "{relation: nowhere}");
    rehearsal_run(rehearsal);
    assert_count(rehearsal, "good", 20000);
    assert_int_equal(rehearsal_probe_of(rehearsal, "good")->lane, 1);
    assert_string_equal(rehearsal_describe_probe(rehearsal, "good").service, "database second");
    assert_fault(rehearsal, "named", STATUS_ABSENT, "first");
    assert_fault(rehearsal, "down", STATUS_UNAVAILABLE, "third");
    assert_fault(rehearsal, "unknown", STATUS_UNAVAILABLE, "third");
    rehearsal_free(rehearsal);
}

static void kill_sessions(unsigned nth, void *arg)
{
    (void)arg;
    if (nth == 2 || nth == 3)
        (void)ask(desk.loop, desk.db,
                  "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                  " WHERE usename = 'faults_reader'");
}

/* The session is killed in the middle of a walk: it goes on with another one, and nothing is
 * counted twice. */
static void test_sessions_are_killed(void **state)
{
    struct source_settings settings = settings_of(-1);
    struct rehearsal *rehearsal;

    (void)state;
    settings.piece_target_ms = 1;
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    define(rehearsal, "count", "", "{relation: good}");
    define(rehearsal, "filtered", "", "{relation: good, where: n = 3}");
    rehearsal_on_progress(rehearsal, kill_sessions, NULL);
    rehearsal_run(rehearsal);
    assert_count(rehearsal, "count", 20000);
    assert_count(rehearsal, "filtered", 2857);
    rehearsal_free(rehearsal);
}

static void remove_file(void *arg)
{
    (void)unlink(arg);
}

static void test_pause_file(void **state)
{
    static char path[300];
    struct source_settings settings = settings_of(-1);
    struct rehearsal *rehearsal;
    int64_t began_us = now_monotonic_us();

    (void)state;
    (void)snprintf(path, sizeof(path), "/tmp/service-ping-pause.%d", (int)getpid());
    (void)close(open(path, O_CREAT | O_WRONLY, 0600));
    settings.pause_file = path;
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    define(rehearsal, "count", "", "{relation: good}");
    (void)loop_after(rehearsal_loop(rehearsal), 300, remove_file, path);
    rehearsal_run(rehearsal);
    assert_count(rehearsal, "count", 20000);
    assert_true(now_monotonic_us() - began_us >= 300000);
    rehearsal_free(rehearsal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walked),
        cmocka_unit_test(test_some_gathered),
        cmocka_unit_test(test_gathered),
        cmocka_unit_test(test_a_slow_metric_among_others),
        cmocka_unit_test(test_database_down),
        cmocka_unit_test(test_no_database),
        cmocka_unit_test(test_several_databases),
        cmocka_unit_test(test_sessions_are_killed),
        cmocka_unit_test(test_pause_file),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
