/*
 * Counts first, judges after: a piece counts its rows by few-valued columns, and the conditions of
 * all metrics are put to the few groups instead of to every row. So the hundredth metric costs next
 * to nothing. Pure.
 *
 * A condition may be judged by groups if it says the same of all their rows: it refers to nothing
 * but columns that are grouped by, and those are of types whose equal values cannot be told apart.
 */
#ifndef METRICS_GROUPING_H
#define METRICS_GROUPING_H

#include "metrics/facts.h"
#include "metrics/pass.h"

#include "agent/base/arena.h"

/*
 * Sets pass->grouping where pass_cost.h says that it is cheaper, otherwise leaves it NULL. To be
 * called once the columns of the pass are settled. `relation` is the walked one's.
 */
void grouping_choose(struct pass *pass, const struct relation_facts *relation, struct arena *arena);

#endif
