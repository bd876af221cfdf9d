/*
 * Delivers the pings that wait, the oldest first, one at a time, until each is taken or refused.
 *
 * A try that fails is repeated: after about half a minute, then ever later up to an hour (capped
 * exponential back-off with full jitter), and from the second day of failing once a day; a
 * Retry-After is honoured; never more than 24 tries a day in all, whatever happens. The times stand
 * in the store, so that a restart does not try sooner. A ping that the endpoint refuses is
 * quarantined as `rejected` and the next one goes on. The log has one line when the endpoint stops
 * answering as it should, and one when it does again.
 *
 * A ping that was sealed when more was permitted than now is not sent: it is withheld
 * (store_archive.h) before it could be tried, with a line in the log.
 */
#ifndef AGENT_COURIER_H
#define AGENT_COURIER_H

#include "agent/delivery.h"
#include "agent/permitted.h"

struct courier;

struct courier_status {
    unsigned waiting;         /* pings */
    int64_t next_try_us;      /* wall time; 0: none is planned */
    int64_t failing_since_us; /* 0: the newest try went well */
    const char *said;         /* the newest failure's sentence; NULL: none */
    bool trying;
};

struct courier *courier_new(struct loop *loop, struct store *store);
void courier_free(
    struct courier *courier); /* drops a try in flight: it is repeated at the next start */

/* New settings or definitions, or another consent: `now` is copied, what it points to must outlive
 * the next call. May not send: holds. */
void courier_configure(struct courier *courier, const struct permitted *now, bool may_send);

/* A ping waits now, or the admin wants no waiting: tries at once unless a Retry-After forbids. */
void courier_wake(struct courier *courier);

/* Called from the loop after each look at what waits, for whoever shows it; NULL: nobody. */
void courier_watch(struct courier *courier, void (*changed)(void *arg), void *arg);

struct courier_status courier_status(const struct courier *courier);

/* Pure: how long to wait after the nth failed try in a row (from 1), at `random` of 0 to 1, failing
 * for `failing_s` seconds; in milliseconds. */
int64_t courier_pause_ms(unsigned tries, int64_t failing_s, double random);

#endif
