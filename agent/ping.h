/*
 * Sealing: a finished run becomes a ping. From here on its bytes are fixed; what is shown, stored,
 * sent and archived is this one string.
 */
#ifndef AGENT_PING_H
#define AGENT_PING_H

#include "agent/payload.h"
#include "agent/settings.h"
#include "agent/store.h"

/*
 * Writes the payload of a run's stored outcomes, numbers it after the newest ping and keeps it as
 * what ping->state says: PING_SEALED, or PING_WAITING if it is to be sent. A ping that was sealed
 * before and nobody wanted to send becomes `kept`. `ping->bytes` is in `arena`. REFUSED,
 * and nothing is kept, if the run is open or sealed already, or if its key paths cannot stand
 * together (payload_write).
 */
MUST_CHECK bool ping_seal(struct store *store, struct store_run *run,
                          const struct settings *settings, struct arena *arena,
                          struct store_ping *ping, struct error *err);

/* After a ping was sealed: takes out of the archive what is beyond history.days and
 * history.megabytes. A failure is a warning in the log, for no ping is the worse for it. */
void ping_trim(struct store *store, const struct settings *settings);

/* What a run is sealed as: PING_WAITING if the agent began it, consent is on and there is an
 * endpoint, whoever seals it. */
enum ping_state ping_fate(const struct store_run *run, const struct settings *settings);

/* What sealing would give just now, with `ping_id` null and nothing kept: to be looked at. */
MUST_CHECK bool ping_draft(struct store *store, struct store_run *run,
                           const struct settings *settings, struct arena *arena,
                           struct store_ping *ping, struct error *err);

/* The outcomes of a run, as the payload and what is reported beside it take them. */
struct ping_items {
    struct arena *arena; /* of all of them */
    struct payload_item *items;
    size_t count;
};

MUST_CHECK bool ping_items_read(struct store *store, int64_t run_id, struct arena *arena,
                                struct ping_items *items, struct error *err);

#endif
