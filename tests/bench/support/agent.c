#include "tests/bench/support/agent.h"

#include "agent/base/arena.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/str.h"
#include "tests/bench/support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY_US 5000

static const char common[] = "description: One of many\nproduct_group: testing\n"
                             "value_type: number\nstatus: active\nmilestone: \"1.0\"\n"
                             "introduced_by_url: https://example.org/1\ndata_category: optional\n"
                             "tiers: [free]\ndata_source: database\n";

static void write_file(const struct bench_agent *agent, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", agent->dir, name);
    file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        bench_fail(path);
}

static void empty_folder(const struct bench_agent *agent, const char *name)
{
    struct arena *arena = arena_new();
    struct file_list files = {0};
    struct error err;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", agent->dir, name);
    if (file_list(path, "", arena, &files, &err))
        for (size_t i = 0; i < files.count; i++)
            (void)unlink(files.paths[i]);
    arena_free(arena);
}

static void make_folder(const struct bench_agent *agent, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", agent->dir, name);
    (void)mkdir(path, 0700);
}

static void write_metric(const struct bench_agent *agent, size_t i)
{
    static const char *const operations[] = {"count", "sum", "average", "distinct_count"};
    const struct bench_metric *metric = &agent->metrics[i];
    struct str text;
    char name[64];

    str_init(&text);
    str_add_format(&text, "%skey_path: bench.m%zu\n", common, i);
    if (metric->days == 0)
        str_add(&text, "time_frame: all\n");
    else
        str_add_format(&text, "time_frame: %dd\n", metric->days);
    str_add_format(&text, "options:\n  relation: %s\n  operation: %s\n", agent->relation,
                   operations[metric->operation]);
    if (metric->column != NULL)
        str_add_format(&text, "  column: %s\n", metric->column);
    if (metric->where != NULL)
        str_add_format(&text, "  where: %s\n", metric->where);
    (void)snprintf(name, sizeof(name), "definitions/metrics/m%zu.yml", i);
    write_file(agent, name, text.text);
    str_release(&text);
}

static void write_small_table(const struct bench_agent *agent, int i)
{
    struct str text;
    char name[64];

    str_init(&text);
    str_add_format(&text, "%skey_path: small.t%d\ntime_frame: all\noptions: {relation: small_%d}\n",
                   common, i, i);
    (void)snprintf(name, sizeof(name), "definitions/metrics/t%d.yml", i);
    write_file(agent, name, text.text);
    str_release(&text);
}

void bench_agent_prepare(struct bench_agent *agent)
{
    struct str settings;

    (void)snprintf(agent->dir, sizeof(agent->dir), "%s/%s", bench_environment("TEST_DIR"),
                   agent->name);
    (void)mkdir(agent->dir, 0700);
    make_folder(agent, "definitions");
    make_folder(agent, "definitions/metrics");
    empty_folder(agent, "definitions");
    for (size_t i = 0; i < agent->metric_count; i++)
        write_metric(agent, i);
    for (int i = 1; agent->small_tables && i <= SMALL_TABLES; i++)
        write_small_table(agent, i);
    str_init(&settings);
    str_add_format(&settings,
                   "state: %s/state\ndefinitions: [%s/definitions]\n"
                   "databases: {main: {conninfo: \"%s dbname=%s\", duty: %g}}\n",
                   agent->dir, agent->dir, bench_environment("TEST_DATABASE"), agent->database,
                   agent->duty);
    write_file(agent, "settings.yml", settings.text);
    str_release(&settings);
}

pid_t bench_agent_start(const struct bench_agent *agent)
{
    char settings[512], payload[512];
    pid_t child;

    /* Nothing of an earlier run is to be continued, and no figure of one to be learnt from. */
    empty_folder(agent, "state");
    (void)fflush(stdout);
    child = fork();
    if (child != 0)
        return child;
    (void)snprintf(settings, sizeof(settings), "%s/settings.yml", agent->dir);
    (void)snprintf(payload, sizeof(payload), "%s/payload.json", agent->dir);
    if (freopen(payload, "w", stdout) == NULL)
        _exit(126);
    (void)execl(bench_environment("AGENT"), "service-ping", "--config", settings, "-q", "preview",
                "--format", "json", (char *)NULL);
    _exit(127);
}

static double memory_kb(pid_t pid)
{
    char path[64], line[256];
    double found = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file != NULL && found == 0 && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "RssAnon:", 8) == 0)
            found = strtod(line + 8, NULL);
    if (file != NULL)
        (void)fclose(file);
    return found;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

struct figures bench_agent_run(const struct bench_agent *agent)
{
    struct rusage usage;
    struct meter meter;
    struct figures figures;
    double most_kb = 0;
    int status;
    pid_t child;

    meter_begin(&meter, agent->database);
    child = bench_agent_start(agent);
    while (wait4(child, &status, WNOHANG, &usage) == 0) {
        double kb = memory_kb(child);

        most_kb = kb > most_kb ? kb : most_kb;
        (void)usleep(LOOK_EVERY_US);
    }
    figures = meter_end(&meter);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("the agent did not end well");
    figures.own_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    figures.memory_kb = most_kb;
    return figures;
}

struct figures bench_agent_median(const struct bench_agent *agent, size_t count)
{
    struct figures figures[8];

    if (count > sizeof(figures) / sizeof(figures[0]))
        bench_fail("so many runs are not foreseen");
    for (size_t i = 0; i < count; i++)
        figures[i] = bench_agent_run(agent);
    return figures_median(figures, count);
}

static double number(const struct js_value *group, const char *form, int i)
{
    char name[32];
    const char *text;

    (void)snprintf(name, sizeof(name), "%s%d", form, i);
    text = js_number_text(js_get(group, name));
    return text != NULL ? strtod(text, NULL) : -1;
}

void bench_agent_read(const struct bench_agent *agent, struct bench_answers *answers)
{
    struct arena *arena = arena_new();
    struct js_value *payload;
    const char *text;
    char path[512];
    size_t length, at = 0;
    struct error err;

    (void)snprintf(path, sizeof(path), "%s/payload.json", agent->dir);
    if (!file_read(path, arena, &text, &length, &err))
        bench_fail(err.text);
    payload = js_parse(text, length, &err);
    if (payload == NULL)
        bench_fail(err.text);
    while (at < agent->metric_count) {
        answers->values[at] = number(js_get(payload, "bench"), "m", (int)at);
        at++;
    }
    for (int i = 1; agent->small_tables && i <= SMALL_TABLES; i++)
        answers->values[at++] = number(js_get(payload, "small"), "t", i);
    text = js_text(js_get(payload, "recorded_at"));
    (void)snprintf(answers->recorded_at, sizeof(answers->recorded_at), "%s",
                   text != NULL ? text : "");
    answers->recorded_at[strcspn(answers->recorded_at, "Z")] = '\0';
    js_free(payload);
    arena_free(arena);
}
