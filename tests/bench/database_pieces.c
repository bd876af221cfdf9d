/*
 * How long the longest piece of a walk is, against the target of 250 ms, when ids are uniform, have
 * gaps of a billion, or half of the rows are by one author. The worst of three warm runs, as the
 * server measured it (pg_stat_statements); nothing but the agent asks meanwhile.
 */
#include "tests/bench/support/agent.h"
#include "tests/bench/support/table.h"

#include <stdio.h>

#define RUNS      3
#define TARGET_MS 250.0

/* What stands in the narrow tables, too. */
static const struct bench_metric metrics[] = {
    {BENCH_COUNT, NULL, NULL, 0},
    {BENCH_COUNT, NULL, "state_id = 1", 0},
    {BENCH_COUNT, NULL, "confidential", 0},
    {BENCH_COUNT, NULL, "state_id = 1", 28},
    {BENCH_SUM, "weight", NULL, 0},
    {BENCH_DISTINCT, "author_id", NULL, 0},
    {BENCH_DISTINCT, "author_id", "state_id = 2", 0},
    {BENCH_DISTINCT, "author_id", NULL, 28},
};
#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

static struct {
    const char *title;
    struct bench_agent agent;
} walks[] = {
    {"uniform ids, 30 metrics", {.relation = "issues", .metrics = thirty, .metric_count = THIRTY}},
    {"uniform ids, 8 metrics", {.relation = "issues", .metrics = metrics, .metric_count = METRICS}},
    {"uniform ids, distinct authors only",
     {.relation = "issues", .metrics = metrics + 5, .metric_count = 2}},
    {"sparse ids, 8 metrics", {.relation = "sparse", .metrics = metrics, .metric_count = METRICS}},
    {"one author of half of the rows, 8 metrics",
     {.relation = "skewed", .metrics = metrics, .metric_count = METRICS}},
    {"one author of half of the rows, distinct authors only",
     {.relation = "skewed", .metrics = metrics + 5, .metric_count = 2}},
};

static void show(const char *title, struct bench_agent *agent)
{
    struct figures figures, worst = {0};

    agent->name = "pieces";
    agent->database = BENCH_DATABASE;
    agent->duty = 1;
    bench_agent_prepare(agent);
    (void)bench_agent_run(agent);
    for (size_t i = 0; i < RUNS; i++) {
        figures = bench_agent_run(agent);
        if (figures.longest_ms >= worst.longest_ms)
            worst = figures;
    }
    printf("| %s | %.0f ms | %.2f | %.0f | %.2f s |\n", title, worst.longest_ms,
           worst.longest_ms / TARGET_MS, worst.statements, worst.wall_s);
    (void)fflush(stdout);
}

int main(void)
{
    table_need_odd();
    printf("\n| table | longest piece | to the target | statements | wall |\n"
           "|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
        show(walks[i].title, &walks[i].agent);
    return 0;
}
