/*
 * What the application feels: look-ups by primary key of another client, about a thousand a second,
 * and the transactions of pgbench (its TPC-B-like script) with one client, which leaves a core
 * free, and with four, which do not. Idle, beside GitLab's walk, beside the agent at its default
 * duty of a fifth and at full duty, all four in turn and nine times over, each compared with the
 * idle time of its own round, because disks are faster at one time than at another; whatever runs
 * beside is started anew as often as it ends.
 */
#include "tests/bench/support/agent.h"
#include "tests/bench/support/gitlab.h"
#include "tests/bench/support/table.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS       9
#define USUAL_TIME_S 3 /* of each measurement; SECONDS in the environment is another */
#define PGBENCH      "bench_pgbench"
#define SCALE        20
#define MOST_ASKED   400000

enum beside { NOTHING, GITLAB, AGENT_DEFAULT, AGENT_FULL, BESIDES };

static const char *const names[BESIDES] = {
    [NOTHING] = "idle",
    [GITLAB] = "beside GitLab's walk, with its sleeps",
    [AGENT_DEFAULT] = "beside the agent, default duty",
    [AGENT_FULL] = "beside the agent, full duty",
};

static struct bench_agent agents[BESIDES] = {
    [AGENT_DEFAULT] = {.name = "neighbours_default", .duty = 0.2},
    [AGENT_FULL] = {.name = "neighbours_full", .duty = 1},
};

struct felt {
    float *took_ms;
    size_t asked;
    double tps_one[ROUNDS], tps_four[ROUNDS];
};

static int time_s(void)
{
    const char *seconds = getenv("SECONDS");

    return seconds != NULL ? (int)strtol(seconds, NULL, 10) : USUAL_TIME_S;
}

/* ---- What runs beside: a process group of its own, which never ends by itself ---- */

static noreturn void walk_for_ever(void)
{
    struct gitlab gitlab = {.sleep_us = GITLAB_SLEEP_US};
    PGresult *now;

    gitlab_open(&gitlab, BENCH_DATABASE);
    now = server_ask(gitlab.session, "SELECT now() AT TIME ZONE 'UTC'");
    gitlab.recorded_at = PQgetvalue(now, 0, 0);
    for (size_t i = 0;; i = (i + 1) % THIRTY)
        (void)gitlab_value(&gitlab, "issues", &thirty[i]);
}

static noreturn void run_for_ever(const struct bench_agent *agent)
{
    for (;;) {
        int status;

        if (waitpid(bench_agent_start(agent), &status, 0) < 0 || status != 0)
            bench_fail("the agent did not end well");
    }
}

static pid_t start(enum beside beside)
{
    pid_t child;

    if (beside == NOTHING)
        return 0;
    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        (void)setpgid(0, 0);
        if (beside == GITLAB)
            walk_for_ever();
        run_for_ever(&agents[beside]);
    }
    (void)setpgid(child, child);
    (void)sleep(1);
    return child;
}

/* Its statement ends, too, before the next is measured. */
static void stop(pid_t child)
{
    PGconn *session;

    if (child == 0)
        return;
    if (waitpid(child, NULL, WNOHANG) != 0)
        bench_fail("what should run beside has ended");
    (void)kill(-child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    session = server_open("postgres");
    while (server_number(session,
                         "SELECT count(*) FROM pg_stat_activity WHERE datname = '" BENCH_DATABASE
                         "'") > 0)
        (void)usleep(20000);
    PQfinish(session);
}

/* ---- What is felt ---- */

static void look_up(struct felt *felt)
{
    PGconn *session = server_open(PGBENCH);
    double end = wall_clock_s() + time_s();

    PQclear(PQprepare(session, "look_up",
                      "SELECT abalance, filler FROM pgbench_accounts WHERE aid = $1", 1, NULL));
    while (wall_clock_s() < end && felt->asked < MOST_ASKED) {
        char id[32];
        const char *const values[] = {id};
        double began;

        (void)snprintf(id, sizeof(id), "%ld", 1 + random() % (SCALE * 100000));
        began = wall_clock_s();
        PQclear(PQexecPrepared(session, "look_up", 1, values, NULL, NULL, 0));
        felt->took_ms[felt->asked++] = (float)((wall_clock_s() - began) * 1e3);
        (void)usleep(700);
    }
    PQfinish(session);
}

static double transactions(int clients)
{
    char command[256], line[256];
    double tps = 0;
    FILE *output;

    (void)snprintf(command, sizeof(command), "pgbench -n -c %d -T %d " PGBENCH " 2>&1", clients,
                   time_s());
    output = popen(command, "r");
    while (output != NULL && fgets(line, sizeof(line), output) != NULL)
        (void)sscanf(line, "tps = %lf", &tps);
    if (output == NULL || pclose(output) != 0 || tps <= 0)
        bench_fail("pgbench fails");
    return tps;
}

static void feel(enum beside beside, size_t round, struct felt *felt)
{
    pid_t child = start(beside);

    look_up(felt);
    felt->tps_one[round] = transactions(1);
    felt->tps_four[round] = transactions(4);
    stop(child);
}

static int by_size(const void *left, const void *right)
{
    const float *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static int by_double(const void *left, const void *right)
{
    const double *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static double median(const double *numbers)
{
    double sorted[ROUNDS];

    memcpy(sorted, numbers, sizeof(sorted));
    qsort(sorted, ROUNDS, sizeof(sorted[0]), by_double);
    return sorted[ROUNDS / 2];
}

static double median_ratio(const double *numbers, const double *to)
{
    double ratios[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++)
        ratios[i] = numbers[i] / to[i];
    return median(ratios);
}

static void print(const char *name, struct felt *felt, const struct felt *idle)
{
    double one = median_ratio(felt->tps_one, idle->tps_one);
    double four = median_ratio(felt->tps_four, idle->tps_four);

    qsort(felt->took_ms, felt->asked, sizeof(felt->took_ms[0]), by_size);
    printf("| %s | %.2f ms | %.2f ms | %.2f ms | %.0f (%+.1f %%) | %.0f (%+.1f %%) |\n", name,
           (double)felt->took_ms[felt->asked / 2], (double)felt->took_ms[felt->asked * 99 / 100],
           (double)felt->took_ms[felt->asked * 999 / 1000], median(felt->tps_one), 100 * (one - 1),
           median(felt->tps_four), 100 * (four - 1));
}

static void prepare(void)
{
    char command[128];

    table_need();
    server_do_in("postgres", "DROP DATABASE IF EXISTS " PGBENCH);
    server_do_in("postgres", "CREATE DATABASE " PGBENCH);
    (void)snprintf(command, sizeof(command), "pgbench -q -i -s %d " PGBENCH " >/dev/null 2>&1",
                   SCALE);
    if (system(command) != 0)
        bench_fail("pgbench -i fails");
    for (enum beside beside = AGENT_DEFAULT; beside <= AGENT_FULL; beside++) {
        agents[beside].database = BENCH_DATABASE;
        agents[beside].relation = "issues";
        agents[beside].metrics = thirty;
        agents[beside].metric_count = THIRTY;
        bench_agent_prepare(&agents[beside]);
    }
}

int main(void)
{
    static struct felt felt[BESIDES];

    prepare();
    for (enum beside beside = 0; beside < BESIDES; beside++) {
        felt[beside].took_ms = malloc(MOST_ASKED * sizeof(float));
        if (felt[beside].took_ms == NULL)
            bench_fail("no memory");
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (enum beside beside = 0; beside < BESIDES; beside++)
            feel(beside, round, &felt[beside]);
    printf("\n| look-ups by primary key, transactions | p50 | p99 | p99.9 | pgbench -c 1, tps | "
           "pgbench -c 4, tps |\n|---|---|---|---|---|---|\n");
    for (enum beside beside = 0; beside < BESIDES; beside++)
        print(names[beside], &felt[beside], &felt[NOTHING]);
    for (enum beside beside = 0; beside < BESIDES; beside++)
        free(felt[beside].took_ms);
    return 0;
}
