#include "agent/verbs/explain_show.h"

#include "agent/base/json.h"
#include "agent/verbs/figures.h"

#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 15, INDENT = 2 };

/* ---- Text ---- */

/* Continues in `column`; every further line begins there, too. */
static void add_wrapped(const char *text, size_t column, size_t width, struct str *out)
{
    size_t at = column;

    while (*text != '\0') {
        size_t length = strcspn(text, " \n");

        if (at > column && width > 0 && at + 1 + length > width) {
            str_add_format(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            str_add_char(out, ' ');
            at++;
        }
        str_add_bytes(out, text, length);
        at += length;
        text += length;
        text += strspn(text, " \n");
    }
    str_add_char(out, '\n');
}

static void add_line(const char *name, const char *text, size_t width, struct str *out)
{
    if (text == NULL || text[0] == '\0')
        return;
    str_add_format(out, "%*s%-*s", INDENT, "", NAME_WIDTH, name);
    add_wrapped(text, INDENT + NAME_WIDTH, width, out);
}

static void add_indented(const char *title, const char *text, struct str *out)
{
    if (text == NULL || text[0] == '\0')
        return;
    str_add_format(out, "\n%s\n", title);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        str_add_format(out, "%*s%.*s\n", INDENT, "", (int)length, text);
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

static void add_definition(const struct metric *metric, size_t width, struct str *out)
{
    str_add_format(out, "%s\n", metric->key_path);
    if (metric->description != NULL) {
        str_add_format(out, "%*s", INDENT, "");
        add_wrapped(metric->description, INDENT, width, out);
    }
    str_add_char(out, '\n');
    add_line("owner", metric->product_group, width, out);
    add_line("category", data_category_name(metric->category), width, out);
    add_line("time frame", time_frame_name(metric->time_frame), width, out);
    add_line("value", value_type_name(metric->value_type), width, out);
    add_line("status", metric_status_name(metric->status), width, out);
    add_line("since", metric->milestone, width, out);
    add_line("data source", metric->data_source, width, out);
    add_line("class", metric->definition->instrumentation_class, width, out);
    add_line("definition", metric->definition->file, width, out);
}

static const struct description *method_of(const struct explained *explained)
{
    return explained->pass.is_method ? &explained->pass.description : &explained->origin;
}

static const char *error_bound_of(const struct explained *explained)
{
    const char *bound = method_of(explained)->error_bound;

    return bound != NULL ? bound : explained->origin.error_bound;
}

static void add_pass(const struct explained *explained, size_t width, struct str *out)
{
    const struct explained_pass *pass = &explained->pass;
    struct arena *arena = explained->arena;

    if (pass->name == NULL)
        return;
    add_line("pass",
             pass->others > 0
                 ? arena_format(arena, "%s, with %s", pass->name,
                                figure_of(arena, pass->others, "other metric", "other metrics"))
                 : arena_format(arena, "%s, alone", pass->name),
             width, out);
    if (pass->rows > 0)
        add_line("estimated",
                 arena_format(arena, "%s rows%s%s", figure_count(arena, pass->rows),
                              pass->seconds > 0 ? arena_format(arena, ", %s",
                                                               figure_seconds(arena, pass->seconds))
                                                : "",
                              pass->others > 0 ? " for the whole pass" : ""),
                 width, out);
    add_line("index", pass->description.unindexed, width, out);
}

static void add_way(const struct explained *explained, size_t width, struct str *out)
{
    const char *bound = error_bound_of(explained);

    str_add_char(out, '\n');
    if (explained->gap != NULL) {
        add_line("no value", explained->gap, width, out);
        return;
    }
    add_line("method", method_of(explained)->method, width, out);
    /* Some bounds are words on what may be missed. */
    if (bound != NULL && strspn(bound, "0123456789") > 0)
        bound = arena_format(explained->arena, "\xc2\xb1%s", bound);
    add_line("precision", bound != NULL ? bound : "exact", width, out);
    add_line("asked", method_of(explained)->service, width, out);
    add_pass(explained, width, out);
}

static const char *title_of(const struct metric *metric)
{
    static const char *const titles[][2] = {{"database", "What it means, in SQL:"},
                                            {"redis", "Its keys in Redis:"},
                                            {"events", "Its keys in Redis:"}};

    for (size_t i = 0; metric->source != NULL && i < sizeof(titles) / sizeof(titles[0]); i++)
        if (strcmp(titles[i][0], metric->source->name) == 0)
            return titles[i][1];
    return "What is asked for:";
}

void explain_write_text(const struct explained *explained, size_t width, struct str *out)
{
    const struct explained_pass *pass = &explained->pass;

    add_definition(explained->metric, width, out);
    add_way(explained, width, out);
    add_indented(title_of(explained->metric), explained->origin.text, out);
    if (pass->is_method)
        add_indented("Its part of what the pass asks:", pass->description.text, out);
    add_indented("The server's plan for that (EXPLAIN, without execution):", explained->server_plan,
                 out);
    if (explained->not_known != NULL) {
        str_add_char(out, '\n');
        add_wrapped(explained->not_known, 0, width, out);
    }
}

/* ---- JSON ---- */

static void put_definition(const struct metric *metric, struct js_writer *writer)
{
    js_put_text(writer, "key_path", metric->key_path);
    js_put_text(writer, "description", metric->description);
    js_put_text(writer, "product_group", metric->product_group);
    js_put_text(writer, "data_category", data_category_name(metric->category));
    js_put_text(writer, "time_frame", time_frame_name(metric->time_frame));
    js_put_text(writer, "value_type", value_type_name(metric->value_type));
    js_put_text(writer, "status", metric_status_name(metric->status));
    js_put_text(writer, "milestone", metric->milestone);
    js_put_text(writer, "data_source", metric->data_source);
    js_put_text(writer, "instrumentation_class", metric->definition->instrumentation_class);
    js_put_text(writer, "definition", metric->definition->file);
}

static void put_pass(const struct explained_pass *pass, struct js_writer *writer)
{
    char seconds[32];

    (void)snprintf(seconds, sizeof(seconds), "%.3f", pass->seconds);
    js_put_text(writer, "pass", pass->name);
    js_put_integer(writer, "other_metrics", (int64_t)pass->others);
    js_put_integer(writer, "rows", pass->rows);
    js_put_raw(writer, "seconds", seconds);
    js_put_text(writer, "asked", pass->description.text);
}

static void put_lines(const char *text, struct arena *arena, struct js_writer *writer)
{
    js_open_list(writer, "explain");
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        js_put_text(writer, NULL, arena_copy_bytes(arena, text, length));
        text += length + (text[length] == '\n' ? 1 : 0);
    }
    js_close_list(writer);
}

void explain_write_json(const struct explained *explained, struct str *out)
{
    const struct metric *metric = explained->metric;
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_object(&writer, NULL);
    put_definition(metric, &writer);
    js_put_text(&writer, "source", metric->source != NULL ? metric->source->name : NULL);
    js_put_text(&writer, "service", method_of(explained)->service);
    js_put_text(&writer, "means", explained->origin.text);
    js_put_text(&writer, "method", method_of(explained)->method);
    js_put_text(&writer, "error_bound", error_bound_of(explained));
    js_put_text(&writer, "no_value", explained->gap);
    if (explained->pass.name != NULL)
        put_pass(&explained->pass, &writer);
    if (explained->server_plan != NULL)
        put_lines(explained->server_plan, explained->arena, &writer);
    if (explained->not_known != NULL)
        js_put_text(&writer, "not_known", explained->not_known);
    js_close_object(&writer);
    str_add_char(out, '\n');
}
