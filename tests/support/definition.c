#include "tests/support/definition.h"

#include "agent/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_or(const struct doc_node *root, const char *key, const char *otherwise)
{
    const struct doc_node *node = doc_get(root, key);

    return node != NULL && node->kind == DOC_SCALAR ? node->text : otherwise;
}

static enum time_frame frame_of(const char *name)
{
    static const enum time_frame frames[] = {TIME_FRAME_NONE, TIME_FRAME_7D, TIME_FRAME_28D,
                                             TIME_FRAME_ALL};

    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        if (strcmp(name, time_frame_name(frames[i])) == 0)
            return frames[i];
    return TIME_FRAME_ALL;
}

struct metric *metric_of_text(const char *yaml, const struct source_ops *source,
                              struct arena *arena, struct complaints *complaints)
{
    struct definition *definition = ARENA_NEW(arena, struct definition);
    struct metric *metric = ARENA_NEW(arena, struct metric);
    struct error err;
    int line;
    const struct doc_node *root = doc_parse(yaml, strlen(yaml), arena, &line, &err);

    if (root == NULL) {
        (void)fprintf(stderr, "line %d: %s\n%s\n", line, err.text, yaml);
        exit(1);
    }
    *definition = (struct definition){
        .file = "metric.yml",
        .root = root,
        .options = doc_get(root, "options"),
        .events = doc_get(root, "events"),
        .instrumentation_class = text_or(root, "instrumentation_class", NULL),
    };
    *metric = (struct metric){
        .key_path = text_or(root, "key_path", "metric"),
        .data_source = text_or(root, "data_source", source->data_sources[0]),
        .time_frame = frame_of(text_or(root, "time_frame", "all")),
        .value_type = TYPE_NUMBER,
        .definition = definition,
        .source = source,
    };
    source->parse(definition, metric, arena, complaints);
    return metric;
}

const struct metric *const *metrics_of_texts(const char *const *yamls,
                                             const struct source_ops *source, struct arena *arena,
                                             size_t *count)
{
    const struct metric **metrics;
    struct complaints complaints;

    complaints_init(&complaints, arena);
    for (*count = 0; yamls[*count] != NULL; ++*count)
        continue;
    metrics = ARENA_ARRAY(arena, const struct metric *, *count + 1);
    for (size_t i = 0; i < *count; i++)
        metrics[i] = metric_of_text(yamls[i], source, arena, &complaints);
    if (complaints.count > 0) {
        complaints_print(&complaints, stderr);
        exit(1);
    }
    return metrics;
}
