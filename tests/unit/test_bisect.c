#include "metrics/bisect.h"

#include "tests/support/test.h"

#include <string.h>

static const struct {
    const char *name;
    size_t count;
    const char *guilty; /* one sign an item: x is guilty */
    size_t questions;
} cases[] = {
    {"nobody is asked", 0, "", 0},
    {"all are well: one question", 5, "-----", 1},
    {"one alone", 1, "-", 1},
    {"one alone and guilty", 1, "x", 1},
    {"the first of eight", 8, "x-------", 7},
    {"the last of eight", 8, "-------x", 7},
    {"two far apart", 8, "x------x", 11},
    {"all are guilty", 4, "xxxx", 7},
    {"an odd number", 7, "---x---", 7},
};

static bool any_guilty(const char *guilty, struct bisect_range range)
{
    return memchr(guilty + range.first, 'x', range.count) != NULL;
}

static void test_bisect(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char found[16] = "";
        struct bisect bisect;
        struct bisect_range range;
        size_t questions = 0;

        print_message("  %s\n", cases[i].name);
        bisect_begin(&bisect, cases[i].count);
        while (bisect_next(&bisect, &range)) {
            questions++;
            if (!any_guilty(cases[i].guilty, range)) {
                memset(found + range.first, '-', range.count);
                bisect_answered(&bisect);
            } else if (bisect_failed(&bisect)) {
                assert_int_equal(found[range.first], 0);
                found[range.first] = 'x';
            }
        }
        assert_string_equal(found, cases[i].guilty);
        assert_int_equal(questions, cases[i].questions);
    }
}

/* With very many items the waiting ranges still have room. */
static void test_many(void **state)
{
    struct bisect bisect;
    struct bisect_range range;
    size_t guilty = 0;

    (void)state;
    bisect_begin(&bisect, 100000);
    while (bisect_next(&bisect, &range))
        guilty += bisect_failed(&bisect) ? 1 : 0;
    assert_int_equal(guilty, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bisect),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
