/* What the files of the store share among themselves; nobody else includes this. */
#ifndef AGENT_STORE_INSIDE_H
#define AGENT_STORE_INSIDE_H

#include "agent/base/digest.h"
#include "agent/store_file.h"

struct store {
    struct store_file *file;
    int lock; /* descriptor that holds the lock of the folder; -1: none */
    char instance_id[UUID_TEXT_SIZE];
};

#define STORE_FILE     "service-ping.db"
#define STORE_IDENTITY "identity" /* the id once more, as a line of text */

/* The identity file of a state folder: `found` false if there is none, or not with an id in it.
 * Keeping writes it where it is not there, and is INVALID where it names another instance. */
MUST_CHECK bool store_identity_read(const char *folder, char id[UUID_TEXT_SIZE], bool *found,
                                    struct error *err);
MUST_CHECK bool store_identity_keep(const char *folder, const char *id, struct error *err);

/* The pieces that store_open is made of, for recovering: the lock of the folder; an empty store of
 * that identity; and of an opened file the version, the newest known being store_version. */
MUST_CHECK bool store_take_lock(struct store *store, const char *folder, struct error *err);
MUST_CHECK bool store_fill_file(const char *path, const char *instance_id, struct error *err);
MUST_CHECK bool store_read_version(struct store_file *file, int64_t *version, struct error *err);
extern const int64_t store_version;
void store_sync_folder(const char *path); /* that a file is in */

/* A new transaction, after the open one is committed: what was collected so far is not to be lost
 * with a failure of this. store_change runs a prepared statement in one of its own. */
MUST_CHECK bool store_begin(struct store *store, struct error *err);
MUST_CHECK bool store_change(struct store *store, struct statement *statement, struct error *err);

/* Costs of probes that no run has had for long, in the open transaction. */
MUST_CHECK bool store_forget_costs(struct store *store, struct error *err);

/* A sealed ping that is wanted waits. */
#define PING_COLUMNS                                                                               \
    "id, seq, previous_id, run_id, sealed_us, CASE WHEN state = 'sealed' AND wanted THEN "         \
    "'waiting' ELSE state END, bytes, digest"

/* A row of PING_COLUMNS. MISSING if its bytes were deleted, INVALID if they have changed. */
struct arena;
struct store_ping;
MUST_CHECK bool store_ping_read(struct statement *row, struct arena *arena, struct store_ping *ping,
                                struct error *err);

/* The one ping that a statement for PING_COLUMNS asks for, if it gives one. */
MUST_CHECK bool store_ping_ask(struct statement *ask, struct arena *arena, struct store_ping *ping,
                               bool *found, struct error *err);

struct outcome;
/* Columns from `first` on: status, kind, value, reason, method, error_bound, took_us; false if
 * they say what this version does not know. */
MUST_CHECK bool store_outcome_read(struct statement *row, int first, struct outcome *outcome);

/* Outcomes and probe states of closed runs, but for the newest of them, in the open transaction. */
MUST_CHECK bool store_forget_runs(struct store *store, struct error *err);

#endif
