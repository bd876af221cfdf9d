#include "metrics/event_key.h"

#include "tests/support/test.h"

#define MOST_FILTERS 4

static const struct {
    const char *name;
    struct event_rule rule;
    struct event_filter filters[MOST_FILTERS];
    struct iso_week week; /* year 0: undated */
    const char *key;
} cases[] = {
    {"a weekly total",
     {"my_event", OPERATION_NONE, NULL, 0, NULL},
     {{0}},
     {2023, 42},
     "{event_counters}_my_event-2023-42"},
    {"a total of all time",
     {"e", OPERATION_NONE, NULL, 0, NULL},
     {{0}},
     {0, 0},
     "{event_counters}_e"},
    {"a filtered total",
     {"example_event", OPERATION_NONE, NULL, 2, NULL},
     {{"label", "npm", false}, {"property", "deploy_token", false}},
     {0, 0},
     "{event_counters}_example_event-filter:[label:npm,property:deploy_token]"},
    {"a filtered unique",
     {"example_event", OPERATION_NONE, NULL, 2, "user.id"},
     {{"label", "npm", false}, {"property", "deploy_token", false}},
     {0, 0},
     "{hll_counters}_example_event-filter:[label:npm,property:deploy_token]-user"},
    {"weekly users",
     {"e", OPERATION_NONE, NULL, 0, "user.id"},
     {{0}},
     {2024, 21},
     "{hll_counters}_e-user-2024-21"},
    {"unique labels",
     {"e", OPERATION_NONE, NULL, 0, "label"},
     {{0}},
     {2024, 5},
     "{hll_counters}_e-label-2024-05"},
    {"a key that GitLab refuses",
     {"e", OPERATION_NONE, NULL, 3, "user.id"},
     {{"custom_key3", "30", true}, {"custom_key4", "12.4", true}, {"label", "a b", false}},
     {2024, 21},
     "{hll_counters}_e-filter:[custom_key3:30,custom_key4:12.4,label:a b]-user-2024-21"},
    {"a weekly sum",
     {"e", OPERATION_SUM, NULL, 0, NULL},
     {{0}},
     {2024, 21},
     "{event_sums}_e-operator:sum(value)-2024-21"},
    {"a filtered sum",
     {"e", OPERATION_SUM, NULL, 1, NULL},
     {{"label", "a", false}},
     {0, 0},
     "{event_sums}_e-operator:sum(value)-filter:[label:a]"},
    {"totals by label",
     {"e", OPERATION_TOTAL, NULL, 0, "label"},
     {{0}},
     {2024, 21},
     "{hll_counters}_e-operator:total-label-2024-21"},
};

static void keys_are_gitlabs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event_rule rule = cases[i].rule;
        struct str key;

        print_message("# %s\n", cases[i].name);
        rule.filters = cases[i].filters;
        str_init(&key);
        event_key_stem(&rule, &key);
        if (cases[i].week.year != 0)
            event_key_add_week(cases[i].week, &key);
        assert_string_equal(cases[i].key, key.text);
        str_release(&key);
    }
}

static void the_path_is_what_overrides_name(void **state)
{
    const struct event_filter filters[] = {{"label", "android", false},
                                           {"property", "false", false}};
    const struct event_rule rule = {"ci_template_included", OPERATION_NONE, filters, 2,
                                    "project.id"};
    struct str path;

    (void)state;
    str_init(&path);
    event_key_path(&rule, &path);
    assert_string_equal("ci_template_included-filter:[label:android,property:false]-project",
                        path.text);
    str_release(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_gitlabs),
        cmocka_unit_test(the_path_is_what_overrides_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
