/* Any text as a definition of a metric and of an event. What is not complained about is usable. */
#include "agent/base/yaml.h"
#include "agent/definition.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const reads[] = {"database", "redis",           "redis_hll", "license",
                                    "system",   "internal_events", NULL};
static const struct source_ops fake = {.name = "fake", .data_sources = reads};
static const struct source_ops *const sources[] = {&fake, NULL};

static void hold(bool invariant)
{
    if (!invariant)
        abort();
}

static void hold_usable(const struct metric_draft *draft)
{
    const struct metric *metric = &draft->metric;

    hold(metric->key_path != NULL && metric->key_path[0] != '\0' && metric->key_path[0] != '.');
    hold(metric->description != NULL && metric->product_group != NULL && metric->milestone != NULL);
    hold(metric->definition != NULL && metric->definition->root != NULL);
    hold((metric->source != NULL) != (metric->not_computed != NULL));
    hold((metric->status == METRIC_REMOVED) == (draft->removal != NULL));
    hold(draft->listed || draft->frame_count == 1);
    hold(draft->frame_count <= MOST_TIME_FRAMES && draft->key_line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const char *text = arena_copy_bytes(arena, data, size);
    struct complaints complaints;
    struct definition_reader reader = {sources, arena, &complaints};
    struct metric_draft metric;
    struct event_draft event;
    struct error err;
    int line = 0;
    const struct doc_node *root = doc_parse(text, size, arena, &line, &err);

    complaints_init(&complaints, arena);
    if (root == NULL) {
        hold(line > 0);
    } else {
        definition_read_metric(&reader, "fuzz.yml", root, &metric);
        hold(metric.faulty == (complaints.count > 0));
        if (!metric.faulty)
            hold_usable(&metric);
        complaints.count = 0;
        definition_read_event(&reader, "fuzz.yml", root, &event);
        hold(event.faulty == (complaints.count > 0));
        hold(event.faulty || (event.event.name != NULL && event.event.name[0] != '\0'));
    }
    for (size_t i = 0; i < complaints.count; i++)
        hold(complaints.items[i].line > 0 && complaints.items[i].text[0] != '\0');
    arena_free(arena);
    return 0;
}
