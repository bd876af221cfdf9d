#include "metrics/key_names.h"

#include "tests/support/test.h"
#include "tests/support/test_arena.h"

#include "metrics/key_question.h"

#include <time.h>

static const struct key_override paths[] = {
    {"e-filter:[label:a]-project", "p_a"},
    {"e-user", "g_e"},
};
static const struct key_override totals[] = {
    {"USAGE_A", "B"},
    {"{event_counters}_e", "USAGE_E"},
    {"{event_counters}_e-2024-21", "NEVER"},
    {"{event_sums}_e-operator:sum(value)", "NEVER"},
};
static const char *const legacy[] = {"old_one", "old_two"};
static const struct known_event known[] = {
    {"a_compliance_x_compliance", "compliance", "compliance", false, 0},
    {"b_late", NULL, NULL, false, 0},
    {"c_late_daily", NULL, NULL, true, 0},
    {"d_action", "source_code", NULL, true, 0},
    {"e_elsewhere", "visits", "absent", false, 84},
    {"g_edit_by_sfe", "ide_edit", "edit", true, 29},
    {"g_edit_by_web_ide", "ide_edit", "edit", true, 29},
};
static const char *const events[] = {"x", "old_one", "d_action"};
static const struct key_aggregate aggregates[] = {
    {"all", true, true, false, events, 3},
    {"any", false, true, true, events, 3},
};
static const struct source_settings settings = {
    .keys = {paths, totals, legacy, known, aggregates, COUNT_OF(paths), COUNT_OF(totals),
             COUNT_OF(legacy), COUNT_OF(known), COUNT_OF(aggregates)},
};
static const struct key_lists *const lists = &settings.keys;

static const struct {
    const char *name, *stem;
    bool dated;
    const char *key;
} names[] = {
    {"a path has an older one", "{hll_counters}_e-user", true, "{hll_counters}_g_e"},
    {"with its filter", "{hll_counters}_e-filter:[label:a]-project", true, "{hll_counters}_p_a"},
    {"in every slot", "{event_counters}_e-user", true, "{event_counters}_g_e"},
    {"another path is left alone", "{hll_counters}_e-users", true, "{hll_counters}_e-users"},
    {"a counter of all time has an older key", "{event_counters}_e", false, "USAGE_E"},
    {"but not its weeks", "{event_counters}_e", true, "{event_counters}_e"},
    {"a counter of the older kind, too", "USAGE_A", false, "B"},
    {"sums are not looked up", "{event_sums}_e-operator:sum(value)", false,
     "{event_sums}_e-operator:sum(value)"},
};

static void names_have_exceptions(void **state)
{
    const struct key_lists none = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        print_message("# %s\n", names[i].name);
        assert_string_equal(names[i].key, key_name(lists, names[i].stem, names[i].dated, arena));
        assert_string_equal(names[i].stem, key_name(&none, names[i].stem, names[i].dated, arena));
    }
}

static void legacy_events_are_known_by_name(void **state)
{
    (void)state;
    assert_true(key_is_legacy(lists, "old_one"));
    assert_true(key_is_legacy(lists, "old_two"));
    assert_false(key_is_legacy(lists, "old"));
    assert_false(key_is_legacy(&(struct key_lists){0}, "old_one"));
}

/* Days as in week.h: 18628 is 2021-01-01. */
static const struct {
    const char *name, *event;
    int64_t day;
    const char *key;
    int64_t keep_days;
} series[] = {
    {"every occurrence of the slot", "a_compliance_x_compliance", 18628,
     "a_{compliance}_x_{compliance}-2020-53", 42},
    {"a later entry", "b_late", 18628, "{hll_counters}_b_late-2020-53", 42},
    {"a later entry of each day", "c_late_daily", 18628, "2020-001-{hll_counters}_c_late_daily",
     29},
    {"without slot", "d_action", 18628, "2020-001-{d_action}", 29},
    {"a slot that does not occur", "e_elsewhere", 18628, "e_elsewhere-2020-53", 84},
    {"the ISO year begins before the calendar's", "d_action", 18627, "2020-366-{d_action}", 29},
    {"the first Monday", "d_action", 18631, "2021-004-{d_action}", 29},
    {"the leap day", "d_action", 19782, "2024-060-{d_action}", 29},
    {"the day after it", "d_action", 19783, "2024-061-{d_action}", 29},
    {"the first of March of a common year", "d_action", 20148, "2025-060-{d_action}", 29},
    {"in the next ISO year", "g_edit_by_web_ide", 20087, "2025-365-g_{edit}_by_web_ide", 29},
};

static void old_series_have_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(series); i++) {
        const struct known_event *event = key_known_event(lists, series[i].event);
        struct str key;

        print_message("# %s\n", series[i].name);
        assert_non_null(event);
        str_init(&key);
        known_event_key(event, series[i].day, &key);
        assert_string_equal(series[i].key, key.text);
        assert_int_equal(series[i].keep_days, known_event_keep_days(event));
        str_release(&key);
    }
    assert_null(key_known_event(lists, "unknown"));
}

/* What strftime makes of %G-%j, for every day of 60 years. */
static void days_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = 10000; day < 32000; day++) {
        time_t seconds = (time_t)day * 86400;
        struct tm date;
        char expected[32];
        struct str key;

        gmtime_r(&seconds, &date);
        assert_true(strftime(expected, sizeof expected, "%G-%j-{d_action}", &date) > 0);
        str_init(&key);
        known_event_key(key_known_event(lists, "d_action"), day, &key);
        assert_string_equal(expected, key.text);
        str_release(&key);
    }
}

/* Questions; 2024-06-01 12:00 UTC, a Saturday */

static struct key_question ask(const char *key_path, enum time_frame frame,
                               const struct key_spec *spec)
{
    const struct source_context context = {.settings = &settings, .recorded_at = 1717243200};
    const struct metric metric = {.key_path = key_path, .time_frame = frame, .spec = spec};
    struct key_question question;

    if (!key_question_make(&metric, &context, arena, &question))
        question.count = 0;
    return question;
}

static const struct key_spec by_path = {.weekly = true, .by_path = true};

static void daily_series_include_both_ends(void **state)
{
    struct key_question week, month;

    (void)state;
    week = ask("redis_hll_counters.source_code.d_action_weekly", TIME_FRAME_7D, &by_path);
    assert_int_equal(8, week.count);
    assert_string_equal("2024-146-{d_action}", week.keys[0]);
    assert_string_equal("2024-153-{d_action}", week.keys[7]);
    month = ask("redis_hll_counters.source_code.d_action_monthly", TIME_FRAME_28D, &by_path);
    assert_int_equal(29, month.count);
    assert_string_equal("2024-125-{d_action}", month.keys[0]);
    assert_string_equal("2024-153-{d_action}", month.keys[28]);
}

static void a_category_has_a_total(void **state)
{
    struct key_question total;

    (void)state;
    total = ask("redis_hll_counters.ide_edit.ide_edit_total_unique_counts_weekly", TIME_FRAME_7D,
                &by_path);
    assert_int_equal(16, total.count);
    assert_string_equal("2024-146-g_{edit}_by_sfe", total.keys[0]);
    assert_string_equal("2024-153-g_{edit}_by_web_ide", total.keys[15]);
}

static void aggregates_are_unions_and_intersections(void **state)
{
    struct key_question all, any;

    (void)state;
    all = ask("counts_weekly.aggregated_metrics.all", TIME_FRAME_7D, &by_path);
    assert_int_equal(FOLD_INTERSECTION, all.fold);
    assert_int_equal(10, all.count);
    assert_string_equal("{hll_counters}_x-2024-21", all.keys[0]);
    assert_string_equal("{hll_counters}_old_one-2024-21", all.keys[1]);
    assert_int_equal(1, all.sets[1]);
    assert_int_equal(2, all.sets[9]);
    any = ask("counts_monthly.aggregated_metrics.any", TIME_FRAME_28D, &by_path);
    assert_int_equal(FOLD_UNION, any.fold);
    assert_int_equal(4 + 4 + 29, any.count);
}

static const char *const nowhere[] = {
    "redis_hll_counters.source_code.unknown_weekly",
    "redis_hll_counters.visits.d_action_weekly",
    "redis_hll_counters.nothing.nothing_total_unique_counts_weekly",
    "counts_monthly.aggregated_metrics.all", /* of 7d only */
    "counts_weekly.aggregated_metrics.unknown",
};

static void what_no_list_names_is_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(nowhere); i++) {
        assert_true(key_question_path(nowhere[i]));
        assert_int_equal(0, ask(nowhere[i], TIME_FRAME_28D, &by_path).count);
    }
    assert_false(key_question_path("redis_hll_counters.x"));
    assert_false(key_question_path("redis_hll_counters.x.y"));
    assert_false(key_question_path("redis_hll_counters.x.y.z_weekly"));
    assert_false(key_question_path("counts.x_weekly"));
}

/* Alone an event keeps its identifier; with others one of the legacy list has none. */
static void legacy_events_unite_without_identifier(void **state)
{
    const char *stems[] = {"{hll_counters}_old_one-user", "{hll_counters}_e-user"};
    const char *named[] = {"old_one", "e"};
    struct key_spec spec = {
        .weekly = true, .named = true, .count = 1, .stems = stems, .events = named};
    struct key_question question;

    (void)state;
    question = ask("m", TIME_FRAME_7D, &spec);
    assert_int_equal(1, question.count);
    assert_string_equal("{hll_counters}_old_one-user-2024-21", question.keys[0]);
    spec.count = 2;
    question = ask("m", TIME_FRAME_7D, &spec);
    assert_int_equal(2, question.count);
    assert_string_equal("{hll_counters}_old_one-2024-21", question.keys[0]);
    assert_string_equal("{hll_counters}_g_e-2024-21", question.keys[1]);
}

/* Two names of one key. */
static void a_key_is_asked_for_once(void **state)
{
    const char *stems[] = {"{hll_counters}_g_e", "{hll_counters}_e-user"};
    const struct key_spec spec = {.weekly = true, .named = true, .count = 2, .stems = stems};

    (void)state;
    assert_int_equal(4, ask("m", TIME_FRAME_28D, &spec).count);
}

/* A key that an admin gives is what it is. */
static void keys_given_as_they_are_have_no_exceptions(void **state)
{
    const char *stems[] = {"USAGE_A"};
    struct key_spec spec = {.fold = FOLD_COUNT, .count = 1, .stems = stems};

    (void)state;
    assert_string_equal("USAGE_A", ask("m", TIME_FRAME_ALL, &spec).keys[0]);
    spec.named = true;
    assert_string_equal("B", ask("m", TIME_FRAME_ALL, &spec).keys[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_exceptions),
        cmocka_unit_test(legacy_events_are_known_by_name),
        cmocka_unit_test(old_series_have_keys),
        cmocka_unit_test(days_are_those_of_the_c_library),
        cmocka_unit_test(daily_series_include_both_ends),
        cmocka_unit_test(a_category_has_a_total),
        cmocka_unit_test(aggregates_are_unions_and_intersections),
        cmocka_unit_test(what_no_list_names_is_unknown),
        cmocka_unit_test(legacy_events_unite_without_identifier),
        cmocka_unit_test(a_key_is_asked_for_once),
        cmocka_unit_test(keys_given_as_they_are_have_no_exceptions),
    };

    return cmocka_run_group_tests(tests, arena_begin, arena_end);
}
