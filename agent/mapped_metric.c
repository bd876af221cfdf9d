#include "agent/mapped_metric.h"

#include "agent/base/words.h"

#include <string.h>

/* GitLab reads settings, which are in the database, under `system`; older files name nothing. */
static const char *const asked_of[] = {"database", "system", "license", "", NULL};

/* Any of these options is our own form. */
static const char *const own_options[] = {"relation", "operation", "sql", "fact"};

static bool says_it_itself(const struct doc_node *options)
{
    for (size_t i = 0; i < sizeof own_options / sizeof own_options[0]; i++)
        if (doc_get(options, own_options[i]) != NULL)
            return true;
    return options != NULL && options->kind != DOC_MAP;
}

static const struct source_ops *source_of(const struct source_ops *const *sources,
                                          const char *data_source)
{
    for (const struct source_ops *const *ops = sources; *ops != NULL; ops++)
        if (words_find((*ops)->data_sources, data_source) >= 0)
            return *ops;
    return NULL;
}

static void ask(const struct metric *metric, const struct instrumentation_map *map,
                struct arena *arena, struct instrumentation_answer *answer)
{
    const struct definition *definition = metric->definition;
    const struct doc_node *key = doc_get(definition->root, "key_path");
    const struct doc_node *class_name = doc_get(definition->root, "instrumentation_class");
    struct instrumentation_question question = {
        .class_name = definition->instrumentation_class,
        .key_path = key != NULL ? key->text : metric->key_path,
        .options = definition->options,
        .windowed = metric->time_frame == TIME_FRAME_7D || metric->time_frame == TIME_FRAME_28D,
        .line = class_name != NULL ? class_name->line : definition->root->line,
    };

    instrumentation_find(map, &question, arena, answer);
}

static void become_mapped(struct metric *metric, const struct source_ops *database,
                          const struct doc_node *options, struct arena *arena)
{
    struct definition *definition = ARENA_NEW(arena, struct definition);

    *definition = *metric->definition;
    definition->options = options;
    metric->definition = definition;
    metric->source = database;
    metric->not_computed = NULL;
}

/* The admin may give it as a fact, under its key path. */
static void become_fact(struct metric *metric, const struct instrumentation_answer *answer,
                        const struct source_ops *facts)
{
    metric->elsewhere = answer->elsewhere;
    metric->not_computed = facts != NULL ? NULL : answer->reason;
    if (facts != NULL)
        metric->source = facts;
}

bool mapped_metric_apply(struct metric *metric, const struct instrumentation_map *map,
                         const struct source_ops *const *sources, struct arena *arena)
{
    const struct source_ops *database = source_of(sources, "database");
    struct instrumentation_answer answer;

    if (database == NULL || words_find(asked_of, metric->data_source) < 0 ||
        says_it_itself(metric->definition->options))
        return true;
    ask(metric, map, arena, &answer);
    if (answer.outcome == INSTRUMENTATION_MAPPED)
        become_mapped(metric, database, answer.options, arena);
    else if (answer.outcome == INSTRUMENTATION_ELSEWHERE)
        become_fact(metric, &answer, source_of(sources, "system"));
    else if (answer.outcome == INSTRUMENTATION_REFUSED && metric->source == database)
        metric->not_computed = answer.reason;
    metric->unmapped = answer.outcome == INSTRUMENTATION_UNMAPPED &&
                       metric->definition->instrumentation_class != NULL;
    return !metric->unmapped;
}
