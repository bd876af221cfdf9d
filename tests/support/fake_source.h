/*
 * A source without a service: what it answers, and how badly it behaves, is a script. It notes what
 * was asked of it.
 */
#ifndef TESTS_SUPPORT_FAKE_SOURCE_H
#define TESTS_SUPPORT_FAKE_SOURCE_H

#include "agent/source.h"

/* What a probe does in place of answering all its metrics one by one and being done. */
enum fake_manner {
    FAKE_GOOD,
    FAKE_AT_ONCE, /* answers and is done inside begin */
    FAKE_SILENT,  /* begins and never answers */
    FAKE_FORGETS, /* is done without having answered the last metric */
};

struct fake_script {
    bool never_opens;
    size_t metrics_per_probe; /* 0: all in one */
    unsigned lanes;           /* probes are dealt out to so many; 0: one */
    size_t refuse_first;      /* so many metrics are refused by plan as `absent` */
    size_t forget_last;       /* so many metrics are not planned at all */
    enum fake_manner manner;
    /* Estimated seconds of a probe by its number in the plan; NULL: one for each metric. */
    double (*estimate)(size_t probe);
    int64_t rows;           /* estimated, of each probe */
    struct probe_cost cost; /* that each probe says; nothing if it took no time */
    size_t silent_from;     /* probes from this number on are silent; 0: none of them */
    /* The outcome of a metric; NULL: its number in key path "m.NUMBER" as a count. */
    struct outcome (*outcome)(const struct metric *metric);
};

struct fake_notes {
    size_t opened, planned, begun, cancelled, closed;
    size_t running, most_running; /* probes at a time */
    bool lane_was_shared;         /* two probes of one lane ran at a time: must never be */
    size_t metrics_opened;
    size_t continued; /* probes that were begun with what they had saved */
    size_t order[16]; /* the first metrics' numbers of the probes that were begun first */
    bool wrong_state; /* what was given to begin was not what that probe had saved */
};

extern struct fake_script fake_script;
extern struct fake_notes fake_notes;

/* Two sources alike but for their names; only the first follows the script, the other is good. */
extern const struct source_ops fake_source, other_source;

/* Metrics "m.0", "m.1", ... of `source`. */
const struct metric *const *fake_metrics(struct arena *arena, const struct source_ops *source,
                                         size_t count);
int64_t fake_number(const struct metric *metric);

#endif
