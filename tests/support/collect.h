/*
 * A stand-in for a run, for tests of sources: opens one, plans, runs its probes and gathers the
 * outcomes by key path. Ends the process when a source breaks its contract (answers twice, or not
 * at all) or nothing happens for 30 s.
 */
#ifndef TESTS_SUPPORT_COLLECT_H
#define TESTS_SUPPORT_COLLECT_H

#include "agent/source.h"

struct collect {
    struct loop *loop;
    struct arena *arena; /* of plan and outcomes */
    const struct source_ops *ops;
    struct source_settings settings; /* may be changed before collect_open */
    struct source_context context;   /* likewise */
    void *source;
    struct plan plan;
    const struct metric *const *metrics;
    size_t count;
    struct outcome *outcomes; /* of `metrics`, in their order */
    bool *answered;
    size_t probes_left;
};

/* Nothing is configured and recorded_at is 2024-06-01 12:00 UTC, a Saturday, until changed. */
void collect_init(struct collect *collect, const struct source_ops *ops);
void collect_release(struct collect *collect);

/* The steps of a run; collect_all takes them all. */
void collect_open(struct collect *collect, const struct metric *const *metrics, size_t count);
void collect_plan(struct collect *collect);
void collect_begin(struct collect *collect);
void collect_await(struct collect *collect); /* until the last probe is done */
void collect_cancel(struct collect *collect);
void collect_close(struct collect *collect);

void collect_all(struct collect *collect, const struct metric *const *metrics, size_t count);

/* What came of a metric, as text: a JSON value, or "status: reason". NULL: nothing came. */
const char *collect_said(struct collect *collect, const char *key_path);
const struct outcome *collect_outcome(const struct collect *collect, const char *key_path);

#endif
