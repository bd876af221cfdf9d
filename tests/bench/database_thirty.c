/*
 * 30 metrics of one table and the counts of 200 small ones, by the agent at full duty and in
 * GitLab's manner, with its sleeps and without: each part alone, and everything in one run. Also
 * what the agent's own process takes of it.
 */
#include "tests/bench/support/agent.h"
#include "tests/bench/support/gitlab.h"
#include "tests/bench/support/table.h"

#include <stdio.h>

#define RUNS 3
#define ALL  (THIRTY + SMALL_TABLES)

/* What is counted. */
enum part { ONE_TABLE, SMALL, EVERYTHING, PARTS };

static const char *const parts[PARTS] = {
    [ONE_TABLE] = "30 metrics of one table",
    [SMALL] = "200 small tables",
    [EVERYTHING] = "everything in one run",
};

/* How it is counted in GitLab's manner. */
static const struct way {
    const char *name;
    unsigned sleep_us;
    bool bounds_of_metric;
} ways[] = {
    {"one walk per metric, 10 ms of sleep", GITLAB_SLEEP_US, false},
    {"the same without sleeps", 0, false},
    {"with sleeps, bounds by the metric's condition", GITLAB_SLEEP_US, true},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static struct bench_agent agents[PARTS] = {
    [ONE_TABLE] = {.name = "thirty_one_table", .metrics = thirty, .metric_count = THIRTY},
    [SMALL] = {.name = "thirty_small", .small_tables = true},
    [EVERYTHING] = {.name = "thirty",
                    .metrics = thirty,
                    .metric_count = THIRTY,
                    .small_tables = true},
};

static struct figures run_agent(struct bench_agent *agent)
{
    agent->database = BENCH_DATABASE;
    agent->relation = "issues";
    agent->duty = 1;
    bench_agent_prepare(agent);
    return bench_agent_median(agent, RUNS);
}

static struct figures walk_metrics(struct gitlab *gitlab, double *values)
{
    struct meter meter;

    meter_begin(&meter, BENCH_DATABASE);
    gitlab_open(gitlab, BENCH_DATABASE);
    for (size_t i = 0; i < THIRTY; i++)
        values[i] = gitlab_value(gitlab, "issues", &thirty[i]);
    gitlab_close(gitlab);
    return meter_end(&meter);
}

static struct figures walk_small_tables(struct gitlab *gitlab, double *values)
{
    static const struct bench_metric rows = {BENCH_COUNT, NULL, NULL, 0};
    struct meter meter;
    char relation[32];

    meter_begin(&meter, BENCH_DATABASE);
    gitlab_open(gitlab, BENCH_DATABASE);
    for (int i = 0; i < SMALL_TABLES; i++) {
        (void)snprintf(relation, sizeof(relation), "small_%d", i + 1);
        values[i] = gitlab_value(gitlab, relation, &rows);
    }
    gitlab_close(gitlab);
    return meter_end(&meter);
}

static struct figures sum(const struct figures *a, const struct figures *b)
{
    return (struct figures){
        .wall_s = a->wall_s + b->wall_s,
        .server_s = a->server_s + b->server_s,
        .longest_ms = a->longest_ms > b->longest_ms ? a->longest_ms : b->longest_ms,
        .statements = a->statements + b->statements,
    };
}

/* The number of values that are not the agent's. */
static int walk(const struct way *way, const struct bench_answers *answers,
                struct figures figures[PARTS])
{
    struct gitlab gitlab = {.recorded_at = answers->recorded_at,
                            .sleep_us = way->sleep_us,
                            .bounds_of_metric = way->bounds_of_metric};
    double values[ALL];

    figures[ONE_TABLE] = walk_metrics(&gitlab, values);
    figures[SMALL] = walk_small_tables(&gitlab, values + THIRTY);
    figures[EVERYTHING] = sum(&figures[ONE_TABLE], &figures[SMALL]);
    return bench_compare(way->name, answers->values, values, ALL);
}

static void print(enum part part, const struct figures *ours, struct figures theirs[WAYS][PARTS])
{
    figures_print_heading(parts[part], "ours");
    figures_print("the agent, whole process, full duty", &ours[part], &ours[part]);
    for (size_t i = 0; i < WAYS; i++)
        figures_print(ways[i].name, &theirs[i][part], &ours[part]);
}

int main(void)
{
    struct figures ours[PARTS], theirs[WAYS][PARTS];
    const struct figures *all = &ours[EVERYTHING];
    struct bench_answers answers;
    int wrong = 0;

    table_need();
    for (enum part part = 0; part < PARTS; part++)
        ours[part] = run_agent(&agents[part]);
    bench_agent_read(&agents[EVERYTHING], &answers);
    for (size_t i = 0; i < WAYS; i++)
        wrong += walk(&ways[i], &answers, theirs[i]);
    for (enum part part = 0; part < PARTS; part++)
        print(part, ours, theirs);
    printf("\n%d of %zu values differ. The agent itself: %.2f s of processor time, %.1f %% of "
           "PostgreSQL's (aim: under 10); highest RssAnon %.1f MB (aim: under 16).\n",
           wrong, WAYS * ALL, all->own_s, 100 * all->own_s / all->server_s, all->memory_kb / 1024);
    return wrong != 0;
}
