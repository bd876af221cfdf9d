#include "agent/verbs/selection.h"

#include "agent/base/str.h"
#include "agent/base/words.h"

#include <string.h>

/* The next name of a list with commas, or NULL at its end. */
static const char *next_name(const char **list, struct arena *arena)
{
    const char *name = *list;
    size_t length = strcspn(name, ",");

    if (*name == '\0')
        return NULL;
    *list += length + (name[length] == ',' ? 1 : 0);
    return arena_copy_bytes(arena, name, length);
}

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

static bool check_sources(const struct verb_call *call, const char *list)
{
    const char *name;

    if (*list == '\0')
        return check_source(call, list);
    while ((name = next_name(&list, call->arena)) != NULL)
        if (!check_source(call, name))
            return false;
    return true;
}

bool selection_read(struct verb_call *call, struct selection *selection)
{
    selection->glob = verb_option(call, "--metric");
    selection->category = verb_option(call, "--category");
    selection->sources = verb_option(call, "--source");
    return selection->sources == NULL || check_sources(call, selection->sources);
}

bool selection_is_all(const struct selection *selection)
{
    return selection->glob == NULL && selection->category == NULL && selection->sources == NULL;
}

static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (; *list != '\0'; list += strcspn(list, ",") + (list[strcspn(list, ",")] == ',' ? 1 : 0))
        if (strcspn(list, ",") == length && strncmp(list, name, length) == 0)
            return true;
    return false;
}

bool selection_takes(const struct selection *selection, const struct metric *metric)
{
    const char *category = data_category_name(metric->category);

    if (selection->glob != NULL && !str_matches(metric->key_path, selection->glob))
        return false;
    if (selection->category != NULL && strcmp(selection->category, category) != 0)
        return false;
    return selection->sources == NULL ||
           (metric->source != NULL && is_listed(selection->sources, metric->source->name));
}
