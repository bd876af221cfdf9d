#include "agent/io/loop.h"

#include "agent/base/clock.h"
#include "agent/base/str.h"
#include "tests/support/test.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
    struct loop *loop;
    struct str said;
    struct loop_timer *victim;
    int64_t rounds;
};

static int set_up(void **state)
{
    static struct world world;

    world = (struct world){.loop = loop_new()};
    str_init(&world.said);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    loop_free(world->loop);
    str_release(&world->said);
    return 0;
}

static void say_a(void *arg)
{
    str_add_char(&((struct world *)arg)->said, 'a');
}

static void say_b(void *arg)
{
    str_add_char(&((struct world *)arg)->said, 'b');
}

static void say_a_and_call_a(void *arg)
{
    struct world *world = arg;

    say_a(world);
    (void)loop_after(world->loop, 0, say_a, world);
}

static void calls_come_from_the_loop_in_order(void **state)
{
    struct world *world = *state;

    (void)loop_after(world->loop, 0, say_a_and_call_a, world);
    (void)loop_after(world->loop, 0, say_b, world);
    (void)loop_after(world->loop, -5, say_b, world);
    assert_string_equal(world->said.text, "");
    loop_run(world->loop);
    assert_string_equal(world->said.text, "abba");
}

static void say_a_and_stop(void *arg)
{
    struct world *world = arg;

    say_a(world);
    loop_stop(world->loop);
}

static void later_calls_come_later(void **state)
{
    struct world *world = *state;
    struct loop_timer *much_later = loop_after(world->loop, 60000, say_b, world);

    (void)loop_after(world->loop, 0, say_b, world);
    (void)loop_after(world->loop, 1, say_a_and_stop, world);
    loop_run(world->loop);
    assert_string_equal(world->said.text, "ba");
    loop_timer_cancel(much_later);
}

static void cancelled_calls_do_not_come(void **state)
{
    struct world *world = *state;
    struct loop_timer *soon = loop_after(world->loop, 0, say_b, world);
    struct loop_timer *later = loop_after(world->loop, 60000, say_b, world);

    (void)loop_after(world->loop, 0, say_a, world);
    loop_timer_cancel(soon);
    loop_timer_cancel(later);
    loop_timer_cancel(NULL);
    loop_run(world->loop);
    assert_string_equal(world->said.text, "a");
}

static void cancel_the_victim(void *arg)
{
    struct world *world = arg;

    say_a(world);
    loop_timer_cancel(world->victim);
}

static void a_call_may_cancel_the_next(void **state)
{
    struct world *world = *state;

    (void)loop_after(world->loop, 0, cancel_the_victim, world);
    world->victim = loop_after(world->loop, 0, say_b, world);
    loop_run(world->loop);
    assert_string_equal(world->said.text, "a");
}

static void stopping_keeps_the_rest_for_the_next_run(void **state)
{
    struct world *world = *state;

    (void)loop_after(world->loop, 0, say_a_and_stop, world);
    (void)loop_after(world->loop, 0, say_b, world);
    loop_run(world->loop);
    assert_string_equal(world->said.text, "a");
    loop_run(world->loop);
    assert_string_equal(world->said.text, "ab");
}

static void raise_later(void *arg)
{
    (void)arg;
    (void)raise(SIGUSR1);
}

static void count_and_stop(void *arg)
{
    struct world *world = arg;

    say_b(world);
    if (world->said.length < 2)
        (void)raise(SIGUSR1);
    else
        loop_stop(world->loop);
}

static void signals_call_each_time(void **state)
{
    struct world *world = *state;

    loop_on_signal(world->loop, SIGUSR1, count_and_stop, world);
    (void)loop_after(world->loop, 0, raise_later, NULL);
    loop_run(world->loop);
    assert_string_equal(world->said.text, "bb");
}

static void call_again(void *arg)
{
    struct world *world = arg;

    if (world->said.length == 0 && ++world->rounds < 1000000)
        (void)loop_after(world->loop, 0, call_again, world);
}

/* Calls that ask for calls for ever must let others in. */
static void calls_do_not_starve_timers(void **state)
{
    struct world *world = *state;

    (void)loop_after(world->loop, 1, say_a, world);
    (void)loop_after(world->loop, 0, call_again, world);
    loop_run(world->loop);
    assert_string_equal(world->said.text, "a");
    assert_true(world->rounds < 1000000);
}

static void a_peer_that_is_gone_does_not_end_us(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    (void)close(ends[1]);
    assert_int_equal(write(ends[0], "x", 1), -1);
    (void)close(ends[0]);
}

static void calls_left_over_are_freed(void **state)
{
    struct world *world = *state;

    (void)loop_after(world->loop, 0, say_a, world);
    assert_string_equal(world->said.text, "");
    loop_free(NULL);
}

static void a_moment_that_has_passed_comes_at_once(void **state)
{
    struct world *world = *state;

    (void)loop_at(world->loop, now_wall_us() - US_PER_SECOND, say_a, world);
    loop_timer_cancel(loop_at(world->loop, now_wall_us(), say_b, world));
    loop_timer_cancel(loop_at(world->loop, now_wall_us() + US_PER_SECOND, say_b, world));
    loop_run(world->loop);
    assert_string_equal(world->said.text, "a");
}

/* The clock stands still from here on. */
static void timers_go_by_a_clock_that_is_moved(void **state)
{
    struct world *world = *state;
    int64_t began = INT64_C(1795255200) * US_PER_SECOND;

    now_stop_at(began);
    loop_by_moved_clock(world->loop);
    (void)loop_after(world->loop, 60 * 1000, say_a, world);
    (void)loop_at(world->loop, began + 30 * US_PER_SECOND, say_b, world);
    loop_timer_cancel(loop_after(world->loop, 10, say_a, world));
    loop_run(world->loop);
    assert_string_equal(world->said.text, "");
    assert_true(loop_skip(world->loop, 3600 * US_PER_SECOND));
    assert_string_equal(world->said.text, "b");
    assert_int_equal(now_wall_us(), began + 30 * US_PER_SECOND);
    assert_false(loop_skip(world->loop, 20 * US_PER_SECOND));
    assert_int_equal(now_wall_us(), began + 50 * US_PER_SECOND);
    assert_true(loop_skip(world->loop, 10 * US_PER_SECOND));
    assert_string_equal(world->said.text, "ba");
    assert_int_equal(now_wall_us(), began + 60 * US_PER_SECOND);

    /* The wall clock is set: only what goes by it comes sooner. */
    (void)loop_after(world->loop, 60 * 1000, say_a, world);
    (void)loop_at(world->loop, began + 7200 * US_PER_SECOND, say_b, world);
    now_stop_at(began + 7200 * US_PER_SECOND);
    assert_true(loop_skip(world->loop, 0));
    assert_string_equal(world->said.text, "bab");
    assert_false(loop_skip(world->loop, 0));
    assert_true(loop_skip(world->loop, 60 * US_PER_SECOND));
    assert_string_equal(world->said.text, "baba");
}

#define WITH_A_LOOP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_A_LOOP(calls_come_from_the_loop_in_order),
        WITH_A_LOOP(later_calls_come_later),
        WITH_A_LOOP(cancelled_calls_do_not_come),
        WITH_A_LOOP(a_call_may_cancel_the_next),
        WITH_A_LOOP(stopping_keeps_the_rest_for_the_next_run),
        WITH_A_LOOP(signals_call_each_time),
        WITH_A_LOOP(calls_do_not_starve_timers),
        WITH_A_LOOP(a_peer_that_is_gone_does_not_end_us),
        WITH_A_LOOP(calls_left_over_are_freed),
        WITH_A_LOOP(a_moment_that_has_passed_comes_at_once),
        WITH_A_LOOP(timers_go_by_a_clock_that_is_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
