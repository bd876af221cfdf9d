/*
 * What can go wrong in a pass of any kind costs what it must and no more: a metric that fails on
 * some row fails alone, a relation that is too slow costs its own metrics, and what others write
 * during a walk neither doubles nor loses a row that was there all the time.
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
#define ROWS        20000

static struct sql_desk desk;
static struct database_settings databases[1];
static char conninfo[512];

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options='-csearch_path=hard'");
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=hard_reader options='-csearch_path=hard'",
                   getenv("TEST_DATABASE"));
    databases[0] = (struct database_settings){
        .name = "main", .config = {.name = "main", .conninfo = conninfo}, .duty = 1};
    sql_desk_write(&desk, "CREATE ROLE hard_reader LOGIN");
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
    return (struct source_settings){
        .databases = databases,
        .database_count = 1,
        .piece_target_ms = 20,
        .statement_timeout_ms = 250,
        .lock_timeout_ms = 200,
        .small_table_rows = small_table_rows,
    };
}

static void define(struct rehearsal *rehearsal, const char *key_path, const char *options)
{
    char fields[1024];

    (void)snprintf(fields, sizeof(fields), "key_path: %s\noptions: %s\n", key_path, options);
    rehearsal_define(rehearsal, fields);
}

static void expect_count(const struct rehearsal *rehearsal, const char *key_path, int64_t count)
{
    const struct outcome *outcome = rehearsal_outcome(rehearsal, key_path);

    if (outcome->status != STATUS_OK)
        fail_msg("%s: %s: %s", key_path, status_name(outcome->status), outcome->reason);
    if (outcome->value.count != count)
        fail_msg("%s is %" PRId64 ", not %" PRId64, key_path, outcome->value.count, count);
}

static void expect_fault(const struct rehearsal *rehearsal, const char *key_path,
                         enum outcome_status status)
{
    const struct outcome *outcome = rehearsal_outcome(rehearsal, key_path);

    if (outcome->status != status)
        fail_msg("%s is %s, not %s: %s", key_path, status_name(outcome->status),
                 status_name(status), outcome->reason != NULL ? outcome->reason : "no reason");
}

/* ---- Kinds of relations ---- */

static const struct shape {
    const char *name, *type, *id, *key;
    int64_t small_table_rows;
} shapes[] = {
    {"a key of whole numbers", "bigint", "g", ", PRIMARY KEY (id)", -1},
    {"a small table", "bigint", "g", ", PRIMARY KEY (id)", 100000},
    {"a key of uuids", "uuid", "md5(g::text)::uuid", ", PRIMARY KEY (id)", -1},
    {"a key of texts", "text", "'t' || g", ", PRIMARY KEY (id)", -1},
    {"a key of two columns", "bigint", "g", ", PRIMARY KEY (author, id)", -1},
    {"a key of times", "timestamptz", "timestamptz '2026-01-01 00:00+00' + g * interval '1 second'",
     ", PRIMARY KEY (id)", -1},
    {"no key", "bigint", "g", "", -1},
};

#define COLUMNS                                                                                    \
    "g int NOT NULL, n int, author int NOT NULL, txt text, stays boolean NOT NULL DEFAULT true,"   \
    " pad text NOT NULL DEFAULT ''"

static void make_relation(const struct shape *shape)
{
    sql_desk_write(&desk, "DROP SCHEMA IF EXISTS hard CASCADE");
    sql_desk_write(&desk, "CREATE SCHEMA hard");
    sql_desk_write_format(&desk, "CREATE TABLE hard.a (id %s, %s%s)", shape->type, COLUMNS,
                          shape->key);
    sql_desk_write_format(
        &desk,
        "INSERT INTO hard.a SELECT %s, g, g %% 7, g %% 500,"
        " CASE WHEN g = 15000 THEN 'x' ELSE g::text END FROM generate_series(1, %d) g",
        shape->id, ROWS);
    sql_desk_write(&desk, "CREATE INDEX ON hard.a (author)");
    sql_desk_write(&desk, "CREATE TABLE hard.secret (id bigint PRIMARY KEY)");
    sql_desk_write(&desk, "CREATE TABLE hard.other (id bigint PRIMARY KEY)");
    sql_desk_write(&desk, "INSERT INTO hard.other SELECT generate_series(1, 5000)");
    sql_desk_write(&desk, "GRANT USAGE ON SCHEMA hard TO hard_reader");
    sql_desk_write(&desk, "GRANT SELECT ON hard.a, hard.other TO hard_reader");
    sql_desk_write(&desk, "ANALYZE");
}

/* ---- Isolation ---- */

/* Each row takes seconds, and what is matched is nothing that a planner could compute before. */
#define SLOW "lpad('', 601 + 0 * n, 'ab') ~ '^(.*)(.*)(.*)\\\\1\\\\2\\\\3$'"

static void check_isolation(const struct shape *shape)
{
    struct source_settings settings = settings_of(shape->small_table_rows);
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);

    define(rehearsal, "all", "{relation: a}");
    define(rehearsal, "some", "{relation: a, where: n = 3}");
    define(rehearsal, "distinct", "{relation: a, operation: distinct_count, column: author}");
    define(rehearsal, "other", "{relation: other}");
    define(rehearsal, "by_zero", "{relation: a, where: 1 / (g - 16000) > 5}");
    define(rehearsal, "bad_cast",
           "{relation: a, operation: distinct_count, column: n, where: txt::int > 9}");
    define(rehearsal, "no_column", "{relation: a, where: colour = 1}");
    define(rehearsal, "denied", "{relation: a, where: g IN (SELECT id FROM secret)}");
    define(rehearsal, "slow", "{relation: a, where: \"" SLOW "\"}");
    rehearsal_run(rehearsal);
    print_message("  %s: %s\n", shape->name, rehearsal_probe_of(rehearsal, "all")->name);
    expect_count(rehearsal, "all", ROWS);
    expect_count(rehearsal, "some", 2857);
    expect_count(rehearsal, "distinct", 500);
    expect_count(rehearsal, "other", 5000);
    expect_fault(rehearsal, "by_zero", STATUS_ERROR);
    expect_fault(rehearsal, "bad_cast", STATUS_ERROR);
    expect_fault(rehearsal, "no_column", STATUS_ABSENT);
    expect_fault(rehearsal, "denied", STATUS_DENIED);
    expect_fault(rehearsal, "slow", STATUS_TIMEOUT);
    rehearsal_free(rehearsal);
}

static void test_a_bad_metric_costs_itself_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        make_relation(&shapes[i]);
        check_isolation(&shapes[i]);
    }
}

/* ---- A table that grows too slow ---- */

/* Rows beyond `fast` take `nap` seconds each, as behind a policy or on a failing disk. */
static void make_slow(unsigned fast, const char *nap)
{
    sql_desk_write_format(&desk,
                          "CREATE FUNCTION hard.nap(int) RETURNS boolean LANGUAGE plpgsql AS"
                          " 'BEGIN IF $1 > %u THEN PERFORM pg_sleep(%s); END IF; RETURN true; END'",
                          fast, nap);
    sql_desk_write(&desk, "ALTER TABLE hard.a ENABLE ROW LEVEL SECURITY");
    sql_desk_write(&desk, "CREATE POLICY slow ON hard.a USING (hard.nap(g))");
}

static void test_a_slow_table_costs_its_own_metrics(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct source_settings settings = settings_of(-1);
        struct rehearsal *rehearsal;

        make_relation(&shapes[i]);
        make_slow(9000, "0.3");
        rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
        define(rehearsal, "all", "{relation: a}");
        define(rehearsal, "some", "{relation: a, where: n = 3}");
        define(rehearsal, "sum", "{relation: a, operation: sum, column: n}");
        define(rehearsal, "distinct", "{relation: a, operation: distinct_count, column: author}");
        define(rehearsal, "other", "{relation: other}");
        define(rehearsal, "other_too", "{relation: other, operation: sum, column: id}");
        rehearsal_run(rehearsal);
        expect_fault(rehearsal, "all", STATUS_TIMEOUT);
        expect_fault(rehearsal, "some", STATUS_TIMEOUT);
        expect_fault(rehearsal, "sum", STATUS_TIMEOUT);
        expect_fault(rehearsal, "distinct", STATUS_TIMEOUT);
        expect_count(rehearsal, "other", 5000);
        assert_string_equal(rehearsal_outcome(rehearsal, "other_too")->value.text, "12502500");
        rehearsal_free(rehearsal);
    }
}

/* No piece takes too long, but all of them would take minutes, when a run may take one. */
static void test_a_table_that_crawls_is_given_up(void **state)
{
    struct source_settings settings = settings_of(-1);
    struct rehearsal *rehearsal;
    const char *reason;

    (void)state;
    make_relation(&shapes[0]);
    make_slow(0, "0.02");
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    rehearsal_set_deadline(rehearsal, 60);
    define(rehearsal, "all", "{relation: a}");
    define(rehearsal, "distinct", "{relation: a, operation: distinct_count, column: author}");
    define(rehearsal, "other", "{relation: other}");
    rehearsal_run(rehearsal);
    expect_fault(rehearsal, "all", STATUS_TIMEOUT);
    expect_fault(rehearsal, "distinct", STATUS_TIMEOUT);
    expect_count(rehearsal, "other", 5000);
    reason = rehearsal_outcome(rehearsal, "all")->reason;
    assert_non_null(strstr(reason, "run.deadline is 60 s"));
    print_message("  %s\n", reason);
    rehearsal_free(rehearsal);
}

/* ---- Others write ---- */

struct writer {
    const struct shape *shape;
    unsigned times;
};

/* The rows that stay are changed, and so are moved in the heap; others come and go everywhere. */
static void write_something(unsigned nth, void *arg)
{
    struct writer *writer = arg;

    (void)nth;
    if (++writer->times > 60)
        return;
    if (writer->times % 3 == 0)
        sql_desk_write_format(
            &desk,
            "UPDATE hard.a SET pad = pad || repeat('x', 90), n = n + 1 WHERE stays AND"
            " g %% 37 = %u",
            writer->times % 37);
    else if (writer->times % 3 == 1)
        sql_desk_write_format(&desk,
                              "INSERT INTO hard.a SELECT %s, g, 1, g %% 500, '', false"
                              " FROM generate_series(%u, 1000000, 20001) g",
                              writer->shape->id, ROWS + writer->times);
    else
        sql_desk_write_format(&desk, "DELETE FROM hard.a WHERE NOT stays AND g %% 3 = %u",
                              writer->times % 3);
}

static void check_beside_writers(const struct shape *shape)
{
    struct source_settings settings = settings_of(-1);
    struct writer writer = {.shape = shape};
    struct rehearsal *rehearsal;

    settings.piece_target_ms = 1;
    settings.statement_timeout_ms = 5000;
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    define(rehearsal, "all", "{relation: a, where: stays}");
    define(rehearsal, "sum", "{relation: a, operation: sum, column: g, where: stays}");
    define(rehearsal, "distinct",
           "{relation: a, operation: distinct_count, column: g, where: stays}");
    define(rehearsal, "authors",
           "{relation: a, operation: distinct_count, column: author, where: stays}");
    rehearsal_on_progress(rehearsal, write_something, &writer);
    rehearsal_run(rehearsal);
    print_message("  %s: %u changes\n", shape->name, writer.times);
    expect_count(rehearsal, "all", ROWS);
    expect_count(rehearsal, "distinct", ROWS);
    expect_count(rehearsal, "authors", 500);
    assert_string_equal(rehearsal_outcome(rehearsal, "sum")->value.text, "200010000");
    rehearsal_free(rehearsal);
}

/* Without a key nothing is promised but to a few in 100,000 (pass.h). */
static void test_what_others_write_neither_doubles_nor_hides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        if (strcmp(shapes[i].name, "no key") == 0 || shapes[i].small_table_rows > 0)
            continue;
        make_relation(&shapes[i]);
        check_beside_writers(&shapes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_metric_costs_itself_alone),
        cmocka_unit_test(test_a_slow_table_costs_its_own_metrics),
        cmocka_unit_test(test_a_table_that_crawls_is_given_up),
        cmocka_unit_test(test_what_others_write_neither_doubles_nor_hides),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
