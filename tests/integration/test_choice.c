/*
 * How a real server's catalog makes metrics be counted, and that the numbers are right whichever
 * way it is: before the tables were analysed, vacuumed, and with dead rows.
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
#define LAST_28D    " BETWEEN '2026-10-22 10:00:00+00' AND '2026-11-19 10:00:00+00'"
#define DISTINCT    "operation: distinct_count, "

static struct sql_desk desk;
static struct database_settings databases[1];

/* Of 30,000 rows, where a piece should not have more than 5,000. */
static const char *const schema[] = {
    "CREATE SCHEMA choice",
    "CREATE TABLE issues (id bigint PRIMARY KEY, author_id int, skewed_id int, state_id int, "
    "iid uuid, title text, created_at timestamptz, closed_at timestamptz) WITH "
    "(autovacuum_enabled = off)",
    "INSERT INTO issues SELECT g, CASE WHEN g % 50 > 0 THEN g * 7 % 4001 - 2000 END, CASE WHEN g % "
    "2 = 0 THEN 5 ELSE g % 300 END, g % 3, CASE WHEN g % 9 > 0 THEN md5((g % 900)::text)::uuid "
    "END, 'title \"' || g % 700 || E'\\\\ ü', timestamptz '2026-11-21 10:00+00' - g * interval '1 "
    "hour', timestamptz '2026-11-21 10:00+00' - g * interval '1 minute' FROM generate_series(1, "
    "30000) g",
    "CREATE INDEX ON issues (author_id) INCLUDE (state_id, closed_at)",
    "CREATE INDEX ON issues (skewed_id)",
    "CREATE INDEX ON issues (iid)",
    "CREATE INDEX ON issues (title DESC, id DESC)",
    "CREATE INDEX ON issues (created_at)",
    "CREATE TABLE members (source_id int, kind text COLLATE \"C\", user_id uuid, n int, PRIMARY "
    "KEY (source_id, kind, user_id)) WITH (autovacuum_enabled = off)",
    "INSERT INTO members SELECT CASE WHEN g % 3 > 0 THEN 1 ELSE g END, chr(65 + g % 20), "
    "md5(g::text)::uuid, g % 17 FROM generate_series(1, 30000) g",
    "CREATE TABLE labels (id uuid PRIMARY KEY, n int)",
    "INSERT INTO labels SELECT md5(g::text)::uuid, g % 13 FROM generate_series(1, 30000) g",
    "CREATE TABLE bare (n int, txt text)",
    "INSERT INTO bare SELECT g % 19, 'x' || g % 23 FROM generate_series(1, 30000) g",
    "CREATE TABLE parted (id bigint, part int, n int, PRIMARY KEY (id, part)) PARTITION BY LIST "
    "(part)",
    "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)",
    "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2)",
    "INSERT INTO parted SELECT g, 1 + g % 2, g % 19 FROM generate_series(1, 30000) g",
    "CREATE TABLE ancestors (id int PRIMARY KEY)",
    "CREATE TABLE heirs () INHERITS (ancestors)",
    "INSERT INTO ancestors SELECT generate_series(1, 100)",
    "INSERT INTO heirs SELECT generate_series(51, 9000)",
};

enum condition { FRESH, CLEAN, DIRTY, CONDITIONS };

struct way {
    const char *name, *options, *frame, *plain;
    const char *passes[CONDITIONS]; /* never analysed, vacuumed, with dead rows */
};

static const struct way cases[] = {
    {"a number for a key",
     "{relation: issues, where: state_id > 0}",
     "all",
     "SELECT count(*) FROM issues WHERE state_id > 0",
     {"issues by id", "issues by id", "issues by id"}},
    {"a skewed composite key",
     "{relation: members, where: n > 3}",
     "all",
     "SELECT count(*) FROM members WHERE n > 3",
     {"members by source_id, kind, user_id", "members by source_id, kind, user_id",
      "members by source_id, kind, user_id"}},
    {"a uuid",
     "{relation: labels, where: n > 4}",
     "all",
     "SELECT count(*) FROM labels WHERE n > 4",
     {"labels by id", "labels by id", "labels by id"}},
    {"no key",
     "{relation: bare, " DISTINCT "column: n}",
     "all",
     "SELECT count(DISTINCT n) FROM bare",
     {"bare by blocks", "bare by blocks", "bare by blocks"}},
    {"partitions",
     "{relation: parted, where: n > 4}",
     "all",
     "SELECT count(*) FROM parted WHERE n > 4",
     {"parted by id, part", "parted by id", "parted by id"}},
    {"heirs with the same keys",
     "{relation: ancestors, " DISTINCT "column: id}",
     "all",
     "SELECT count(DISTINCT id) FROM ancestors",
     {"ancestors by id", "ancestors by id", "ancestors by id"}},
    {"a window",
     "{relation: issues}",
     "28d",
     "SELECT count(*) FROM issues WHERE created_at" LAST_28D,
     {"issues by created_at, window", "issues by created_at, window",
      "issues by created_at, window"}},
    {"distinct uuids",
     "{relation: issues, " DISTINCT "column: iid}",
     "all",
     "SELECT count(DISTINCT iid) FROM issues",
     {"issues by iid, values", "issues by iid, values", "issues by iid, values"}},
    {"distinct uuids that fulfil a condition",
     "{relation: issues, " DISTINCT "column: iid, where: state_id = 1}",
     "all",
     "SELECT count(DISTINCT iid) FROM issues WHERE state_id = 1",
     {"issues by iid, values", "issues by iid, values", "issues by iid, values"}},
    {"distinct texts in the order of an index",
     "{relation: issues, " DISTINCT "column: title, timestamp_column: closed_at}",
     "28d",
     "SELECT count(DISTINCT title) FROM issues WHERE closed_at" LAST_28D,
     {"issues by title, values", "issues by title, values", "issues by title, values"}},
    {"distinct moments",
     "{relation: issues, " DISTINCT "column: created_at}",
     "all",
     "SELECT count(DISTINCT created_at) FROM issues",
     {"issues by created_at, values", "issues by created_at, values",
      "issues by created_at, values"}},
};

/* Numbers that nothing else is asked with, so that the table need not be read for another reason.
 */
static const struct way numbers[] = {
    {"distinct numbers",
     "{relation: issues, " DISTINCT "column: author_id}",
     "all",
     "SELECT count(DISTINCT author_id) FROM issues",
     {"issues by id", "issues by author_id, values", "issues by id"}},
    {"distinct numbers that fulfil a condition",
     "{relation: issues, " DISTINCT "column: author_id, where: state_id = 1}",
     "all",
     "SELECT count(DISTINCT author_id) FROM issues WHERE state_id = 1",
     {"issues by id", "issues by author_id, values", "issues by id"}},
    {"distinct numbers in a window",
     "{relation: issues, " DISTINCT "column: author_id, timestamp_column: closed_at}",
     "28d",
     "SELECT count(DISTINCT author_id) FROM issues WHERE closed_at" LAST_28D,
     {"issues by id", "issues by author_id, values", "issues by id"}},
};
static const struct way skewed[] = {
    {"distinct numbers with a common one",
     "{relation: issues, " DISTINCT "column: skewed_id}",
     "all",
     "SELECT count(DISTINCT skewed_id) FROM issues",
     {"issues by id", "issues by id", "issues by id"}},
};

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options=-csearch_path=choice");
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

static void assert_way(const struct rehearsal *rehearsal, const char *key_path,
                       const struct way *way, enum condition condition)
{
    const struct outcome *outcome = rehearsal_outcome(rehearsal, key_path);
    struct asked asked = ask(desk.loop, desk.db, way->plain);
    const char *name = rehearsal_probe_of(rehearsal, key_path)->name;
    char expected[128];

    print_message("# %s\n", way->name);
    if (outcome->status != STATUS_OK)
        fail_msg("%s: %s", way->name, outcome->reason);
    assert_string_equal(asked.err.text, "");
    assert_int_equal(outcome->value.count, asked.integer);
    (void)snprintf(expected, sizeof(expected), "main: %s", way->passes[condition]);
    assert_string_equal(name, expected);
}

static void play(const struct way *ways, size_t count, enum condition condition)
{
    const struct source_settings settings = {
        .databases = databases,
        .database_count = 1,
        .piece_target_ms = 10,
        .statement_timeout_ms = 15000,
        .lock_timeout_ms = 2000,
        .small_table_rows = 1000,
    };
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    char text[512];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(text, sizeof(text), "key_path: m%zu\ntime_frame: %s\noptions: %s\n", i,
                       ways[i].frame, ways[i].options);
        rehearsal_define(rehearsal, text);
    }
    rehearsal_run(rehearsal);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(text, sizeof(text), "m%zu", i);
        assert_way(rehearsal, text, &ways[i], condition);
    }
    rehearsal_free(rehearsal);
}

static void play_all(enum condition condition)
{
    play(cases, COUNT_OF(cases), condition);
    play(numbers, COUNT_OF(numbers), condition);
    play(skewed, COUNT_OF(skewed), condition);
}

static void test_never_analysed(void **state)
{
    (void)state;
    play_all(FRESH);
}

static void test_vacuumed(void **state)
{
    (void)state;
    /* A session tells the statistics what it wrote when it ends. */
    sql_desk_renew(&desk);
    ask_until(desk.loop, desk.db, "SELECT pg_stat_get_live_tuples('bare'::regclass) > 0");
    if (system("psql -Xqc 'VACUUM ANALYZE'") != 0) /* NOLINT(cert-env33-c): a test's own words */
        fail_msg("VACUUM ANALYZE fails");
    play_all(CLEAN);
}

static void test_with_dead_rows(void **state)
{
    (void)state;
    sql_desk_write(
        &desk, "UPDATE issues SET state_id = 1 - state_id, closed_at = now() WHERE id % 50 = 0");
    sql_desk_renew(&desk);
    ask_until(desk.loop, desk.db, "SELECT pg_stat_get_dead_tuples('issues'::regclass) > 0");
    play_all(DIRTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_analysed),
        cmocka_unit_test(test_vacuumed),
        cmocka_unit_test(test_with_dead_rows),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
