/*
 * Walks over keys of all kinds against plain SQL: whole, interrupted at every state they save, with
 * rows that come meanwhile.
 */
#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "tests/support/solo.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sql_desk desk;
static struct arena *arena;
static struct solo solo;

static const char *const schema[] = {
    "DROP SCHEMA IF EXISTS walks CASCADE",
    "CREATE SCHEMA walks",
    "CREATE TABLE uuids (id uuid PRIMARY KEY, n int, who bigint)",
    "INSERT INTO uuids SELECT md5(g::text)::uuid, g, g % 777 FROM generate_series(1, 40000) g",
    "CREATE TABLE slugs (id text COLLATE \"en-x-icu\" PRIMARY KEY, n int, who bigint)",
    "INSERT INTO slugs SELECT (ARRAY['', 'it''s ', E'back\\\\slash\\\\', 'Ärger', E'line\\n', 'a',"
    " 'A', '%_', '日本', '''''', E'\\u00a0 '])[1 + g % 11] || CASE WHEN g > 0 THEN g::text ELSE ''"
    " END, g, g % 777 FROM generate_series(0, 40000) g",
    "CREATE TABLE pairs (kind int, id text, n int, who bigint, PRIMARY KEY (kind, id))",
    "INSERT INTO pairs SELECT g % 5 - 2, CASE WHEN g % 3 = 0 THEN '' ELSE '\"),(' END || g / 5, g,"
    " g % 777 FROM generate_series(1, 40000) g",
    "CREATE TABLE triples (a bool, b date, d real, n int, who bigint,"
    " PRIMARY KEY (a, b, d))",
    "INSERT INTO triples SELECT g % 2 = 0, '2000-01-01'::date + g % 3, g / 7.0, g, g % 777"
    " FROM generate_series(1, 40000) g",
    "CREATE TABLE decimals (id numeric PRIMARY KEY, n int, who bigint)",
    "INSERT INTO decimals SELECT (g - 9000) / 7.0, g, g % 777 FROM generate_series(1, 40000) g"
    " UNION ALL SELECT 'NaN', 0, 0 UNION ALL SELECT 1e300, 0, 0 UNION ALL SELECT -1e300, 0, 0",
    "CREATE TABLE moments (at timestamptz, id bigint, n int, who bigint, PRIMARY KEY (at, id))",
    "INSERT INTO moments SELECT '2026-03-29 00:00Z'::timestamptz + g / 9 * interval '1.000001 s',"
    " g, g, g % 777 FROM generate_series(1, 40000) g UNION ALL SELECT 'infinity', 1, 0, 0"
    " UNION ALL SELECT '-infinity', 1, 0, 0",
    "CREATE TABLE labels (id bigserial PRIMARY KEY, label text COLLATE \"en-x-icu\", n int, who "
    "bigint)",
    "INSERT INTO labels (label, n, who) SELECT CASE WHEN g % 5 = 0 THEN NULL WHEN g % 3 = 0 THEN"
    " 'most' ELSE E'l\\\\' || g % 3000 END, g, nullif(g % 777, 5) FROM generate_series(1, 90000) g",
    "CREATE INDEX ON labels (label)",
    "CREATE INDEX ON labels (who)",
    "CREATE TABLE heap (n int, who bigint, filler text)",
    "INSERT INTO heap SELECT g, g % 777, repeat('x', 100) FROM generate_series(1, 40000) g",
    "DELETE FROM heap WHERE n BETWEEN 5000 AND 20000 OR n % 7 = 0",
    "CREATE TABLE empty (n int, who bigint, id text PRIMARY KEY)",
    "CREATE TABLE ends (id bigint PRIMARY KEY, n int, who bigint)",
    "INSERT INTO ends SELECT g, 1, g % 777 FROM generate_series(-3000, 3000) g"
    " UNION ALL SELECT -9223372036854775808 + g, 2, g FROM generate_series(0, 2000) g"
    " UNION ALL SELECT 9223372036854775807 - g, 3, g FROM generate_series(0, 2000) g"
    " UNION ALL SELECT 1000000000 + g, 4, g FROM generate_series(0, 3000) g",
    "ANALYZE",
};

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options='-csearch_path=walks -ctimezone=Asia/Kolkata -cdatestyle=SQL,DMY "
                         "-cextra_float_digits=-3'");
    arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(schema); i++)
        sql_desk_write(&desk, schema[i]);
    now_stop_at(INT64_C(1795255200) * US_PER_SECOND);
    solo_init(&solo, &desk.config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    solo_release(&solo);
    arena_free(arena);
    sql_desk_close(&desk);
    return 0;
}

#define ALL_COLUMNS                                                                                \
    {                                                                                              \
        {.kind = COLUMN_COUNT, .argument = "*"},                                                   \
            {.kind = COLUMN_COUNT, .argument = "*", .filter = "n >= 0 AND n % 3 = 1"},             \
            {.kind = COLUMN_SUM, .argument = "n"}, {.kind = COLUMN_IDS, .argument = "who"},        \
        {                                                                                          \
            .kind = COLUMN_IDS, .argument = "who", .filter = "n > 700"                             \
        }                                                                                          \
    }
#define ALL_SQL                                                                                    \
    "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE n >= 0 AND n % 3 = 1), sum(n),"        \
    " count(DISTINCT who), count(DISTINCT who) FILTER (WHERE n > 700)) FROM "

static const struct solo_shape shapes[] = {
    {"uuids", PASS_SHARED, "uuids", KEY_TUPLE, {"uuids.id"}, ALL_COLUMNS},
    {"texts of another collation", PASS_SHARED, "slugs", KEY_TUPLE, {"slugs.id"}, ALL_COLUMNS},
    {"two columns", PASS_SHARED, "pairs", KEY_TUPLE, {"pairs.kind", "pairs.id"}, ALL_COLUMNS},
    {"numerics", PASS_SHARED, "decimals", KEY_TUPLE, {"decimals.id"}, ALL_COLUMNS},
    {"timestamps", PASS_SHARED, "moments", KEY_TUPLE, {"moments.at", "moments.id"}, ALL_COLUMNS},
    {"blocks with dead rows", PASS_SHARED, "heap", KEY_BLOCK, {"heap.ctid"}, ALL_COLUMNS},
    {"numbers from end to end", PASS_SHARED, "ends", KEY_INTEGER, {"ends.id"}, ALL_COLUMNS},
    {"numbers as tuples", PASS_SHARED, "ends", KEY_TUPLE, {"ends.id"}, ALL_COLUMNS},
    {"three columns",
     PASS_SHARED,
     "triples",
     KEY_TUPLE,
     {"triples.a", "triples.b", "triples.d"},
     ALL_COLUMNS},
    {"no block", PASS_SHARED, "empty", KEY_BLOCK, {"empty.ctid"}, ALL_COLUMNS},
    {"no row", PASS_SHARED, "empty", KEY_TUPLE, {"empty.id"}, ALL_COLUMNS},
};

/* The values of the pass, in the form of ALL_SQL. */
static void write_values(struct str *out)
{
    str_clear(out);
    for (size_t i = 0; i < solo.answers; i++) {
        const struct outcome *outcome = &solo.outcomes[i];

        if (outcome->status != STATUS_OK)
            fail_msg("%s", outcome->reason);
        str_add_format(out, "%s", i > 0 ? " " : "");
        if (outcome->value.kind == VALUE_COUNT)
            str_add_format(out, "%lld", (long long)outcome->value.count);
        else
            str_add(out, outcome->value.text);
    }
}

static void assert_values(const char *expected)
{
    struct str values;

    str_init(&values);
    write_values(&values);
    assert_string_equal(values.text, expected);
    str_release(&values);
}

/* Stops at each of the first states, one after the other, and goes on in a new run. */
static unsigned assert_resumed(const struct pass *pass, const char *expected)
{
    const unsigned most = getenv("SOAK") != NULL ? 1000 : 8;
    struct str bytes;
    unsigned stop_at = 1;

    str_init(&bytes);
    while (stop_at <= most && solo_play(&solo, pass, NULL, stop_at)) {
        str_clear(&bytes);
        str_add_bytes(&bytes, solo.saved.text, solo.saved.length);
        (void)solo_play(&solo, pass, &bytes, 0);
        assert_values(expected);
        stop_at++;
    }
    str_release(&bytes);
    return stop_at - 1;
}

static const char *expected_of(const char *sql, const char *from)
{
    char statement[512];
    struct asked asked;

    (void)snprintf(statement, sizeof(statement), "%s%s", sql, from);
    asked = sql_desk_ask(&desk, statement);
    /* An empty sum is NULL in SQL and nothing to add up here. */
    return strcmp(asked.text, "0 0 0 0") == 0 ? "0 0 0 0 0" : arena_copy(arena, asked.text);
}

static void test_all_keys(void **state)
{
    int64_t busy_us = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const char *expected = expected_of(ALL_SQL, shapes[i].relation);
        int64_t rows =
            sql_desk_ask(&desk, arena_format(arena, "SELECT count(*) FROM %s", shapes[i].relation))
                .integer;
        struct pass *pass = solo_pass(&shapes[i], rows, arena);
        unsigned states;

        assert_false(solo_play(&solo, pass, NULL, 0));
        assert_values(expected);
        assert_int_equal(solo.cost.rows, rows);
        busy_us += solo.cost.busy_us;
        print_message("  %s: %u statements, ", shapes[i].name, solo.statements);
        assert_in_range(solo.statements, 1, 40);
        states = assert_resumed(pass, expected);
        print_message("%u states\n", states);
        assert_in_range(states, rows > 0 ? 1 : 0, 40);
    }
    assert_true(busy_us > 0);
}

static void test_blocks_say_that_they_are_not_exact(void **state)
{
    (void)state;
    assert_false(solo_play(&solo, solo_pass(&shapes[5], 1000, arena), NULL, 0));
    assert_string_equal(solo.outcomes[0].method, "tid");
    assert_non_null(strstr(solo.outcomes[0].error_bound, "missed or counted twice"));
    assert_false(solo_play(&solo, solo_pass(&shapes[0], 1000, arena), NULL, 0));
    assert_null(solo.outcomes[0].method);
}

/* One row makes a column fail, and another one is too slow: they stand alone, in every kind of
 * walk.
 */
static void test_guilty_columns_stand_alone(void **state)
{
    static const struct solo_shape guilty[] = {
        {"uuids",
         PASS_SHARED,
         "uuids",
         KEY_TUPLE,
         {"uuids.id"},
         {{.kind = COLUMN_COUNT, .argument = "*"},
          {.kind = COLUMN_COUNT, .argument = "*", .filter = "1 / (n - 7777) < 0"},
          {.kind = COLUMN_SUM, .argument = "n"}}},
        {"blocks",
         PASS_SHARED,
         "heap",
         KEY_BLOCK,
         {"heap.ctid"},
         {{.kind = COLUMN_COUNT, .argument = "*"},
          {.kind = COLUMN_COUNT, .argument = "*", .filter = "1 / (n - 30001) < 0"},
          {.kind = COLUMN_SUM, .argument = "n"}}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(guilty); i++) {
        const char *sum = expected_of("SELECT sum(n)::text FROM ", guilty[i].relation);
        int64_t rows =
            sql_desk_ask(&desk, arena_format(arena, "SELECT count(*) FROM %s", guilty[i].relation))
                .integer;

        print_message("  %s\n", guilty[i].name);
        assert_false(solo_play(&solo, solo_pass(&guilty[i], rows, arena), NULL, 0));
        assert_int_equal(solo.outcomes[0].value.count, rows);
        assert_int_equal(solo.outcomes[1].status, STATUS_ERROR);
        assert_null(solo.outcomes[1].error_bound);
        assert_string_equal(solo.outcomes[2].value.text, sum);
    }
}

/* Rows that are slow all together: pieces time out, are halved, and all rows are still counted. */
static void test_timeouts_halve_the_piece(void **state)
{
    static const struct solo_shape slow = {
        "slow rows",
        PASS_SHARED,
        "pairs",
        KEY_TUPLE,
        {"pairs.kind", "pairs.id"},
        {{.kind = COLUMN_COUNT, .argument = "*"},
         {.kind = COLUMN_COUNT,
          .argument = "*",
          .filter = "CASE WHEN n <= 2000 THEN pg_sleep(0.002) IS NOT NULL END"}}};
    struct pass *pass = solo_pass(&slow, 4000, arena);

    (void)state;
    pass->parts->where = "kind = 1";
    assert_false(solo_play(&solo, pass, NULL, 0));
    assert_values("8000 400");
    assert_in_range(solo.statements, 8, 200);
}

/* A wrong or missing estimate changes how large the pieces are, and nothing else. */
static void test_estimates_may_be_wrong(void **state)
{
    static const int64_t estimates[] = {0, 1, INT64_C(1000000000000)};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(estimates) * COUNT_OF(shapes); i++) {
        const struct solo_shape *shape = &shapes[i / COUNT_OF(estimates)];
        struct pass *pass = solo_pass(shape, estimates[i % COUNT_OF(estimates)], arena);

        if (shape->type != KEY_TUPLE)
            continue;
        (void)solo_play(&solo, pass, NULL, 0);
        assert_values(expected_of(ALL_SQL, shape->relation));
    }
}

/* ---- Values ---- */

static const struct solo_shape values[] = {
    {"texts by value",
     PASS_DISTINCT,
     "labels",
     KEY_TUPLE,
     {"labels.label"},
     {{.kind = COLUMN_DISTINCT, .argument = "labels.label"},
      {.kind = COLUMN_DISTINCT, .argument = "labels.label", .filter = "labels.n > 80000"}}},
    {"numbers by value",
     PASS_DISTINCT,
     "labels",
     KEY_INTEGER,
     {"labels.who"},
     {{.kind = COLUMN_DISTINCT, .argument = "labels.who"},
      {.kind = COLUMN_DISTINCT, .argument = "labels.who", .filter = "labels.n > 80000"}}},
};

static const char *const values_sql[] = {
    "SELECT concat_ws(' ', count(DISTINCT label), count(DISTINCT label) FILTER (WHERE n > 80000))"
    " FROM ",
    "SELECT concat_ws(' ', count(DISTINCT who), count(DISTINCT who) FILTER (WHERE n > 80000))"
    " FROM ",
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const char *expected = expected_of(values_sql[i], "labels");
        struct pass *pass = solo_pass(&values[i], 90000, arena);

        print_message("  %s\n", values[i].name);
        (void)solo_play(&solo, pass, NULL, 0);
        assert_values(expected);
        assert_true(assert_resumed(pass, expected) >= 2);
    }
}

static const struct solo_shape others[] = {
    {"texts as a whole",
     PASS_WHOLE,
     "labels",
     KEY_NONE,
     {NULL},
     {{.kind = COLUMN_DISTINCT, .argument = "label"},
      {.kind = COLUMN_DISTINCT, .argument = "label", .filter = "n > 80000"}}},
    {"numbers by the table",
     PASS_SHARED,
     "labels",
     KEY_INTEGER,
     {"labels.id"},
     {{.kind = COLUMN_IDS, .argument = "who"},
      {.kind = COLUMN_IDS, .argument = "who", .filter = "n > 80000"}}},
};

/* Once a statement: long enough to be measured. */
#define TAKES_TIME "(SELECT pg_sleep(0.02)) IS NOT NULL"

/* The first way takes some 300 ms a statement by the test's clock, and 16 ms even where a busy
 * machine lets it see but one tick; the other one takes what it takes. */
static void slow_the_first_way(unsigned nth, void *arg)
{
    (void)nth;
    (void)arg;
    solo.us_per_ms = strcmp(solo.doing, "labels") == 0 ? 16000 : 1000;
}

/* Far more than a walk that is said to cost nothing, less than one that is said to cost hours. */
static void test_a_slow_walk_is_given_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const char *expected = expected_of(values_sql[i], "labels");
        struct pass *pass = solo_pass(&values[i], 90000, arena);
        struct pass *other = solo_pass(&others[i], 90000, arena);

        print_message("  %s\n", others[i].name);
        other->relation = "the other way";
        pass->otherwise = other;
        pass->cost_s = 3600;
        (void)solo_play(&solo, pass, NULL, 0);
        assert_values(expected);
        assert_string_equal(solo.doing, "labels");
        solo.on_statement = slow_the_first_way;
        pass->columns[1].filter = "labels.n > 80000 AND " TAKES_TIME;
        pass->cost_s = 0.000001;
        (void)solo_play(&solo, pass, NULL, 0);
        assert_values(expected);
        assert_string_equal(solo.doing, "the other way");
        assert_true(solo.cost.rows > 0);
        assert_in_range(assert_resumed(pass, expected), 1, 100);
        solo.on_statement = NULL;
        solo.us_per_ms = 1000;
    }
}

/* A state of the other way is gone on with, and not begun anew by the first one. */
static void test_a_state_says_of_which_way_it_is(void **state)
{
    struct pass *pass = solo_pass(&values[1], 90000, arena);
    struct pass *other = solo_pass(&others[1], 90000, arena);
    struct str bytes;

    (void)state;
    other->relation = "the other way";
    pass->otherwise = other;
    pass->cost_s = 3600;
    assert_true(solo_play(&solo, other, NULL, 1));
    str_init(&bytes);
    str_add_bytes(&bytes, solo.saved.text, solo.saved.length);
    (void)solo_play(&solo, pass, &bytes, 0);
    assert_string_equal(solo.doing, "the other way");
    assert_values(expected_of(values_sql[1], "labels"));
    str_clear(&bytes);
    str_add(&bytes, "walk 1 of an older version");
    (void)solo_play(&solo, pass, &bytes, 0);
    assert_string_equal(solo.doing, "labels");
    assert_values(expected_of(values_sql[1], "labels"));
    str_release(&bytes);
}

/* ---- Rows that come meanwhile ---- */

static const struct {
    const char *name;
    struct solo_shape shape;
    const char *insert; /* with a number that is new each time; n is -1 */
} growing[] = {
    {"uuids",
     {"uuids",
      PASS_SHARED,
      "uuids",
      KEY_TUPLE,
      {"uuids.id"},
      {{.kind = COLUMN_COUNT, .argument = "*", .filter = "n >= 0"}}},
     "INSERT INTO uuids SELECT md5('new' || %u || ' ' || g)::uuid, -1, 0 FROM generate_series(1, "
     "200) g"},
    {"pairs",
     {"pairs",
      PASS_SHARED,
      "pairs",
      KEY_TUPLE,
      {"pairs.kind", "pairs.id"},
      {{.kind = COLUMN_COUNT, .argument = "*", .filter = "n >= 0"}}},
     "INSERT INTO pairs SELECT g % 8 - 3, 'new' || %u || ' ' || g, -1, 0"
     " FROM generate_series(1, 200) g"},
    {"numbers",
     {"ends",
      PASS_SHARED,
      "ends",
      KEY_INTEGER,
      {"ends.id"},
      {{.kind = COLUMN_COUNT, .argument = "*", .filter = "n >= 0"}}},
     "INSERT INTO ends SELECT 10000 + 300 * %u + g, -1, 0 FROM generate_series(1, 200) g"},
    {"blocks",
     {"heap",
      PASS_SHARED,
      "heap",
      KEY_BLOCK,
      {"heap.ctid"},
      {{.kind = COLUMN_COUNT, .argument = "*", .filter = "n >= 0"}}},
     "INSERT INTO heap SELECT -1, %u, repeat('y', 100) FROM generate_series(1, 200) g"},
};

static void insert_rows(unsigned nth, void *arg)
{
    const char *const *insert = arg;
    char sql[256];

    (void)snprintf(sql, sizeof(sql), "%.*s%u%s", (int)(strstr(*insert, "%u") - *insert), *insert,
                   nth, strstr(*insert, "%u") + 2);
    sql_desk_write(&desk, sql);
}

static void test_rows_that_come_meanwhile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(growing); i++) {
        const char *expected =
            expected_of("SELECT count(*)::text FROM ", growing[i].shape.relation);
        const char *insert = growing[i].insert;

        print_message("  %s\n", growing[i].name);
        solo.on_statement = insert_rows;
        solo.arg = &insert;
        (void)solo_play(&solo, solo_pass(&growing[i].shape, 20000, arena), NULL, 0);
        solo.on_statement = NULL;
        assert_values(expected);
        assert_in_range(solo.statements, 4, 200);
        assert_true(sql_desk_ask(&desk, arena_format(arena, "SELECT count(*) FROM %s WHERE n = -1",
                                                     growing[i].shape.relation))
                        .integer >= 600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_keys),
        cmocka_unit_test(test_blocks_say_that_they_are_not_exact),
        cmocka_unit_test(test_guilty_columns_stand_alone),
        cmocka_unit_test(test_timeouts_halve_the_piece),
        cmocka_unit_test(test_estimates_may_be_wrong),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_a_slow_walk_is_given_up),
        cmocka_unit_test(test_a_state_says_of_which_way_it_is),
        cmocka_unit_test(test_rows_that_come_meanwhile),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
