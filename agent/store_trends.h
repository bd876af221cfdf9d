/* What the newest runs found, of all metrics at a time: for the page, and for the agent's own
 * metrics. One metric's past is store_history's (store_archive.h). */
#ifndef AGENT_STORE_TRENDS_H
#define AGENT_STORE_TRENDS_H

#include "agent/store.h"

/* One number of one finished run; the texts are gone when `each` returns. */
struct store_point {
    const char *key_path;
    int64_t run_id, recorded_at;
    bool whole;
    int64_t count;       /* of a whole one */
    const char *decimal; /* of another one */
};
typedef void store_each_point(const struct store_point *point, void *arg);

/* All numbers of the newest `most` finished runs: the newest run first, each sorted by strcmp of
 * the key paths. */
MUST_CHECK bool store_trends(struct store *store, size_t most, store_each_point *each, void *arg,
                             struct error *err);

/* How many outcomes of a run have each status. */
MUST_CHECK bool store_status_counts(struct store *store, int64_t run_id,
                                    size_t counts[STATUS_OFF + 1], struct error *err);

/* Of all pings, by their state, and the bytes of each. */
struct store_ping_counts {
    size_t pings[PING_REJECTED + 1];
    int64_t bytes[PING_REJECTED + 1];
    int64_t newest_bytes;   /* of the newest ping; 0: there is none */
    int64_t last_sent_us;   /* the newest receipt; 0: none */
    size_t tries, failures; /* attempts; those that brought no receipt */
};
MUST_CHECK bool store_ping_counts(struct store *store, struct store_ping_counts *counts,
                                  struct error *err);

#endif
