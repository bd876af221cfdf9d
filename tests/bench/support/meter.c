#include "tests/bench/support/meter.h"

#include "agent/base/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Places in /proc/PID/stat behind the name, which ends with the last ')'. */
enum { STAT_PARENT = 2, STAT_CHILDREN_USER = 14, STAT_CHILDREN_SYSTEM = 15 };

double wall_clock_s(void)
{
    return (double)now_monotonic_us() / 1e6;
}

static double stat_field(int pid, int place)
{
    char path[64], text[1024] = "";
    const char *at;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return -1;
    if (fgets(text, sizeof(text), file) == NULL)
        text[0] = '\0';
    (void)fclose(file);
    at = strrchr(text, ')');
    for (int i = 0; i < place && at != NULL; i++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtod(at, NULL) : -1;
}

static double children_s(int pid)
{
    return (stat_field(pid, STAT_CHILDREN_USER) + stat_field(pid, STAT_CHILDREN_SYSTEM)) /
           (double)sysconf(_SC_CLK_TCK);
}

static unsigned count_children(int pid)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    unsigned count = 0;

    if (processes == NULL)
        bench_fail("no /proc");
    while ((entry = readdir(processes)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) &&
            (int)stat_field((int)strtol(entry->d_name, NULL, 10), STAT_PARENT) == pid)
            count++;
    (void)closedir(processes);
    return count;
}

void meter_begin(struct meter *meter, const char *database)
{
    meter->watcher = server_open("postgres");
    (void)snprintf(meter->database, sizeof(meter->database), "%s", database);
    server_do(meter->watcher, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    server_do(meter->watcher, "SELECT pg_stat_statements_reset()");
    meter->server = (int)stat_field(PQbackendPID(meter->watcher), STAT_PARENT);
    (void)usleep(50000); /* for sessions that were closed a moment ago */
    meter->children = count_children(meter->server);
    meter->server_began_s = children_s(meter->server);
    meter->began_s = wall_clock_s();
}

struct figures meter_end(struct meter *meter)
{
    struct figures figures = {.wall_s = wall_clock_s() - meter->began_s};
    char sql[256];
    PGresult *result;

    for (int tries = 0; count_children(meter->server) > meter->children; tries++) {
        if (tries > 1000)
            bench_fail("a session was left open");
        (void)usleep(5000);
    }
    figures.server_s = children_s(meter->server) - meter->server_began_s;
    (void)snprintf(sql, sizeof(sql),
                   "SELECT max(max_exec_time), sum(calls) FROM pg_stat_statements s JOIN "
                   "pg_database d ON d.oid = s.dbid WHERE d.datname = '%s'",
                   meter->database);
    result = server_ask(meter->watcher, sql);
    figures.longest_ms = strtod(PQgetvalue(result, 0, 0), NULL);
    figures.statements = strtod(PQgetvalue(result, 0, 1), NULL);
    PQclear(result);
    PQfinish(meter->watcher);
    return figures;
}

static int by_wall(const void *left, const void *right)
{
    const struct figures *a = left, *b = right;

    return (a->wall_s > b->wall_s) - (a->wall_s < b->wall_s);
}

struct figures figures_median(struct figures *figures, size_t count)
{
    qsort(figures, count, sizeof(figures[0]), by_wall);
    return figures[count / 2];
}

void figures_print_heading(const char *what, const char *base)
{
    printf(
        "\n| %s | wall | PostgreSQL's processor | longest statement | statements | wall, to %s | "
        "processor, to %s |\n|---|---|---|---|---|---|---|\n",
        what, base, base);
}

void figures_print(const char *name, const struct figures *figures, const struct figures *base)
{
    printf("| %s | %.2f s | %.2f s | %.0f ms | %.0f | %.2f | %.2f |\n", name, figures->wall_s,
           figures->server_s, figures->longest_ms, figures->statements,
           figures->wall_s / base->wall_s, figures->server_s / base->server_s);
    (void)fflush(stdout);
}
