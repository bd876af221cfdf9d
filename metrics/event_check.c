#include "metrics/event_check.h"

#include "agent/base/words.h"
#include "metrics/amount.h"
#include "metrics/key_names.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *definition)
{
    return strcmp(name, ((const struct event_definition *)definition)->name);
}

static bool refuse_unknown(const struct source_context *context, const char *name,
                           struct error *err)
{
    struct arena *arena = arena_new();
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; i < context->event_count; i++)
        nearest_try(&nearest, context->events[i].name);
    (void)error_set(err, ERROR_INVALID, "no definition names the event '%s'%s", name,
                    nearest_hint(&nearest, arena));
    arena_free(arena);
    return false;
}

/* Events that only GitLab's analytics collector hears of: they have a category and no flag. */
static bool is_counted(const struct event_definition *definition)
{
    const struct doc_node *flag = doc_get(definition->root, "internal_events");
    bool internal = false;

    if (flag != NULL && doc_flag(flag, &internal) && internal)
        return true;
    return doc_is_null(doc_get(definition->root, "category"));
}

static bool lists(const struct doc_node *list, const char *name)
{
    for (const struct doc_node *node = list->first; node != NULL; node = node->next)
        if (node->kind == DOC_SCALAR && strcmp(node->text, name) == 0)
            return true;
    return false;
}

static bool check_identifiers(const struct event_definition *definition, const struct event *event,
                              struct error *err)
{
    const struct {
        const char *name, *id;
    } given[] = {
        {"user", event->user}, {"project", event->project}, {"namespace", event->namespace}};
    const struct doc_node *list = doc_get(definition->root, "identifiers");

    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        if (given[i].id == NULL)
            continue;
        if (given[i].id[0] == '\0')
            return error_set(err, ERROR_INVALID, "the event '%s' has an empty id as its %s",
                             event->name, given[i].name);
        if (list != NULL && list->kind == DOC_LIST && !lists(list, given[i].name))
            return error_set(err, ERROR_INVALID,
                             "the event '%s' has a %s, which the `identifiers` of its definition "
                             "(%s) do not list",
                             event->name, given[i].name, definition->file);
    }
    return true;
}

static bool check_type(const struct event *event, const struct event_property *property,
                       struct error *err)
{
    bool wants_text =
        strcmp(property->name, "label") == 0 || strcmp(property->name, "property") == 0;
    bool wants_number = strcmp(property->name, "value") == 0;
    struct amount number;
    struct error why;

    if (wants_text && property->is_number)
        return error_set(err, ERROR_INVALID, "the %s of the event '%s' must be text, not a number",
                         property->name, event->name);
    if (wants_number && !property->is_number)
        return error_set(err, ERROR_INVALID, "the value of the event '%s' must be a number",
                         event->name);
    if (property->is_number && !amount_parse(property->text, strlen(property->text), &number, &why))
        return error_set(err, ERROR_INVALID, "the %s of the event '%s': %s", property->name,
                         event->name, why.text);
    return true;
}

static bool is_base(const char *name)
{
    return strcmp(name, "label") == 0 || strcmp(name, "property") == 0 ||
           strcmp(name, "value") == 0;
}

static bool check_property(const struct event_definition *definition, const struct event *event,
                           const struct event_property *property, struct error *err)
{
    const struct doc_node *declared = doc_get(definition->root, "additional_properties");

    if (property->text == NULL)
        return true;
    if (!is_base(property->name) && doc_get(declared, property->name) == NULL)
        return error_set(err, ERROR_INVALID,
                         "the event '%s' has the property '%s', which the `additional_properties` "
                         "of its definition (%s) do not declare",
                         event->name, property->name, definition->file);
    return check_type(event, property, err);
}

static const struct event_definition *find_definition(const struct source_context *context,
                                                      const char *name)
{
    if (context->event_count == 0)
        return NULL;
    return bsearch(name, context->events, context->event_count, sizeof context->events[0],
                   compare_name);
}

bool event_is_old(const struct source_context *context, const char *name)
{
    const struct key_lists *keys = &context->settings->keys;
    const struct event_definition *definition;

    if (!key_is_legacy(keys, name) && key_known_event(keys, name) == NULL)
        return false;
    definition = find_definition(context, name);
    return definition == NULL || !is_counted(definition);
}

const char *event_only_id(const struct event *event)
{
    const char *const ids[] = {event->user, event->project, event->namespace};
    const char *only = NULL;

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        if (ids[i] == NULL)
            continue;
        if (only != NULL || ids[i][0] == '\0')
            return NULL;
        only = ids[i];
    }
    return only;
}

static bool check_old(const struct event *event, struct error *err)
{
    if (event_only_id(event) != NULL)
        return true;
    return error_set(err, ERROR_INVALID,
                     "the event '%s' is of the time before internal events: it needs the one id "
                     "that it counts, of a user, a project or a namespace",
                     event->name);
}

bool event_check(const struct source_context *context, const struct event *event, struct error *err)
{
    const struct event_definition *definition = find_definition(context, event->name);

    if (event_is_old(context, event->name))
        return check_old(event, err);
    if (definition == NULL)
        return refuse_unknown(context, event->name, err);
    if (!is_counted(definition))
        return error_set(err, ERROR_INVALID,
                         "the event '%s' is not counted: its definition (%s) does not say "
                         "internal_events: true",
                         event->name, definition->file);
    if (!check_identifiers(definition, event, err))
        return false;
    for (size_t i = 0; i < event->property_count; i++)
        if (!check_property(definition, event, &event->properties[i], err))
            return false;
    return true;
}
