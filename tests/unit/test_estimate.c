/*
 * GitLab's estimate. The values were computed by a server, by the statement in GitLab's form that
 * tests/integration/test_estimate.c runs, and are those of its own specifications.
 */
#include "metrics/estimate.h"

#include "tests/support/test.h"

#include "agent/base/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *lists[3];
    const char *estimate;
} cases[] = {
    {"nothing", {NULL}, "0.0"},
    {"no value in a piece", {"{}", "{}"}, "0.0"},
    {"one value", {"{3585}"}, "1.000977835931287"},
    {"two values", {"{3585,9025}"}, "2.003916452421793"},
    {"the values 1 to 5", {"{3585,7746,8065,9025,24513}"}, "5.024574181542231"},
    {"the same from two pieces",
     {"{3585,7745,9025}", "{7746,8065,24513,3585}"},
     "5.024574181542231"},
    {"in any order", {"{24513,3585}", "{9025}", "{8065,7746}"}, "5.024574181542231"},
};

static void test_estimates(void **state)
{
    struct str text;

    (void)state;
    str_init(&text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct estimate estimate = {{0}};

        print_message("  %s\n", cases[i].name);
        for (size_t j = 0; j < COUNT_OF(cases[i].lists) && cases[i].lists[j] != NULL; j++)
            assert_true(estimate_add(&estimate, cases[i].lists[j]));
        str_clear(&text);
        estimate_write(&estimate, &text);
        assert_string_equal(text.text, cases[i].estimate);
    }
    str_release(&text);
}

static const struct {
    const char *name;
    size_t filled; /* so many buckets */
    int rank;      /* each */
    const char *estimate;
} even[] = {
    {"all buckets of the lowest rank", 512, 1, "737"},
    {"all but one are still counted by the empty ones", 511, 1, "3194.022208020228"},
    {"1280 and more are counted by the ranks, also with empty buckets", 500, 3, "2532"},
    {"below 1280 by the empty buckets", 400, 2, "778.1507859171395"},
    {"the highest rank", 512, 32, "1582819805148"},
};

static void test_many(void **state)
{
    struct str text;

    (void)state;
    str_init(&text);
    for (size_t i = 0; i < COUNT_OF(even); i++) {
        struct estimate estimate = {{0}};

        print_message("  %s\n", even[i].name);
        for (size_t j = 0; j < even[i].filled; j++)
            estimate.ranks[j] = (unsigned char)even[i].rank;
        str_clear(&text);
        estimate_write(&estimate, &text);
        assert_string_equal(text.text, even[i].estimate);
    }
    str_release(&text);
}

static void test_refused(void **state)
{
    static const char *const lists[] = {
        "",     "x",      "{",     "{1",      "{1,",     "1}",  "{1}}",  "{a}",
        "{0}",  "{64}",   "{97}",  "{-1}",    "{32768}", "{,}", "{1,}x", "{99999999999999999}",
        "{1 }", "{NULL}", "{{1}}", "{1,2,x}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct estimate estimate = {{0}}, empty = {{0}};

        print_message("  '%s'\n", lists[i]);
        assert_false(estimate_add(&estimate, lists[i]));
        assert_memory_equal(&estimate, &empty, sizeof(empty));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
