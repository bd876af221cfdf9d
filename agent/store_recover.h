/*
 * A store that is damaged or gone gives way to a new one of the same instance, with everything in
 * it that can still be read. The damaged file is never deleted: it stays beside the new one, under
 * a name with the date.
 */
#ifndef AGENT_STORE_RECOVER_H
#define AGENT_STORE_RECOVER_H

#include "agent/base/arena.h"
#include "agent/base/digest.h"
#include "agent/base/error.h"
#include "agent/store_salvage.h"

struct store_recovery {
    bool sound; /* there was nothing to do, and nothing was done; all below is unset */
    char instance_id[UUID_TEXT_SIZE];
    bool new_identity;
    const char *aside; /* path of the damaged file; NULL: it was gone */
    struct salvaged salvaged;
};

/*
 * Everything is in `arena`. REFUSED, and nothing was changed, if no identity can be read and
 * `new_identity` does not permit another; if there never was a store, or a newer service-ping wrote
 * it. UNAVAILABLE if another process owns the store.
 */
MUST_CHECK bool store_recover(const char *folder, bool new_identity, struct arena *arena,
                              struct store_recovery *recovery, struct error *err);

#endif
