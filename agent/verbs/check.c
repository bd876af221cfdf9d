#include "agent/verbs/figures.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

static size_t count_of_source(const struct catalog *catalog, const struct source_ops *source)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->metrics[i]->source == source)
            count++;
    return count;
}

static size_t count_not_computed(const struct catalog *catalog)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->metrics[i]->not_computed != NULL)
            count++;
    return count;
}

static size_t count_overridden(const struct catalog *catalog)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->note_count; i++)
        if (strncmp(catalog->notes[i].text, "overrides", strlen("overrides")) == 0)
            count++;
    return count;
}

static void print_notes(const struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->note_count; i++) {
        const struct catalog_note *note = &catalog->notes[i];

        (void)printf("%s: %s%s%s\n", note->file, note->key_path != NULL ? note->key_path : "",
                     note->key_path != NULL ? ": " : "", note->text);
    }
    for (size_t i = 0; i < catalog->count; i++) {
        const struct metric *metric = catalog->metrics[i];

        if (metric->not_computed != NULL)
            (void)printf("%s: %s: not computed: %s\n", metric->definition->file, metric->key_path,
                         metric->not_computed);
    }
}

/* "1,204 metrics from 1,100 files (900 database, 304 redis), 12 events; 3 skipped, 0 overridden" */
static void print_summary(const struct verb_call *call, const struct catalog *catalog)
{
    size_t not_computed = count_not_computed(catalog), unknown = count_of_source(catalog, NULL);
    struct arena *arena = call->arena;
    const char *between = " (";

    (void)printf("%s from %s", figure_of(arena, catalog->count, "metric", "metrics"),
                 figure_of(arena, catalog->file_count, "file", "files"));
    for (size_t i = 0; call->sources[i] != NULL; i++) {
        size_t count = count_of_source(catalog, call->sources[i]);

        if (count == 0)
            continue;
        (void)printf("%s%s %s", between, figure_count(arena, (int64_t)count),
                     call->sources[i]->name);
        between = ", ";
    }
    if (unknown > 0)
        (void)printf("%s%s of no source here", between, figure_count(arena, (int64_t)unknown));
    (void)printf("%s, %s; ", catalog->count > 0 ? ")" : "",
                 figure_of(arena, catalog->event_count, "event", "events"));
    (void)printf("%s skipped (%s removed, %s not computed), %s overridden\n",
                 figure_count(arena, (int64_t)(catalog->removed_count + not_computed)),
                 figure_count(arena, (int64_t)catalog->removed_count),
                 figure_count(arena, (int64_t)not_computed),
                 figure_count(arena, (int64_t)count_overridden(catalog)));
}

int verb_check(struct verb_call *call)
{
    struct complaints complaints;
    struct settings settings;
    struct catalog catalog;
    bool right;

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    complaints_init(&complaints, call->arena);
    right = catalog_load(settings.definitions, settings.definition_count, call->sources,
                         call->arena, &catalog, &complaints);
    complaints_print(&complaints, stderr);
    if (call->verbose)
        print_notes(&catalog);
    print_summary(call, &catalog);
    return right ? EXIT_DONE : EXIT_FOUND;
}
