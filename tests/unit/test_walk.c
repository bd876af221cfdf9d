#include "metrics/walk.h"

#include "tests/support/test.h"

#include <string.h>

#define AIM_US 100000

/* A table that answers in proportion: `us_per_key` for each key of a piece in one of its runs. */
struct run_of_keys {
    int64_t first, last;
    int64_t us_per_key;
};

static const struct {
    const char *name;
    struct walk_range range;
    int64_t rows; /* the estimate */
    struct run_of_keys runs[4];
    int64_t too_slow_us; /* a piece that takes longer times out, patient or not */
    enum walk_step end;
    int pieces, most_pieces; /* at least, at most */
    int seeks;
} cases[] = {
    {"one row is one closed piece", {7, 7}, 1, {{7, 7, 5}}, 400000, WALK_DONE, 1, 1, 0},
    {"a small table is one piece", {1, 3000}, 3000, {{1, 3000, 1}}, 400000, WALK_DONE, 1, 1, 0},
    {"a large table grows to the aim",
     {1, 5000000},
     5000000,
     {{1, 5000000, 1}},
     400000,
     WALK_DONE,
     52,
     58,
     0},
    {"a wrong estimate is found out",
     {1, 5000000},
     10,
     {{1, 5000000, 1}},
     400000,
     WALK_DONE,
     50,
     80,
     0},
    {"a gap of a billion is one seek",
     {1, 1000200000},
     200000,
     {{1, 100000, 1}, {1000100001, 1000200000, 1}},
     400000,
     WALK_DONE,
     3,
     40,
     1},
    {"ids at both ends of the type",
     {INT64_MIN, INT64_MAX},
     20,
     {{INT64_MIN, INT64_MIN + 9, 1}, {INT64_MAX - 9, INT64_MAX, 1}},
     400000,
     WALK_DONE,
     2,
     20,
     1},
    {"negative ids", {-5000, 5000}, 10000, {{-5000, 5000, 1}}, 400000, WALK_DONE, 2, 3, 0},
    {"the largest id alone",
     {INT64_MAX, INT64_MAX},
     1,
     {{INT64_MAX, INT64_MAX, 1}},
     400000,
     WALK_DONE,
     1,
     1,
     0},
    {"a slow region is halved until it answers",
     {1, 1000000},
     1000000,
     {{1, 400000, 1}, {400001, 420000, 200}, {420001, 1000000, 1}},
     400000,
     WALK_DONE,
     30,
     200,
     0},
    {"what is too slow even for the floor is stuck",
     {1, 1000000},
     1000000,
     {{1, 1000000, 1000000}},
     400000,
     WALK_STUCK,
     2,
     20,
     0},
};

/* The keys of the piece that the runs hold, and what they take. */
static int64_t keys_in(const struct run_of_keys *runs, const struct walk_piece *piece,
                       int64_t *took_us)
{
    int64_t keys = 0, last = piece->closed ? piece->to : piece->to - 1;

    *took_us = 0;
    for (size_t i = 0; i < 4 && runs[i].us_per_key > 0; i++) {
        int64_t from = piece->from > runs[i].first ? piece->from : runs[i].first;
        int64_t to = last < runs[i].last ? last : runs[i].last;

        if (from > to)
            continue;
        keys += to - from + 1;
        *took_us += (to - from + 1) * runs[i].us_per_key;
    }
    return keys;
}

static const int64_t *key_from(const struct run_of_keys *runs, int64_t from, int64_t *key)
{
    for (size_t i = 0; i < 4 && runs[i].us_per_key > 0; i++) {
        if (runs[i].last < from)
            continue;
        *key = from > runs[i].first ? from : runs[i].first;
        return key;
    }
    return NULL;
}

static void play(size_t row)
{
    struct stride_limits limits = {
        .aim_us = AIM_US, .most_bytes = 1 << 21, .rows = cases[row].rows};
    struct walk walk;
    struct walk_piece piece;
    enum walk_step step;
    int64_t expected = 0, counted = 0, took_us, key;
    int pieces = 0, seeks = 0;

    for (size_t i = 0; i < 4 && cases[row].runs[i].us_per_key > 0; i++)
        expected += cases[row].runs[i].last - cases[row].runs[i].first + 1;
    walk_begin(&walk, &cases[row].range, &limits);
    while ((step = walk_next(&walk, &piece)) == WALK_PIECE || step == WALK_SEEK) {
        if (step == WALK_SEEK) {
            seeks++;
            walk_sought(&walk, key_from(cases[row].runs, piece.from, &key));
            continue;
        }
        pieces++;
        key = keys_in(cases[row].runs, &piece, &took_us);
        if (took_us > cases[row].too_slow_us) {
            walk_timed_out(&walk);
            continue;
        }
        counted += key;
        walk_answered(&walk, took_us, key, 0);
    }
    assert_int_equal(step, cases[row].end);
    assert_true(step == WALK_STUCK || counted == expected);
    assert_in_range(pieces, cases[row].pieces, cases[row].most_pieces);
    assert_int_equal(seeks, cases[row].seeks);
}

static void test_walks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("  %s\n", cases[i].name);
        play(i);
    }
}

static void test_no_keys(void **state)
{
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21};
    struct walk_piece piece;
    struct walk walk;

    (void)state;
    walk_begin(&walk, NULL, &limits);
    assert_int_equal(walk_next(&walk, &piece), WALK_DONE);
    assert_true(walk_share(&walk) == 1);
}

static void test_bytes_bound_the_piece(void **state)
{
    struct walk_range range = {1, 10000000};
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 100000, .rows = 10000000};
    struct walk_piece piece;
    struct walk walk;

    (void)state;
    walk_begin(&walk, &range, &limits);
    for (int i = 0; i < 20 && walk_next(&walk, &piece) == WALK_PIECE; i++) {
        int64_t keys = piece.to - piece.from;

        assert_true(keys * 12 <= 100000);
        walk_answered(&walk, keys / 100, keys, (size_t)keys * 12);
    }
    assert_int_equal(piece.to - piece.from, 100000 / 12);
}

static void test_pieces_come_to_the_aim_from_below(void **state)
{
    struct walk_range range = {1, 10000000};
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21, .rows = 10000000};
    struct walk_piece piece;
    struct walk walk;

    (void)state;
    walk_begin(&walk, &range, &limits);
    while (walk_next(&walk, &piece) == WALK_PIECE) {
        int64_t took_us = (piece.to - piece.from) * 3;

        assert_true(took_us <= AIM_US * 12 / 10);
        walk_answered(&walk, took_us, piece.to - piece.from, 0);
    }
}

/* 150 ms for a sub-select in every piece, above the aim: smaller pieces would not be faster. */
static void test_a_fixed_cost_does_not_shrink_pieces(void **state)
{
    struct walk_range range = {1, 10000000};
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21, .rows = 10000000};
    struct walk_piece piece;
    struct walk walk;
    int pieces = 0;

    (void)state;
    walk_begin(&walk, &range, &limits);
    while (walk_next(&walk, &piece) == WALK_PIECE) {
        int64_t took_us = 150000 + (piece.to - piece.from);

        assert_true(took_us < 3 * AIM_US);
        walk_answered(&walk, took_us, piece.to - piece.from, 0);
        pieces++;
    }
    assert_in_range(pieces, 100, 420);
}

/* A condition that almost no row meets: pieces are empty, but their keys go on. */
static void test_rare_rows_do_not_keep_pieces_small(void **state)
{
    struct walk_range range = {1, 10000000};
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21, .rows = 10000000};
    struct walk_piece piece;
    struct walk walk;
    enum walk_step step;
    int pieces = 0;

    (void)state;
    walk_begin(&walk, &range, &limits);
    while ((step = walk_next(&walk, &piece)) != WALK_DONE) {
        if (step == WALK_SEEK) {
            walk_sought(&walk, &piece.from);
            continue;
        }
        walk_answered(&walk, piece.to - piece.from, 0, 0);
        pieces++;
    }
    assert_in_range(pieces, 100, 110);
}

static void test_stuck_goes_on_when_answered(void **state)
{
    struct walk_range range = {1, 1000};
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21, .rows = 1000};
    struct walk_piece piece;
    struct walk walk;
    bool patient = false;

    (void)state;
    walk_begin(&walk, &range, &limits);
    while (walk_next(&walk, &piece) == WALK_PIECE) {
        assert_false(patient);
        patient = piece.patient;
        walk_timed_out(&walk);
    }
    assert_true(patient);
    assert_int_equal(walk_next(&walk, &piece), WALK_STUCK);
    assert_int_equal(piece.from, 1);
    walk_answered(&walk, 1000, 1, 0);
    assert_int_equal(walk_next(&walk, &piece), WALK_PIECE);
    assert_false(piece.patient);
    assert_true(piece.from > 1);
}

static void test_resumed(void **state)
{
    struct walk_range range = {1, 1000000};
    struct stride_limits limits = {.aim_us = AIM_US, .most_bytes = 1 << 21, .rows = 1000000};
    struct walk_piece piece;
    struct walk walk;

    (void)state;
    walk_begin(&walk, &range, &limits);
    walk_resume(&walk, 500000, 70000);
    assert_int_equal(walk_next(&walk, &piece), WALK_PIECE);
    assert_int_equal(piece.from, 500000);
    assert_int_equal(piece.to, 570000);
    walk_begin(&walk, &range, &limits);
    walk_resume(&walk, 2000000, 70000);
    assert_int_equal(walk_next(&walk, &piece), WALK_PIECE);
    assert_int_equal(piece.from, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walks),
        cmocka_unit_test(test_no_keys),
        cmocka_unit_test(test_bytes_bound_the_piece),
        cmocka_unit_test(test_pieces_come_to_the_aim_from_below),
        cmocka_unit_test(test_a_fixed_cost_does_not_shrink_pieces),
        cmocka_unit_test(test_rare_rows_do_not_keep_pieces_small),
        cmocka_unit_test(test_stuck_goes_on_when_answered),
        cmocka_unit_test(test_resumed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
