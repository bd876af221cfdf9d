#include "agent/io/loop.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"

#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <unistd.h>

/*
 * A call at once stands in loop->calls, where a cancelled one stays; a later one has its event, or
 * stands in loop->skipped while the clock is moved by hand.
 */
struct loop_timer {
    struct event *event;
    loop_call *call; /* NULL: cancelled */
    void *arg;
    uint64_t round;
    int descriptor;       /* of a timer by the wall clock; -1: none */
    struct loop *by_hand; /* NULL: it goes by itself */
    bool by_wall;
    int64_t due_us; /* by the clock that by_wall says */
    STAILQ_ENTRY(loop_timer) others;
    TAILQ_ENTRY(loop_timer) waiting;
};

struct signal_watch {
    struct event *event;
    loop_call *call;
    void *arg;
    SLIST_ENTRY(signal_watch) others;
};

struct loop {
    struct event_base *base;
    struct event *turn; /* pending while calls is not empty */
    uint64_t round;     /* what is asked for while a round of calls runs waits for the next one */
    STAILQ_HEAD(call_line, loop_timer) calls;
    SLIST_HEAD(watch_list, signal_watch) watches;
    bool clock_is_moved;
    TAILQ_HEAD(waiting_line, loop_timer) waiting; /* of timers by hand, in the order of asking */
};

static void arm_turn(struct loop *loop)
{
    static const struct timeval at_once = {0};

    (void)event_add(loop->turn, &at_once);
}

/*
 * Calls go in the order of asking. Sockets get their turn between two rounds, so that calls which
 * ask for calls do not starve them.
 */
static void run_calls(evutil_socket_t none, short what, void *arg)
{
    struct loop *loop = arg;
    uint64_t round = loop->round++;
    struct loop_timer *timer;

    (void)none;
    (void)what;
    while ((timer = STAILQ_FIRST(&loop->calls)) != NULL && timer->round <= round &&
           !event_base_got_break(loop->base)) {
        loop_call *call = timer->call;
        void *call_arg = timer->arg;

        STAILQ_REMOVE_HEAD(&loop->calls, others);
        free(timer);
        if (call != NULL)
            call(call_arg);
    }
    if (!STAILQ_EMPTY(&loop->calls))
        arm_turn(loop);
}

/*
 * Time is read anew for each timer: with libevent's cached time, one that is set at the end of a
 * long callback would come too early.
 */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME |
                                                            EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
        base = event_base_new_with_config(config);
    if (base == NULL)
        memory_exhausted();
    event_config_free(config);
    return base;
}

struct loop *loop_new(void)
{
    struct loop *loop = memory_alloc(sizeof(*loop));

    /* A peer that goes away is an error of the write, not the end of the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    loop->base = base_new();
    STAILQ_INIT(&loop->calls);
    SLIST_INIT(&loop->watches);
    TAILQ_INIT(&loop->waiting);
    loop->turn = evtimer_new(loop->base, run_calls, loop);
    if (loop->turn == NULL)
        memory_exhausted();
    return loop;
}

void loop_free(struct loop *loop)
{
    struct signal_watch *watch;

    if (loop == NULL)
        return;
    while ((watch = SLIST_FIRST(&loop->watches)) != NULL) {
        SLIST_REMOVE_HEAD(&loop->watches, others);
        event_free(watch->event);
        free(watch);
    }
    while (!STAILQ_EMPTY(&loop->calls)) {
        struct loop_timer *timer = STAILQ_FIRST(&loop->calls);

        STAILQ_REMOVE_HEAD(&loop->calls, others);
        free(timer);
    }
    event_free(loop->turn);
    event_base_free(loop->base);
    free(loop);
}

void loop_run(struct loop *loop)
{
    (void)event_base_dispatch(loop->base);
}

void loop_turn(struct loop *loop)
{
    (void)event_base_loop(loop->base, EVLOOP_ONCE);
}

void loop_stop(struct loop *loop)
{
    (void)event_base_loopbreak(loop->base);
}

static void time_is_up(evutil_socket_t none, short what, void *arg)
{
    struct loop_timer *timer = arg;
    loop_call *call = timer->call;
    void *call_arg = timer->arg;

    (void)none;
    (void)what;
    loop_timer_cancel(timer);
    call(call_arg);
}

static struct loop_timer *wait_by_hand(struct loop *loop, struct loop_timer *timer, int64_t due_us)
{
    timer->by_hand = loop;
    timer->due_us = due_us;
    TAILQ_INSERT_TAIL(&loop->waiting, timer, waiting);
    return timer;
}

struct loop_timer *loop_after(struct loop *loop, int64_t ms, loop_call *call, void *arg)
{
    struct loop_timer *timer = memory_alloc(sizeof(*timer));
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    *timer = (struct loop_timer){.call = call, .arg = arg, .round = loop->round, .descriptor = -1};
    if (ms <= 0) {
        if (STAILQ_EMPTY(&loop->calls))
            arm_turn(loop);
        STAILQ_INSERT_TAIL(&loop->calls, timer, others);
        return timer;
    }
    if (loop->clock_is_moved)
        return wait_by_hand(loop, timer, now_monotonic_us() + ms * 1000);
    timer->event = evtimer_new(loop->base, time_is_up, timer);
    if (timer->event == NULL || event_add(timer->event, &wait) != 0)
        memory_exhausted();
    return timer;
}

void loop_timer_cancel(struct loop_timer *timer)
{
    if (timer == NULL)
        return;
    if (timer->by_hand != NULL) {
        TAILQ_REMOVE(&timer->by_hand->waiting, timer, waiting);
        free(timer);
        return;
    }
    if (timer->event == NULL) {
        timer->call = NULL;
        return;
    }
    event_free(timer->event);
    if (timer->descriptor >= 0)
        (void)close(timer->descriptor);
    free(timer);
}

/* The kernel tells both: that the time has come, and that the clock was set. */
struct loop_timer *loop_at(struct loop *loop, int64_t wall_us, loop_call *call, void *arg)
{
    struct loop_timer *timer = memory_alloc(sizeof(*timer));
    int64_t us = wall_us > 0 ? wall_us : 1; /* nothing at all would disarm it */
    struct itimerspec when = {
        .it_value = {.tv_sec = us / US_PER_SECOND, .tv_nsec = us % US_PER_SECOND * 1000}};

    *timer = (struct loop_timer){.call = call, .arg = arg, .descriptor = -1, .by_wall = true};
    if (loop->clock_is_moved)
        return wait_by_hand(loop, timer, wall_us);
    timer->descriptor = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer->descriptor < 0 ||
        timerfd_settime(timer->descriptor, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when,
                        NULL) != 0)
        memory_exhausted();
    timer->event = event_new(loop->base, timer->descriptor, EV_READ, time_is_up, timer);
    if (timer->event == NULL || event_add(timer->event, NULL) != 0)
        memory_exhausted();
    return timer;
}

void loop_by_moved_clock(struct loop *loop)
{
    loop->clock_is_moved = true;
}

static int64_t left_us(const struct loop_timer *timer)
{
    return timer->due_us - (timer->by_wall ? now_wall_us() : now_monotonic_us());
}

bool loop_skip(struct loop *loop, int64_t most_us)
{
    struct loop_timer *first = TAILQ_FIRST(&loop->waiting);

    for (struct loop_timer *timer = first; timer != NULL; timer = TAILQ_NEXT(timer, waiting))
        if (left_us(timer) < left_us(first))
            first = timer;
    if (first == NULL || left_us(first) > most_us) {
        now_advance(most_us);
        return false;
    }
    if (left_us(first) > 0)
        now_advance(left_us(first));
    time_is_up(-1, 0, first);
    return true;
}

static void signal_came(evutil_socket_t number, short what, void *arg)
{
    const struct signal_watch *watch = arg;

    (void)number;
    (void)what;
    watch->call(watch->arg);
}

void loop_on_signal(struct loop *loop, int signal_number, loop_call *call, void *arg)
{
    struct signal_watch *watch = memory_alloc(sizeof(*watch));

    *watch = (struct signal_watch){.call = call, .arg = arg};
    watch->event = evsignal_new(loop->base, signal_number, signal_came, watch);
    if (watch->event == NULL || event_add(watch->event, NULL) != 0)
        memory_exhausted();
    SLIST_INSERT_HEAD(&loop->watches, watch, others);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}
