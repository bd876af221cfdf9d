/*
 * The walk against a table in memory: keys of two columns in their order, each with its rows, a
 * time for each row, timeouts, and rows that come and go while it is walked.
 */
#include "metrics/tuple_walk.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AIM_US   100000
#define SLOW_US  400000 /* what takes longer is timed out, patient or not */
#define MOST_ROW 400000

struct row {
    int64_t key;
    bool counted, always; /* there from the beginning to the end */
};

struct table {
    struct row *rows; /* by key */
    size_t count;
    double us_per_row;
    struct tuple_walk walk;
    unsigned reaches, pieces, timeouts;
    size_t largest; /* piece, in rows */
    int64_t longest_us;
};

static void write_key(int64_t key, struct str *out)
{
    str_clear(out);
    str_add_format(out, "%c", (char)('a' + key % 3)); /* says nothing, and is carried along */
    str_add_bytes(out, "", 1);
    str_add_format(out, "%lld", (long long)key);
    str_add_bytes(out, "", 1);
}

static int64_t read_key(const char *tuple)
{
    return strtoll(tuple + strlen(tuple) + 1, NULL, 10);
}

/* The first row whose key is at least this. */
static size_t place_of(const struct table *table, int64_t key)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table->rows[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void answer_reach(struct table *table, const struct tuple_piece *piece, bool beyond)
{
    int64_t from = read_key(piece->from), last = read_key(piece->to);
    size_t place = beyond ? place_of(table, from + 1) : place_of(table, from) + piece->ahead;
    struct tuple_reach reach = {0};
    struct str tuple;

    table->reaches++;
    str_init(&tuple);
    if (place < table->count && table->rows[place].key <= last) {
        write_key(table->rows[place].key, &tuple);
        reach = (struct tuple_reach){&tuple, table->rows[place].key == from};
    }
    tuple_walk_reached(&table->walk, &reach, (int64_t)((double)piece->ahead / 10));
    str_release(&tuple);
}

static void answer_piece(struct table *table, const struct tuple_piece *piece)
{
    size_t first = place_of(table, read_key(piece->from));
    size_t end = place_of(table, read_key(piece->to) + (piece->closed ? 1 : 0));
    int64_t took_us = (int64_t)((double)(end - first) * table->us_per_row);

    if (took_us > SLOW_US) {
        table->timeouts++;
        tuple_walk_timed_out(&table->walk);
        return;
    }
    table->pieces++;
    table->longest_us = took_us > table->longest_us ? took_us : table->longest_us;
    table->largest = end - first > table->largest ? end - first : table->largest;
    for (size_t i = first; i < end; i++) {
        assert_false(table->rows[i].counted);
        table->rows[i].counted = true;
    }
    tuple_walk_answered(&table->walk, took_us, (int64_t)(end - first), 0);
}

static void begin(struct table *table, int64_t estimate)
{
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21, .rows = estimate};
    struct str first, last;

    tuple_walk_init(&table->walk);
    str_init(&first);
    str_init(&last);
    if (table->count > 0) {
        write_key(table->rows[0].key, &first);
        write_key(table->rows[table->count - 1].key, &last);
    }
    tuple_walk_begin(&table->walk, table->count > 0 ? &first : NULL, &last, &limits);
    str_release(&first);
    str_release(&last);
}

static bool play(struct table *table)
{
    double share = tuple_walk_share(&table->walk);
    struct tuple_piece piece;
    enum tuple_step step = tuple_walk_next(&table->walk, &piece);

    assert_true(share >= 0 && share <= 1);
    if (step == TUPLE_PIECE)
        answer_piece(table, &piece);
    else if (step == TUPLE_REACH || step == TUPLE_BEYOND)
        answer_reach(table, &piece, step == TUPLE_BEYOND);
    return step != TUPLE_DONE && step != TUPLE_STUCK;
}

/* Groups of keys, `step` apart, each key in so many rows. */
static const struct {
    const char *name;
    struct {
        int64_t first, keys, step, rows;
    } groups[3];
    double us_per_row;
    enum tuple_step end;
    unsigned least_pieces, most_pieces, most_reaches, most_timeouts;
} cases[] = {
    {"no row at all", {{0}}, 1, TUPLE_DONE, 0, 0, 0, 0},
    {"one row is one piece", {{7, 1, 1, 1}}, 5, TUPLE_DONE, 1, 1, 1, 0},
    {"a small table is one piece", {{1, 3000, 1, 1}}, 1, TUPLE_DONE, 1, 1, 1, 0},
    {"a stride exactly to the last row", {{1, 4001, 1, 1}}, 1, TUPLE_DONE, 2, 2, 2, 0},
    {"a large table grows to the aim", {{1, 400000, 1, 1}}, 10, TUPLE_DONE, 40, 50, 50, 0},
    {"a gap costs nothing",
     {{-100000, 5000, 1, 1}, {INT64_C(1000000000), 5000, 1000000, 1}},
     1,
     TUPLE_DONE,
     2,
     3,
     3,
     0},
    {"a key with more rows than a stride is a piece of its own",
     {{1, 10, 1, 1}, {11, 1, 1, 20000}, {12, 20, 1, 1}},
     1,
     TUPLE_DONE,
     3,
     4,
     5,
     0},
    {"all rows have one key", {{1, 1, 1, 50000}}, 1, TUPLE_DONE, 1, 1, 2, 0},
    {"the last key has many rows", {{1, 5, 1, 1}, {6, 1, 1, 50000}}, 1, TUPLE_DONE, 2, 2, 3, 0},
    {"each key in many rows", {{1, 100, 1, 4000}}, 1, TUPLE_DONE, 5, 102, 200, 0},
    {"slow rows are halved until they answer",
     {{1, 100000, 1, 1}},
     150,
     TUPLE_DONE,
     140,
     220,
     220,
     3},
    {"too slow even for the floor is stuck", {{1, 5000, 1, 1}}, 10000, TUPLE_STUCK, 0, 0, 8, 8},
    {"a single key that is too slow is asked twice",
     {{1, 1, 1, 20000}},
     100,
     TUPLE_STUCK,
     0,
     0,
     2,
     2},
};

static void fill(struct table *table, size_t row)
{
    for (size_t i = 0; i < 3; i++)
        for (int64_t key = 0; key < cases[row].groups[i].keys; key++)
            for (int64_t copy = 0; copy < cases[row].groups[i].rows; copy++) {
                assert_true(table->count < MOST_ROW);
                table->rows[table->count++] = (struct row){
                    .key = cases[row].groups[i].first + key * cases[row].groups[i].step,
                    .always = true,
                };
            }
    table->us_per_row = cases[row].us_per_row;
}

static void assert_counted(const struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].always && !table->rows[i].counted)
            fail_msg("the row of key %lld is not counted", (long long)table->rows[i].key);
}

static void test_walks(void **state)
{
    struct row *rows = calloc(MOST_ROW, sizeof(*rows));

    (void)state;
    assert_non_null(rows);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct table table = {.rows = rows};

        print_message("  %s\n", cases[i].name);
        memset(rows, 0, MOST_ROW * sizeof(*rows));
        fill(&table, i);
        begin(&table, (int64_t)table.count);
        while (play(&table))
            ;
        assert_int_equal(table.walk.step, cases[i].end);
        assert_in_range(table.pieces, cases[i].least_pieces, cases[i].most_pieces);
        assert_in_range(table.reaches, 0, cases[i].most_reaches);
        assert_in_range(table.timeouts, 0, cases[i].most_timeouts);
        if (cases[i].end == TUPLE_DONE)
            assert_counted(&table);
        tuple_walk_release(&table.walk);
    }
    free(rows);
}

/* ---- Random tables that change ---- */

static uint64_t seed;

static uint64_t chance(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % below;
}

static void fill_at_random(struct table *table)
{
    uint64_t gap = 1 + chance(1000000), most = 1 + chance(chance(4) == 0 ? 9000 : 5);
    int64_t key = (int64_t)chance(1000000000) - 500000000;

    while (table->count < 30000 && chance(20000) != 0) {
        uint64_t same = 1 + chance(most);

        key += 1 + (int64_t)chance(gap);
        for (uint64_t i = 0; i < same && table->count < 30000; i++)
            table->rows[table->count++] = (struct row){.key = key, .always = true};
    }
    table->us_per_row = 1 + (double)chance(40);
}

/* A row comes that none of the counts is asked about, or one goes, counted or not. */
static void change(struct table *table)
{
    size_t place = chance(table->count + 1);

    if (chance(2) == 0) {
        int64_t key = place < table->count ? table->rows[place].key : table->rows[place - 1].key;

        memmove(table->rows + place + 1, table->rows + place,
                (table->count++ - place) * sizeof(table->rows[0]));
        table->rows[place] = (struct row){.key = key};
    } else if (place < table->count && table->count > 1) {
        memmove(table->rows + place, table->rows + place + 1,
                (--table->count - place) * sizeof(table->rows[0]));
    }
}

/* Goes on in a new walk, by what is saved of the old one. */
static void resume(struct table *table)
{
    struct tuple_walk old = table->walk;

    if (old.step == TUPLE_DONE || old.step == TUPLE_STUCK)
        return;
    tuple_walk_init(&table->walk);
    tuple_walk_begin(&table->walk, &old.at, &old.last, &old.stride.limits);
    tuple_walk_resume(&table->walk, old.stride.width, old.rows_behind);
    tuple_walk_release(&old);
}

static void play_at_random(struct table *table)
{
    unsigned steps = 0;

    fill_at_random(table);
    begin(table, (int64_t)chance(60000));
    if (table->count == 0)
        return;
    do {
        if (chance(3) == 0)
            change(table);
        if (chance(10) == 0)
            resume(table);
        if (chance(20) == 0 && table->walk.step == TUPLE_REACH && !table->walk.stride.patient)
            tuple_walk_timed_out(&table->walk);
        assert_true(++steps < 100000);
    } while (play(table));
    if (table->walk.step == TUPLE_DONE)
        assert_counted(table);
}

static void test_random_tables(void **state)
{
    const char *soak = getenv("SOAK");
    unsigned long count = soak != NULL ? strtoul(soak, NULL, 10) : 30;
    struct row *rows = calloc(MOST_ROW, sizeof(*rows));
    unsigned ended = 0;

    (void)state;
    assert_non_null(rows);
    for (unsigned long i = 0; i < count; i++) {
        struct table table = {.rows = rows};

        seed = i * 7919 + 1;
        print_message("  seed %lu\n", i);
        play_at_random(&table);
        ended += table.walk.step == TUPLE_DONE;
        tuple_walk_release(&table.walk);
    }
    assert_true(ended * 2 >= count); /* the others are stuck at a key with too many rows */
    free(rows);
}

static void test_pieces_come_to_the_aim_from_below(void **state)
{
    struct row *rows = calloc(MOST_ROW, sizeof(*rows));
    struct table table = {.rows = rows, .us_per_row = 3};

    (void)state;
    assert_non_null(rows);
    for (; table.count < MOST_ROW; table.count++)
        rows[table.count].key = (int64_t)table.count * 5;
    begin(&table, 0);
    while (play(&table))
        ;
    assert_in_range(table.longest_us, AIM_US * 9 / 10, AIM_US * 12 / 10);
    tuple_walk_release(&table.walk);
    free(rows);
}

static void test_a_slow_reach_makes_pieces_smaller(void **state)
{
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21};
    struct tuple_reach reach = {0};
    struct tuple_piece piece;
    struct tuple_walk walk;
    struct str key;

    (void)state;
    str_init(&key);
    write_key(1, &key);
    tuple_walk_init(&walk);
    tuple_walk_begin(&walk, &key, &key, &limits);
    for (int i = 0; i < 20; i++) {
        write_key(i, &key);
        reach.tuple = &key;
        assert_int_equal(tuple_walk_next(&walk, &piece), TUPLE_REACH);
        tuple_walk_reached(&walk, &reach, 1000 + (int64_t)piece.ahead * 10);
        tuple_walk_answered(&walk, 1000, 0, 0);
    }
    assert_in_range(piece.ahead, AIM_US / 10 * 8 / 10, AIM_US / 10);
    tuple_walk_release(&walk);
    str_release(&key);
}

static void test_patience(void **state)
{
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21};
    struct tuple_reach reach = {0};
    struct tuple_piece piece;
    struct tuple_walk walk;
    struct str key;

    (void)state;
    str_init(&key);
    write_key(5, &key);
    tuple_walk_init(&walk);
    tuple_walk_begin(&walk, &key, &key, &limits);
    while (tuple_walk_next(&walk, &piece) == TUPLE_REACH && !piece.patient)
        tuple_walk_timed_out(&walk);
    assert_int_equal(piece.ahead, STRIDE_FLOOR_ROWS);
    tuple_walk_reached(&walk, &reach, 1000);
    assert_int_equal(tuple_walk_next(&walk, &piece), TUPLE_PIECE);
    assert_true(piece.closed && piece.patient);
    tuple_walk_timed_out(&walk);
    assert_int_equal(tuple_walk_next(&walk, &piece), TUPLE_STUCK);
    assert_true(piece.closed);
    assert_int_equal(read_key(piece.from), 5);
    tuple_walk_answered(&walk, 1000, 1, 0); /* its columns could be had one by one */
    assert_int_equal(tuple_walk_next(&walk, &piece), TUPLE_DONE);
    tuple_walk_release(&walk);
    str_release(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walks),
        cmocka_unit_test(test_random_tables),
        cmocka_unit_test(test_pieces_come_to_the_aim_from_below),
        cmocka_unit_test(test_a_slow_reach_makes_pieces_smaller),
        cmocka_unit_test(test_patience),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
