#include "agent/event_rate.h"

#include "tests/support/test.h"

#include "agent/base/clock.h"

#include <string.h>

static bool take(struct event_rate *rate, const char *name, int64_t now_us)
{
    struct error err;

    if (event_rate_take(rate, name, now_us, &err))
        return true;
    assert_int_equal(ERROR_UNAVAILABLE, err.kind);
    assert_non_null(strstr(err.text, name));
    assert_non_null(strstr(err.text, "events.rate_limit"));
    return false;
}

static size_t taken_at_once(struct event_rate *rate, const char *name, int64_t now_us, size_t tries)
{
    size_t taken = 0;

    for (size_t i = 0; i < tries; i++)
        taken += take(rate, name, now_us);
    return taken;
}

static void zero_is_no_limit(void **state)
{
    struct event_rate *rate = event_rate_new(0);

    (void)state;
    assert_int_equal(1000, taken_at_once(rate, "e", 5, 1000));
    event_rate_free(rate);
    event_rate_free(NULL);
}

static void a_second_has_so_many_of_each_name(void **state)
{
    static const char *const names[] = {"m", "a", "z", "b", "y"};
    struct event_rate *rate = event_rate_new(10);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(10, taken_at_once(rate, names[i], 7, 15));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_false(take(rate, names[i], 7));
    event_rate_free(rate);
}

static void they_come_back_evenly(void **state)
{
    struct event_rate *rate = event_rate_new(10);

    (void)state;
    assert_int_equal(10, taken_at_once(rate, "e", 0, 20));
    assert_int_equal(0, taken_at_once(rate, "e", US_PER_SECOND / 10 - 1, 5));
    assert_int_equal(1, taken_at_once(rate, "e", US_PER_SECOND / 10, 5));
    assert_int_equal(4, taken_at_once(rate, "e", US_PER_SECOND / 2, 20));
    assert_int_equal(10, taken_at_once(rate, "e", 100 * US_PER_SECOND, 20));
    event_rate_free(rate);
}

static void an_even_stream_is_never_refused(void **state)
{
    struct event_rate *rate = event_rate_new(3);

    (void)state;
    for (int64_t i = 0; i < 1000; i++)
        assert_true(take(rate, "e", i * US_PER_SECOND / 3));
    event_rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_no_limit),
        cmocka_unit_test(a_second_has_so_many_of_each_name),
        cmocka_unit_test(they_come_back_evenly),
        cmocka_unit_test(an_even_stream_is_never_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
