/*
 * What the probes of a run cost: estimates corrected by what earlier runs took, what is spent so
 * far, and what plan.budget has no room for. No I/O but the store's.
 */
#ifndef AGENT_RUN_COSTS_H
#define AGENT_RUN_COSTS_H

#include "agent/answers.h"
#include "agent/budget.h"
#include "agent/source.h"
#include "agent/store.h"

struct run_costs {
    struct arena *arena;
    double budget_s;   /* 0: no limit */
    double spent_s;    /* measured, of probes that are done, before the run was resumed as well */
    double running_s;  /* estimated, of probes that were begun and are not done */
    double promised_s; /* estimated, of all that are admitted and not done */
};

/*
 * Sets cost_s, and measured, of the probes from this one on that an earlier run has done: the time
 * that it took then, for as many rows as are to be read now. Other probes keep their estimate, and
 * all that are left do if the store cannot be read; the log says so.
 */
void run_costs_measure(struct probe *first, struct store *store);

/* Whether a probe that is done will cost as much again: a table that was not there cost nothing. */
bool run_costs_are_usual(const struct probe *probe, const struct answers *answers);

/*
 * The probes from this one on, in the order in which they should be begun: the plan's, or with a
 * budget the cheapest metric first. What the budget has no room for has probe->left_out set. The
 * array is in the arena; each item's owner is its probe.
 */
struct budget_item *run_costs_admit(struct run_costs *costs, struct probe *first, size_t *count);

/* An admitted probe is to be begun: false, with why, if what was really spent leaves no room. */
bool run_costs_begin(struct run_costs *costs, struct probe *probe, struct outcome *without);

/* An admitted and begun probe is done; `cost` NULL: it did not say. */
void run_costs_done(struct run_costs *costs, const struct probe *probe,
                    const struct probe_cost *cost);

struct outcome run_costs_without(const struct run_costs *costs, const struct budget_item *item);

#endif
