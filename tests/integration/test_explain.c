/* The server's plan for what a pass asks of one metric, on a real server. */
#include "agent/io/loop.h"
#include "metrics/pass_explain.h"
#include "metrics/sources.h"
#include "tests/support/asking.h"
#include "tests/support/rehearsal.h"
#include "tests/support/solo.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */

static struct database_settings databases[1];
static char conninfo[512];

static const char *const schema[] = {
    "DROP SCHEMA IF EXISTS explained CASCADE",
    "CREATE SCHEMA explained",
    "CREATE TABLE things (id bigint PRIMARY KEY, n int, owner int, created_at timestamptz)",
    "INSERT INTO things SELECT g * 10, g % 7, g % 50, timestamptz '2026-11-21 10:00+00' - g * "
    "interval '1 minute' FROM generate_series(1, 50000) g",
    "CREATE INDEX ON things (created_at)",
    "CREATE TABLE empty (id bigint PRIMARY KEY)",
    "CREATE TABLE tiny (id bigint PRIMARY KEY)",
    "INSERT INTO tiny SELECT generate_series(1, 20)",
    "CREATE TABLE pairs (kind int, slug text, n int, PRIMARY KEY (kind, slug))",
    "INSERT INTO pairs SELECT g % 5, 'it''s ' || g, g FROM generate_series(1, 30000) g",
    "CREATE TABLE heap (n int, filler text)",
    "INSERT INTO heap SELECT g, repeat('x', 200) FROM generate_series(1, 30000) g",
    "ANALYZE things",
    "ANALYZE pairs",
    "ANALYZE heap",
    "ANALYZE tiny",
};

static const struct source_settings settings = {
    .databases = databases,
    .database_count = 1,
    .piece_target_ms = 250,
    .statement_timeout_ms = 15000,
    .lock_timeout_ms = 2000,
    .small_table_rows = -1, /* all are walked */
};

static int set_up(void **state)
{
    struct db_config config = {.name = "main"};
    struct loop *loop = loop_new();
    struct db *db;

    (void)state;
    (void)snprintf(conninfo, sizeof(conninfo), "%s options=-csearch_path=explained",
                   getenv("TEST_DATABASE"));
    config.conninfo = conninfo;
    databases[0] = (struct database_settings){.name = "main", .config = config, .duty = 1};
    db = db_new(loop, &config);
    for (size_t i = 0; i < COUNT_OF(schema); i++) {
        struct db_statement statement = {.sql = schema[i], .timeout_ms = 10000, .writes = true};
        struct asked asked = ask_statement(loop, db, &statement);

        if (asked.err.kind != ERROR_NONE)
            fail_msg("%s: %s", schema[i], asked.err.text);
    }
    db_free(db);
    loop_free(loop);
    return 0;
}

struct told {
    struct loop *loop;
    unsigned calls;
    enum error_kind kind;
    char lines[4000];
};

static void told(const char *lines, const struct error *err, void *arg)
{
    struct told *room = arg;

    assert_true((lines == NULL) == (err != NULL));
    room->calls++;
    room->kind = err != NULL ? err->kind : ERROR_NONE;
    (void)snprintf(room->lines, sizeof(room->lines), "%s", err != NULL ? err->text : lines);
    loop_stop(room->loop);
}

static void begin_explain(struct rehearsal *rehearsal, const char *key_path, struct told *room)
{
    const struct probe *probe = rehearsal_probe_of(rehearsal, key_path);

    *room = (struct told){.loop = rehearsal_loop(rehearsal)};
    for (size_t i = 0; i < probe->metric_count; i++)
        if (strcmp(probe->metrics[i]->key_path, key_path) == 0)
            probe->ops->explain(probe->source, probe, probe->metrics[i], told, room);
    assert_int_equal(room->calls, 0);
}

static struct rehearsal *rehearse(void)
{
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);

    rehearsal_define(rehearsal, "key_path: all\noptions: {relation: things}\n");
    rehearsal_define(
        rehearsal, "key_path: mean\noptions: {relation: things, operation: average, column: n}\n");
    rehearsal_define(rehearsal, "key_path: some\noptions: {relation: things, where: n = 3}\n");
    rehearsal_define(rehearsal, "key_path: week\ntime_frame: 7d\noptions: {relation: things}\n");
    rehearsal_define(rehearsal, "key_path: none\noptions: {relation: empty}\n");
    rehearsal_define(rehearsal, "key_path: few\noptions: {relation: tiny}\n");
    rehearsal_define(rehearsal, "key_path: own\noptions: {operation: sql, sql: 'SELECT max(n) FROM "
                                "things'}\n");
    rehearsal_run(rehearsal);
    return rehearsal;
}

static const struct {
    const char *name;
    const char *key_path;
    const char *words[3]; /* all of which must be there; NULL: fewer */
    const char *never;    /* NULL: nothing */
} rows[] = {
    {"a walk is explained by its first piece",
     "all",
     {"The first piece, 4000 of 50000 rows if its keys were even:\n  things.id >= 10 AND "
      "things.id < ",
      "Index Cond: ((id >= 10) AND (id < ", "Aggregate"},
     NULL},
    {"a window by its own bounds",
     "week",
     {"things.created_at >= '2026-11-1", "Index Cond: ((created_at >= ", NULL},
     NULL},
    {"a table without rows has no piece", "none", {"There is no row to walk", NULL, NULL}, "cost="},
    {"a table that is one piece",
     "few",
     {"All of it, in one piece:\n  tiny.id >= 1 AND tiny.id <= 20", NULL, NULL},
     "rows if"},
    {"a statement of its own as it stands", "own", {"Seq Scan on things", NULL, NULL}, "piece"},
};

static void test_plans(void **state)
{
    struct rehearsal *rehearsal = rehearse();

    (void)state;
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        struct told room;

        print_message("# %s\n", rows[row].name);
        begin_explain(rehearsal, rows[row].key_path, &room);
        loop_run(rehearsal_loop(rehearsal));
        assert_int_equal(room.calls, 1);
        assert_int_equal(room.kind, ERROR_NONE);
        for (size_t i = 0; i < COUNT_OF(rows[row].words) && rows[row].words[i] != NULL; i++)
            if (strstr(room.lines, rows[row].words[i]) == NULL)
                fail_msg("no '%s' in:\n%s", rows[row].words[i], room.lines);
        if (rows[row].never != NULL && strstr(room.lines, rows[row].never) != NULL)
            fail_msg("'%s' in:\n%s", rows[row].never, room.lines);
    }
    rehearsal_free(rehearsal);
}

/* Passes by other keys than numbers, made by hand. */
static const struct {
    struct solo_shape shape;
    const char *words[3];
} keys[] = {
    {{"several columns",
      PASS_SHARED,
      "pairs",
      KEY_TUPLE,
      {"pairs.kind", "pairs.slug"},
      {{.kind = COLUMN_COUNT, .argument = "*"}, {.kind = COLUMN_SUM, .argument = "n"}}},
     {"The first piece, 4000 of 30000 rows:\n  ", "'it''s 10'", "Cond: ("}},
    {{"a text that begins one",
      PASS_DISTINCT,
      "pairs",
      KEY_TUPLE,
      {"pairs.slug"},
      {{.kind = COLUMN_COUNT, .argument = "*"}}},
     {"The first piece, 4000 of 30000 rows:\n  pairs.slug >= 'it''s 1'", "cost=", NULL}},
    {{"blocks",
      PASS_SHARED,
      "heap",
      KEY_BLOCK,
      {"heap.ctid"},
      {{.kind = COLUMN_COUNT, .argument = "*"}}},
     {" of 30000 rows if its keys were even:\n  heap.ctid >= ", "Tid Range Scan", NULL}},
};

static void test_keys(void **state)
{
    struct arena *arena = arena_new();
    struct loop *loop = loop_new();
    struct db *db = db_new(loop, &databases[0].config);
    const struct pass_run_context context = {
        .loop = loop, .db = db, .settings = &settings, .duty = 1};
    struct pass_explains list = LIST_HEAD_INITIALIZER(list);

    (void)state;
    for (size_t row = 0; row < COUNT_OF(keys); row++) {
        const struct pass *pass = solo_pass(&keys[row].shape, 30000, arena);
        struct told room = {.loop = loop};

        print_message("# %s\n", keys[row].shape.name);
        pass_explain_begin(&context, pass, pass->metrics[pass->item_count - 1], told, &room, &list);
        loop_run(loop);
        assert_int_equal(room.calls, 1);
        for (size_t i = 0; i < COUNT_OF(keys[row].words) && keys[row].words[i] != NULL; i++)
            if (strstr(room.lines, keys[row].words[i]) == NULL)
                fail_msg("no '%s' in:\n%s", keys[row].words[i], room.lines);
    }
    assert_true(LIST_EMPTY(&list));
    db_free(db);
    loop_free(loop);
    arena_free(arena);
}

/* A probe described by one of its metrics says what is asked for that one. */
static void test_part_of_a_pass(void **state)
{
    struct rehearsal *rehearsal = rehearse();
    struct probe part = *rehearsal_probe_of(rehearsal, "mean");
    struct arena *arena = arena_new();
    struct description description;

    (void)state;
    assert_true(part.metric_count > 1);
    for (size_t i = 0; i < part.metric_count; i++) {
        if (strcmp(part.metrics[i]->key_path, "mean") != 0)
            continue;
        part.metrics += i;
        part.metric_count = 1;
        break;
    }
    part.ops->describe_probe(part.source, &part, arena, &description);
    assert_non_null(strstr(description.text, "sum(n)"));
    assert_null(strstr(description.text, "n = 3"));
    assert_non_null(strstr(description.text, "things.id >= :from AND things.id < :to"));
    arena_free(arena);
    rehearsal_free(rehearsal);
}

/* Whoever closes the source while it asks hears nothing; what came before was whole. */
static void test_closed_meanwhile(void **state)
{
    struct rehearsal *rehearsal = rehearse();
    struct told rooms[3];

    (void)state;
    begin_explain(rehearsal, "all", &rooms[0]);
    begin_explain(rehearsal, "own", &rooms[1]);
    begin_explain(rehearsal, "week", &rooms[2]);
    loop_run(rehearsal_loop(rehearsal));
    assert_int_equal(rooms[0].calls + rooms[1].calls + rooms[2].calls, 1);
    rehearsal_free(rehearsal);
    assert_int_equal(rooms[0].calls + rooms[1].calls + rooms[2].calls, 1);
}

/* A table that went away since the plan was made is the server's error, as it says it. */
static void test_error(void **state)
{
    struct rehearsal *rehearsal = rehearse();
    const struct db_statement drop = {
        .sql = "DROP TABLE explained.tiny", .timeout_ms = 10000, .writes = true};
    struct db *db = db_new(rehearsal_loop(rehearsal), &databases[0].config);
    struct told room;

    (void)state;
    assert_int_equal(ask_statement(rehearsal_loop(rehearsal), db, &drop).err.kind, ERROR_NONE);
    begin_explain(rehearsal, "few", &room);
    loop_run(rehearsal_loop(rehearsal));
    assert_int_equal(room.calls, 1);
    assert_int_equal(room.kind, ERROR_MISSING);
    db_free(db);
    rehearsal_free(rehearsal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),          cmocka_unit_test(test_keys),
        cmocka_unit_test(test_part_of_a_pass), cmocka_unit_test(test_closed_meanwhile),
        cmocka_unit_test(test_error),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
