#include "agent/base/clock.h"
#include "agent/base/words.h"
#include "agent/verbs/collect.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

static void print_line(const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        (void)printf("  %-14s %s\n", name, text);
}

static void print_indented(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        (void)printf("  %.*s\n", (int)length, text);
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

static void print_definition(const struct metric *metric)
{
    (void)printf("%s\n", metric->key_path);
    if (metric->description != NULL)
        print_indented(metric->description);
    (void)putchar('\n');
    print_line("owner", metric->product_group);
    print_line("category", data_category_name(metric->category));
    print_line("time frame", time_frame_name(metric->time_frame));
    print_line("value", value_type_name(metric->value_type));
    print_line("status", metric_status_name(metric->status));
    print_line("since", metric->milestone);
    print_line("data source", metric->data_source);
    print_line("class", metric->definition->instrumentation_class);
    print_line("definition", metric->definition->file);
}

static void print_origin(struct verb_call *call, const struct settings *settings,
                         const struct catalog *catalog, const struct metric *metric)
{
    struct description description = {0};
    struct source_context context;

    if (metric->source == NULL || metric->spec == NULL) {
        print_line("not computed", metric->not_computed != NULL
                                       ? metric->not_computed
                                       : "no source of this build knows its data_source.");
        return;
    }
    collect_context(settings, catalog, &context);
    context.recorded_at = now_wall_us() / US_PER_SECOND;
    metric->source->describe(metric, &context, call->arena, &description);
    if (description_gap(&description) != NULL) {
        print_line("no value", description_gap(&description));
        return;
    }
    print_line("method", description.method);
    print_line("precision", description.error_bound != NULL
                                ? arena_format(call->arena, "±%s", description.error_bound)
                                : "exact");
    print_line("asked", description.service);
    if (description.text == NULL || description.text[0] == '\0')
        return;
    (void)putchar('\n');
    print_indented(description.text);
}

/* A removed metric is not in the catalog, but its note is. */
static bool say_removed(const struct catalog *catalog, const char *key_path)
{
    for (size_t i = 0; i < catalog->note_count; i++) {
        const struct catalog_note *note = &catalog->notes[i];

        if (note->key_path == NULL || strcmp(note->key_path, key_path) != 0 ||
            strncmp(note->text, "overrides", strlen("overrides")) == 0)
            continue;
        (void)verb_failed(EXIT_USAGE, "%s is not collected: it %s, says %s.", key_path, note->text,
                          note->file);
        return true;
    }
    return false;
}

static const struct metric *find(struct verb_call *call, const struct catalog *catalog,
                                 const char *key_path)
{
    const struct metric *metric = catalog_find(catalog, key_path);
    struct nearest nearest;

    if (metric != NULL)
        return metric;
    if (say_removed(catalog, key_path))
        return NULL;
    nearest_init(&nearest, key_path);
    for (size_t i = 0; i < catalog->count; i++)
        nearest_try(&nearest, catalog->metrics[i]->key_path);
    (void)verb_failed(EXIT_USAGE, "No definition in force has the key path '%s'%s", key_path,
                      nearest.found != NULL ? nearest_hint(&nearest, call->arena)
                                            : "; 'service-ping metrics' lists those there are.");
    return NULL;
}

int verb_explain(struct verb_call *call)
{
    struct settings settings;
    struct catalog catalog;
    const struct metric *metric;

    if (!verb_arguments(call, 1, 1))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    metric = find(call, &catalog, call->argv[0]);
    if (metric == NULL)
        return EXIT_USAGE;
    print_definition(metric);
    print_origin(call, &settings, &catalog, metric);
    return EXIT_DONE;
}
