/*
 * Makes passes of metrics: a pure function of the metrics and of what the catalog says, so that a
 * plan can be made and tested without a server.
 */
#ifndef METRICS_PASS_PLAN_H
#define METRICS_PASS_PLAN_H

#include "metrics/pass.h"

#include <stddef.h>

struct pass_list {
    struct pass **passes;
    size_t count;
};

/* In the order of databases, kinds, relations; everything is in `arena`. */
struct pass_list pass_plan(const struct pass_request *request, struct arena *arena);

#endif
