/*
 * The one event loop: timers, deferred calls, signals. Everything asynchronous hangs on it.
 * libevent stays inside agent/io.
 */
#ifndef AGENT_IO_LOOP_H
#define AGENT_IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;
struct loop_timer;

typedef void loop_call(void *arg);

struct loop *loop_new(void);       /* SIGPIPE is ignored from now on */
void loop_free(struct loop *loop); /* NULL is fine; timers and watches must be gone */

/*
 * Runs until loop_stop is called or nothing is left to wait for; a watched signal is something to
 * wait for. What stopping leaves behind is done by the next run.
 */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* For tests: waits until something has to be done, does it, and returns. */
void loop_turn(struct loop *loop);

/*
 * Calls once, from the loop, after `ms` milliseconds (0: as soon as the caller has returned to it).
 * The timer is gone when the call begins; cancel only before that. NULL is fine for cancel.
 */
struct loop_timer *loop_after(struct loop *loop, int64_t ms, loop_call *call, void *arg);
void loop_timer_cancel(struct loop_timer *timer);

/*
 * Calls once, from the loop, when the wall clock shows `wall_us` or later; and earlier, if somebody
 * sets the clock meanwhile: whoever asked looks anew. Cancel as loop_after.
 */
struct loop_timer *loop_at(struct loop *loop, int64_t wall_us, loop_call *call, void *arg);

/*
 * For tests with a stopped clock (clock.h): from now on timers of this loop wait for loop_skip,
 * which moves the clock to the next one that is due within `most_us` and calls it from within; if
 * there is none it moves the clock by all of that and returns false. Sockets and calls at once go
 * by loop_run as ever.
 */
void loop_by_moved_clock(struct loop *loop);
bool loop_skip(struct loop *loop, int64_t most_us);

/* Calls from the loop each time the signal arrives, until loop_free. */
void loop_on_signal(struct loop *loop, int signal_number, loop_call *call, void *arg);

/* For the other modules of agent/io only. */
struct event_base *loop_base(struct loop *loop);

#endif
