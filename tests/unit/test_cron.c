/* Times of cron: what is read, and when the next one comes, across changes of the clocks. */
#include "agent/base/cron.h"

#include "tests/support/test.h"

#include <string.h>
#include <time.h>

static int64_t seconds_of(const char *text)
{
    struct tm utc = {0};

    assert_non_null(strptime(text, "%Y-%m-%d %H:%M", &utc));
    return (int64_t)timegm(&utc);
}

static const struct {
    const char *name, *cron, *zone, *after; /* UTC */
    const char *then[4];                    /* one after the other, UTC */
} moments[] = {
    {"every minute",
     "* * * * *",
     "UTC",
     "2026-11-21 10:00",
     {"2026-11-21 10:01", "2026-11-21 10:02"}},
    {"a time that is now comes tomorrow",
     "30 4 * * *",
     "UTC",
     "2026-11-21 04:30",
     {"2026-11-22 04:30"}},
    {"names of days", "0 9 * * mon-fri", "UTC", "2026-11-20 09:00", {"2026-11-23 09:00"}},
    {"Sunday is 0 and 7", "0 0 * * 7", "UTC", "2026-11-21 00:00", {"2026-11-22 00:00"}},
    {"a range up to Sunday",
     "0 0 * * 5-7",
     "UTC",
     "2026-11-20 12:00",
     {"2026-11-21 00:00", "2026-11-22 00:00", "2026-11-27 00:00"}},
    {"lists, steps and names of months",
     "0,30 8-10/2 1 jan,JUL *",
     "UTC",
     "2026-11-21 00:00",
     {"2027-01-01 08:00", "2027-01-01 08:30", "2027-01-01 10:00"}},
    {"a step from a number goes on to the end",
     "50/5 * * * *",
     "UTC",
     "2026-11-21 10:51",
     {"2026-11-21 10:55", "2026-11-21 11:50"}},
    {"day or weekday, if both are named",
     "0 0 13 * fri",
     "UTC",
     "2026-11-12 00:00",
     {"2026-11-13 00:00", "2026-11-20 00:00", "2026-11-27 00:00", "2026-12-04 00:00"}},
    {"day and weekday, if one begins with a star",
     "0 0 */2 * mon",
     "UTC",
     "2026-11-01 00:00",
     {"2026-11-09 00:00", "2026-11-23 00:00"}},
    {"once a week", "@weekly", "UTC", "2026-11-21 00:00", {"2026-11-22 00:00", "2026-11-29 00:00"}},
    {"once a year", "@Yearly", "UTC", "2026-11-21 00:00", {"2027-01-01 00:00"}},
    {"leap years only", "0 0 29 2 *", "UTC", "2096-03-01 00:00", {"2104-02-29 00:00"}},
    {"by the clocks of the zone",
     "0 9 * * *",
     "Europe/Berlin",
     "2026-11-21 07:59",
     {"2026-11-21 08:00"}},
    {"a time that is skipped is the moment of the skip",
     "30 2 * * *",
     "Europe/Berlin",
     "2026-03-28 12:00",
     {"2026-03-29 01:00", "2026-03-30 00:30"}},
    {"many skipped times are one",
     "*/20 2 * * *",
     "Europe/Berlin",
     "2026-03-29 00:50",
     {"2026-03-29 01:00", "2026-03-30 00:00"}},
    {"a time that is shown twice is the first of both",
     "30 2 * * *",
     "Europe/Berlin",
     "2026-10-24 12:00",
     {"2026-10-25 00:30", "2026-10-26 01:30"}},
    {"half an hour of change",
     "15 2 * * *",
     "Australia/Lord_Howe",
     "2026-10-03 00:00",
     {"2026-10-03 15:30", "2026-10-04 15:15"}},
    {"a day that a zone left out",
     "0 12 30 12 *",
     "Pacific/Apia",
     "2011-12-01 00:00",
     {"2011-12-30 10:00", "2012-12-29 22:00"}},
};

static void test_moments(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        int64_t at = seconds_of(moments[i].after), next;
        struct cron cron;
        struct error err;

        print_message("  %s\n", moments[i].name);
        assert_true(cron_parse(moments[i].cron, &cron, &err));
        for (size_t j = 0; j < COUNT_OF(moments[i].then) && moments[i].then[j] != NULL; j++) {
            assert_true(cron_next(&cron, moments[i].zone, at, &next));
            assert_int_equal(next, seconds_of(moments[i].then[j]));
            at = next;
        }
    }
}

static void test_never(void **state)
{
    struct cron cron;
    struct error err;
    int64_t next;

    (void)state;
    assert_true(cron_parse("0 0 31 2 *", &cron, &err));
    assert_false(cron_next(&cron, "UTC", 0, &next));
}

static const struct {
    const char *text, *says;
} faults[] = {
    {"", "five fields"},
    {"* * * *", "five fields"},
    {"* * * * * *", "five fields"},
    {"@reboot", "five fields"},
    {"60 * * * *", "'60' is no minute"},
    {"* 24 * * *", "'24' is no hour"},
    {"* * 0 * *", "'0' is no day of the month"},
    {"* * * 13 *", "'13' is no month"},
    {"* * * * 8", "'8' is no day of the week"},
    {"5-1 * * * *", "'5-1' is no minute"},
    {"*/0 * * * *", "'*/0' is no minute"},
    {"1,,2 * * * *", "'' is no minute"},
    {"1, * * * *", "'' is no minute"},
    {"* * * * monday", "'monday' is no day of the week"},
    {"mon * * * *", "'mon' is no minute"},
    {"99999999999999999999 * * * *", "is no minute"},
    {"11111111111111111111111111111111111111 * * * *", "is no minute"},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct cron cron;
        struct error err;

        print_message("  \"%s\"\n", faults[i].text);
        assert_false(cron_parse(faults[i].text, &cron, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_non_null(strstr(err.text, faults[i].says));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_never),
        cmocka_unit_test(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
