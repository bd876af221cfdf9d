/*
 * One collection of all metrics: opens the sources, plans, drives the probes, notes outcomes in the
 * journal, ends when every metric has one. Knows no metric kind and no destination.
 *
 * A metric that fails gets a status and a reason and never stops another one; a source that cannot
 * be reached costs its own metrics. At `deadline` what is unanswered becomes `timeout`.
 */
#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include "agent/catalog.h"
#include "agent/run_progress.h"
#include "agent/source.h"
#include "agent/store.h"

struct run;

/* From the loop. In `finished` the outcomes are there: outcome i belongs to metric i. */
struct run_listener {
    run_progressed *progressed; /* may be NULL */
    void (*finished)(void *arg, struct run *run);
};

struct run_request {
    const struct metric *const *metrics;
    size_t count;
    const struct outcome *given; /* one for each metric, or NULL: STATUS_OK means that it is asked
                                    for, all else is its outcome (metrics that are held) */
    const struct source_ops *const *sources; /* NULL-terminated */
    struct source_context context;           /* opened and listener are set by the run */
    struct store *store;      /* NULL: nothing is journalled, and estimates stay as they are */
    struct store_run *stored; /* begun or resumed by the caller, finished by the run */
    int64_t deadline_ms;      /* from now; 0: none */
    double budget_s;          /* seconds of the databases' time for the whole run; 0: no limit */
    const struct run_listener *listener;
    void *arg;
};

/* `request` is copied, what it points to must outlive the run. Never calls back before it returns.
 */
struct run *run_start(const struct run_request *request);

/* Cancels what is in flight and calls nobody; what was answered is in the journal, so that the
 * stored run can be resumed. Also inside a listener's call; NULL is fine. */
void run_free(struct run *run);

const struct outcome *run_outcomes(const struct run *run); /* one per metric of the request */

/* In `finished`: why the outcomes are not all in the store, so that the stored run is still open
 * and cannot be sealed; NULL: they are there, or there is no store. */
const struct error *run_journal_fault(const struct run *run);

/* The plan alone, without beginning anything: calls `planned` once, from the loop; run_outcomes
 * then has a reason for each metric that was refused or left out. The sources are closed by
 * run_free. The store may be one that is only read. */
struct run_planned {
    const struct plan *plan;
    void *const
        *opened; /* the opened sources, in the order of request.sources, for describe_probe */
};
typedef void run_planned_call(const struct run_planned *planned, void *arg);
struct run *run_plan_only(const struct run_request *request, run_planned_call *planned, void *arg);

#endif
