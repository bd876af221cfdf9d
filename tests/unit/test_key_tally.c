#include "metrics/key_tally.h"

#include "tests/support/test.h"
#include "tests/support/test_arena.h"

#include <string.h>

#define MOST_BYTES 256

static size_t add_zeros(uint8_t *bytes, size_t at, size_t count)
{
    bytes[at++] = (uint8_t)(0x40 | (count - 1) >> 8);
    bytes[at++] = (uint8_t)(count - 1);
    return at;
}

/* A sparse HyperLogLog in which the registers 100, 200 ... of the digits given stand at 1. */
static size_t sketch(const char *digits, uint8_t bytes[MOST_BYTES])
{
    size_t at = 16, next = 0;

    memset(bytes, 0, MOST_BYTES);
    memcpy(bytes, "HYLL\1", 5);
    for (size_t digit = 1; digit <= 9; digit++) {
        if (strchr(digits, (char)('0' + digit)) == NULL)
            continue;
        at = add_zeros(bytes, at, digit * 100 - next);
        bytes[at++] = 0x80;
        next = digit * 100 + 1;
    }
    return add_zeros(bytes, at, HLL_REGISTERS - next);
}

/* The example of GitLab's own comments, and what lies around it. */
static const struct {
    const char *name;
    const char *sets[4];
    int64_t count;
} cases[] = {
    {"one set", {"1234"}, 4},
    {"two sets", {"1234", "345678"}, 2},
    {"the first and the third", {"1234", "45198"}, 2},
    {"the second and the third", {"345678", "45198"}, 3},
    {"three sets", {"1234", "345678", "45198"}, 1},
    {"four sets", {"1234", "345678", "45198", "4"}, 1},
    {"a set twice", {"1234", "1234"}, 4},
    {"nothing in common", {"12", "34", "56"}, 0},
    {"a set that is empty", {"12", "", "12"}, 0},
};

static void intersections_come_of_unions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct key_tally tally;
        struct outcome outcome;
        struct error err;
        size_t count = 0;

        print_message("# %s\n", cases[i].name);
        while (count < COUNT_OF(cases[i].sets) && cases[i].sets[count] != NULL)
            count++;
        key_tally_init(&tally, FOLD_INTERSECTION, count, arena);
        for (size_t set = 0; set < count; set++) {
            uint8_t bytes[MOST_BYTES];
            size_t length = sketch(cases[i].sets[set], bytes);

            if (length > 0 && cases[i].sets[set][0] != '\0')
                assert_true(key_tally_add(&tally, set, (const char *)bytes, length, &err));
        }
        outcome = key_tally_outcome(&tally);
        assert_int_equal(STATUS_OK, outcome.status);
        assert_int_equal(cases[i].count, outcome.value.count);
        assert_string_equal("hyperloglog", outcome.method);
        assert_non_null(strstr(outcome.error_bound, "each union"));
    }
}

/* The keys of one set are united before anything is taken away. */
static void a_set_has_many_keys(void **state)
{
    static const struct {
        size_t set;
        const char *digits;
    } keys[] = {{0, "12"}, {1, "24"}, {0, "34"}, {1, "9"}};
    struct key_tally tally;
    struct error err;

    (void)state;
    key_tally_init(&tally, FOLD_INTERSECTION, 2, arena);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        uint8_t bytes[MOST_BYTES];
        size_t length = sketch(keys[i].digits, bytes);

        assert_true(key_tally_add(&tally, keys[i].set, (const char *)bytes, length, &err));
    }
    assert_int_equal(2, key_tally_outcome(&tally).value.count);
}

static void what_is_no_sketch_is_refused(void **state)
{
    struct key_tally tally;
    struct error err;

    (void)state;
    key_tally_init(&tally, FOLD_INTERSECTION, 2, arena);
    assert_false(key_tally_add(&tally, 1, "41", 2, &err));
    assert_int_equal(ERROR_INVALID, err.kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(intersections_come_of_unions, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_set_has_many_keys, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(what_is_no_sketch_is_refused, arena_begin, arena_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
