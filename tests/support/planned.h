/* Metrics as a plan takes them, of short texts and a catalog by hand. */
#ifndef TESTS_SUPPORT_PLANNED_H
#define TESTS_SUPPORT_PLANNED_H

#include "metrics/placing.h"

/* Of "28d {relation: issues}": a time frame and the options. The metric is called m and the index.
 * Fails the test if it is refused. */
struct placed planned_place(const char *text, size_t index, const struct database_facts *facts,
                            struct arena *arena);

#endif
