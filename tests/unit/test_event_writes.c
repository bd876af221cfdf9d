#include "metrics/event_writes.h"

#include "tests/support/definition.h"
#include "tests/support/test.h"
#include "tests/support/test_arena.h"

#include "metrics/sources.h"

#include <stdio.h>
#include <string.h>

#define MOST_PROPERTIES 3

static const struct source_settings no_settings;
static const struct source_context no_lists = {.settings = &no_settings};

#define TOTALS "count {event_counters}_e\ncount {event_counters}_e-2024-22 dated\n"

static const struct {
    const char *name;
    const char *metrics[4]; /* `events:` entries as flow maps; in 28d */
    struct event event;
    struct event_property properties[MOST_PROPERTIES];
    const char *writes;
} cases[] = {
    {"an event without metrics raises two totals", {NULL}, {.name = "e"}, {{0}}, TOTALS},
    {"a plain metric adds nothing to them", {"{name: e}"}, {.name = "e"}, {{0}}, TOTALS},
    {"other events are left alone",
     {"{name: f}", "{name: d, unique: user.id}", "{name: ee, unique: user.id}"},
     {.name = "e", .user = "1"},
     {{0}},
     TOTALS},
    {"unique users",
     {"{name: e, unique: user.id}"},
     {.name = "e", .user = "17"},
     {{0}},
     TOTALS "unique {hll_counters}_e-user-2024-22 dated 17\n"},
    {"unique users without a user",
     {"{name: e, unique: user.id}"},
     {.name = "e", .project = "1"},
     {{0}},
     TOTALS},
    {"the same rule in two metrics is written once",
     {"{name: e, unique: user.id}", "{name: e, unique: user.id}"},
     {.name = "e", .user = "17"},
     {{0}},
     TOTALS "unique {hll_counters}_e-user-2024-22 dated 17\n"},
    {"projects and namespaces",
     {"{name: e, unique: project.id}", "{name: e, unique: namespace.id}"},
     {.name = "e", .project = "5", .namespace = "6"},
     {{0}},
     TOTALS "unique {hll_counters}_e-namespace-2024-22 dated 6\n"
            "unique {hll_counters}_e-project-2024-22 dated 5\n"},
    {"a filter that holds",
     {"{name: e, filter: {label: npm}}"},
     {.name = "e"},
     {{"label", "npm", false}},
     TOTALS "count {event_counters}_e-filter:[label:npm]-2024-22 dated\n"},
    {"a filter that does not hold",
     {"{name: e, filter: {label: npm}}"},
     {.name = "e"},
     {{"label", "rpm", false}},
     TOTALS},
    {"a filter on what is missing",
     {"{name: e, filter: {label: npm}}"},
     {.name = "e"},
     {{"property", "npm", false}},
     TOTALS},
    {"a filter on two properties of which one holds",
     {"{name: e, filter: {label: npm, property: x}}"},
     {.name = "e"},
     {{"label", "npm", false}, {"property", "y", false}},
     TOTALS},
    {"30 is not \"30\"",
     {"{name: e, filter: {value: 30}}"},
     {.name = "e"},
     {{"value", "30", false}},
     TOTALS},
    {"30 is 30.0",
     {"{name: e, filter: {value: 30}}"},
     {.name = "e"},
     {{"value", "30.0", true}},
     TOTALS "count {event_counters}_e-filter:[value:30]-2024-22 dated\n"},
    {"\"30\" is not 30",
     {"{name: e, filter: {custom: '30'}}"},
     {.name = "e"},
     {{"custom", "30", true}},
     TOTALS},
    {"a sum",
     {"{name: e, operator: sum(value)}"},
     {.name = "e"},
     {{"value", "16.170", true}},
     TOTALS "sum {event_sums}_e-operator:sum(value)-2024-22 dated 16.17\n"},
    {"a sum without a value", {"{name: e, operator: sum(value)}"}, {.name = "e"}, {{0}}, TOTALS},
    {"labels, as they are",
     {"{name: e, unique: label}"},
     {.name = "e"},
     {{"label", "a b", false}},
     TOTALS "unique {hll_counters}_e-label-2024-22 dated a b\n"},
    {"values that are the same number",
     {"{name: e, unique: value}"},
     {.name = "e"},
     {{"value", "1e1", true}},
     TOTALS "unique {hll_counters}_e-value-2024-22 dated 10\n"},
    {"totals by property",
     {"{name: e, unique: property, operator: total}"},
     {.name = "e"},
     {{"property", "x", false}},
     TOTALS "total {hll_counters}_e-operator:total-property-2024-22 dated x\n"},
    {"a filter that makes a key GitLab refuses",
     {"{name: e, unique: user.id, filter: {label: 'a b', custom: 12.4}}"},
     {.name = "e", .user = "1"},
     {{"label", "a b", false}, {"custom", "12.4", true}},
     TOTALS "unique {hll_counters}_e-filter:[custom:12.4,label:a b]-user-2024-22 dated 1\n"},
    {"a property without a text is missing",
     {"{name: e, unique: label}"},
     {.name = "e"},
     {{"label", NULL, false}},
     TOTALS},
};

static const struct metric *const *load(const char *const *entries, const char *frame,
                                        size_t *count)
{
    const char *texts[5] = {NULL};

    for (*count = 0; *count < 4 && entries[*count] != NULL; ++*count)
        texts[*count] =
            arena_format(arena, "data_source: internal_events\ntime_frame: %s\nevents:\n- %s\n",
                         frame, entries[*count]);
    return metrics_of_texts(texts, &events_source, arena, count);
}

static const char *written(struct event_writes *writes)
{
    static const char *const kinds[] = {"count", "sum", "unique", "total"};
    const char *text;
    struct str str;

    event_writes_sort(writes);
    str_init(&str);
    for (size_t i = 0; i < writes->count; i++) {
        const struct event_write *write = &writes->items[i];

        str_add_format(&str, "%s %s%s%s%s\n", kinds[write->kind], write->key,
                       write->keep_s > 0 ? " dated" : "", write->value != NULL ? " " : "",
                       write->value != NULL ? write->value : "");
    }
    text = arena_copy(arena, str.text);
    str_release(&str);
    return text;
}

static void what_an_event_raises(void **state)
{
    const int64_t day = 19870; /* 2024-05-27, Monday of week 22 */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event_writes writes = {.arena = arena};
        struct event event = cases[i].event;
        size_t count;
        const struct metric *const *metrics = load(cases[i].metrics, "28d", &count);

        print_message("# %s\n", cases[i].name);
        event.properties = cases[i].properties;
        while (event.property_count < MOST_PROPERTIES &&
               cases[i].properties[event.property_count].name != NULL)
            event.property_count++;
        event_writes_add(&writes, event_index_new(arena, &no_lists, metrics, count), &event, 0,
                         day);
        assert_string_equal(cases[i].writes, written(&writes));
    }
}

/* Of all time and of a week, the same rule is two. */
static void rules_of_all_time_are_undated(void **state)
{
    static const char *const entries[] = {"{name: e, filter: {label: a}}", NULL};
    const struct event_property label = {"label", "a", false};
    const struct event event = {.name = "e", .properties = &label, .property_count = 1};
    struct event_writes writes = {.arena = arena};
    const struct metric *metrics[2];
    size_t count;

    (void)state;
    metrics[0] = load(entries, "all", &count)[0];
    metrics[1] = load(entries, "7d", &count)[0];
    event_writes_add(&writes, event_index_new(arena, &no_lists, metrics, 2), &event, 0,
                     19757); /* 2024-02-04, Sunday of week 5 */
    assert_string_equal("count {event_counters}_e\n"
                        "count {event_counters}_e-2024-05 dated\n"
                        "count {event_counters}_e-filter:[label:a]\n"
                        "count {event_counters}_e-filter:[label:a]-2024-05 dated\n",
                        written(&writes));
}

/* Overrides, the legacy list, known events, and rules of redis_hll metrics. */
static void lists_apply_to_writing(void **state)
{
    static const char *const hll[] = {
        "data_source: redis_hll\ntime_frame: 7d\nevents:\n- {name: e, unique: project.id}\n", NULL};
    static const struct key_override paths[] = {{"e-project", "p_e"}};
    static const struct key_override totals[] = {{"{event_counters}_e", "USAGE_E"}};
    static const char *const legacy[] = {"old"};
    static const struct known_event known[] = {
        {.name = "visit_page", .slot = "page", .category = "c", .daily = true}};
    static const struct source_settings settings = {
        .keys = {paths, totals, legacy, known, NULL, 1, 1, 1, 1, 0}};
    static const struct source_context context = {.settings = &settings};
    static const struct event events[] = {{.name = "e", .project = "3"},
                                          {.name = "old", .user = "4"},
                                          {.name = "visit_page", .user = "5"}};
    struct event_writes writes = {.arena = arena};
    size_t count;
    const struct metric *const *metrics = metrics_of_texts(hll, &redis_source, arena, &count);
    const struct event_index *index = event_index_new(arena, &context, metrics, count);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(events); i++)
        event_writes_add(&writes, index, &events[i], i, 19870);
    assert_string_equal("unique 2024-148-visit_{page} dated 5\n"
                        "count USAGE_E\n"
                        "count {event_counters}_e-2024-22 dated\n"
                        "unique {hll_counters}_old-2024-22 dated 4\n"
                        "unique {hll_counters}_p_e-2024-22 dated 3\n",
                        written(&writes));
    assert_int_equal(29 * 86400, writes.items[0].keep_s);
    assert_int_equal(42 * 86400, writes.items[3].keep_s);
}

static void a_batch_is_sorted_by_key(void **state)
{
    static const char *const entries[] = {"{name: e, unique: user.id}", NULL};
    struct event_writes writes = {.arena = arena};
    size_t count;
    const struct metric *const *metrics = load(entries, "7d", &count);
    const struct event_index *index = event_index_new(arena, &no_lists, metrics, count);
    static const char *const users[] = {"2", "1", "2"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(users); i++)
        event_writes_add(&writes, index, &(struct event){.name = "e", .user = users[i]}, i, 19870);
    event_writes_sort(&writes);
    assert_int_equal(9, writes.count);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(i, writes.items[i].event);
        assert_string_equal("{event_counters}_e", writes.items[i].key);
        assert_string_equal("{hll_counters}_e-user-2024-22", writes.items[6 + i].key);
    }
    assert_string_equal("1", writes.items[6].value);
    assert_string_equal("2", writes.items[7].value);
    assert_string_equal("2", writes.items[8].value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_an_event_raises, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(rules_of_all_time_are_undated, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(lists_apply_to_writing, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_batch_is_sorted_by_key, arena_begin, arena_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
