/*
 * What plan.budget has room for: of the work of one run, the cheapest metrics first. Pure; knows no
 * source and no clock. Times are seconds of the databases' time, estimated or measured.
 */
#ifndef AGENT_BUDGET_H
#define AGENT_BUDGET_H

#include "agent/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* One piece of work that answers some metrics. */
struct budget_item {
    const char *name;
    double cost_s; /* 0: it costs nothing that counts, and is never left out */
    size_t metric_count;
    void *owner; /* whoever asks finds it again by this */
    /* Set by budget_choose: */
    bool left_out;
    double left_s; /* what was left of the budget when this was left out */
};

/* Sorts by the cost of a metric, the cheapest first; by name where that is the same. */
void budget_sort(struct budget_item *items, size_t count);

/*
 * Sorts, and marks what `left_s` has no room for. What does not fit leaves the room to what is
 * smaller, though its metrics cost more each. Never less than nothing is left.
 */
void budget_choose(struct budget_item *items, size_t count, double left_s);

/* Why the item's metrics have no value: a sentence. */
const char *budget_reason(const struct budget_item *item, double budget_s, struct arena *arena);

#endif
