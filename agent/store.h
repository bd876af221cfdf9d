/*
 * Everything that must outlive the process, in one SQLite file: who this instance is, consent, runs
 * with their journal, pings as exact bytes, attempts and receipts. SQLite itself is known only to
 * store_file.c.
 *
 * One process at a time owns a store (an advisory lock beside the file). A file that cannot be read
 * is never replaced: the instance would get a new identity.
 */
#ifndef AGENT_STORE_H
#define AGENT_STORE_H

#include "agent/base/arena.h"
#include "agent/base/digest.h"
#include "agent/base/error.h"
#include "agent/value.h"

#include <stddef.h>
#include <stdint.h>

struct store;

/*
 * Creates folder, file and identity if there are none. UNAVAILABLE if another process owns it.
 * Started as root, the process becomes the owner of the folder first, for good (base/owner.h).
 */
struct store *store_open(const char *folder, struct error *err);
void store_close(struct store *store); /* NULL is fine */

/*
 * What is there already, for calls that only read: nothing is created or changed, and another
 * process may own the store. MISSING if there is none yet, or only one of an older version.
 */
struct store *store_open_to_read(const char *folder, struct error *err);

const char *store_instance_id(const struct store *store); /* a random UUID, made once */

/* Runs. A run is `open` until it is finished or abandoned. */
struct store_run {
    int64_t id;
    int64_t recorded_at; /* seconds since 1970 UTC: every window of the run derives from it */
    int64_t started_us, finished_us; /* wall time; finished 0 while open */
    int64_t busy_us;                 /* what its probes took of the services' time, when read */
    bool resumed;
    char definitions_digest[DIGEST_TEXT_SIZE];
    char ping_id[UUID_TEXT_SIZE]; /* "" until sealed */
    int64_t slot;                 /* of the schedule, seconds since 1970; 0: asked for by hand */
    bool abandoned;               /* broken off, and not to be continued */
    bool wanted;                  /* the agent began it: what comes of it is to be sent */
};

MUST_CHECK bool store_run_begin(struct store *store, int64_t recorded_at,
                                const char *definitions_digest, struct store_run *run,
                                struct error *err);

/* The same for a slot of the schedule, which is wanted. REFUSED if there is a run for that slot
 * already. */
MUST_CHECK bool store_run_begin_slot(struct store *store, int64_t slot, int64_t recorded_at,
                                     const char *definitions_digest, struct store_run *run,
                                     struct error *err);

/* Whatever run is open is not to be continued: consent was withdrawn. */
MUST_CHECK bool store_run_abandon(struct store *store, struct error *err);

/* The newest run that is finished, sealed or not. */
MUST_CHECK bool store_run_newest_finished(struct store *store, struct store_run *run, bool *found,
                                          struct error *err);

/* From now on the agent goes on with it, whatever happens. */
MUST_CHECK bool store_run_want(struct store *store, struct store_run *run, struct error *err);

/* The open run that is wanted. */
MUST_CHECK bool store_run_open(struct store *store, struct store_run *run, bool *found,
                               struct error *err);

/* The open run that a restart continues: same definitions, recorded_at (seconds) not before
 * `not_before`. All other open runs are marked abandoned, also by store_run_begin. */
MUST_CHECK bool store_run_resume(struct store *store, const char *definitions_digest,
                                 int64_t not_before, struct store_run *run, bool *found,
                                 struct error *err);

/* Commits the journal and closes the run; a run that is finished already stays as it is. */
MUST_CHECK bool store_run_finish(struct store *store, struct store_run *run, struct error *err);

/* The newest finished run, if it is not sealed yet; `found` false: there is none such. */
MUST_CHECK bool store_run_unsealed(struct store *store, struct store_run *run, bool *found,
                                   struct error *err);

/*
 * The journal of a run. Outcomes and probe states are kept in one transaction that store_flush
 * commits; a crash, and a failure of one of these calls, loses what was not flushed, and only that.
 * Outcomes are kept for the newest runs, and always until their run is abandoned, or its ping sent,
 * rejected or replaced by a newer one: what is reported beside a ping is made of them.
 */
MUST_CHECK bool store_outcome(struct store *store, int64_t run_id, const char *key_path,
                              const struct outcome *outcome, struct error *err);
MUST_CHECK bool store_probe_state(struct store *store, int64_t run_id, const char *probe,
                                  const void *bytes, size_t length, struct error *err);
MUST_CHECK bool store_flush(struct store *store, struct error *err);

/* Takes an outcome out of the journal again: it is not wanted any more. */
MUST_CHECK bool store_outcome_forget(struct store *store, int64_t run_id, const char *key_path,
                                     struct error *err);

/* The texts are gone when `each` returns. */
typedef void store_each_outcome(const char *key_path, const struct outcome *outcome, void *arg);
MUST_CHECK bool store_outcomes(struct store *store, int64_t run_id, store_each_outcome *each,
                               void *arg, struct error *err);

struct store_bytes {
    const void *bytes; /* in the arena of whoever asked; NULL: there are none */
    size_t length;
};
MUST_CHECK bool store_probe_saved(struct store *store, int64_t run_id, const char *probe,
                                  struct arena *arena, struct store_bytes *saved,
                                  struct error *err);

/*
 * What a probe took when it was last done whole, by its name; of the newest few thousand names. Put
 * in the journal's transaction; without a whole cost only the run's busy_us grows.
 */
struct store_cost {
    int64_t busy_us;
    int64_t rows_read, rows_expected; /* 0: not known */
};
MUST_CHECK bool store_probe_cost(struct store *store, int64_t run_id, const char *probe,
                                 const struct store_cost *cost, bool whole, struct error *err);
MUST_CHECK bool store_probe_cost_of(struct store *store, const char *probe, struct store_cost *cost,
                                    bool *found, struct error *err);

/* Pings. */
enum ping_state {
    PING_SEALED,   /* the newest, not sent yet, and nobody said that it is to be */
    PING_WAITING,  /* to be sent: by the schedule, or by `send` */
    PING_KEPT,     /* a newer one was sealed before this one was sent */
    PING_SENT,     /* receipt stored */
    PING_REJECTED, /* the endpoint will not take it; kept for the admin */
};

struct store_ping {
    char id[UUID_TEXT_SIZE];
    int64_t seq;                      /* from 1, without gaps */
    char previous_id[UUID_TEXT_SIZE]; /* "" for the first */
    int64_t run_id;
    int64_t sealed_us;
    enum ping_state state;
    const char *bytes; /* zero-terminated, in the arena of whoever asked */
    size_t length;
};

/* What the next ping gets: its number, and the id and the digest of the one before ("": none). */
struct store_chain {
    int64_t seq;
    char previous_id[UUID_TEXT_SIZE], previous_digest[DIGEST_TEXT_SIZE];
};
MUST_CHECK bool store_ping_next(struct store *store, struct store_chain *chain, struct error *err);

/* Keeps a sealed ping and marks its run; sealed ones before it become kept. PING_WAITING: it is to
 * be sent. What gaps there were is told in it. One transaction. */
MUST_CHECK bool store_ping_seal(struct store *store, const struct store_ping *ping,
                                struct error *err);

/* The newest ping in PING_SEALED; `found` false: none. INVALID if its bytes are not those that were
 * sealed. */
MUST_CHECK bool store_ping_sealed(struct store *store, struct arena *arena, struct store_ping *ping,
                                  bool *found, struct error *err);

/* One try at delivery: its HTTP status (0: none came), a sentence, and the new state with the
 * receipt. PING_SEALED leaves the ping's state as it is; a ping that was sent stays sent. */
struct store_attempt {
    const char *ping_id;
    int64_t at_us;
    int http_status;
    const char *said;    /* what went wrong, or NULL */
    const char *receipt; /* the endpoint's body, or NULL */
    enum ping_state state;
};
MUST_CHECK bool store_attempt(struct store *store, const struct store_attempt *attempt,
                              struct error *err);

const char *ping_state_name(enum ping_state state); /* "sealed", "waiting", "kept", ... */
bool ping_state_from_name(const char *name, enum ping_state *state);

#endif
