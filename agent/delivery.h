/*
 * Posts a sealed ping, byte for byte, and keeps what came of it. The setting endpoint.protocol says
 * how.
 *
 * service-ping: packed by gzip, to endpoint.url itself. 2xx: the receipt is stored. 408, 425, 429,
 * 5xx and no answer: may be tried again. Any other status: the ping is kept and marked rejected,
 * never deleted.
 *
 * gitlab: below endpoint.url, unpacked. The ping goes to /usage_data; delivery_answer.h says when
 * it was taken, and then how long each metric took goes to /usage_ping_metadata. After any failure
 * of the ping's own post, the reason goes to /usage_ping_errors, and the ping may be tried again.
 * These reports change nothing: unlike in GitLab, where a metadata post that finds nobody sends the
 * whole ping once more, a ping that was taken stays sent.
 */
#ifndef AGENT_DELIVERY_H
#define AGENT_DELIVERY_H

#include "agent/delivery_answer.h"
#include "agent/settings.h"
#include "agent/store.h"

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

/* What came of the ping, as soon as it is in the store: while a report is still on its way. NULL:
 * not known yet. */
const struct delivery_result *delivery_known(const struct delivery *delivery);

/* The URL that a ping is posted to, with all that stands in endpoint.url, which must be set; and
 * whether its bytes go packed. */
const char *delivery_url(const struct settings *settings, struct arena *arena);
bool delivery_packs(const struct settings *settings);

#endif
