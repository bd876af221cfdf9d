/*
 * The metrics that are measured, as each way needs them: a definition for the agent, an expression
 * and a condition for SQL.
 */
#ifndef TESTS_BENCH_SUPPORT_METRIC_H
#define TESTS_BENCH_SUPPORT_METRIC_H

#include "agent/base/str.h"

#include <stddef.h>

enum bench_operation { BENCH_COUNT, BENCH_SUM, BENCH_AVERAGE, BENCH_DISTINCT };

struct bench_metric {
    enum bench_operation operation;
    const char *column; /* NULL: rows */
    const char *where;  /* NULL: all rows */
    int days;           /* of the window: 28, 7, or 0 for all time */
};

/* 22 counts (8 conditions over all time and 28 days, 6 of them over 7), sum, average, 6 distinct.
 */
#define THIRTY 30
extern const struct bench_metric thirty[THIRTY];

/* How a column of a SELECT says it: "count(*)", "count(DISTINCT author_id)". */
void bench_metric_add_expression(const struct bench_metric *metric, struct str *sql);

/* The whole condition, "true" at least. `recorded_at` is the moment of the agent's run, in UTC. */
void bench_metric_add_condition(const struct bench_metric *metric, const char *recorded_at,
                                struct str *sql);

/* Prints those that differ, and returns how many. */
int bench_compare(const char *name, const double *values, const double *others, size_t count);

#endif
