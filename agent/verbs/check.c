#include "agent/schemas.h"
#include "agent/verbs/collect.h"
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

static size_t count_overridden(const struct catalog *catalog)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->note_count; i++)
        if (strncmp(catalog->notes[i].text, "overrides", strlen("overrides")) == 0)
            count++;
    return count;
}

/* What the catalog holds and a run would not compute. */
struct gaps {
    size_t process;  /* lives in GitLab's process, and no fact gives it */
    size_t unmapped; /* no instrumentation.yml knows its class */
    size_t other;
};

struct checking {
    const struct verb_call *call;
    const struct settings *settings;
    const struct catalog *catalog;
    struct gaps gaps;
};

/* Why a metric will have no value, as far as that is known without a server; NULL: it may have. */
static const char *gap_of(const struct checking *checking, const struct metric *metric)
{
    struct description description = {0};
    struct source_context context;

    if (metric->not_computed != NULL || metric->source == NULL || metric->spec == NULL)
        return metric->not_computed;
    collection_context(checking->settings, checking->catalog, &context);
    metric->source->describe(metric, &context, checking->call->arena, &description);
    return description_gap(&description);
}

/* Which the settings could give, and do not. */
static bool is_fact(const struct metric *metric)
{
    return metric->not_computed == NULL && strcmp(metric->source->name, "system") == 0;
}

static void count_gaps(struct checking *checking)
{
    const struct catalog *catalog = checking->catalog;
    struct gaps *gaps = &checking->gaps;

    for (size_t i = 0; i < catalog->count; i++) {
        const struct metric *metric = catalog->metrics[i];

        if (gap_of(checking, metric) == NULL)
            continue;
        if (metric->unmapped)
            gaps->unmapped++;
        else if (metric->elsewhere != NULL || is_fact(metric))
            gaps->process++;
        else
            gaps->other++;
    }
}

static void print_notes(const struct checking *checking)
{
    const struct catalog *catalog = checking->catalog;

    for (size_t i = 0; i < catalog->note_count; i++) {
        const struct catalog_note *note = &catalog->notes[i];

        (void)printf("%s: %s%s%s\n", note->file, note->key_path != NULL ? note->key_path : "",
                     note->key_path != NULL ? ": " : "", note->text);
    }
    for (size_t i = 0; i < catalog->count; i++) {
        const struct metric *metric = catalog->metrics[i];
        const char *gap = gap_of(checking, metric);

        if (gap != NULL)
            (void)printf("%s: %s: not computed: %s\n", metric->definition->file, metric->key_path,
                         gap);
    }
}

static void print_sources(const struct checking *checking)
{
    struct arena *arena = checking->call->arena;
    const struct source_ops *const *sources = checking->call->sources;
    size_t unknown = count_of_source(checking->catalog, NULL);
    const char *between = " (";

    for (size_t i = 0; sources[i] != NULL; i++) {
        size_t count = count_of_source(checking->catalog, sources[i]);

        if (count == 0)
            continue;
        (void)printf("%s%s %s", between, figure_count(arena, (int64_t)count), sources[i]->name);
        between = ", ";
    }
    if (unknown > 0)
        (void)printf("%s%s of no source here", between, figure_count(arena, (int64_t)unknown));
    (void)fputs(checking->catalog->count > 0 ? ")" : "", stdout);
}

/* "55 metrics from 62 files (23 database, 12 redis, 20 system), 13 events; 25 skipped: 7 removed,
 * 17 not computed (12 live in GitLab's process, 3 whose class is not mapped, 2 for other reasons),
 * 1 file of aggregates; 0 overridden" */
static void print_summary(const struct checking *checking)
{
    struct arena *arena = checking->call->arena;
    const struct catalog *catalog = checking->catalog;
    const struct gaps *gaps = &checking->gaps;
    size_t not_computed = gaps->process + gaps->unmapped + gaps->other;

    (void)printf("%s from %s", figure_of(arena, catalog->count, "metric", "metrics"),
                 figure_of(arena, catalog->file_count, "file", "files"));
    print_sources(checking);
    (void)printf(", %s; %s skipped: ", figure_of(arena, catalog->event_count, "event", "events"),
                 figure_count(arena, (int64_t)(catalog->removed_count + not_computed +
                                               catalog->aggregate_count)));
    (void)printf("%s removed, %s not computed (%s in GitLab's process, ",
                 figure_count(arena, (int64_t)catalog->removed_count),
                 figure_count(arena, (int64_t)not_computed),
                 figure_of(arena, gaps->process, "lives", "live"));
    (void)printf("%s whose class is not mapped, %s for other reasons), %s of aggregates; "
                 "%s overridden\n",
                 figure_count(arena, (int64_t)gaps->unmapped),
                 figure_count(arena, (int64_t)gaps->other),
                 figure_of(arena, catalog->aggregate_count, "file", "files"),
                 figure_count(arena, (int64_t)count_overridden(catalog)));
}

/* By itself: no settings are needed. */
static int check_payload(const struct verb_call *call, const char *file)
{
    struct complaints complaints;

    complaints_init(&complaints, call->arena);
    if (!schemas_check_payload(file, call->arena, &complaints)) {
        complaints_print(&complaints, stderr);
        return EXIT_FOUND;
    }
    (void)printf("%s: fits the schema of payloads\n", file);
    return EXIT_DONE;
}

/* A fault that our own rules have told is not told again, and what they refused is not in force. */
static bool fits_schemas(const struct checking *checking, struct complaints *complaints)
{
    bool settings = schemas_check_settings(checking->settings, complaints);

    return schemas_check_catalog(checking->catalog, complaints) && settings;
}

int verb_check(struct verb_call *call)
{
    const char *payload = verb_option(call, "--payload");
    struct complaints complaints;
    struct settings settings;
    struct catalog catalog;
    struct checking checking = {.call = call, .settings = &settings, .catalog = &catalog};
    bool right;

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (payload != NULL)
        return check_payload(call, payload);
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    complaints_init(&complaints, call->arena);
    right = catalog_load(settings.definitions, settings.definition_count, call->sources,
                         call->arena, &catalog, &complaints);
    right = fits_schemas(&checking, &complaints) && right;
    complaints_print(&complaints, stderr);
    count_gaps(&checking);
    if (call->verbose)
        print_notes(&checking);
    print_summary(&checking);
    return right ? EXIT_DONE : EXIT_FOUND;
}
