#include "agent/base/json.h"
#include "agent/metric_documents.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/selection.h"
#include "agent/verbs/table.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_DESCRIPTION = 72, LEAST_KEY = 32, USUAL_WIDTH = 100 };
enum { KEY_COLUMN = 0, DESCRIPTION_COLUMN = 6 };

/* The metrics that were asked for, in the order of the catalog. */
struct dictionary {
    struct arena *arena;
    const struct metric **metrics;
    size_t count;
};

static const char *source_name(const struct metric *metric)
{
    return metric->source != NULL ? metric->source->name : "-";
}

static void write_table(const struct dictionary *dictionary, struct str *out)
{
    static const char *const titles[] = {"KEY PATH", "FRAME",  "SOURCE",      "CATEGORY",
                                         "OWNER",    "STATUS", "DESCRIPTION", NULL};
    size_t width = terminal_width(STDOUT_FILENO, USUAL_WIDTH);
    struct table table;

    table_begin(&table, dictionary->arena, titles);
    for (size_t i = 0; i < dictionary->count; i++) {
        const struct metric *metric = dictionary->metrics[i];
        const char *description = metric->description != NULL ? metric->description : "";
        const char *const cells[] = {
            metric->key_path,
            time_frame_name(metric->time_frame),
            source_name(metric),
            data_category_name(metric->category),
            metric->product_group,
            metric->not_computed != NULL ? "not computed" : metric_status_name(metric->status),
            figure_plain(dictionary->arena, description, LONGEST_DESCRIPTION),
        };

        table_add(&table, cells);
    }
    /* Half a description says little, and 'explain' has it whole. */
    if (width > 0 && table_width(&table) > width)
        table.columns = DESCRIPTION_COLUMN;
    table_fit(&table, KEY_COLUMN, LEAST_KEY, width);
    table_write(&table, out);
}

static void write_json(const struct dictionary *dictionary, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < dictionary->count; i++) {
        const struct metric *metric = dictionary->metrics[i];

        js_open_object(&writer, NULL);
        js_put_text(&writer, "key_path", metric->key_path);
        js_put_text(&writer, "description", metric->description);
        js_put_text(&writer, "product_group", metric->product_group);
        js_put_text(&writer, "value_type", value_type_name(metric->value_type));
        js_put_text(&writer, "status", metric_status_name(metric->status));
        js_put_text(&writer, "milestone", metric->milestone);
        js_put_text(&writer, "time_frame", time_frame_name(metric->time_frame));
        js_put_text(&writer, "data_source", metric->data_source);
        js_put_text(&writer, "data_category", data_category_name(metric->category));
        js_put_text(&writer, "source", metric->source != NULL ? metric->source->name : NULL);
        js_put_text(&writer, "not_computed", metric->not_computed);
        js_put_text(&writer, "file", metric->definition->file);
        js_close_object(&writer);
    }
    js_close_list(&writer);
    str_add_char(out, '\n');
}

static void write_yaml(const struct dictionary *dictionary, struct str *out)
{
    metric_documents_write(dictionary->metrics, dictionary->count, dictionary->arena, out);
}

static void select_metrics(const struct catalog *catalog, const struct selection *selection,
                           struct dictionary *dictionary)
{
    dictionary->metrics = ARENA_ARRAY(dictionary->arena, const struct metric *, catalog->count + 1);
    for (size_t i = 0; i < catalog->count; i++)
        if (selection_takes(selection, catalog->metrics[i]))
            dictionary->metrics[dictionary->count++] = catalog->metrics[i];
}

int verb_metrics(struct verb_call *call)
{
    static const struct {
        const char *format;
        void (*write)(const struct dictionary *dictionary, struct str *out);
    } formats[] = {{"table", write_table}, {"json", write_json}, {"yaml", write_yaml}};
    const char *format = verb_option(call, "--format");
    struct dictionary dictionary = {.arena = call->arena};
    struct selection selection;
    struct settings settings;
    struct catalog catalog;
    struct str out;

    if (!selection_read(call, &selection) || !verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    select_metrics(&catalog, &selection, &dictionary);
    if (dictionary.count == 0)
        verb_say(call, "No metric was chosen.");
    str_init(&out);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcmp(format != NULL ? format : "table", formats[i].format) == 0)
            formats[i].write(&dictionary, &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
    return EXIT_DONE;
}
