#include "metrics/sources.h"

#include "tests/support/definition.h"
#include "tests/support/test.h"
#include "tests/support/test_arena.h"

#include "agent/source.h"
#include "metrics/key_source.h"

#include <stdio.h>
#include <string.h>

#define MOST_COMPLAINTS 4

#define EVENTS_ "data_source: internal_events\n"
#define HLL_    "data_source: redis_hll\n"
#define REDIS_  "data_source: redis\n"

/* 2024-06-01 12:00 UTC, a Saturday */
#define RECORDED_AT 1717243200

static const struct {
    const char *name;
    const struct source_ops *source;
    const char *yaml;
    const char *keys; /* one a line */
} right[] = {
    {"a total of all time", &events_source, EVENTS_ "time_frame: all\nevents:\n- name: e\n",
     "{event_counters}_e"},
    {"a weekly total", &events_source, EVENTS_ "time_frame: 7d\nevents:\n- name: e\n",
     "{event_counters}_e-2024-21"},
    {"a monthly total", &events_source, EVENTS_ "time_frame: 28d\nevents:\n- name: e\n",
     "{event_counters}_e-2024-18\n{event_counters}_e-2024-19\n"
     "{event_counters}_e-2024-20\n{event_counters}_e-2024-21"},
    {"filters are sorted by name", &events_source,
     EVENTS_ "events:\n- name: e\n  filter: {property: deploy_token, label: npm}\n",
     "{event_counters}_e-filter:[label:npm,property:deploy_token]"},
    {"numbers keep their form", &events_source,
     EVENTS_ "time_frame: 7d\nevents:\n- name: e\n  unique: user.id\n"
             "  filter: {label: x, custom_key4: 12.40, custom_key3: 30, value: 60.0}\n",
     "{hll_counters}_e-filter:[custom_key3:30,custom_key4:12.4,label:x,value:60.0]-user-2024-21"},
    {"a sum", &events_source,
     EVENTS_ "events:\n- {name: e, operator: sum(value)}\n"
             "- {name: f, operator: sum(value), filter: {label: a}}\n",
     "{event_sums}_e-operator:sum(value)\n{event_sums}_f-operator:sum(value)-filter:[label:a]"},
    {"totals by label", &events_source,
     EVENTS_ "time_frame: 7d\nevents:\n- {name: e, operator: total, unique: label}\n",
     "{hll_counters}_e-operator:total-label-2024-21"},
    {"users of one event and projects of another", &events_source,
     EVENTS_
     "time_frame: 7d\nevents:\n- {name: e, unique: user.id}\n- {name: f, unique: project.id}\n",
     "{hll_counters}_e-user-2024-21\n{hll_counters}_f-project-2024-21"},
    {"the same event twice counts once", &events_source,
     EVENTS_ "events:\n- {name: e}\n- {name: e, filter: {}}\n- {name: e, filter: }\n",
     "{event_counters}_e"},
    {"a class that GitLab derives itself", &events_source,
     EVENTS_ "instrumentation_class: TotalCountMetric\nevents:\n- {name: e}\n",
     "{event_counters}_e"},
    {"GitLab's usage counter", &redis_source,
     REDIS_ "instrumentation_class: RedisMetric\noptions: {prefix: source_code, event: pushes}\n",
     "USAGE_SOURCE_CODE_PUSHES"},
    {"a usage counter without prefix", &redis_source,
     REDIS_ "instrumentation_class: RedisMetric\noptions: {prefix: , event: x}\n", "USAGE_X"},
    {"a counter without USAGE_", &redis_source,
     REDIS_ "options: {prefix: a, event: x, include_usage_prefix: false}\n", "A_X"},
    {"a key as it is", &redis_source, REDIS_ "options: {key: 'MY:Key of mine'}\n",
     "MY:Key of mine"},
    {"HyperLogLogs by key", &redis_source, HLL_ "options: {keys: [b, a, b]}\n", "b\na"},
    {"HyperLogLogs by event", &redis_source,
     HLL_ "time_frame: 7d\ninstrumentation_class: RedisHLLMetric\noptions: {events: [x, y]}\n",
     "{hll_counters}_x-2024-21\n{hll_counters}_y-2024-21"},
    {"HyperLogLogs by event and identifier", &redis_source,
     HLL_ "time_frame: 7d\ninstrumentation_class: RedisHLLMetric\n"
          "events:\n- {name: x, unique: user.id}\n- {name: y, unique: user.id}\n",
     "{hll_counters}_x-user-2024-21\n{hll_counters}_y-user-2024-21"},
    {"HyperLogLogs by event without identifier", &redis_source,
     HLL_ "time_frame: 7d\nevents:\n- {name: x}\n", "{hll_counters}_x-2024-21"},
    {"an aggregate", &redis_source,
     HLL_ "time_frame: 7d\ninstrumentation_class: AggregatedMetric\n"
          "options: {aggregate: {operator: OR, attribute: user_id}, events: [a, b]}\n",
     "{hll_counters}_a-user-2024-21\n{hll_counters}_b-user-2024-21"},
    {"an aggregate of internal events", &events_source,
     EVENTS_ "time_frame: 7d\ninstrumentation_class: AggregatedMetric\n"
             "options: {aggregate: {operator: AND, attribute: project.id}, events: [a, b]}\n",
     "{hll_counters}_a-project-2024-21\n{hll_counters}_b-project-2024-21"},
    {"an aggregate without attribute and operator", &redis_source,
     HLL_ "time_frame: 7d\ninstrumentation_class: AggregatedMetric\noptions: {events: [a]}\n",
     "{hll_counters}_a-2024-21"},
};

static void right_definitions_make_keys(void **state)
{
    const struct source_settings settings = {0};
    const struct source_context context = {.settings = &settings, .recorded_at = RECORDED_AT};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        struct complaints complaints;
        struct description description;
        const struct metric *metric;

        print_message("# %s\n", right[i].name);
        complaints_init(&complaints, arena);
        metric = metric_of_text(right[i].yaml, right[i].source, arena, &complaints);
        if (complaints.count > 0)
            fail_msg("%s", complaints.items[0].text);
        assert_non_null(metric->spec);
        right[i].source->describe(metric, &context, arena, &description);
        assert_string_equal(right[i].keys, description.text);
        assert_string_equal("redis", description.service);
    }
}

static const struct {
    const char *name;
    const struct source_ops *source;
    const char *yaml;
    struct {
        int line;
        const char *says;
    } complaints[MOST_COMPLAINTS];
} wrong[] = {
    {"no events", &events_source, EVENTS_, {{1, "needs `events`"}}},
    {"events that are no list", &events_source, EVENTS_ "events: e\n", {{2, "must be a list"}}},
    {"an empty list", &events_source, EVENTS_ "events: []\n", {{2, "at least one"}}},
    {"an entry that is no map", &events_source, EVENTS_ "events:\n- e\n", {{3, "must be a map"}}},
    {"no name", &events_source, EVENTS_ "events:\n- unique: user.id\n", {{3, "lacks its `name`"}}},
    {"a name that is a number", &events_source, EVENTS_ "events:\n- name: 3\n", {{3, "`name`"}}},
    {"an unknown identifier",
     &events_source,
     EVENTS_ "events:\n- name: e\n  unique: user\n",
     {{4, "user.id, project.id"}}},
    {"an unknown operator",
     &events_source,
     EVENTS_ "events:\n- name: e\n  operator: avg\n",
     {{4, "sum(value) or total"}}},
    {"an unknown key",
     &events_source,
     EVENTS_ "events:\n- name: e\n  filters: {label: a}\n",
     {{4, "no `filters`"}}},
    {"a filter that is no map",
     &events_source,
     EVENTS_ "events:\n- name: e\n  filter: [label]\n",
     {{4, "must be a map"}}},
    {"filter values of the wrong type",
     &events_source,
     EVENTS_ "events:\n- name: e\n  filter:\n    label: 30\n    value: '30'\n    custom: true\n"
             "    other: [a]\n",
     {{5, "label must be text"},
      {6, "value must be a number"},
      {7, "custom must be text or a"},
      {8, "other must be text or a"}}},
    {"filter numbers that have many forms",
     &events_source,
     EVENTS_ "events:\n- name: e\n  filter:\n    a: 1.0e3\n    b: 0.00001\n"
             "    c: 1.2345678901234567\n",
     {{5, "1.0e3 plainly"}, {6, "0.00001 plainly"}, {7, "plainly"}}},
    {"a unique count of all time",
     &events_source,
     "time_frame: all\n" EVENTS_ "events:\n- {name: e, unique: user.id}\n",
     {{1, "7d or 28d"}}},
    {"a unique count of no time",
     &events_source,
     "time_frame: none\n" EVENTS_ "events:\n- {name: e, unique: label}\n",
     {{1, "7d or 28d"}}},
    {"totals by label of all time",
     &events_source,
     "time_frame: all\n" EVENTS_ "events:\n- {name: e, unique: label, operator: total}\n",
     {{1, "7d or 28d"}}},
    {"total without unique",
     &events_source,
     EVENTS_ "events:\n- {name: e, operator: total}\n",
     {{3, "needs `unique`"}}},
    {"sum with unique",
     &events_source,
     EVENTS_ "events:\n- {name: e, operator: sum(value), unique: label}\n",
     {{3, "exclude each other"}}},
    {"unique and total mixed",
     &events_source,
     EVENTS_ "time_frame: 7d\nevents:\n- {name: e, unique: user.id}\n- {name: f}\n",
     {{4, "count alike"}}},
    {"everything that is wrong is said at once",
     &events_source,
     EVENTS_ "events:\n- {name: e, unique: who}\n- {nam: f}\n- 7\n",
     {{3, "`unique`"}, {4, "no `nam`"}, {4, "lacks its `name`"}, {5, "must be a map"}}},
    {"a counter without prefix key",
     &redis_source,
     REDIS_ "instrumentation_class: RedisMetric\noptions:\n  event: x\n",
     {{4, "lacks `prefix`"}}},
    {"a counter without event",
     &redis_source,
     REDIS_ "options: {prefix: a}\n",
     {{2, "lacks `event`"}}},
    {"an extra option",
     &redis_source,
     REDIS_ "options:\n  prefix: a\n  event: x\n  more: 1\n",
     {{5, "no `more`"}}},
    {"a prefix that is a list",
     &redis_source,
     REDIS_ "options:\n  prefix: []\n  event: x\n",
     {{3, "`prefix`"}}},
    {"include_usage_prefix that is text",
     &redis_source,
     REDIS_ "options:\n  prefix: a\n  event: x\n  include_usage_prefix: maybe\n",
     {{5, "true or false"}}},
    {"an empty key", &redis_source, REDIS_ "options:\n  key: ''\n", {{3, "not empty"}}},
    {"a key beside other options",
     &redis_source,
     REDIS_ "options:\n  key: k\n  event: e\n",
     {{4, "no `event`"}}},
    {"keys that are no list", &redis_source, HLL_ "options:\n  keys: k\n", {{3, "must be a list"}}},
    {"an empty key in the list",
     &redis_source,
     HLL_ "options:\n  keys: [a, '']\n",
     {{3, "not empty"}}},
    {"empty options", &redis_source, HLL_ "options: {}\n", {{2, "lacks `events`"}}},
    {"events beside other options",
     &redis_source,
     HLL_ "time_frame: 7d\noptions:\n  events: [a]\n  x: 1\n",
     {{5, "no `x`"}}},
    {"weekly events of all time",
     &redis_source,
     HLL_ "time_frame: all\noptions:\n  events: [a]\n",
     {{2, "7d or 28d"}}},
    {"an aggregate of all time",
     &redis_source,
     HLL_ "time_frame: all\ninstrumentation_class: AggregatedMetric\noptions: {events: [a]}\n",
     {{2, "7d or 28d"}}},
    {"an aggregate of nothing",
     &redis_source,
     HLL_ "time_frame: 7d\ninstrumentation_class: AggregatedMetric\n",
     {{1, "options.events"}}},
    {"an aggregate that is wrong in all",
     &events_source,
     EVENTS_ "time_frame: 7d\ninstrumentation_class: AggregatedMetric\noptions:\n"
             "  events: [[a]]\n  more: 1\n  aggregate:\n    operator: NOT\n    attribute: who\n",
     {{6, "no `more`"}, {8, "OR or AND"}, {9, "user_id or project_id"}, {5, "not empty"}}},
    {"an intersection of too many",
     &redis_source,
     HLL_ "time_frame: 7d\ninstrumentation_class: AggregatedMetric\noptions:\n"
          "  aggregate: {operator: AND}\n  events: [a, b, c, d, e, f, g, h, i]\n",
     {{6, "at most 8"}}},
    {"several identifiers in one union",
     &redis_source,
     HLL_
     "time_frame: 7d\nevents:\n- {name: a, unique: user.id}\n- {name: b, unique: project.id}\n",
     {{4, "same `unique`"}}},
    {"filters on events of redis_hll",
     &redis_source,
     HLL_ "time_frame: 7d\nevents:\n- {name: a, unique: user.id, filter: {label: x}}\n",
     {{4, "internal_events"}}},
};

static void wrong_definitions_are_complained_about(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct complaints complaints;
        const struct metric *metric;
        size_t count = 0;

        print_message("# %s\n", wrong[i].name);
        complaints_init(&complaints, arena);
        metric = metric_of_text(wrong[i].yaml, wrong[i].source, arena, &complaints);
        while (count < MOST_COMPLAINTS && wrong[i].complaints[count].says != NULL)
            count++;
        for (size_t k = 0; k < complaints.count && k < count; k++) {
            if (strstr(complaints.items[k].text, wrong[i].complaints[k].says) == NULL)
                fail_msg("said instead: %s", complaints.items[k].text);
            assert_int_equal(wrong[i].complaints[k].line, complaints.items[k].line);
            assert_string_equal("metric.yml", complaints.items[k].file);
            assert_string_equal("metric", complaints.items[k].key_path);
        }
        assert_int_equal(count, complaints.count);
        assert_null(metric->spec);
    }
}

static const struct {
    const char *name;
    const struct source_ops *source;
    const char *yaml, *says;
} skipped[] = {
    {"old definitions without a class", &redis_source, HLL_ "time_frame: 7d\n", "does not say"},
    {"an old counter", &redis_source, REDIS_, "does not say"},
    {"a class of GitLab's process", &redis_source,
     REDIS_
     "instrumentation_class: MergeRequestWidgetExtensionMetric\noptions: {event: x, widget: y}\n",
     "MergeRequestWidgetExtensionMetric"},
};

static void what_lives_in_gitlab_is_not_computed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(skipped); i++) {
        struct complaints complaints;
        const struct metric *metric;

        print_message("# %s\n", skipped[i].name);
        complaints_init(&complaints, arena);
        metric = metric_of_text(skipped[i].yaml, skipped[i].source, arena, &complaints);
        assert_int_equal(0, complaints.count);
        assert_null(metric->spec);
        assert_non_null(metric->not_computed);
        assert_non_null(strstr(metric->not_computed, skipped[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(right_definitions_make_keys, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(wrong_definitions_are_complained_about, arena_begin,
                                        arena_end),
        cmocka_unit_test_setup_teardown(what_lives_in_gitlab_is_not_computed, arena_begin,
                                        arena_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
