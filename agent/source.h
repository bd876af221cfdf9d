/*
 * The contract between a run and the places that numbers come from. Sources implement it in
 * metrics/; a run drives it; neither knows the other.
 *
 * A source turns its metrics into probes. A probe is one unit of work and answers one metric or
 * many: a database probe is one walk over one table that answers every metric on it. The order of
 * calls for one run is
 *
 *     open -> opened() -> plan -> { begin -> probe_answer()* -> probe_done() | cancel }* -> close
 *
 * Rules of asynchronous work: an answer comes from the loop, never inside the call that asked;
 * exactly once for each metric of a begun probe before its probe_done, or never after cancel; every
 * request has a timeout. A metric that fails never fails its probe's other metrics.
 *
 * All windows derive from recorded_at, so that a resumed run counts the same rows.
 */
#ifndef AGENT_SOURCE_H
#define AGENT_SOURCE_H

#include "agent/base/arena.h"
#include "agent/base/complaints.h"
#include "agent/base/error.h"
#include "agent/base/str.h"
#include "agent/io/db.h"
#include "agent/io/redis.h"
#include "agent/metric.h"
#include "agent/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

enum database_role { DATABASE_PRIMARY, DATABASE_REPLICA };
enum database_accuracy { ACCURACY_EXACT, ACCURACY_FAST };

/* What the settings say to sources. Owned by the settings; outlives every run. */
struct database_settings {
    const char *name; /* as definitions say it: "main" */
    struct db_config config;
    enum database_role role;
    double duty; /* the share of time that statements may run: 0.2 on a primary, 1 on a replica */
    enum database_accuracy accuracy;
    const char *const *relations; /* patterns (str_matches) of names that are looked up here only */
    size_t relation_count;
};

struct fact {
    const char *name; /* of the fact, as options.fact or the metric's key path says it */
    const struct doc_node *value;
};

/* GitLab's lists about its Redis keys, as settings_lists.c reads them; each sorted by name. */
struct key_override {
    const char *name, *instead;
};

/* An event of the registries of GitLab 13 to 16. */
struct known_event {
    const char *name;
    const char *category, *slot; /* NULL: the entry has none */
    bool daily;                  /* otherwise counted by week */
    int64_t keep_days;           /* 0: what is usual */
};

#define KEY_MOST_SETS 8 /* of one intersection: it takes the unions of all their subsets */

/* An aggregate of GitLab 13 to 16: the union of events, or their intersection. */
struct key_aggregate {
    const char *name;
    bool intersection;
    bool in_7d, in_28d;
    const char *const *events;
    size_t event_count;
};

struct key_lists {
    const struct key_override *paths;  /* of events: what stands between slot and week */
    const struct key_override *totals; /* of whole keys of counters */
    const char *const *legacy;         /* events whose keys have no identifier */
    const struct known_event *known;
    const struct key_aggregate *aggregates;
    size_t path_count, total_count, legacy_count, known_count, aggregate_count;
};

struct source_settings {
    const struct database_settings
        *databases; /* the first is where a relation is looked up first */
    size_t database_count;
    struct redis_config redis; /* redis_is_configured(): or there is none */
    struct key_lists keys;
    unsigned piece_target_ms;
    unsigned statement_timeout_ms;
    unsigned lock_timeout_ms;
    int64_t small_table_rows; /* tables up to this row estimate are counted whole, many in one
                                 statement */
    bool compat_estimates;    /* estimate_distinct_count gives GitLab's own estimate, bit for bit */
    const char *pause_file;   /* walking holds while it exists; NULL: none */
    const char *uuid, *hostname, *version, *edition,
        *installation_type; /* of the instance; may be NULL */
    const struct fact *facts;
    size_t fact_count;
};

/* One kind of event as its definition states it, for `record`. */
struct event_definition {
    const char *name;
    const char *file;
    const struct doc_node *root; /* the whole document: identifiers, additional_properties */
};

/* What one run hands to every source; outlives the opened source. */
struct source_context {
    struct loop *loop;
    const struct source_settings *settings;
    int64_t recorded_at;                   /* seconds since 1970 UTC */
    int64_t deadline_s;                    /* what a whole run may take; 0: any time */
    const struct event_definition *events; /* sorted by name */
    size_t event_count;
    void (*opened)(void *listener, void *source); /* called once per open, from the loop */
    void *listener;
};

struct probe;

/* How far a probe is. */
struct probe_progress {
    double share;      /* of 1 */
    const char *doing; /* a few words: "issues" */
    unsigned pieces;   /* statements of the probe that were answered */
    int64_t asked_us;  /* now_monotonic_us() when the statement in flight was sent; 0: none is */
};

/* What a probe took since it began, or went on from a saved state. */
struct probe_cost {
    int64_t busy_us; /* time of the service's that its statements took */
    int64_t rows;    /* that they read, as far as it is known */
};

/* Who hears of probes: a run, or a test's stand-in. The texts are copied before these return. */
struct probe_listener {
    void (*answer)(void *listener, struct probe *probe, const struct metric *metric,
                   const struct outcome *outcome);
    void (*done)(void *listener, struct probe *probe);
    void (*saved)(void *listener, struct probe *probe, const void *bytes, size_t length);
    void (*progress)(void *listener, struct probe *probe, const struct probe_progress *progress);
    void (*cost)(void *listener, struct probe *probe, const struct probe_cost *cost);
};

struct probe {
    const char
        *name;     /* the same for the same work in every run of the same plan: the journal's key */
    unsigned lane; /* probes of one source on one lane run one after the other */
    const struct metric *const *metrics;
    size_t metric_count;
    const void *spec; /* the source's own, from the plan's arena */
    double cost_s;    /* estimated seconds of the service's time; 0: unknown or negligible */
    int64_t rows;     /* estimated rows to be read; 0: unknown or none */
    bool measured;    /* by the run that planned: cost_s is calibrated by an earlier run */
    bool left_out;    /* by the run that planned: the budget has no room for it */
    /* Below: set by whoever begins the probe. */
    const struct source_ops *ops;
    void *source;
    const struct probe_listener *to;
    void *listener;
    void *work; /* the source's own while the probe runs */
    struct probe *next;
};

/* What `plan` makes. */
struct plan {
    struct arena *arena;
    struct probe *first, **end;
    size_t probe_count;
    void (*refused)(void *listener, const struct metric *metric, const struct outcome *outcome);
    void *listener;
};

/* What stands behind a metric or a probe, for people. */
struct description {
    const char *text;        /* SQL, or Redis keys one a line */
    const char *method;      /* "one shared walk over issues by id", "whole statement", ... */
    const char *brief;       /* a probe's method in a word or two: "walk"; NULL: method is brief */
    const char *error_bound; /* NULL when exact */
    const char *service;     /* "database main", "redis"; NULL: none */
    const char *gap;       /* a sentence, if it is known already that there is no value; or NULL */
    const char *unindexed; /* of a probe: which indexes would make it cheaper; parted by "; " */
    const char *const *reads; /* of a metric: relations by the names that definitions give them, or
                                 patterns of Redis keys: what must be readable */
    size_t read_count;
    bool anywhere; /* of a metric: it is counted in whichever database has what it reads; `service`
                      is the first one */
};

/* Why nothing will be asked: the gap, or the method of a description without text; or NULL. */
const char *description_gap(const struct description *description);

/* One event to be counted. Absent parts are NULL. */
struct event_property {
    const char *name;
    const char *text;
    bool is_number;
};

struct event {
    const char *name;
    const char *user, *project, *namespace;  /* ids */
    const struct event_property *properties; /* label, property, value and custom ones */
    size_t property_count;
};

/* Lines of a plan, each ended; or NULL and why not. Both are gone when this returns. */
typedef void explain_done(const char *lines, const struct error *err, void *arg);

/*
 * Tells what came of a batch of events; called once, from the loop. `lost` says by event whether a
 * counter of its was not raised, or may not have been; NULL: of none, or with `err`, of all. Err,
 * the first fault, is NULL if all are recorded. Both are gone when this returns.
 */
typedef void record_done(size_t recorded, const bool *lost, const struct error *err, void *arg);

struct source_ops {
    const char *name;                /* "database" */
    const char *const *data_sources; /* what definitions may say to mean it; NULL-terminated */

    /*
     * Checks a definition's options and makes the metric's spec (metric->spec), or says in
     * metric->not_computed why there is none; complains about all that is wrong. Pure, no I/O;
     * called once per time frame, with everything else of the metric filled in.
     */
    void (*parse)(const struct definition *definition, struct metric *metric, struct arena *arena,
                  struct complaints *complaints);

    /*
     * Gets ready for one run of these metrics: connects, reads the facts that plan needs. Returns
     * at once; context->opened is called from the loop when plan may be called, also when nothing
     * could be reached (plan then refuses the metrics).
     */
    void *(*open)(const struct source_context *context, const struct metric *const *metrics,
                  size_t count);

    /* Makes probes of the metrics given to open, by plan_add and plan_refuse. Pure: no I/O. */
    void (*plan)(void *source, struct plan *plan);

    /* A metric's origin without a server: one plain statement, or its keys. Pure. */
    void (*describe)(const struct metric *metric, const struct source_context *context,
                     struct arena *arena, struct description *out);

    /* A planned probe: the statement of a piece or the keys, and how. Of a copy of it that names
     * some of its metrics only, what is asked for these. Pure. */
    void (*describe_probe)(void *source, const struct probe *probe, struct arena *arena,
                           struct description *out);

    /*
     * The server's own plan for what the probe asks of this metric, as it prints it: EXPLAIN
     * without execution. `done` is called once from the loop, never after close; NULL: the source
     * has no such thing.
     */
    void (*explain)(void *source, const struct probe *probe, const struct metric *metric,
                    explain_done *done, void *arg);

    /*
     * Begins a probe, from the start or (saved != NULL) from what it last gave to probe_saved.
     * `saved` is gone when begin returns; a state that cannot be read is ignored.
     */
    void (*begin)(void *source, struct probe *probe, const void *saved, size_t length);

    /* Stops a begun probe. Nothing is answered after this returns. */
    void (*cancel)(void *source, struct probe *probe);

    /* The end of the run; nothing is in flight any more. Also fine before `opened` was called. */
    void (*close)(void *source);

    /*
     * Writing sources only, otherwise NULL: counts events. All of a batch goes in one round trip;
     * an event that does not fit its definition is refused by `check_event` before.
     */
    void (*record)(void *source, const struct event *events, size_t count, record_done *done,
                   void *arg);
    bool (*check_event)(const struct source_context *context, const struct event *event,
                        struct error *err);
};

/* Called by sources, at any time while the probe runs: noted now, acted on from the loop. */
void probe_answer(struct probe *probe, const struct metric *metric, const struct outcome *outcome);
void probe_done(struct probe *probe);

/* An opaque, versioned state of the source's own, from which `begin` can continue. */
void probe_saved(struct probe *probe, const void *bytes, size_t length);

/* Also when a statement is sent, so that it can be told how long it has been running. */
void probe_progress(struct probe *probe, const struct probe_progress *progress);

/* Before probe_done, once: what all of it cost. Of work that counts against plan.budget. */
void probe_cost(struct probe *probe, const struct probe_cost *cost);

/* The probe is zeroed but for what is given; the array of metrics and the name must outlive the
 * plan. */
struct probe *plan_add(struct plan *plan, const char *name, const struct metric *const *metrics,
                       size_t count, const void *spec);
void plan_refuse(struct plan *plan, const struct metric *metric, const struct outcome *outcome);

#endif
