/*
 * The same 30 metrics against the fastest single statement that gives their answers, and the
 * agent's own run on a copy of the table of which 1 % and 5 % of the rows were updated and not
 * vacuumed, against its run on that copy when it was clean. No statement may take parallel workers,
 * as the agent may not.
 */
#include "tests/bench/support/agent.h"
#include "tests/bench/support/table.h"

#include <stdio.h>
#include <stdlib.h>

#define RUNS 3
#define COPY BENCH_DATABASE "_updated"

typedef void add_statement(const char *recorded_at, struct str *sql);

/* ---- The plausible statements; each answers with one row of 30 columns ---- */

static void add_filtered(const struct bench_metric *metric, const char *recorded_at,
                         struct str *sql)
{
    bench_metric_add_expression(metric, sql);
    if (metric->where == NULL && metric->days == 0)
        return;
    str_add(sql, " FILTER (WHERE ");
    bench_metric_add_condition(metric, recorded_at, sql);
    str_add(sql, ")");
}

static void add_filters(const char *recorded_at, struct str *sql)
{
    for (size_t i = 0; i < THIRTY; i++) {
        str_add(sql, i == 0 ? "SELECT " : ", ");
        add_filtered(&thirty[i], recorded_at, sql);
    }
    str_add(sql, " FROM issues");
}

static void add_select(const struct bench_metric *metric, const char *recorded_at, struct str *sql)
{
    str_add(sql, "(SELECT ");
    if (metric->operation == BENCH_DISTINCT)
        str_add_format(sql, "count(*) FROM (SELECT DISTINCT %s", metric->column);
    else
        bench_metric_add_expression(metric, sql);
    str_add(sql, " FROM issues WHERE ");
    bench_metric_add_condition(metric, recorded_at, sql);
    if (metric->operation == BENCH_DISTINCT)
        str_add_format(sql, " AND %s IS NOT NULL) AS x", metric->column);
    str_add(sql, ")");
}

static void add_selects(const char *recorded_at, struct str *sql)
{
    for (size_t i = 0; i < THIRTY; i++) {
        str_add(sql, i == 0 ? "SELECT " : ", ");
        add_select(&thirty[i], recorded_at, sql);
    }
}

/* One scan for what is of all time, one for the windows, each distinct count by itself. */
static bool is_of_scan(const struct bench_metric *metric, bool window)
{
    return metric->operation != BENCH_DISTINCT && (metric->days > 0) == window;
}

static void add_scan(bool window, const char *recorded_at, struct str *sql)
{
    const char *comma = "";

    str_add_format(sql, "%s AS (SELECT ", window ? ", windows" : "WITH whole");
    for (size_t i = 0; i < THIRTY; i++) {
        if (!is_of_scan(&thirty[i], window))
            continue;
        str_add(sql, comma);
        add_filtered(&thirty[i], recorded_at, sql);
        str_add_format(sql, " AS m%zu", i);
        comma = ", ";
    }
    str_add(sql, " FROM issues");
    if (window)
        str_add_format(sql, " WHERE created_at >= '%s'::timestamp - interval '30 days'",
                       recorded_at);
    str_add(sql, ")");
}

static void add_two_scans(const char *recorded_at, struct str *sql)
{
    add_scan(false, recorded_at, sql);
    add_scan(true, recorded_at, sql);
    for (size_t i = 0; i < THIRTY; i++) {
        str_add(sql, i == 0 ? " SELECT " : ", ");
        if (thirty[i].operation == BENCH_DISTINCT)
            add_select(&thirty[i], recorded_at, sql);
        else
            str_add_format(sql, "m%zu", i);
    }
    str_add(sql, " FROM whole, windows");
}

static const struct {
    const char *name;
    add_statement *add;
    const char *jit;
} statements[] = {
    {"one scan, FILTER for all", add_filters, "off"},
    {"one scan, FILTER for all, JIT", add_filters, "on"},
    {"30 sub-selects", add_selects, "off"},
    {"30 sub-selects, JIT", add_selects, "on"},
    {"scans of table and window, distinct by sub-selects", add_two_scans, "off"},
    {"scans of table and window, distinct by sub-selects, JIT", add_two_scans, "on"},
};
#define STATEMENTS (sizeof(statements) / sizeof(statements[0]))

static void ask(const char *sql, const char *jit, double *values)
{
    PGconn *session = server_open(BENCH_DATABASE);
    PGresult *result;
    char set[32];

    (void)snprintf(set, sizeof(set), "SET jit = %s", jit);
    server_do(session, set);
    server_do(session, "SET max_parallel_workers_per_gather = 0");
    result = server_ask(session, sql);
    for (int i = 0; i < THIRTY; i++)
        values[i] = strtod(PQgetvalue(result, 0, i), NULL);
    PQclear(result);
    PQfinish(session);
}

static struct figures measure(size_t which, const struct bench_answers *answers, int *wrong)
{
    struct figures figures[RUNS];
    double values[THIRTY];
    struct meter meter;
    struct str sql;

    str_init(&sql);
    statements[which].add(answers->recorded_at, &sql);
    for (size_t i = 0; i < RUNS; i++) {
        meter_begin(&meter, BENCH_DATABASE);
        ask(sql.text, statements[which].jit, values);
        figures[i] = meter_end(&meter);
        *wrong += bench_compare(statements[which].name, answers->values, values, THIRTY);
    }
    str_release(&sql);
    return figures_median(figures, RUNS);
}

/* ---- Updated rows ---- */

/* The pages are full, so that each new version of a row comes to stand on another page. */
static void update(double from, double to)
{
    char sql[256];

    (void)snprintf(sql, sizeof(sql),
                   "UPDATE issues SET updated_at = updated_at + interval '1 s' "
                   "WHERE h(id, 15) >= %g AND h(id, 15) < %g",
                   from, to);
    server_do_in(COPY, sql);
}

static void compare_updated(const struct bench_agent *original)
{
    static const struct {
        const char *name;
        double from, to;
    } steps[] = {{"1 % of the rows updated", 0, 0.01}, {"5 % of the rows updated", 0.01, 0.05}};
    struct bench_agent agent = *original;
    struct figures clean, updated;

    server_do_in("postgres", "DROP DATABASE IF EXISTS " COPY);
    server_do_in("postgres", "CREATE DATABASE " COPY " TEMPLATE " BENCH_DATABASE);
    agent.name = "single_updated";
    agent.database = COPY;
    bench_agent_prepare(&agent);
    (void)bench_agent_run(&agent); /* the copy's pages are new to the server */
    clean = bench_agent_median(&agent, RUNS);
    figures_print_heading("rows updated, not vacuumed", "clean");
    figures_print("the agent, clean", &clean, &clean);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        update(steps[i].from, steps[i].to);
        updated = bench_agent_median(&agent, RUNS);
        figures_print(steps[i].name, &updated, &clean);
    }
    server_do_in("postgres", "DROP DATABASE " COPY);
}

int main(void)
{
    struct bench_agent agent = {.name = "single",
                                .database = BENCH_DATABASE,
                                .relation = "issues",
                                .metrics = thirty,
                                .metric_count = THIRTY,
                                .duty = 1};
    struct bench_answers answers;
    struct figures ours, theirs;
    int wrong = 0;

    table_need();
    bench_agent_prepare(&agent);
    (void)bench_agent_run(&agent);
    ours = bench_agent_median(&agent, RUNS);
    bench_agent_read(&agent, &answers);
    figures_print_heading("30 metrics in a single statement", "ours");
    figures_print("the agent, whole process, full duty", &ours, &ours);
    for (size_t i = 0; i < STATEMENTS; i++) {
        theirs = measure(i, &answers, &wrong);
        figures_print(statements[i].name, &theirs, &ours);
    }
    printf("\n%d of %zu values differ.\n", wrong, STATEMENTS * RUNS * THIRTY);
    compare_updated(&agent);
    return wrong != 0;
}
