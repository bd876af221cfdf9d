#include "metrics/pace.h"

#include "agent/base/clock.h"
#include "tests/support/test.h"

#define HOUR_US (3600 * US_PER_SECOND)

static const struct {
    const char *name;
    struct pace pace;
    bool slow;
} slow_cases[] = {
    {"as expected", {.pieces = 9, .took_us = US_PER_SECOND, .rows = 100}, false},
    {"thrice as long", {.pieces = 9, .took_us = 3 * US_PER_SECOND, .rows = 100}, false},
    {"more than thrice as long", {.pieces = 9, .took_us = 3100000, .rows = 100}, true},
    {"too few pieces to tell", {.pieces = 2, .took_us = 3100000, .rows = 100}, false},
    {"too little time to tell", {.pieces = 9, .took_us = 190000, .rows = 1}, false},
};

/* 1,000 rows in ten seconds were expected. */
static void test_slow(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(slow_cases); i++) {
        print_message("  %s\n", slow_cases[i].name);
        assert_int_equal(pace_is_slow(&slow_cases[i].pace, 10, 1000), slow_cases[i].slow);
        assert_false(pace_is_slow(&slow_cases[i].pace, 0, 1000));
        assert_false(pace_is_slow(&slow_cases[i].pace, 10, 0));
    }
}

static const struct {
    const char *name;
    struct pace pace;
    bool hopeless;
} hopeless_cases[] = {
    {"half an hour for a tenth", {.pieces = 9, .share = 0.1, .elapsed_us = HOUR_US / 2}, false},
    {"an hour for a fiftieth", {.pieces = 9, .share = 0.02, .elapsed_us = HOUR_US}, true},
    {"two days in all may be a day", {.pieces = 9, .share = 0.0211, .elapsed_us = HOUR_US}, false},
    {"nothing in half an hour", {.pieces = 9, .elapsed_us = HOUR_US / 2}, true},
    {"nothing in ten minutes", {.pieces = 9, .elapsed_us = HOUR_US / 6}, false},
    {"a single piece in an hour", {.pieces = 1, .elapsed_us = HOUR_US}, false},
    {"what was done before does not count",
     {.pieces = 9, .share = 0.51, .from = 0.5, .elapsed_us = HOUR_US},
     true},
};

/* A run may take a day. */
static void test_hopeless(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hopeless_cases); i++) {
        print_message("  %s\n", hopeless_cases[i].name);
        assert_int_equal(pace_is_hopeless(&hopeless_cases[i].pace, 24 * HOUR_US),
                         hopeless_cases[i].hopeless);
        assert_false(pace_is_hopeless(&hopeless_cases[i].pace, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_hopeless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
