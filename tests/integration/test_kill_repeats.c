/*
 * A walk of some seconds, killed in its middle and started again: what had been counted a few
 * seconds before the kill is not read again. The server's own statistics say how much was read.
 */
#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "tests/support/asking.h"
#include "tests/support/killed_agent.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdlib.h>

#define ROWS    150000
#define WALL_US (14 * US_PER_SECOND)
/* Three between two states, one to the journal's flush, a piece; and some. */
#define FEW_SECONDS 6

static const char *const schema[] = {
    "CREATE SCHEMA kill",
    "CREATE TABLE kill.walked (id bigint PRIMARY KEY, wide bigint)",
    "INSERT INTO kill.walked SELECT g, g * 2654435761 % 1099511627776"
    " FROM generate_series(1::bigint, 150000) g",
    "ANALYZE",
};

/* Rows that are dear, so that there are many pieces and the rests between them are short. */
static const struct agent_metric metrics[] = {
    {"dear", "database", "all",
     "{relation: walked, where: \"md5(lpad(wide::text, 2000, 'x')) > '0'\"}"},
    {"wide", "database", "all", "{relation: walked, operation: distinct_count, column: wide}"},
};

static struct killed_agent agent;
static struct loop *loop;
static struct db_config config = {.name = "main"};
static struct db *db;

static int set_up(void **state)
{
    (void)state;
    killed_agent_init(&agent);
    config.conninfo = getenv("TEST_DATABASE");
    loop = loop_new();
    db = db_new(loop, &config);
    for (size_t i = 0; i < COUNT_OF(schema); i++) {
        struct db_statement statement = {.sql = schema[i], .timeout_ms = 30000, .writes = true};

        assert_string_equal(ask_statement(loop, db, &statement).err.text, "");
    }
    for (size_t i = 0; i < COUNT_OF(metrics); i++)
        agent_define(&agent, "definitions", &metrics[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_free(db);
    loop_free(loop);
    killed_agent_release(&agent);
    return 0;
}

/* What a session has read is known for certain once it has ended. */
static int64_t rows_read(void)
{
    ask_until(loop, db,
              "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'service-ping'"
              " AND pid <> pg_backend_pid()");
    return ask(loop, db,
               "SELECT (sum(idx_tup_read) + max(seq_tup_read))::bigint FROM pg_stat_user_tables t"
               " JOIN pg_stat_user_indexes i USING (relid) WHERE t.relname = 'walked'")
        .integer;
}

static void test_little_is_read_again(void **state)
{
    struct agent_start whole = {.name = "whole"}, parted = {.name = "parted"};
    int64_t before, at_kill, again, allowed;
    char file[AGENT_PATH_SIZE], found[AGENT_TEXT_SIZE];
    struct killed undisturbed, killed;

    (void)state;
    if (!killing_is_permitted())
        skip();
    agent_settle(&agent, whole.name, "definitions", 1);
    undisturbed = agent_start(&agent, &whole);
    assert_int_equal(undisturbed.code, 0);
    agent_settle(&agent, parted.name, "definitions", agent_duty_for(&agent, whole.name, WALL_US));
    before = rows_read();
    parted.call = KILLING_SEND;
    parted.at = undisturbed.calls[KILLING_SEND] * 2 / 3;
    killed = agent_start(&agent, &parted);
    assert_true(killed.killed);
    at_kill = rows_read() - before;
    parted.at = 0;
    assert_int_equal(agent_start(&agent, &parted).code, 0);
    again = rows_read() - before - ROWS;
    allowed = at_kill * FEW_SECONDS * US_PER_SECOND / killed.lived_us;
    print_message("%" PRId64 " of %d rows in %.1f s, then killed; %" PRId64 " were read again\n",
                  at_kill, ROWS, (double)killed.lived_us / US_PER_SECOND, again);
    assert_in_range(at_kill, ROWS / 4, ROWS - 1);
    assert_in_range(again, 0, allowed);
    (void)agent_path(&agent, parted.name, AGENT_STORE, file);
    assert_string_equal(agent_ask(file, "SELECT sum(value) FROM outcomes", found), "300000");
    assert_string_equal(agent_ask(file, "SELECT resumed FROM runs", found), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_little_is_read_again)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
