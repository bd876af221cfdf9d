/*
 * Runs one pass: asks its pieces one after the other, adds them up, answers its metrics.
 *
 * Between two pieces it rests, so that the database is busy with it for the share `duty` of the
 * time only, and holds while the pause file exists. A piece that fails is asked again in parts
 * until the guilty column stands alone; the others stay right, for each column is added once for
 * each piece. A walk that at its pace would take longer than any run may is given up early.
 */
#ifndef METRICS_PASS_RUN_H
#define METRICS_PASS_RUN_H

#include "metrics/pass.h"

#include "agent/source.h"

struct pass_run;

struct pass_run_context {
    struct loop *loop;
    struct db *db;
    const struct database_facts *facts; /* of that database */
    const struct source_settings *settings;
    double duty;
    int64_t deadline_s; /* what a whole run may take; 0: any time */
};

/*
 * `saved` are bytes of an earlier run of the same pass or NULL. Answers come by probe_answer and
 * end with probe_done, when the run frees itself. `context` must outlive it.
 */
struct pass_run *pass_run_begin(const struct pass_run_context *context, struct probe *probe,
                                const struct pass *pass, const void *saved, size_t length);
void pass_run_cancel(struct pass_run *run);

#endif
