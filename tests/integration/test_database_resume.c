/*
 * A walk that is interrupted goes on from what it saved: the numbers are those of one whole walk.
 * The clock stands still but for what the test moves it, so that every piece is saved.
 */
#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "metrics/sources.h"
#include "tests/support/rehearsal.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1795255200)

static struct sql_desk desk;
static struct database_settings databases[1];
static struct source_settings settings;

static const char *const schema[] = {
    "DROP SCHEMA IF EXISTS resume CASCADE",
    "CREATE SCHEMA resume",
    "CREATE TABLE resume.rows (id bigint PRIMARY KEY, n int, big bigint, dec numeric)",
    "INSERT INTO resume.rows SELECT g, g % 1000, g * 5000000000, g / 7.0"
    " FROM generate_series(1, 200000) g",
    "ANALYZE resume.rows",
};

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options='-csearch_path=resume'");
    databases[0] = (struct database_settings){.name = "main", .config = desk.config, .duty = 1};
    settings = (struct source_settings){
        .databases = databases,
        .database_count = 1,
        .piece_target_ms = 100,
        .statement_timeout_ms = 15000,
        .small_table_rows = -1,
    };
    for (size_t i = 0; i < COUNT_OF(schema); i++)
        sql_desk_write(&desk, schema[i]);
    now_stop_at(RECORDED_AT * US_PER_SECOND);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sql_desk_close(&desk);
    return 0;
}

static struct rehearsal *rehearsal_all(void)
{
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);

    rehearsal_define(rehearsal, "key_path: count\noptions: {relation: rows}\n");
    rehearsal_define(rehearsal, "key_path: some\noptions: {relation: rows, where: n = 3}\n");
    rehearsal_define(rehearsal,
                     "key_path: sum\noptions: {relation: rows, operation: sum, column: dec}\n");
    rehearsal_define(rehearsal,
                     "key_path: mean\noptions: {relation: rows, operation: average, column: n}\n");
    rehearsal_define(
        rehearsal,
        "key_path: distinct\noptions: {relation: rows, operation: distinct_count, column: n}\n");
    rehearsal_define(
        rehearsal,
        "key_path: wide\noptions: {relation: rows, operation: distinct_count, column: big}\n");
    rehearsal_define(rehearsal,
                     "key_path: guilty\noptions: {relation: rows, where: 1 / (id - 1) < 0}\n");
    return rehearsal;
}

static void assert_all(const struct rehearsal *rehearsal)
{
    const struct outcome *guilty = rehearsal_outcome(rehearsal, "guilty");

    assert_int_equal(rehearsal_outcome(rehearsal, "count")->value.count, 200000);
    assert_int_equal(rehearsal_outcome(rehearsal, "some")->value.count, 200);
    assert_string_equal(rehearsal_outcome(rehearsal, "mean")->value.text, "499.5");
    assert_int_equal(rehearsal_outcome(rehearsal, "distinct")->value.count, 1000);
    assert_int_equal(rehearsal_outcome(rehearsal, "wide")->value.count, 200000);
    assert_string_equal(
        rehearsal_outcome(rehearsal, "sum")->value.text,
        ask(desk.loop, desk.db, "SELECT trim_scale(sum(dec))::text FROM rows").text);
    assert_int_equal(guilty->status, STATUS_ERROR);
    assert_non_null(strstr(guilty->reason, "division by zero"));
}

static void test_interrupted_at_every_piece(void **state)
{
    (void)state;
    for (unsigned stop_at = 1; stop_at < 4; stop_at++) {
        struct rehearsal *rehearsal = rehearsal_all();

        rehearsal_save_always(rehearsal);
        now_advance(4 * US_PER_SECOND);
        assert_true(rehearsal_until(rehearsal, stop_at));
        rehearsal_on_progress(rehearsal, NULL, NULL);
        rehearsal_run(rehearsal);
        assert_all(rehearsal);
        rehearsal_free(rehearsal);
    }
}

static void test_interrupted_again_and_again(void **state)
{
    struct rehearsal *rehearsal = rehearsal_all();

    (void)state;
    rehearsal_save_always(rehearsal);
    assert_in_range(rehearsal_interrupt(rehearsal, 1), 2, 50);
    assert_all(rehearsal);
    rehearsal_free(rehearsal);
}

/* Rows that came behind the walk's place are not counted; those counted before are not lost. */
static void test_what_was_counted_is_not_counted_again(void **state)
{
    struct rehearsal *rehearsal = rehearsal_all();
    struct db_statement remove = {
        .sql = "DELETE FROM rows WHERE id <= 1000", .timeout_ms = 30000, .writes = true};

    (void)state;
    rehearsal_save_always(rehearsal);
    assert_true(rehearsal_until(rehearsal, 2));
    assert_string_equal(ask_statement(desk.loop, desk.db, &remove).err.text, "");
    rehearsal_run(rehearsal);
    assert_int_equal(rehearsal_outcome(rehearsal, "count")->value.count, 200000);
    rehearsal_free(rehearsal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupted_at_every_piece),
        cmocka_unit_test(test_interrupted_again_and_again),
        cmocka_unit_test(test_what_was_counted_is_not_counted_again),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
