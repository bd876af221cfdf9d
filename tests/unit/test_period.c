#include "metrics/period.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct date {
    int year, month, day;
};

static int64_t day_number(struct date date)
{
    struct tm tm = {.tm_year = date.year - 1900, .tm_mon = date.month - 1, .tm_mday = date.day};

    return timegm(&tm) / 86400;
}

static void use_zone(const char *zone)
{
    assert_int_equal(0, setenv("TZ", zone, 1));
    tzset();
}

static const char *week_list(const struct iso_week *weeks, size_t count, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%04d-%02d", i > 0 ? " " : "",
                                 weeks[i].year, weeks[i].week);
    return out;
}

/* W1 to W11 of GitLab's own tests. */
static const struct {
    const char *name;
    struct date first, last;
    const char *weeks;
} ranges[] = {
    {"the same Monday has no whole week", {2020, 12, 21}, {2020, 12, 21}, ""},
    {"an end before the start has none", {2020, 12, 21}, {2020, 12, 20}, ""},
    {"an end a month before the start has none", {2020, 12, 21}, {2020, 11, 21}, ""},
    {"a reversed range over New Year has none", {2021, 1, 1}, {2020, 12, 28}, ""},
    {"a Monday a week later completes one", {2020, 12, 21}, {2020, 12, 28}, "2020-52"},
    {"the days after it add nothing", {2020, 12, 21}, {2021, 1, 1}, "2020-52"},
    {"a start on Sunday still means its week", {2020, 12, 27}, {2021, 1, 1}, "2020-52"},
    {"week 53 of 2020 ends in 2021", {2020, 12, 26}, {2021, 1, 4}, "2020-52 2020-53"},
    {"week 1 follows week 53", {2020, 12, 26}, {2021, 1, 11}, "2020-52 2020-53 2021-01"},
    {"a Sunday does not complete its week",
     {2020, 12, 26},
     {2021, 1, 17},
     "2020-52 2020-53 2021-01"},
    {"the next Monday does", {2020, 12, 26}, {2021, 1, 18}, "2020-52 2020-53 2021-01 2021-02"},
};

static void weeks_between_two_days(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        struct iso_week weeks[8];
        char text[128];
        size_t count = period_weeks_between(day_number(ranges[i].first), day_number(ranges[i].last),
                                            weeks, COUNT_OF(weeks));

        print_message("# %s\n", ranges[i].name);
        assert_string_equal(ranges[i].weeks, week_list(weeks, count, text, sizeof text));
    }
}

static const struct {
    struct date today;
    const char *week, *month;
} todays[] = {
    {{2024, 6, 1}, "2024-21", "2024-18 2024-19 2024-20 2024-21"},
    {{2024, 6, 3}, "2024-22", "2024-19 2024-20 2024-21 2024-22"},
    {{2024, 6, 9}, "2024-22", "2024-19 2024-20 2024-21 2024-22"},
    {{2021, 1, 3}, "2020-52", "2020-49 2020-50 2020-51 2020-52"},
    {{2021, 1, 4}, "2020-53", "2020-50 2020-51 2020-52 2020-53"},
    {{2025, 12, 29}, "2025-52", "2025-49 2025-50 2025-51 2025-52"},
    {{2026, 1, 5}, "2026-01", "2025-50 2025-51 2025-52 2026-01"},
};

static void weeks_of_a_time_frame(void **state)
{
    (void)state;
    use_zone("UTC");
    for (size_t i = 0; i < COUNT_OF(todays); i++) {
        int64_t morning = day_number(todays[i].today) * 86400;
        struct iso_week weeks[PERIOD_MOST_WEEKS];
        char text[128];
        size_t count = period_weeks(TIME_FRAME_7D, morning, weeks);

        assert_string_equal(todays[i].week, week_list(weeks, count, text, sizeof text));
        count = period_weeks(TIME_FRAME_28D, morning + 86399, weeks);
        assert_string_equal(todays[i].month, week_list(weeks, count, text, sizeof text));
        assert_int_equal(0, period_weeks(TIME_FRAME_ALL, morning, weeks));
        assert_int_equal(0, period_weeks(TIME_FRAME_NONE, morning, weeks));
    }
}

/* Whatever the day, 7d is one week and 28d are four in a row, the last of which ended before. */
static void weeks_on_every_day_of_60_years(void **state)
{
    (void)state;
    use_zone("UTC");
    for (int64_t day = day_number((struct date){1999, 12, 1});
         day < day_number((struct date){2060, 1, 1}); day++) {
        struct iso_week weeks[PERIOD_MOST_WEEKS], week[PERIOD_MOST_WEEKS];
        struct iso_week running = iso_week_of(period_day_of(day * 86400));
        time_t seconds = (time_t)day * 86400;
        struct tm date;
        char libc[16], ours[16];

        assert_int_equal(4, period_weeks(TIME_FRAME_28D, day * 86400, weeks));
        assert_int_equal(1, period_weeks(TIME_FRAME_7D, day * 86400, week));
        assert_memory_equal(&week[0], &weeks[3], sizeof week[0]);
        assert_true(weeks[3].week + 1 == running.week || running.week == 1);
        gmtime_r(&seconds, &date);
        assert_true(strftime(libc, sizeof libc, "%G-%V", &date) > 0);
        assert_string_equal(libc, week_list(&running, 1, ours, sizeof ours));
    }
}

static const struct {
    const char *name, *zone, *week;
    int64_t when;
} zones[] = {
    /* Sunday 2024-06-02 23:30 UTC */
    {"UTC is still on Sunday", "UTC", "2024-22", 1717371000},
    {"Berlin has Monday already", "Europe/Berlin", "2024-23", 1717371000},
    {"New York has Sunday evening", "America/New_York", "2024-22", 1717371000},
    /* Monday 2024-06-03 01:00 UTC */
    {"New York is still on Sunday", "America/New_York", "2024-22", 1717376400},
    {"UTC is on Monday", "UTC", "2024-23", 1717376400},
};

static void the_zone_decides_the_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        struct iso_week week;
        char text[16];

        print_message("# %s\n", zones[i].name);
        use_zone(zones[i].zone);
        week = iso_week_of(period_day_of(zones[i].when));
        assert_string_equal(zones[i].week, week_list(&week, 1, text, sizeof text));
    }
    use_zone("UTC");
}

static void windows_of_the_database(void **state)
{
    const int64_t recorded_at = 1717371000;
    struct period_window window;

    (void)state;
    assert_true(period_window(TIME_FRAME_7D, recorded_at, &window));
    assert_int_equal(recorded_at - 9 * 86400, window.from);
    assert_int_equal(recorded_at - 2 * 86400, window.to);
    assert_true(period_window(TIME_FRAME_28D, recorded_at, &window));
    assert_int_equal(recorded_at - 30 * 86400, window.from);
    assert_int_equal(recorded_at - 2 * 86400, window.to);
    assert_false(period_window(TIME_FRAME_ALL, recorded_at, &window));
    assert_false(period_window(TIME_FRAME_NONE, recorded_at, &window));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weeks_between_two_days),
        cmocka_unit_test(weeks_of_a_time_frame),
        cmocka_unit_test(weeks_on_every_day_of_60_years),
        cmocka_unit_test(the_zone_decides_the_day),
        cmocka_unit_test(windows_of_the_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
