#include "agent/verbs/selection.h"

#include "agent/base/str.h"
#include "agent/base/words.h"

#include <string.h>

static bool check_source(const struct verb_call *call, const char *name)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; call->sources[i] != NULL; i++) {
        if (strcmp(call->sources[i]->name, name) == 0)
            return true;
        nearest_try(&nearest, call->sources[i]->name);
    }
    (void)verb_failed(EXIT_USAGE, "There is no source '%s'%s", name,
                      nearest.found != NULL ? nearest_hint(&nearest, call->arena) : ".");
    return false;
}

bool selection_read(struct verb_call *call, struct selection *selection)
{
    selection->glob = verb_option(call, "--metric");
    selection->category = verb_option(call, "--category");
    selection->source = verb_option(call, "--source");
    return selection->source == NULL || check_source(call, selection->source);
}

bool selection_is_all(const struct selection *selection)
{
    return selection->glob == NULL && selection->category == NULL && selection->source == NULL;
}

bool selection_takes(const struct selection *selection, const struct metric *metric)
{
    const char *category = data_category_name(metric->category);

    if (selection->glob != NULL && !str_matches(metric->key_path, selection->glob))
        return false;
    if (selection->category != NULL && strcmp(selection->category, category) != 0)
        return false;
    return selection->source == NULL ||
           (metric->source != NULL && strcmp(selection->source, metric->source->name) == 0);
}
