/*
 * What a pass will take of the server's time, by rules that were measured on PostgreSQL 15. It is
 * for comparing ways to count the same, for `plan`, and for the budget; earlier runs correct it.
 * Pure.
 */
#ifndef METRICS_PASS_COST_H
#define METRICS_PASS_COST_H

#include "metrics/facts.h"
#include "metrics/pass.h"

/* Seconds. `relation` is the walked one's; NULL of passes that read several or none. */
double pass_cost(const struct pass *pass, const struct relation_facts *relation);

#endif
