#include "agent/verbs/plan_show.h"

#include "agent/base/json.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/preview_show.h"
#include "agent/verbs/table.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 72, LONGEST_METHOD = 40 };
enum { PASS_COLUMN = 1, LEAST_PASS = 24 };

/* Of the lines that are left out, or of those that are not. */
struct totals {
    size_t passes, metrics, measured;
    int64_t rows;
    double seconds;
};

static struct totals totals_of(const struct shown_plan *plan, bool left_out)
{
    struct totals totals = {0};

    for (size_t i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];

        if (line->left_out != left_out)
            continue;
        totals.passes++;
        totals.metrics += line->metric_count;
        totals.measured += line->measured ? 1 : 0;
        totals.rows += line->rows;
        totals.seconds += line->seconds;
    }
    return totals;
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

static const char *time_of(const struct plan_line *line, struct arena *arena)
{
    if (line->measured)
        return figure_seconds(arena, line->seconds);
    if (line->seconds <= 0)
        return "-";
    if (line->seconds < 0.001)
        return "~0 ms";
    return arena_format(arena, "~%s", figure_seconds(arena, line->seconds));
}

static void add_line(const struct plan_line *line, struct arena *arena, struct table *table)
{
    const struct description *description = &line->description;
    const char *method = description->brief != NULL ? description->brief : description->method;
    const char *way = line->left_out ? "left out" : method;
    const char *cells[] = {
        NULL,
        NULL,
        figure_count(arena, (int64_t)line->metric_count),
        line->rows > 0 ? figure_count(arena, line->rows) : "-",
        time_of(line, arena),
        figure_plain(arena, way != NULL ? way : "", LONGEST_METHOD),
    };

    name_line(line, arena, &cells[0], &cells[PASS_COLUMN]);
    cells[PASS_COLUMN] = figure_plain(arena, cells[PASS_COLUMN], LONGEST_NAME);
    table_add(table, cells);
}

static void write_passes(const struct shown_plan *plan, size_t width, struct str *out)
{
    static const char *const titles[] = {"SOURCE", "PASS",   "METRICS", "ROWS",
                                         "TIME",   "METHOD", NULL};
    struct table table;

    table_begin(&table, plan->arena, titles);
    for (size_t i = 0; i < plan->line_count; i++)
        add_line(&plan->lines[i], plan->arena, &table);
    table_fit(&table, PASS_COLUMN, LEAST_PASS, width);
    table_write(&table, out);
}

/* How the times of the table came about. */
static void write_origin(const struct shown_plan *plan, struct str *out)
{
    size_t measured = totals_of(plan, false).measured + totals_of(plan, true).measured;
    size_t estimated = 0;

    for (size_t i = 0; i < plan->line_count; i++)
        if (!plan->lines[i].measured && plan->lines[i].seconds > 0)
            estimated++;
    if (plan->line_count == 0)
        return;
    if (measured > 0 && estimated > 0)
        str_add(out, "~ is an estimate; the other times are what earlier runs took, for the rows "
                     "there are now.\n");
    else if (measured > 0)
        str_add(out, "Times are what earlier runs took, for the rows there are now.\n");
    else if (plan->unmeasured != NULL)
        str_add_format(out, "~ is an estimate: %s.\n", plan->unmeasured);
    else
        str_add(out, "~ is an estimate: no run has done these passes yet.\n");
}

/* One of the sentences about indexes, unless another pass said it as well. */
static void write_sentence(const char *sentence, struct arena *arena, struct str *out)
{
    const char *line = arena_format(arena, "  %s\n", sentence);

    if (strstr(out->text, line) == NULL)
        str_add(out, line);
}

/* What would make passes cheaper. */
static void write_unindexed(const struct shown_plan *plan, struct str *out)
{
    struct str lines;

    str_init(&lines);
    for (size_t i = 0; i < plan->line_count; i++) {
        const char *rest = plan->lines[i].description.unindexed;
        const char *end;

        for (; rest != NULL; rest = end != NULL ? end + strlen("; ") : NULL) {
            end = strstr(rest, "; ");
            write_sentence(end != NULL ? arena_copy_bytes(plan->arena, rest, (size_t)(end - rest))
                                       : rest,
                           plan->arena, &lines);
        }
    }
    if (lines.length > 0)
        str_add_format(out, "\nWithout an index or a key that fits:\n%s", lines.text);
    str_release(&lines);
}

/* What will have no value, reason by reason; passes that are left out are marked as such above. */
static size_t write_refused(const struct shown_plan *plan, struct str *out)
{
    struct shown_list refused = {.arena = plan->arena};

    for (size_t i = 0; i < plan->metric_count; i++)
        if (plan->outcomes[i].status != STATUS_OK && plan->outcomes[i].status != STATUS_BUDGET)
            preview_add(&refused, plan->metrics[i]->key_path, &plan->outcomes[i]);
    if (refused.count > 0)
        str_add_char(out, '\n');
    preview_write_faults(&refused, out);
    return refused.count;
}

static void write_totals(const struct shown_plan *plan, size_t refused, struct str *out)
{
    struct arena *arena = plan->arena;
    struct totals in = totals_of(plan, false), out_of_it = totals_of(plan, true);

    str_add_format(out, "\n%s in %s", figure_of(arena, in.metrics, "metric", "metrics"),
                   figure_of(arena, in.passes, "pass", "passes"));
    str_add_format(out, ", about %s rows to read, about %s of the services' time",
                   figure_count(arena, in.rows), figure_seconds(arena, in.seconds));
    if (refused > 0)
        str_add_format(out, "; %s not counted", figure_count(arena, (int64_t)refused));
    str_add(out, ".\n");
    if (plan->budget_s <= 0)
        return;
    str_add_format(out, "plan.budget of %s ", figure_seconds(arena, plan->budget_s));
    if (out_of_it.passes == 0)
        str_add(out, "has room for all of it.\n");
    else
        str_add_format(out, "leaves out %s in %s, about %s.\n",
                       figure_of(arena, out_of_it.metrics, "metric", "metrics"),
                       figure_of(arena, out_of_it.passes, "pass", "passes"),
                       figure_seconds(arena, out_of_it.seconds));
}

void plan_write_table(const struct shown_plan *plan, size_t width, struct str *out)
{
    size_t refused;

    write_passes(plan, width, out);
    write_origin(plan, out);
    write_unindexed(plan, out);
    refused = write_refused(plan, out);
    write_totals(plan, refused, out);
}

static void put_seconds(struct js_writer *writer, const char *name, double seconds)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%.3f", seconds);
    js_put_raw(writer, name, text);
}

static void write_line(const struct plan_line *line, struct js_writer *writer)
{
    js_open_object(writer, NULL);
    js_put_text(writer, "source", line->source);
    js_put_text(writer, "pass", line->name);
    js_put_text(writer, "service", line->description.service);
    js_put_text(writer, "method", line->description.method);
    js_put_integer(writer, "rows", line->rows);
    put_seconds(writer, "seconds", line->seconds);
    js_put_flag(writer, "measured", line->measured);
    js_put_flag(writer, "left_out", line->left_out);
    js_put_text(writer, "unindexed", line->description.unindexed);
    js_put_text(writer, "asked", line->description.text);
    js_open_list(writer, "metrics");
    for (size_t i = 0; i < line->metric_count; i++)
        js_put_text(writer, NULL, line->metrics[i]->key_path);
    js_close_list(writer);
    js_close_object(writer);
}

static void write_totals_json(const struct shown_plan *plan, struct js_writer *writer)
{
    struct totals in = totals_of(plan, false);

    js_open_object(writer, "total");
    js_put_integer(writer, "metrics", (int64_t)in.metrics);
    js_put_integer(writer, "passes", (int64_t)in.passes);
    js_put_integer(writer, "rows", in.rows);
    put_seconds(writer, "seconds", in.seconds);
    js_close_object(writer);
    if (plan->budget_s > 0)
        put_seconds(writer, "budget_seconds", plan->budget_s);
    else
        js_put_null(writer, "budget_seconds");
}

void plan_write_json(const struct shown_plan *plan, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_object(&writer, NULL);
    js_open_list(&writer, "passes");
    for (size_t i = 0; i < plan->line_count; i++)
        write_line(&plan->lines[i], &writer);
    js_close_list(&writer);
    js_open_list(&writer, "not_counted");
    for (size_t i = 0; i < plan->metric_count; i++) {
        if (plan->outcomes[i].status == STATUS_OK)
            continue;
        js_open_object(&writer, NULL);
        js_put_text(&writer, "key_path", plan->metrics[i]->key_path);
        js_put_text(&writer, "status", status_name(plan->outcomes[i].status));
        js_put_text(&writer, "reason", plan->outcomes[i].reason);
        js_close_object(&writer);
    }
    js_close_list(&writer);
    write_totals_json(plan, &writer);
    js_close_object(&writer);
    str_add_char(out, '\n');
}
