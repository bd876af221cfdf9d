/*
 * The one event loop: timers, deferred calls, signals. Everything asynchronous hangs on it.
 * libevent stays inside agent/io.
 */
#ifndef AGENT_IO_LOOP_H
#define AGENT_IO_LOOP_H

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

/*
 * Calls once, from the loop, after `ms` milliseconds (0: as soon as the caller has returned to it).
 * The timer is gone when the call begins; cancel only before that. NULL is fine for cancel.
 */
struct loop_timer *loop_after(struct loop *loop, int64_t ms, loop_call *call, void *arg);
void loop_timer_cancel(struct loop_timer *timer);

/* Calls from the loop each time the signal arrives, until loop_free. */
void loop_on_signal(struct loop *loop, int signal_number, loop_call *call, void *arg);

/* For the other modules of agent/io only. */
struct event_base *loop_base(struct loop *loop);

#endif
