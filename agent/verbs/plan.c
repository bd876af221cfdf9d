#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/io/loop.h"
#include "agent/verbs/collect.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/preview_show.h"
#include "agent/verbs/table.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_NAME = 72, LONGEST_METHOD = 40, USUAL_WIDTH = 100 };
enum { PASS_COLUMN = 1, LEAST_PASS = 24 };

/* What the run's plan is copied into before the run goes. */
struct plan_line {
    const char *source, *name;
    struct description description;
    const struct metric *const *metrics;
    size_t metric_count;
    int64_t rows;
    double seconds;
};

struct planning {
    struct arena *arena;
    struct loop *loop;
    struct collected *collected;
    struct plan_line *lines;
    size_t count;
    bool planned;
};

static const char *copy_or_null(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

static void note_probe(struct planning *planning, const struct probe *probe)
{
    struct arena *arena = planning->arena;
    const struct metric **metrics =
        ARENA_ARRAY(arena, const struct metric *, probe->metric_count + 1);
    struct description *description;
    struct plan_line *line;

    planning->lines = arena_grow(arena, planning->lines, planning->count, sizeof(*line));
    line = &planning->lines[planning->count++];
    *line = (struct plan_line){
        .source = probe->ops->name,
        .name = arena_copy(arena, probe->name),
        .metric_count = probe->metric_count,
        .rows = probe->rows,
        .seconds = probe->cost_s,
    };
    for (size_t i = 0; i < probe->metric_count; i++)
        metrics[i] = probe->metrics[i];
    line->metrics = metrics;
    description = &line->description;
    probe->ops->describe_probe(probe->source, probe, arena, description);
    description->text = copy_or_null(arena, description->text);
    description->method = copy_or_null(arena, description->method);
    description->brief = copy_or_null(arena, description->brief);
    description->service = copy_or_null(arena, description->service);
}

static void planned(const struct run_planned *found, void *arg)
{
    struct planning *planning = arg;

    for (const struct probe *probe = found->plan->first; probe != NULL; probe = probe->next)
        note_probe(planning, probe);
    planning->planned = true;
    loop_stop(planning->loop);
}

static void interrupted(void *arg)
{
    loop_stop(arg);
}

static void copy_outcomes(struct planning *planning, const struct run *run)
{
    size_t count = planning->collected->count;
    struct outcome *outcomes = ARENA_ARRAY(planning->arena, struct outcome, count + 1);

    for (size_t i = 0; i < count; i++)
        outcomes[i] = outcome_copy(&run_outcomes(run)[i], planning->arena);
    planning->collected->outcomes = outcomes;
}

static void make_plan(const struct collect_request *request, struct planning *planning)
{
    static const struct run_listener nobody = {NULL, NULL};
    struct run_request asked = {
        .metrics = planning->collected->metrics,
        .count = planning->collected->count,
        .sources = request->call->sources,
        .listener = &nobody,
    };
    struct run *run;

    planning->loop = loop_new();
    collect_context(request->settings, request->catalog, &asked.context);
    asked.context.loop = planning->loop;
    asked.context.recorded_at = now_wall_us() / US_PER_SECOND;
    loop_on_signal(planning->loop, SIGINT, interrupted, planning->loop);
    loop_on_signal(planning->loop, SIGTERM, interrupted, planning->loop);
    run = run_plan_only(&asked, planned, planning);
    loop_run(planning->loop);
    copy_outcomes(planning, run);
    run_free(run);
    loop_free(planning->loop);
}

static double total_seconds(const struct planning *planning)
{
    double total = 0;

    for (size_t i = 0; i < planning->count; i++)
        total += planning->lines[i].seconds;
    return total;
}

static int64_t total_rows(const struct planning *planning)
{
    int64_t total = 0;

    for (size_t i = 0; i < planning->count; i++)
        total += planning->lines[i].rows;
    return total;
}

static size_t total_metrics(const struct planning *planning)
{
    size_t total = 0;

    for (size_t i = 0; i < planning->count; i++)
        total += planning->lines[i].metric_count;
    return total;
}

/* A pass over a database says so in its name: "main: issues by id" is a pass of main. */
static void name_line(const struct plan_line *line, struct arena *arena, const char **source,
                      const char **name)
{
    static const char prefix[] = "database ";
    const char *service = line->description.service;
    size_t length;

    *source = line->source;
    *name = line->name;
    if (service == NULL || strncmp(service, prefix, strlen(prefix)) != 0)
        return;
    service += strlen(prefix);
    length = strlen(service);
    if (strncmp(line->name, service, length) != 0 || strncmp(line->name + length, ": ", 2) != 0)
        return;
    *source = arena_copy(arena, service);
    *name = line->name + length + 2;
}

static void add_line(const struct plan_line *line, struct arena *arena, struct table *table)
{
    const struct description *description = &line->description;
    const char *method = description->brief != NULL ? description->brief : description->method;
    const char *cells[] = {
        NULL,
        NULL,
        figure_count(arena, (int64_t)line->metric_count),
        line->rows > 0 ? figure_count(arena, line->rows) : "-",
        line->seconds > 0 ? figure_seconds(arena, line->seconds) : "-",
        figure_plain(arena, method != NULL ? method : "", LONGEST_METHOD),
    };

    name_line(line, arena, &cells[0], &cells[PASS_COLUMN]);
    cells[PASS_COLUMN] = figure_plain(arena, cells[PASS_COLUMN], LONGEST_NAME);
    table_add(table, cells);
}

static void write_passes(const struct planning *planning, struct str *out)
{
    static const char *const titles[] = {"SOURCE", "PASS",   "METRICS", "ROWS",
                                         "TIME",   "METHOD", NULL};
    struct table table;

    table_begin(&table, planning->arena, titles);
    for (size_t i = 0; i < planning->count; i++)
        add_line(&planning->lines[i], planning->arena, &table);
    table_fit(&table, PASS_COLUMN, LEAST_PASS, terminal_width(STDOUT_FILENO, USUAL_WIDTH));
    table_write(&table, out);
}

/* What will have no value, reason by reason. */
static size_t write_refused(const struct planning *planning, struct str *out)
{
    const struct collected *collected = planning->collected;
    struct shown_list refused = {.arena = planning->arena};

    for (size_t i = 0; i < collected->count; i++)
        if (collected->outcomes[i].status != STATUS_OK)
            preview_add(&refused, collected->metrics[i]->key_path, &collected->outcomes[i]);
    if (refused.count > 0)
        str_add_char(out, '\n');
    preview_write_faults(&refused, out);
    return refused.count;
}

static void write_table(const struct planning *planning, struct str *out)
{
    struct arena *arena = planning->arena;
    size_t refused;

    write_passes(planning, out);
    refused = write_refused(planning, out);
    str_add_format(out, "\n%s in %s",
                   figure_of(arena, total_metrics(planning), "metric", "metrics"),
                   figure_of(arena, planning->count, "pass", "passes"));
    str_add_format(out, ", about %s rows to read, about %s of the services' time",
                   figure_count(arena, total_rows(planning)),
                   figure_seconds(arena, total_seconds(planning)));
    if (refused > 0)
        str_add_format(out, "; %s not counted", figure_count(arena, (int64_t)refused));
    str_add(out, ".\n");
}

static void write_line(const struct plan_line *line, struct js_writer *writer)
{
    char seconds[32];

    (void)snprintf(seconds, sizeof(seconds), "%.3f", line->seconds);
    js_open_object(writer, NULL);
    js_put_text(writer, "source", line->source);
    js_put_text(writer, "pass", line->name);
    js_put_text(writer, "service", line->description.service);
    js_put_text(writer, "method", line->description.method);
    js_put_integer(writer, "rows", line->rows);
    js_put_raw(writer, "seconds", seconds);
    js_put_text(writer, "asked", line->description.text);
    js_open_list(writer, "metrics");
    for (size_t i = 0; i < line->metric_count; i++)
        js_put_text(writer, NULL, line->metrics[i]->key_path);
    js_close_list(writer);
    js_close_object(writer);
}

static void write_json(const struct planning *planning, struct str *out)
{
    const struct collected *collected = planning->collected;
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_object(&writer, NULL);
    js_open_list(&writer, "passes");
    for (size_t i = 0; i < planning->count; i++)
        write_line(&planning->lines[i], &writer);
    js_close_list(&writer);
    js_open_list(&writer, "not_counted");
    for (size_t i = 0; i < collected->count; i++) {
        if (collected->outcomes[i].status == STATUS_OK)
            continue;
        js_open_object(&writer, NULL);
        js_put_text(&writer, "key_path", collected->metrics[i]->key_path);
        js_put_text(&writer, "status", status_name(collected->outcomes[i].status));
        js_put_text(&writer, "reason", collected->outcomes[i].reason);
        js_close_object(&writer);
    }
    js_close_list(&writer);
    js_close_object(&writer);
    str_add_char(out, '\n');
}

int verb_plan(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    struct settings settings;
    struct catalog catalog;
    struct collect_request request = {.call = call, .settings = &settings, .catalog = &catalog};
    struct collected collected = {0};
    struct planning planning = {.arena = call->arena, .collected = &collected};
    struct str out;

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    collect_metrics(&request, &collected);
    make_plan(&request, &planning);
    if (!planning.planned)
        return verb_failed(EXIT_DEFERRED, "Interrupted.");
    str_init(&out);
    if (format != NULL && strcmp(format, "json") == 0)
        write_json(&planning, &out);
    else
        write_table(&planning, &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
    return EXIT_DONE;
}
