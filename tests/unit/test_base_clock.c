#include "agent/base/clock.h"

#include "tests/support/test.h"

#include <string.h>

static const struct {
    int64_t wall_us;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00.000000Z"},
    {1, "1970-01-01T00:00:00.000001Z"},
    {-1, "1969-12-31T23:59:59.999999Z"},
    {-US_PER_SECOND, "1969-12-31T23:59:59.000000Z"},
    {INT64_C(951827696123456), "2000-02-29T12:34:56.123456Z"},
    {INT64_C(4102444799999999), "2099-12-31T23:59:59.999999Z"},
    {INT64_MAX, "294247-01-10T04:00:54.775807Z"},
    {INT64_MIN, "-290308-12-21T19:59:05.224192Z"},
};

static void times_are_written_in_utc(void **state)
{
    char text[TIME_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++)
        assert_string_equal(time_text(times[i].wall_us, text), times[i].text);
}

/* Stands first: later tests stop the clock for good. */
static void the_real_clocks_run(void **state)
{
    int64_t wall_us = now_wall_us(), monotonic_us = now_monotonic_us();

    (void)state;
    assert_true(wall_us > INT64_C(1577836800) * US_PER_SECOND); /* 2020 */
    while (now_monotonic_us() == monotonic_us)
        continue;
    assert_true(now_monotonic_us() > monotonic_us);
}

static void a_stopped_clock_is_moved_by_hand(void **state)
{
    int64_t monotonic_us;

    (void)state;
    now_stop_at(1000);
    assert_int_equal(now_wall_us(), 1000);
    assert_int_equal(now_monotonic_us(), 1000);
    now_advance(500);
    assert_int_equal(now_wall_us(), 1500);
    assert_int_equal(now_monotonic_us(), 1500);
    /* The admin sets the clock back: monotonic time does not know. */
    monotonic_us = now_monotonic_us();
    now_stop_at(10);
    assert_int_equal(now_wall_us(), 10);
    assert_int_equal(now_monotonic_us(), monotonic_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_clocks_run),
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(a_stopped_clock_is_moved_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
