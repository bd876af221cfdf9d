#include "metrics/aggregate.h"

#include "agent/source.h"

#include <string.h>

bool aggregate_is_meant(const struct definition *definition)
{
    return definition->instrumentation_class != NULL &&
           strcmp(definition->instrumentation_class, "AggregatedMetric") == 0;
}

static bool says(const struct doc_node *node, const char *text)
{
    return node->kind == DOC_SCALAR && strcmp(node->text, text) == 0;
}

static enum key_fold read_operator(struct rule_critic *critic, const struct doc_node *node)
{
    if (doc_is_null(node) || says(node, "OR"))
        return FOLD_UNION;
    if (!says(node, "AND"))
        rule_complain(critic, node, "`operator` of an aggregate must be OR or AND");
    return FOLD_INTERSECTION;
}

static const char *read_attribute(struct rule_critic *critic, const struct doc_node *node)
{
    static const char *const known[][2] = {{"user_id", "user"},
                                           {"user.id", "user"},
                                           {"project_id", "project"},
                                           {"project.id", "project"}};

    if (doc_is_null(node))
        return NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (says(node, known[i][0]))
            return known[i][1];
    rule_complain(critic, node, "`attribute` of an aggregate must be user_id or project_id");
    return NULL;
}

static void check_options(struct rule_critic *critic, const struct doc_node *options)
{
    const struct doc_node *aggregate = doc_get(options, "aggregate");

    for (const struct doc_node *node = options->first; node != NULL; node = node->next)
        if (strcmp(node->key, "events") != 0 && strcmp(node->key, "aggregate") != 0)
            rule_complain(critic, node, "`options` has no `%s` here: events and aggregate",
                          node->key);
    for (const struct doc_node *node = aggregate != NULL ? aggregate->first : NULL; node != NULL;
         node = node->next)
        if (node->key == NULL ||
            (strcmp(node->key, "operator") != 0 && strcmp(node->key, "attribute") != 0))
            rule_complain(critic, node, "`aggregate` has operator and attribute only");
}

static void read_events(struct rule_critic *critic, struct arena *arena,
                        const struct doc_node *list, const char *identifier, struct key_spec *spec)
{
    for (const struct doc_node *node = list->first; node != NULL; node = node->next) {
        if (node->kind == DOC_SCALAR && !doc_is_null(node) && node->text[0] != '\0')
            key_spec_add_event(spec, arena, list->count, node->text, identifier);
        else
            rule_complain(critic, node, "an entry of the list must be a text that is not empty");
    }
    if (spec->fold == FOLD_INTERSECTION && spec->count > KEY_MOST_SETS)
        rule_complain(critic, list, "an aggregate with AND may have at most %d events",
                      KEY_MOST_SETS);
}

struct key_spec *aggregate_read(struct rule_critic *critic, struct arena *arena)
{
    const struct definition *definition = critic->metric->definition;
    const struct doc_node *options = definition->options;
    const struct doc_node *list = doc_get(options, "events");
    const struct doc_node *aggregate = doc_get(options, "aggregate");
    enum time_frame frame = critic->metric->time_frame;
    const char *identifier;
    struct key_spec *spec;

    if (list == NULL || list->kind != DOC_LIST || list->count == 0) {
        rule_complain(critic, options != NULL ? options : definition->root,
                      "an aggregate needs `options.events`, a list of events");
        return NULL;
    }
    check_options(critic, options);
    spec = key_spec_new(arena, read_operator(critic, doc_get(aggregate, "operator")), list->count);
    identifier = read_attribute(critic, doc_get(aggregate, "attribute"));
    read_events(critic, arena, list, identifier, spec);
    spec->weekly = true;
    spec->named = true;
    if (frame != TIME_FRAME_7D && frame != TIME_FRAME_28D)
        rule_complain(critic, doc_get(definition->root, "time_frame"),
                      "unique events are counted by week: the time frame must be 7d or 28d");
    return critic->complained ? NULL : spec;
}
