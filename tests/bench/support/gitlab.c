#include "tests/bench/support/gitlab.h"

#include "tests/bench/support/server.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT_BATCH    100000
#define DISTINCT_BATCH 10000

void gitlab_open(struct gitlab *gitlab, const char *database)
{
    gitlab->session = server_open(database);
    server_do(gitlab->session, "SET max_parallel_workers_per_gather = 0");
}

void gitlab_close(struct gitlab *gitlab)
{
    PQfinish(gitlab->session);
}

static int64_t bound(const struct gitlab *gitlab, const char *which, const char *key,
                     const char *relation, const struct bench_metric *metric)
{
    struct str sql;
    double found;

    str_init(&sql);
    str_add_format(&sql, "SELECT %s(%s) FROM %s", which, key, relation);
    if (gitlab->bounds_of_metric) {
        str_add(&sql, " WHERE ");
        bench_metric_add_condition(metric, gitlab->recorded_at, &sql);
    }
    found = server_number(gitlab->session, sql.text);
    str_release(&sql);
    return (int64_t)found;
}

double gitlab_value(const struct gitlab *gitlab, const char *relation,
                    const struct bench_metric *metric)
{
    bool distinct = metric->operation == BENCH_DISTINCT,
         average = metric->operation == BENCH_AVERAGE;
    const char *key = distinct ? metric->column : "id";
    int64_t size = distinct ? DISTINCT_BATCH : COUNT_BATCH;
    int64_t first = bound(gitlab, "min", key, relation, metric);
    int64_t last = bound(gitlab, "max", key, relation, metric);
    double total = 0, counted = 0;
    struct str sql;

    str_init(&sql);
    for (int64_t from = first; from <= last; from += size) {
        PGresult *result;

        str_clear(&sql);
        str_add(&sql, "SELECT ");
        if (average)
            str_add_format(&sql, "sum(%s), count(%s)", metric->column, metric->column);
        else
            bench_metric_add_expression(metric, &sql);
        str_add_format(&sql, " FROM %s WHERE ", relation);
        bench_metric_add_condition(metric, gitlab->recorded_at, &sql);
        str_add_format(&sql, " AND %s >= %" PRId64 " AND %s < %" PRId64, key, from, key,
                       from + size);
        result = server_ask(gitlab->session, sql.text);
        total += strtod(PQgetvalue(result, 0, 0), NULL);
        counted += average ? strtod(PQgetvalue(result, 0, 1), NULL) : 0;
        PQclear(result);
        if (gitlab->sleep_us > 0)
            (void)usleep(gitlab->sleep_us);
    }
    str_release(&sql);
    return average ? total / counted : total;
}
