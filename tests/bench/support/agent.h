/* The agent as a process of its own: its settings and definitions, its run, what came of it. */
#ifndef TESTS_BENCH_SUPPORT_AGENT_H
#define TESTS_BENCH_SUPPORT_AGENT_H

#include "tests/bench/support/meter.h"
#include "tests/bench/support/metric.h"

#include <stdbool.h>
#include <sys/types.h>

struct bench_agent {
    const char *name; /* of its folder */
    const char *database;
    const char *relation;
    const struct bench_metric *metrics;
    size_t metric_count;
    double duty;
    bool small_tables; /* counts those, too */
    char dir[256];
};

/* Writes settings and definitions. `agent` must stay as it is. */
void bench_agent_prepare(struct bench_agent *agent);

/* One whole run: `service-ping preview`, from fork to exit, with a state folder that is new. */
pid_t bench_agent_start(const struct bench_agent *agent);
struct figures bench_agent_run(const struct bench_agent *agent);

/* `count` runs, the median of them by wall time. */
struct figures bench_agent_median(const struct bench_agent *agent, size_t count);

/* Of the last run: the metrics' values, then those of the small tables; the moment in UTC. */
struct bench_answers {
    double values[512];
    char recorded_at[64];
};
void bench_agent_read(const struct bench_agent *agent, struct bench_answers *answers);

#endif
