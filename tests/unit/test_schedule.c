/* When runs are due: slots that come, are missed, and are not repeated when the clock is set. */
#include "agent/schedule.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <time.h>

#define MOST 6

static int64_t seconds_of(const char *text)
{
    struct tm utc = {0};

    if (text == NULL)
        return 0;
    assert_non_null(strptime(text, "%Y-%m-%d %H:%M", &utc));
    return (int64_t)timegm(&utc);
}

/* One look at the time `now`; what it must tell. */
struct look {
    const char *now, *due; /* due NULL: nothing is */
    const char *next;
    unsigned missed;
};

static const struct {
    const char *name, *schedule, *zone;
    struct look looks[MOST];
} cases[] = {
    {"a first start waits for the next slot",
     "0 4 * * mon",
     "UTC",
     {{"2026-11-21 10:00", NULL, "2026-11-23 04:00", 0},
      {"2026-11-23 03:59", NULL, "2026-11-23 04:00", 0},
      {"2026-11-23 04:00", "2026-11-23 04:00", "2026-11-30 04:00", 0},
      {"2026-11-23 04:00", NULL, "2026-11-30 04:00", 0}}},
    {"a missed slot is caught up once",
     "0 4 * * mon",
     "UTC",
     {{"2026-11-21 10:00", NULL, "2026-11-23 04:00", 0},
      {"2026-11-25 12:00", "2026-11-23 04:00", "2026-11-30 04:00", 0},
      {"2026-11-25 12:01", NULL, "2026-11-30 04:00", 0}}},
    {"of many missed slots the newest is caught up",
     "0 4 * * mon",
     "UTC",
     {{"2026-11-21 10:00", NULL, "2026-11-23 04:00", 0},
      {"2026-12-25 12:00", "2026-12-21 04:00", "2026-12-28 04:00", 4}}},
    {"a clock that is set back brings no slot again",
     "0 4 * * mon",
     "UTC",
     {{"2026-11-21 10:00", NULL, "2026-11-23 04:00", 0},
      {"2026-11-23 04:01", "2026-11-23 04:00", "2026-11-30 04:00", 0},
      {"2026-11-22 23:00", NULL, "2026-11-30 04:00", 0},
      {"2026-11-23 04:00", NULL, "2026-11-30 04:00", 0},
      {"2026-11-30 04:00", "2026-11-30 04:00", "2026-12-07 04:00", 0}}},
    {"a clock that is set back before a slot came waits for it",
     "0 4 * * mon",
     "UTC",
     {{"2026-11-25 10:00", NULL, "2026-11-30 04:00", 0},
      {"2026-11-21 10:00", NULL, "2026-11-23 04:00", 0}}},
    {"a clock that was years ahead does not stop the agent for years",
     "0 4 * * mon",
     "UTC",
     {{"2031-11-21 10:00", NULL, "2031-11-24 04:00", 0},
      {"2031-11-24 04:00", "2031-11-24 04:00", "2031-12-01 04:00", 0},
      {"2026-11-21 10:00", NULL, "2026-11-23 04:00", 0},
      {"2026-11-23 04:00", "2026-11-23 04:00", "2026-11-30 04:00", 0}}},
    {"clocks that go forward over a slot have it at that moment",
     "30 2 * * sun",
     "Europe/Berlin",
     {{"2026-03-28 10:00", NULL, "2026-03-29 01:00", 0},
      {"2026-03-29 01:00", "2026-03-29 01:00", "2026-04-05 00:30", 0}}},
    {"clocks that go back show a slot twice and have it once",
     "30 2 * * sun",
     "Europe/Berlin",
     {{"2026-10-24 10:00", NULL, "2026-10-25 00:30", 0},
      {"2026-10-25 00:30", "2026-10-25 00:30", "2026-11-01 01:30", 0},
      {"2026-10-25 01:30", NULL, "2026-11-01 01:30", 0}}},
    {"a schedule that never comes", "0 0 30 2 *", "UTC", {{"2026-11-21 10:00", NULL, NULL, 0}}},
};

static void play(const struct look *look, const struct schedule *schedule,
                 struct schedule_state *state)
{
    struct schedule_look found = schedule_look(schedule, state, seconds_of(look->now));

    assert_int_equal(found.due, look->due != NULL);
    assert_int_equal(found.slot, seconds_of(look->due));
    assert_int_equal(found.missed_count, look->missed);
    assert_int_equal(state->next, seconds_of(look->next));
}

static void test_looks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct schedule schedule;
        struct schedule_state remembered = {0};
        struct error err;

        print_message("  %s\n", cases[i].name);
        assert_true(schedule_parse(cases[i].schedule, cases[i].zone, "any", &schedule, &err));
        for (size_t j = 0; j < MOST && cases[i].looks[j].now != NULL; j++)
            play(&cases[i].looks[j], &schedule, &remembered);
    }
}

static void test_changed(void **state)
{
    struct schedule_state remembered = {0};
    struct schedule weekly, daily;
    struct error err;

    (void)state;
    assert_true(schedule_parse("0 4 * * mon", "UTC", "any", &weekly, &err));
    assert_true(schedule_parse("0 5 * * *", "UTC", "any", &daily, &err));
    (void)schedule_look(&weekly, &remembered, seconds_of("2026-11-24 10:00"));
    assert_int_equal(remembered.next, seconds_of("2026-11-30 04:00"));
    (void)schedule_look(&daily, &remembered, seconds_of("2026-11-24 10:01"));
    assert_int_equal(remembered.next, seconds_of("2026-11-25 05:00"));
    (void)schedule_look(&weekly, &remembered, seconds_of("2026-11-24 10:02"));
    assert_int_equal(remembered.next, seconds_of("2026-11-30 04:00"));
}

/* The same instance has the same minute each week; others have others. */
static void test_own_minute(void **state)
{
    unsigned per_day[7] = {0};

    (void)state;
    for (unsigned i = 0; i < 700; i++) {
        struct schedule schedule;
        struct error err;
        int64_t first, second;
        char id[32];

        (void)snprintf(id, sizeof(id), "instance %u", i);
        assert_true(schedule_parse("weekly", "UTC", id, &schedule, &err));
        assert_true(schedule_next(&schedule, -12345, &first));
        assert_true(first > -12345 && first <= -12345 + 7 * 86400);
        assert_true(schedule_next(&schedule, first, &second));
        assert_int_equal(second, first + 7 * 86400);
        assert_int_equal(first % 60, 0);
        per_day[schedule.minute_of_week / 1440]++;
    }
    for (size_t i = 0; i < COUNT_OF(per_day); i++)
        assert_in_range(per_day[i], 60, 140);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_own_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
