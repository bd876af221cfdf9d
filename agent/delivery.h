/*
 * Posts a sealed ping, byte for byte, and keeps what came of it.
 * 2xx: the receipt is stored. 408, 425, 429, 5xx and no answer: may be tried again. Any other
 * status: the ping is kept and marked rejected, never deleted.
 */
#ifndef AGENT_DELIVERY_H
#define AGENT_DELIVERY_H

#include "agent/settings.h"
#include "agent/store.h"

enum delivery_end { DELIVERY_SENT, DELIVERY_DEFERRED, DELIVERY_REJECTED };

/* `said` is a sentence for the admin in every case; `receipt` the endpoint's answer when sent. */
struct delivery_result {
    enum delivery_end end;
    int http_status; /* 0: no answer came */
    const char *said;
    const char *receipt;
};

typedef void delivery_done(const struct delivery_result *result, void *arg);

struct delivery;

/*
 * One try. `ping` is copied; the others must outlive the delivery. `done` comes once, from the
 * loop; its result is gone when it returns. Without consent `on` or an endpoint nothing is sent
 * (DELIVERY_DEFERRED). A redirect is not followed but told (DELIVERY_REJECTED).
 */
struct delivery *delivery_start(struct loop *loop, const struct settings *settings,
                                struct store *store, const struct store_ping *ping,
                                delivery_done *done, void *arg);
void delivery_free(struct delivery *delivery); /* NULL is fine; also inside `done` */

#endif
