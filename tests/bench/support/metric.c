#include "tests/bench/support/metric.h"

#include <math.h>
#include <stdio.h>

const struct bench_metric thirty[THIRTY] = {
    {BENCH_COUNT, NULL, NULL, 0},
    {BENCH_COUNT, NULL, "state_id = 1", 0},
    {BENCH_COUNT, NULL, "state_id = 2", 0},
    {BENCH_COUNT, NULL, "confidential", 0},
    {BENCH_COUNT, NULL, "weight IS NOT NULL", 0},
    {BENCH_COUNT, NULL, "issue_type = 1", 0},
    {BENCH_COUNT, NULL, "issue_type = 2", 0},
    {BENCH_COUNT, NULL, "milestone_id IS NOT NULL", 0},
    {BENCH_COUNT, NULL, NULL, 28},
    {BENCH_COUNT, NULL, "state_id = 1", 28},
    {BENCH_COUNT, NULL, "state_id = 2", 28},
    {BENCH_COUNT, NULL, "confidential", 28},
    {BENCH_COUNT, NULL, "weight IS NOT NULL", 28},
    {BENCH_COUNT, NULL, "issue_type = 1", 28},
    {BENCH_COUNT, NULL, "issue_type = 2", 28},
    {BENCH_COUNT, NULL, "milestone_id IS NOT NULL", 28},
    {BENCH_COUNT, NULL, NULL, 7},
    {BENCH_COUNT, NULL, "state_id = 1", 7},
    {BENCH_COUNT, NULL, "state_id = 2", 7},
    {BENCH_COUNT, NULL, "confidential", 7},
    {BENCH_COUNT, NULL, "weight IS NOT NULL", 7},
    {BENCH_COUNT, NULL, "issue_type = 1", 7},
    {BENCH_SUM, "weight", NULL, 0},
    {BENCH_AVERAGE, "weight", NULL, 0},
    {BENCH_DISTINCT, "author_id", NULL, 0},
    {BENCH_DISTINCT, "author_id", NULL, 28},
    {BENCH_DISTINCT, "author_id", NULL, 7},
    {BENCH_DISTINCT, "project_id", NULL, 0},
    {BENCH_DISTINCT, "closed_by_id", NULL, 0},
    {BENCH_DISTINCT, "closed_by_id", NULL, 28},
};

void bench_metric_add_expression(const struct bench_metric *metric, struct str *sql)
{
    static const char *const openings[] = {"count(", "sum(", "avg(", "count(DISTINCT "};

    str_add_format(sql, "%s%s)", openings[metric->operation],
                   metric->column != NULL ? metric->column : "*");
}

void bench_metric_add_condition(const struct bench_metric *metric, const char *recorded_at,
                                struct str *sql)
{
    str_add(sql, metric->where != NULL ? metric->where : "true");
    if (metric->days > 0)
        str_add_format(sql,
                       " AND created_at BETWEEN '%s'::timestamp - interval '%d days' AND "
                       "'%s'::timestamp - interval '2 days'",
                       recorded_at, metric->days + 2, recorded_at);
}

int bench_compare(const char *name, const double *values, const double *others, size_t count)
{
    int wrong = 0;

    for (size_t i = 0; i < count; i++) {
        if (fabs(values[i] - others[i]) > 1e-9 * fabs(values[i])) {
            printf("metric %zu: %.12g, but %.12g by %s\n", i, values[i], others[i], name);
            wrong++;
        }
    }
    return wrong;
}
