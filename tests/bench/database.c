/*
 * 30 metrics on one table, three ways in one run, on the same rows and windows:
 *   agent  the program itself, at full duty, as a process of its own
 *   (a)    one walk per metric in pieces of 100,000 ids (10,000 of the column for distinct counts),
 *          in GitLab's manner but without its sleeps, and with 100,000 also for sums
 *   (b)    one SELECT of count(*) FILTER and count(DISTINCT) FILTER for all 30, no parallel workers
 * Rows: 5 million, or the first argument. All results must be equal.
 */
#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/str.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define METRICS  30
#define RUNS     3
#define DATABASE "bench_database"

enum kind { COUNT, SUM, AVERAGE, DISTINCT };

struct bench_metric {
    enum kind kind;
    const char *column; /* NULL: rows */
    const char *where;  /* NULL: all rows */
    int days;           /* 0: all time */
};

static const struct bench_metric metrics[METRICS] = {
    {COUNT, NULL, NULL, 0},
    {COUNT, NULL, "state_id = 1", 0},
    {COUNT, NULL, "state_id = 2", 0},
    {COUNT, NULL, "confidential", 0},
    {COUNT, NULL, "weight IS NOT NULL", 0},
    {COUNT, NULL, "issue_type = 1", 0},
    {COUNT, NULL, "issue_type = 2", 0},
    {COUNT, NULL, "milestone_id IS NOT NULL", 0},
    {COUNT, NULL, "author_id IS NULL", 0},
    {COUNT, "closed_by_id", NULL, 0},
    {COUNT, NULL, NULL, 28},
    {COUNT, NULL, "state_id = 1", 28},
    {COUNT, NULL, "state_id = 2", 28},
    {COUNT, NULL, "confidential", 28},
    {COUNT, NULL, "weight IS NOT NULL", 28},
    {COUNT, NULL, "issue_type = 1", 28},
    {COUNT, NULL, "issue_type = 2", 28},
    {COUNT, NULL, "milestone_id IS NOT NULL", 28},
    {COUNT, NULL, NULL, 7},
    {COUNT, NULL, "state_id = 1", 7},
    {COUNT, NULL, "state_id = 2", 7},
    {COUNT, NULL, "confidential", 7},
    {COUNT, NULL, "weight IS NOT NULL", 7},
    {COUNT, NULL, "issue_type = 1", 7},
    {SUM, "weight", NULL, 0},
    {AVERAGE, "weight", NULL, 0},
    {DISTINCT, "author_id", NULL, 0},
    {DISTINCT, "author_id", "state_id = 2", 0},
    {DISTINCT, "author_id", NULL, 28},
    {DISTINCT, "author_id", NULL, 7},
};

struct figures {
    double wall_s, cpu_s, longest_ms;
    double values[METRICS];
};

static const char *const load[] = {
    "CREATE FUNCTION h(bigint, int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS "
    "$$SELECT (hashint8extended($1, $2) & 9007199254740991)::float8 / 9007199254740992.0$$",
    "CREATE TABLE issues (id bigint, author_id bigint, project_id bigint NOT NULL, closed_by_id "
    "bigint, "
    "milestone_id bigint, state_id smallint NOT NULL, confidential boolean NOT NULL, weight int, "
    "issue_type smallint NOT NULL, created_at timestamp NOT NULL, title text)",
    "INSERT INTO issues SELECT g, "
    "CASE WHEN h(g, 1) < 0.02 THEN NULL ELSE 1 + (floor(500000 * power(h(g, 2), 3))::bigint * "
    "1000003) % 500000 END, "
    "1 + floor(100000 * power(h(g, 3), 2.5))::bigint, "
    "CASE WHEN h(g, 4) < 0.6 THEN 1 + floor(500000 * power(h(g, 5), 3))::bigint END, "
    "CASE WHEN h(g, 6) < 0.15 THEN 1 + floor(200000 * h(g, 7))::bigint END, "
    "CASE WHEN h(g, 4) < 0.6 THEN 2 ELSE 1 END, h(g, 8) < 0.05, "
    "CASE WHEN h(g, 9) < 0.2 THEN floor(h(g, 10) * 10)::int END, "
    "CASE WHEN h(g, 11) < 0.8 THEN 0 WHEN h(g, 11) < 0.95 THEN 1 ELSE 2 END, "
    "now() AT TIME ZONE 'UTC' - interval '730 days' * (1 - g / "
    "current_setting('bench.rows')::float8) - interval '60 s' * h(g, "
    "12), "
    "'Issue title ' || substr(md5(g::text), 1, 8 + (g % 16)::int) "
    "FROM generate_series(1, current_setting('bench.rows')::int) g WHERE h(g, 0) < 0.95",
    "ALTER TABLE issues ADD PRIMARY KEY (id)",
    "CREATE INDEX ON issues (created_at)",
    "CREATE INDEX ON issues (author_id)",
    "VACUUM (ANALYZE) issues",
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static PGconn *open_session(const char *database)
{
    char conninfo[512];
    PGconn *session;

    (void)snprintf(conninfo, sizeof(conninfo), "%s dbname=%s", getenv("TEST_DATABASE"), database);
    session = PQconnectdb(conninfo);
    if (PQstatus(session) != CONNECTION_OK)
        fail(PQerrorMessage(session));
    return session;
}

static PGresult *ask(PGconn *session, const char *sql)
{
    PGresult *result = PQexec(session, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail(PQerrorMessage(session));
    return result;
}

static void make_table(int rows)
{
    PGconn *session = open_session("postgres");
    char sql[64];

    PQclear(ask(session, "CREATE DATABASE " DATABASE));
    PQfinish(session);
    session = open_session(DATABASE);
    (void)snprintf(sql, sizeof(sql), "SET bench.rows = %d", rows);
    PQclear(ask(session, sql));
    for (size_t i = 0; i < sizeof(load) / sizeof(load[0]); i++)
        PQclear(ask(session, load[i]));
    PQfinish(session);
}

/* Seconds of processor time of a running process; 0 once it is gone. */
static double processor_s(int pid)
{
    char path[64], text[128] = "";
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fgets(text, sizeof(text), file) == NULL)
        text[0] = '\0';
    (void)fclose(file);
    return (double)strtoull(text, NULL, 10) / 1e9;
}

static double wall_s(void)
{
    return (double)now_monotonic_us() / 1e6;
}

static void condition(const struct bench_metric *metric, const char *recorded_at, struct str *sql)
{
    str_add(sql, metric->where != NULL ? metric->where : "true");
    if (metric->days > 0)
        str_add_format(sql,
                       " AND created_at BETWEEN '%s'::timestamp - interval '%d days' AND "
                       "'%s'::timestamp - interval '2 days'",
                       recorded_at, metric->days + 2, recorded_at);
}

/* ---- (a) ---- */

static double timed(PGconn *session, const char *sql, struct figures *figures, int column)
{
    double began = wall_s(), value;
    PGresult *result = ask(session, sql);

    if ((wall_s() - began) * 1e3 > figures->longest_ms)
        figures->longest_ms = (wall_s() - began) * 1e3;
    value = strtod(PQgetvalue(result, 0, column), NULL);
    PQclear(result);
    return value;
}

static const char *expression(const struct bench_metric *metric)
{
    static char text[96];
    static const char *const forms[] = {"count(%s)", "sum(%s)", "sum(%s)", "count(DISTINCT %s)"};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(text, sizeof(text), forms[metric->kind],
                   metric->column != NULL ? metric->column : "*");
#pragma GCC diagnostic pop
    return text;
}

static double walk(PGconn *session, const struct bench_metric *metric, const char *recorded_at,
                   struct figures *figures)
{
    const char *key = metric->kind == DISTINCT ? metric->column : "id";
    int64_t size = metric->kind == DISTINCT ? 10000 : 100000;
    double total = 0, counted = 0;
    int64_t first, last;
    struct str sql;
    PGresult *bounds;

    str_init(&sql);
    str_add_format(&sql, "SELECT min(%s), max(%s) FROM issues WHERE ", key, key);
    condition(metric, recorded_at, &sql);
    bounds = ask(session, sql.text);
    first = strtoll(PQgetvalue(bounds, 0, 0), NULL, 10);
    last = strtoll(PQgetvalue(bounds, 0, 1), NULL, 10);
    PQclear(bounds);
    for (int64_t from = first; from <= last; from += size) {
        for (int part = 0; part < (metric->kind == AVERAGE ? 2 : 1); part++) {
            str_clear(&sql);
            str_add_format(&sql, "SELECT %s FROM issues WHERE ",
                           part == 0 ? expression(metric) : "count(weight)");
            condition(metric, recorded_at, &sql);
            str_add_format(&sql, " AND %s >= %" PRId64 " AND %s < %" PRId64, key, from, key,
                           from + size);
            *(part == 0 ? &total : &counted) += timed(session, sql.text, figures, 0);
        }
    }
    str_release(&sql);
    return metric->kind == AVERAGE ? total / counted : total;
}

static struct figures walk_each(const char *recorded_at)
{
    PGconn *session = open_session(DATABASE);
    int backend = PQbackendPID(session);
    struct figures figures = {0};
    double began;

    PQclear(ask(session, "SET max_parallel_workers_per_gather = 0"));
    began = wall_s();
    for (size_t i = 0; i < METRICS; i++)
        figures.values[i] = walk(session, &metrics[i], recorded_at, &figures);
    figures.wall_s = wall_s() - began;
    figures.cpu_s = processor_s(backend);
    PQfinish(session);
    return figures;
}

/* ---- (b) ---- */

static struct figures one_statement(const char *recorded_at)
{
    PGconn *session = open_session(DATABASE);
    int backend = PQbackendPID(session);
    struct figures figures = {0};
    struct str sql;
    PGresult *result;
    double began;

    PQclear(ask(session, "SET max_parallel_workers_per_gather = 0"));
    str_init(&sql);
    for (size_t i = 0; i < METRICS; i++) {
        str_add(&sql, i == 0 ? "SELECT " : ", ");
        str_add(&sql, metrics[i].kind == AVERAGE ? "avg(weight)" : expression(&metrics[i]));
        str_add(&sql, " FILTER (WHERE ");
        condition(&metrics[i], recorded_at, &sql);
        str_add(&sql, ")");
    }
    str_add(&sql, " FROM issues");
    began = wall_s();
    result = ask(session, sql.text);
    figures.wall_s = wall_s() - began;
    figures.longest_ms = figures.wall_s * 1e3;
    figures.cpu_s = processor_s(backend);
    for (size_t i = 0; i < METRICS; i++)
        figures.values[i] = strtod(PQgetvalue(result, 0, (int)i), NULL);
    PQclear(result);
    str_release(&sql);
    PQfinish(session);
    return figures;
}

/* ---- The agent ---- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        fail(path);
}

static void write_definition(size_t i, const char *folder)
{
    static const char *const operations[] = {"count", "sum", "average", "distinct_count"};
    const struct bench_metric *metric = &metrics[i];
    char path[1024];
    struct str text;

    str_init(&text);
    str_add_format(&text,
                   "key_path: bench.m%zu\ndescription: One of thirty\nproduct_group: testing\n"
                   "value_type: number\nstatus: active\nmilestone: \"1.0\"\n"
                   "introduced_by_url: https://example.org/1\ndata_category: optional\n"
                   "tiers: [free]\ndata_source: database\ntime_frame: %s\n"
                   "options:\n  relation: issues\n  operation: %s\n",
                   i,
                   metric->days == 0   ? "all"
                   : metric->days == 7 ? "7d"
                                       : "28d",
                   operations[metric->kind]);
    if (metric->column != NULL)
        str_add_format(&text, "  column: %s\n", metric->column);
    if (metric->where != NULL)
        str_add_format(&text, "  where: %s\n", metric->where);
    (void)snprintf(path, sizeof(path), "%s/m%zu.yml", folder, i);
    write_file(path, text.text);
    str_release(&text);
}

static void prepare_agent(const char *dir)
{
    char path[512];
    struct str settings;

    (void)mkdir(dir, 0700);
    (void)snprintf(path, sizeof(path), "%s/definitions", dir);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof(path), "%s/definitions/metrics", dir);
    (void)mkdir(path, 0700);
    for (size_t i = 0; i < METRICS; i++)
        write_definition(i, path);
    str_init(&settings);
    str_add_format(&settings,
                   "state: %s/state\ndefinitions: [%s/definitions]\n"
                   "databases: {main: {conninfo: \"%s dbname=" DATABASE "\", duty: 1}}\n",
                   dir, dir, getenv("TEST_DATABASE"));
    (void)snprintf(path, sizeof(path), "%s/settings.yml", dir);
    write_file(path, settings.text);
    str_release(&settings);
}

static pid_t start_agent(const char *dir)
{
    char settings[512], payload[512];
    pid_t child = fork();

    if (child != 0)
        return child;
    (void)snprintf(settings, sizeof(settings), "%s/settings.yml", dir);
    (void)snprintf(payload, sizeof(payload), "%s/payload.json", dir);
    if (freopen(payload, "w", stdout) == NULL)
        _exit(126);
    (void)execl(getenv("AGENT"), "service-ping", "--config", settings, "-q", "preview", "--format",
                "json", (char *)NULL);
    _exit(127);
}

/* Watches the agent's backend until it is gone: its processor time, sampled every 2 ms. */
static double watch_backend(pid_t child)
{
    PGconn *watcher = open_session("postgres");
    double cpu_s = 0;
    int backend = 0, status = 0;

    while (waitpid(child, &status, WNOHANG) == 0) {
        if (backend == 0) {
            PGresult *result =
                ask(watcher, "SELECT pid FROM pg_stat_activity WHERE datname = '" DATABASE
                             "' AND application_name = 'service-ping'");

            backend = PQntuples(result) > 0 ? (int)strtol(PQgetvalue(result, 0, 0), NULL, 10) : 0;
            PQclear(result);
        } else {
            double now_s = processor_s(backend);

            cpu_s = now_s > cpu_s ? now_s : cpu_s;
        }
        (void)usleep(2000);
    }
    PQfinish(watcher);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("the agent did not end well");
    return cpu_s;
}

static void read_payload(const char *dir, struct figures *figures, char recorded_at[64])
{
    struct arena *arena = arena_new();
    struct js_value *payload;
    const char *text;
    char path[512];
    size_t length;
    struct error err;

    (void)snprintf(path, sizeof(path), "%s/payload.json", dir);
    if (!file_read(path, arena, &text, &length, &err))
        fail(err.text);
    payload = js_parse(text, length, &err);
    if (payload == NULL)
        fail(err.text);
    for (size_t i = 0; i < METRICS; i++) {
        char name[32];
        const char *number;

        (void)snprintf(name, sizeof(name), "m%zu", i);
        number = js_number_text(js_get(js_get(payload, "bench"), name));
        figures->values[i] = number != NULL ? strtod(number, NULL) : -1;
    }
    (void)snprintf(recorded_at, 64, "%s", js_text(js_get(payload, "recorded_at")));
    recorded_at[strcspn(recorded_at, "Z")] = '\0';
    js_free(payload);
    arena_free(arena);
}

/* The longest statement of the agent, as the server logged it. */
static double longest_logged_ms(long from)
{
    char path[512], line[8192];
    double longest = 0;
    FILE *log;

    (void)snprintf(path, sizeof(path), "%s/postgres.log", getenv("TEST_DIR"));
    log = fopen(path, "r");
    if (log == NULL)
        return 0;
    (void)fseek(log, from, SEEK_SET);
    while (fgets(line, sizeof(line), log) != NULL) {
        const char *duration = strstr(line, "duration: ");

        if (duration != NULL && strtod(duration + 10, NULL) > longest)
            longest = strtod(duration + 10, NULL);
    }
    (void)fclose(log);
    return longest;
}

static long log_size(void)
{
    char path[512];
    struct stat info;

    (void)snprintf(path, sizeof(path), "%s/postgres.log", getenv("TEST_DIR"));
    return stat(path, &info) == 0 ? (long)info.st_size : 0;
}

static void log_durations(bool on)
{
    PGconn *session = open_session("postgres");

    PQclear(ask(session, on ? "ALTER DATABASE " DATABASE " SET log_min_duration_statement = 20"
                            : "ALTER DATABASE " DATABASE " RESET log_min_duration_statement"));
    PQfinish(session);
}

static struct figures run_agent(const char *dir, char recorded_at[64])
{
    struct figures figures = {0};
    long log_from;
    double began;

    log_durations(true);
    log_from = log_size();
    began = wall_s();
    figures.cpu_s = watch_backend(start_agent(dir));
    figures.wall_s = wall_s() - began;
    figures.longest_ms = longest_logged_ms(log_from);
    log_durations(false);
    read_payload(dir, &figures, recorded_at);
    return figures;
}

/* ---- Comparing ---- */

static int compare_values(const char *name, const struct figures *agent,
                          const struct figures *other)
{
    int wrong = 0;

    for (size_t i = 0; i < METRICS; i++) {
        double difference = agent->values[i] - other->values[i];

        if (difference > 1e-9 || difference < -1e-9) {
            printf("metric %zu: agent %.10g, %s %.10g\n", i, agent->values[i], name,
                   other->values[i]);
            wrong++;
        }
    }
    return wrong;
}

static int by_wall(const void *left, const void *right)
{
    const struct figures *a = left, *b = right;

    return (a->wall_s > b->wall_s) - (a->wall_s < b->wall_s);
}

static void show(const char *name, const struct figures *figures, const struct figures *agent)
{
    printf("%-42s %7.2f s  %7.2f s  %7.0f ms   %5.1f  %5.1f\n", name, figures->wall_s,
           figures->cpu_s, figures->longest_ms, figures->wall_s / agent->wall_s,
           figures->cpu_s / agent->cpu_s);
}

int main(int argc, char **argv)
{
    int rows =
        argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5263158; /* 95 % of them exist: 5 million */
    struct figures agent[RUNS], walks[RUNS], whole[RUNS];
    char dir[256], recorded_at[64];
    int wrong = 0;

    (void)snprintf(dir, sizeof(dir), "%s/bench_database", getenv("TEST_DIR"));
    make_table(rows);
    prepare_agent(dir);
    for (size_t i = 0; i < RUNS; i++) {
        agent[i] = run_agent(dir, recorded_at);
        walks[i] = walk_each(recorded_at);
        whole[i] = one_statement(recorded_at);
        wrong += compare_values("walks", &agent[i], &walks[i]);
        wrong += compare_values("one statement", &agent[i], &whole[i]);
    }
    qsort(agent, RUNS, sizeof(agent[0]), by_wall);
    qsort(walks, RUNS, sizeof(walks[0]), by_wall);
    qsort(whole, RUNS, sizeof(whole[0]), by_wall);
    printf("%d of %d values differ; medians of %d runs\n", wrong, 2 * RUNS * METRICS, RUNS);
    printf("%-42s %9s  %9s  %10s   %s\n", "", "wall", "database", "longest", "ratio wall, cpu");
    show("agent, full duty", &agent[RUNS / 2], &agent[RUNS / 2]);
    show("(a) one walk per metric, no sleeps", &walks[RUNS / 2], &agent[RUNS / 2]);
    show("(b) one SELECT for all", &whole[RUNS / 2], &agent[RUNS / 2]);
    return wrong != 0;
}
