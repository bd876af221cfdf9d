#include "agent/base/week.h"

#include "agent/base/zone.h"
#include "tests/support/test.h"

#include <stdlib.h>

enum { DAY = 86400 };

/* Years around New Year are where weeks go wrong; days from `date -d DAY +%s`, weeks from %G-%V. */
static const struct {
    const char *day;
    int64_t at;
    int year, week;
    const char *monday;
} days[] = {
    {"1970-01-01", 0, 1970, 1, "1969-12-29"},
    {"1969-12-28", -4 * DAY, 1969, 52, "1969-12-22"},
    {"2020-12-21", 1608508800, 2020, 52, "2020-12-21"},
    {"2020-12-27", 1609027200, 2020, 52, "2020-12-21"},
    {"2021-01-03", 1609632000, 2020, 53, "2020-12-28"},
    {"2021-01-04", 1609718400, 2021, 1, "2021-01-04"},
    {"2024-02-29", 1709164800, 2024, 9, "2024-02-26"},
    {"2024-06-01", 1717200000, 2024, 22, "2024-05-27"},
    {"2024-12-30", 1735516800, 2025, 1, "2024-12-30"},
    {"2026-11-21", 1795219200, 2026, 47, "2026-11-16"},
    {"2100-03-01", 4107542400, 2100, 9, "2100-03-01"},
};

static void days_have_the_weeks_of_the_calendar(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        int64_t day = day_of(days[i].at, 0);
        struct iso_week week = iso_week_of(day);
        char text[DAY_TEXT_SIZE];

        assert_string_equal(day_text(day, text), days[i].day);
        assert_string_equal(day_text(monday_of(day), text), days[i].monday);
        assert_int_equal(week.year, days[i].year);
        assert_int_equal(week.week, days[i].week);
    }
}

static void a_day_lasts_until_its_last_second(void **state)
{
    (void)state;
    assert_int_equal(day_of(DAY - 1, 0), 0);
    assert_int_equal(day_of(DAY, 0), 1);
    assert_int_equal(day_of(-1, 0), -1);
    assert_int_equal(day_of(-DAY, 0), -1);
    assert_int_equal(day_of(DAY - 1, 1), 1);
    assert_int_equal(day_of(0, -1), -1);
}

/* Over 800 years every week has seven days and the weeks of a year follow one another. */
static void weeks_follow_one_another(void **state)
{
    struct iso_week before = iso_week_of(-146097 - 1);

    (void)state;
    for (int64_t day = -146097; day < 146097; day++) {
        struct iso_week week = iso_week_of(day);

        if (monday_of(day) != day) {
            assert_int_equal(week.week, before.week);
            assert_int_equal(week.year, before.year);
        } else if (week.year == before.year) {
            assert_int_equal(week.week, before.week + 1);
        } else {
            assert_int_equal(week.year, before.year + 1);
            assert_int_equal(week.week, 1);
            assert_in_range(before.week, 52, 53);
        }
        before = week;
    }
}

static void clocks_are_ahead_and_behind(void **state)
{
    static const struct {
        const char *zone;
        int64_t at, offset_s;
    } cases[] = {
        {"UTC", 1795219200, 0},
        {"Europe/Berlin", 1795219200, 3600},
        {"Europe/Berlin", 1774746000 - 1, 3600}, /* 2026-03-29 01:00 UTC: one hour on */
        {"Europe/Berlin", 1774746000, 7200},
        {"America/New_York", 1795219200, -18000},
        {"Asia/Kathmandu", 1795219200, 20700},
        {"Nowhere/At_All", 1795219200, 0},
    };

    (void)state;
    assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(zone_offset_s(cases[i].zone, cases[i].at), cases[i].offset_s);
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    assert_int_equal(unsetenv("TZ"), 0);
    assert_int_equal(zone_offset_s("Europe/Berlin", 1795219200), 3600);
    assert_null(getenv("TZ"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_have_the_weeks_of_the_calendar),
        cmocka_unit_test(a_day_lasts_until_its_last_second),
        cmocka_unit_test(weeks_follow_one_another),
        cmocka_unit_test(clocks_are_ahead_and_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
