/*
 * In which database a metric is counted, and why one cannot be: the sentences say what to do and
 * name the definition's file. Pure.
 */
#ifndef METRICS_PLACING_H
#define METRICS_PLACING_H

#include "metrics/database_spec.h"
#include "metrics/facts.h"

#include <stddef.h>

/* One metric of a run. */
struct placed {
    const struct metric *metric;
    const char *home; /* the one database to look in (placing_home); NULL: all, in their order */
    const struct database_spec *spec;
    size_t database;                       /* index of its facts */
    const struct relation_facts *relation; /* the driving one; NULL for statements */
    bool refused;                          /* then `outcome` says why */
    struct outcome outcome;
};

/*
 * The database that the definition names, or else the one whose settings claim the first of the
 * metric's relations that is claimed at all (GitLab's main and ci have the same tables, and those
 * of the other one are empty or stale). NULL: none.
 */
const char *placing_home(const struct database_spec *spec, const struct source_settings *settings);

/*
 * Fills in all but the metric and its home: the first database that has all its relations, or as
 * many as any. A database out of reach that might come before it makes the metric unavailable.
 */
void placing_place(struct placed *placed, const struct database_facts *facts, size_t count,
                   struct arena *arena);

/* The outcome of a metric whose SQL met this error. */
struct outcome placing_fault(const struct placed *placed, const struct database_facts *facts,
                             const struct error *err, struct arena *arena);

#endif
