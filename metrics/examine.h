/*
 * Puts the SQL of every metric through EXPLAIN before a run: nothing is executed, but missing
 * columns, privileges and types come to light and cost that metric alone. Metrics on the same
 * relations are explained together; only where that fails, in halves, until the guilty stand alone.
 */
#ifndef METRICS_EXAMINE_H
#define METRICS_EXAMINE_H

#include "metrics/placing.h"

#include <stddef.h>
#include <stdint.h>

struct examination;

struct examine_request {
    struct placed *placed; /* those refused already are left alone; others may become refused */
    size_t count;
    struct db *const *databases; /* by placed.database */
    const struct database_facts *facts;
    int64_t recorded_at;
    unsigned timeout_ms, lock_timeout_ms;
    struct arena *arena; /* of the outcomes' texts */
};

/* `done` is called once from the loop, unless there is nothing to examine: then NULL is returned.
 */
typedef void examine_done(void *arg);
struct examination *examine_begin(const struct examine_request *request, examine_done *done,
                                  void *arg);
void examine_cancel(struct examination *examination); /* NULL is fine */

#endif
