/*
 * What the agent remembers from one start to the next, beside runs and pings: the schedule, gaps,
 * the admin's consent, how the endpoint does, what approved definitions said. Each call commits,
 * where nothing else is said.
 */
#ifndef AGENT_STORE_MEMORY_H
#define AGENT_STORE_MEMORY_H

#include "agent/store.h"

/* The schedule's memory (schedule.h), and slots that passed without a run: what is not told in a
 * ping yet is told in the next one that is sealed (its `missed`). */
struct store_gap {
    int64_t from, to; /* slots, seconds since 1970 UTC, both included */
    const char *reason;
};
MUST_CHECK bool store_schedule(struct store *store, int64_t *next, int64_t *last,
                               struct error *err);
MUST_CHECK bool store_schedule_keep(struct store *store, int64_t next, int64_t last,
                                    const struct store_gap *gap, struct error *err);
/* Slots whose runs came to nothing, abandoned or overtaken before they were sealed, and which are
 * no gap yet: they become one each, with this reason. */
MUST_CHECK bool store_gaps_of_runs(struct store *store, const char *reason, struct error *err);
typedef void store_each_gap(const struct store_gap *gap, void *arg);
MUST_CHECK bool store_gaps_untold(struct store *store, store_each_gap *each, void *arg,
                                  struct error *err);

/* They are told in this ping; in the transaction that seals it. */
MUST_CHECK bool store_gaps_told(struct store *store, const char *ping_id, struct error *err);

/* The stored answer of the admin; `mode` "" : there is none. */
struct store_consent {
    char mode[8];
    char categories[64]; /* "standard,optional" */
    int64_t changed_us;
    char changed_by[64];
};
MUST_CHECK bool store_consent(struct store *store, struct store_consent *consent,
                              struct error *err);
MUST_CHECK bool store_consent_give(struct store *store, const struct store_consent *consent,
                                   struct error *err);

/* What a definition said, by the digest of it (approvals.h). Many are kept in one transaction:
 * store_flush commits it. */
MUST_CHECK bool store_definition_keep(struct store *store, const char *digest, const char *text,
                                      struct error *err);
/* `*text` NULL: not known. */
MUST_CHECK bool store_definition(struct store *store, const char *digest, struct arena *arena,
                                 const char **text, struct error *err);

/* What the courier remembers about the endpoint. */
struct store_courier {
    int64_t next_try_us;      /* not before; 0: at once */
    int64_t failing_since_us; /* 0: the newest try went well */
    unsigned tries;           /* that failed in a row */
};
MUST_CHECK bool store_courier(struct store *store, struct store_courier *courier,
                              struct error *err);
MUST_CHECK bool store_courier_keep(struct store *store, const struct store_courier *courier,
                                   struct error *err);

/* Nothing is asked for a long time now: gives back what was read of the file. */
void store_rest(struct store *store);

#endif
