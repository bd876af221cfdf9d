/* What plan.budget has room for, by tables. */
#include "agent/budget.h"

#include "tests/support/test.h"

#include <string.h>

enum { MOST = 6 };

static const struct {
    const char *name;
    double budget_s;
    struct budget_item items[MOST]; /* ended by one without a name */
    const char *in, *out;           /* names, in the order in which they are begun */
} cases[] = {
    {"all that fits is in",
     10,
     {{.name = "a", .cost_s = 4, .metric_count = 1}, {.name = "b", .cost_s = 6, .metric_count = 1}},
     "ab",
     ""},
    {"the most expensive one is left out",
     10,
     {{.name = "a", .cost_s = 8, .metric_count = 1}, {.name = "b", .cost_s = 6, .metric_count = 1}},
     "b",
     "a"},
    {"what a metric costs counts, not what the pass costs",
     10,
     {{.name = "a", .cost_s = 3, .metric_count = 1}, {.name = "b", .cost_s = 9, .metric_count = 9}},
     "b",
     "a"},
    {"names decide where costs are alike",
     2,
     {{.name = "c", .cost_s = 1, .metric_count = 1},
      {.name = "a", .cost_s = 1, .metric_count = 1},
      {.name = "b", .cost_s = 2, .metric_count = 2}},
     "ac",
     "b"},
    {"what is too large leaves the room to what is smaller",
     10,
     {{.name = "a", .cost_s = 100, .metric_count = 100},
      {.name = "b", .cost_s = 5, .metric_count = 1}},
     "b",
     "a"},
    {"what costs nothing is in, even when nothing is left",
     0,
     {{.name = "a", .cost_s = 0, .metric_count = 5}, {.name = "b", .cost_s = 1, .metric_count = 9}},
     "a",
     "b"},
    {"more was spent than there was",
     -3,
     {{.name = "a", .cost_s = 0, .metric_count = 1},
      {.name = "b", .cost_s = 0.001, .metric_count = 1}},
     "a",
     "b"},
    {"tenths that add up to the budget fit",
     0.3,
     {{.name = "a", .cost_s = 0.1, .metric_count = 1},
      {.name = "b", .cost_s = 0.2, .metric_count = 1}},
     "ab",
     ""},
    {"a pass without metrics has a cost, too",
     1,
     {{.name = "a", .cost_s = 2, .metric_count = 0}, {.name = "b", .cost_s = 1, .metric_count = 1}},
     "b",
     "a"},
    {"nothing at all", 10, {{.name = NULL}}, "", ""},
};

static void leaves_out_the_most_expensive(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct budget_item items[MOST];
        char in[MOST] = "", out[MOST] = "";
        size_t count = 0;

        memcpy(items, cases[i].items, sizeof(items));
        while (items[count].name != NULL)
            count++;
        budget_choose(items, count, cases[i].budget_s);
        for (size_t j = 0; j < count; j++) {
            char *list = items[j].left_out ? out : in;

            list[strlen(list)] = items[j].name[0];
        }
        print_message("%s\n", cases[i].name);
        assert_string_equal(in, cases[i].in);
        assert_string_equal(out, cases[i].out);
    }
}

static const struct {
    double cost_s, left_s, budget_s;
    const char *reason;
} reasons[] = {
    {12, 3, 60,
     "the pass 'main: issues by id' takes about 12 s of the database's time, and plan.budget of "
     "60 s has 3.0 s left"},
    {7200, 0, 3600,
     "the pass 'main: issues by id' takes about 120 min of the database's time, and plan.budget of "
     "60 min has nothing left"},
    {36000, 0.5, 86400,
     "the pass 'main: issues by id' takes about 10 h of the database's time, and plan.budget of "
     "24 h has 500 ms left"},
    {0.0001, -1, 0.05,
     "the pass 'main: issues by id' takes about 1 ms of the database's time, and plan.budget of "
     "50 ms has nothing left"},
};

static void says_estimate_and_budget(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        struct budget_item item = {
            .name = "main: issues by id", .cost_s = reasons[i].cost_s, .left_s = reasons[i].left_s};

        assert_string_equal(budget_reason(&item, reasons[i].budget_s, arena), reasons[i].reason);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_out_the_most_expensive),
        cmocka_unit_test(says_estimate_and_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
