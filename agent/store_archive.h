/*
 * The archive of pings: what waits to be sent, what was sent, tries and receipts, each metric's
 * past; kept within bounds, and checked offline.
 */
#ifndef AGENT_STORE_ARCHIVE_H
#define AGENT_STORE_ARCHIVE_H

#include "agent/store.h"

/* A sealed ping is to be sent from now on; it is not `kept` when a newer one is sealed. */
MUST_CHECK bool store_ping_wait(struct store *store, const char *id, struct error *err);

/* The oldest ping that waits, with its bytes; `found` false: none does. `count`: how many do. */
MUST_CHECK bool store_ping_waiting(struct store *store, struct arena *arena,
                                   struct store_ping *ping, unsigned *count, bool *found,
                                   struct error *err);

/*
 * A ping that was sealed but not sent is not to be: it holds more than is permitted by now. It is
 * `kept`, with a note in place of an attempt, and the slot that it was for becomes a gap, to be
 * told in the next ping. Nothing for a ping in another state.
 */
MUST_CHECK bool store_ping_withhold(struct store *store, const char *id, struct error *err);

/* By its id or the unambiguous beginning of one, or by its number; MISSING with a sentence. */
MUST_CHECK bool store_ping_find(struct store *store, const char *which, struct arena *arena,
                                struct store_ping *ping, struct error *err);

/* For lists: no bytes. `each` is called for the newest first; what it is given is gone after. */
struct store_ping_line {
    struct store_ping ping; /* bytes NULL, length as it is */
    char digest[DIGEST_TEXT_SIZE];
    int64_t recorded_at;
    unsigned attempts;
    int64_t last_attempt_us; /* 0: none */
    int last_status;         /* of HTTP; 0: no answer */
    const char *last_said;   /* NULL: nothing went wrong */
    int64_t receipt_us;      /* 0: none */
    const char *receipt;
    int64_t exported_us; /* last written to a file, to be carried; 0: never */
    int64_t withheld_us; /* by store_ping_withhold; 0: never */
};
/* Attempts that say this and no more are none, but notes; they count as no try. */
#define STORE_EXPORTED "exported to a file"
#define STORE_WITHHELD "not sent: more was permitted when it was sealed than now"
typedef void store_each_ping(const struct store_ping_line *line, void *arg);
MUST_CHECK bool store_pings(struct store *store, size_t most, store_each_ping *each, void *arg,
                            struct error *err);
typedef void store_each_attempt(const struct store_attempt *attempt, void *arg);
MUST_CHECK bool store_attempts(struct store *store, const char *ping_id, store_each_attempt *each,
                               void *arg, struct error *err);

/* One metric's outcomes in the newest runs, the newest first. */
typedef void store_each_past(int64_t recorded_at, const struct outcome *outcome, void *arg);
MUST_CHECK bool store_history(struct store *store, const char *key_path, size_t most,
                              store_each_past *each, void *arg, struct error *err);

/* Deletes the bytes of pings sealed before `before_us` and their outcomes, then of the oldest until
 * what is in use is below `most_bytes`: never what waits, never the newest ping, never the chain
 * (an id, a digest and a number stay). */
MUST_CHECK bool store_trim(struct store *store, int64_t before_us, int64_t most_bytes,
                           struct error *err);

/*
 * Checks the archive: the file itself; digests of bytes; the chain of numbers, ids and digests,
 * also as each ping tells it itself; receipts, which are for the bytes that were sealed. `each` is
 * called with a sentence for every fault.
 */
typedef void store_each_fault(const char *sentence, void *arg);
MUST_CHECK bool store_verify(struct store *store, store_each_fault *each, void *arg,
                             struct error *err);

/* Of all pings, both ends included. */
MUST_CHECK bool store_tries_within(struct store *store, int64_t from_us, int64_t to_us,
                                   unsigned *tries, struct error *err);

#endif
