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
#define FEW_US       (6 * US_PER_SECOND)
#define MOST_SAMPLES 1000

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

static int64_t rows_told(void)
{
    return ask(loop, db,
               "SELECT (sum(idx_tup_read) + max(seq_tup_read))::bigint FROM pg_stat_user_tables t"
               " JOIN pg_stat_user_indexes i USING (relid) WHERE t.relname = 'walked'")
        .integer;
}

/* What a session has read is known for certain once it has ended. */
static int64_t rows_read(void)
{
    ask_until(loop, db,
              "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'service-ping'"
              " AND pid <> pg_backend_pid()");
    return rows_told();
}

/* How far it was when, as the server told it: a session tells it about once a second. */
static struct {
    int64_t before; /* rows read by others */
    struct sample {
        int64_t at_us, rows;
    } samples[MOST_SAMPLES];
    size_t count;
} walk;

static bool most_is_read(void)
{
    int64_t rows = rows_told() - walk.before;

    assert_true(walk.count < MOST_SAMPLES);
    if (walk.count == 0 || walk.samples[walk.count - 1].rows != rows)
        walk.samples[walk.count++] = (struct sample){now_monotonic_us(), rows};
    return rows >= ROWS * 2 / 3;
}

/* It may have been more, but not less. */
static int64_t rows_read_until(int64_t us)
{
    int64_t rows = 0;

    for (size_t i = 0; i < walk.count && walk.samples[i].at_us <= us; i++)
        rows = walk.samples[i].rows;
    return rows;
}

static void test_little_is_read_again(void **state)
{
    struct agent_start whole = {.name = "whole"}, parted = {.name = "parted"};
    char file[AGENT_PATH_SIZE], found[AGENT_TEXT_SIZE];
    int64_t at_kill, again, kept;

    (void)state;
    if (!killing_is_permitted())
        skip();
    agent_settle(&agent, whole.name, "definitions", 1);
    assert_int_equal(agent_start(&agent, &whole).code, 0);
    agent_settle(&agent, parted.name, "definitions", agent_duty_for(&agent, whole.name, WALL_US));
    walk.before = rows_read();
    parted.call = KILLING_SEND;
    parted.due = most_is_read;
    assert_true(agent_start(&agent, &parted).killed);
    kept = rows_read_until(now_monotonic_us() - FEW_US);
    at_kill = rows_read() - walk.before;
    parted.due = NULL;
    assert_int_equal(agent_start(&agent, &parted).code, 0);
    again = rows_read() - walk.before - ROWS;
    print_message("%" PRId64 " of %d rows, %" PRId64 " of them some seconds before, then killed; "
                  "%" PRId64 " were read again\n",
                  at_kill, ROWS, kept, again);
    assert_in_range(at_kill, ROWS * 2 / 3, ROWS - 1);
    assert_in_range(again, 0, at_kill - kept);
    (void)agent_path(&agent, parted.name, AGENT_STORE, file);
    assert_string_equal(agent_ask(file, "SELECT sum(value) FROM outcomes", found), "300000");
    assert_string_equal(agent_ask(file, "SELECT resumed FROM runs", found), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_little_is_read_again)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
