/*
 * What one collection is made of, for the verbs that collect once and for the agent that does so
 * again and again: which metrics are asked for, which are held, and the stored run behind it.
 */
#ifndef AGENT_COLLECTION_H
#define AGENT_COLLECTION_H

#include "agent/approvals.h"
#include "agent/run.h"
#include "agent/settings.h"

struct collection_choice {
    const struct settings *settings; /* with the consent that is in force */
    const struct catalog *catalog;
    const struct approvals *approvals; /* NULL: not read, so all is held */
    bool (*takes)(const void *arg, const struct metric *metric); /* NULL: all of them */
    const void *arg;
};

struct collection {
    const struct metric *const *metrics; /* of the categories that are permitted */
    const struct outcome *given;         /* one for each: STATUS_HELD, or STATUS_OK: to be asked */
    size_t count;
    size_t held;          /* of them */
    size_t not_permitted; /* others, left out because of their category */
};

/* All in `arena`; the metrics are the catalog's. */
void collection_choose(const struct collection_choice *choice, struct arena *arena,
                       struct collection *collection);

/* All that does not depend on a run; recorded_at and loop are left to the caller. */
void collection_context(const struct settings *settings, const struct catalog *catalog,
                        struct source_context *context);

/* The sources' settings, with this instance's id where the settings name none; store NULL: as they
 * are. */
struct source_settings collection_sources(const struct settings *settings,
                                          const struct store *store);

/* The stored run that was broken off, if it began less than run.deadline ago with the same
 * definitions. One that is not gone on with is abandoned. */
MUST_CHECK bool collection_resume(struct store *store, const struct settings *settings,
                                  const struct catalog *catalog, struct store_run *stored,
                                  bool *found, struct error *err);

/* The same, or a new run of no slot; stored->resumed tells which. */
MUST_CHECK bool collection_begin(struct store *store, const struct settings *settings,
                                 const struct catalog *catalog, struct store_run *stored,
                                 struct error *err);

/* How long a run may take from now on; `stored` NULL: it begins now. 0: without end. */
int64_t collection_deadline_ms(const struct settings *settings, const struct store_run *stored);

#endif
