/*
 * What plan, preview and send share: settings and definitions -> a run with progress -> outcomes.
 * Metrics of a category that is not permitted are not collected.
 */
#ifndef AGENT_VERBS_COLLECT_H
#define AGENT_VERBS_COLLECT_H

#include "agent/collection.h"
#include "agent/verbs/selection.h"
#include "agent/verbs/verb.h"

struct collect_request {
    struct verb_call *call;
    const struct settings *settings;
    const struct catalog *catalog;
    const struct selection *selection; /* NULL: all */
    struct approvals *approvals;       /* NULL: not read, so all is held */
    struct store *store;               /* NULL: nothing is stored */
};

struct collected {
    const struct metric *const *metrics;
    const struct outcome *outcomes; /* one for each metric */
    size_t count;
    const struct outcome *given; /* one for each metric: what is held, and what is asked for */
    size_t not_permitted;        /* metrics left out because of their category */
    size_t held;                 /* of count */
    int64_t recorded_at, took_us;
    struct store_run stored; /* finished; of a request with a store only */
};

/*
 * Collects, in a loop of its own. A run that was broken off less than run_deadline ago, with the
 * same definitions, is gone on with. EXIT_DONE, or why not, with a sentence on stderr; INT and TERM
 * end it as EXIT_DEFERRED. Everything collected is in the call's arena.
 */
int collect_run(const struct collect_request *request, struct collected *collected);

/* The metrics that are permitted and selected: metrics, given, count and not_permitted. */
void collect_metrics(const struct collect_request *request, struct collected *collected);

#endif
