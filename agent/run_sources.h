/*
 * The sources of one run, each with the metrics that it is asked for: opened, planned once ready,
 * closed.
 */
#ifndef AGENT_RUN_SOURCES_H
#define AGENT_RUN_SOURCES_H

#include "agent/source.h"

struct run_source {
    const struct source_ops *ops;
    struct source_context context;
    const struct metric **metrics;
    size_t count;
    void *opened; /* what ops->open returned; NULL: it was asked for nothing, or is closed */
    bool ready, planned;
    struct run_sources *all;
};

struct run_sources {
    struct arena *arena;
    struct run_source *items; /* in the order of the table */
    size_t count;
    void (*ready)(void *arg); /* from the loop: some source can be planned */
    void *arg;
};

/* `table` is NULL-terminated. The sources and `arena` must outlive their use. */
void run_sources_init(struct run_sources *sources, struct arena *arena,
                      const struct source_ops *const *table);

/* False, with the outcome that the metric has then, if no source is to be asked for it. */
bool run_sources_assign(struct run_sources *sources, const struct metric *metric,
                        struct outcome *without);

void run_sources_open(struct run_sources *sources, const struct source_context *context);

/* Adds the probes of sources that became ready, with ops and source set; true: all are planned. */
bool run_sources_plan(struct run_sources *sources, struct plan *plan);
bool run_sources_planned(const struct run_sources *sources);

void run_sources_close(struct run_sources *sources);

#endif
