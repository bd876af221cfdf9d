#include "agent/verbs/event_line.h"

#include "agent/base/json.h"

#include <string.h>

static bool is_number(const char *text)
{
    struct error ignored;
    struct js_value *value = js_parse(text, strlen(text), &ignored);
    bool number = js_number_text(value) != NULL;

    js_free(value);
    return number;
}

bool event_line_add(struct event *event, struct arena *arena, const struct event_property *property,
                    struct error *err)
{
    struct event_property *properties;

    if (property->is_number && !is_number(property->text))
        return error_set(err, ERROR_INVALID, "'%s' must be a number; '%s' is none.", property->name,
                         property->text);
    properties = ARENA_ARRAY(arena, struct event_property, event->property_count + 1);
    if (event->property_count > 0)
        memcpy(properties, event->properties, event->property_count * sizeof(properties[0]));
    properties[event->property_count++] = *property;
    event->properties = properties;
    return true;
}

/* What js_members hands on from member to member. */
struct reading {
    struct arena *arena;
    struct event event;
    struct error *err;
    bool failed;
};

static const char **id_place(struct event *event, const char *key)
{
    if (strcmp(key, "user") == 0)
        return &event->user;
    if (strcmp(key, "project") == 0)
        return &event->project;
    if (strcmp(key, "namespace") == 0)
        return &event->namespace;
    return NULL;
}

static void read_member(const char *key, const struct js_value *value, void *arg)
{
    struct reading *reading = arg;
    const char *number = js_number_text(value), *text = js_text(value);
    const char **place = id_place(&reading->event, key);
    struct event_property property = {.is_number = number != NULL};

    if (reading->failed || js_kind(value) == JS_NULL || strcmp(key, "event") == 0)
        return;
    if (number == NULL && text == NULL) {
        (void)error_set(reading->err, ERROR_INVALID, "'%s' is neither a text nor a number.", key);
        reading->failed = true;
        return;
    }
    property.name = arena_copy(reading->arena, key);
    property.text = arena_copy(reading->arena, number != NULL ? number : text);
    if (place != NULL)
        *place = property.text;
    else
        reading->failed = !event_line_add(&reading->event, reading->arena, &property, reading->err);
}

bool event_line_read(const char *text, size_t length, struct arena *arena, struct event *event,
                     struct error *err)
{
    struct js_value *root = js_parse(text, length, err);
    struct reading reading = {.arena = arena, .err = err};
    const char *name = js_text(js_get(root, "event"));

    *event = (struct event){0};
    if (root == NULL)
        return false;
    if (js_kind(root) != JS_OBJECT || name == NULL) {
        js_free(root);
        return error_set(err, ERROR_INVALID, "It is no JSON object with a text 'event' in it.");
    }
    reading.event.name = arena_copy(arena, name);
    js_members(root, read_member, &reading);
    js_free(root);
    *event = reading.event;
    return !reading.failed;
}
