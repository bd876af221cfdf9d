#include "agent/event_line.h"

#include <string.h>

/* What js_members hands on from member to member. */
struct reading {
    struct arena *arena;
    struct event event;
    struct error *err;
    bool failed;
};

static bool is_number(const char *text)
{
    struct error ignored;
    struct js_value *value = js_parse(text, strlen(text), &ignored);
    bool number = js_number_text(value) != NULL;

    js_free(value);
    return number;
}

static void add(struct event *event, struct arena *arena, const struct event_property *property)
{
    struct event_property *properties = NULL;

    /* The array is of this arena: only the view of it that readers get is const. */
    if (event->property_count > 0)
        memcpy(&properties, &event->properties, sizeof(void *));
    properties = arena_grow(arena, properties, event->property_count, sizeof(properties[0]));
    properties[event->property_count++] = *property;
    event->properties = properties;
}

bool event_line_add(struct event *event, struct arena *arena, const struct event_property *property,
                    struct error *err)
{
    if (property->is_number && !is_number(property->text))
        return error_set(err, ERROR_INVALID, "'%s' must be a number; '%s' is none.", property->name,
                         property->text);
    add(event, arena, property);
    return true;
}

/* The text of a text or number, NULL for null; anything else fails. */
static const char *read_text(struct reading *reading, const char *key, const struct js_value *value)
{
    const char *number = js_number_text(value);
    const char *text = number != NULL ? number : js_text(value);

    if (text != NULL)
        return arena_copy(reading->arena, text);
    if (js_kind(value) != JS_NULL) {
        (void)error_set(reading->err, ERROR_INVALID, "'%s' is neither a text nor a number.", key);
        reading->failed = true;
    }
    return NULL;
}

static void read_property(const char *key, const struct js_value *value, void *arg)
{
    struct reading *reading = arg;
    struct event_property property = {.is_number = js_number_text(value) != NULL};

    if (reading->failed)
        return;
    property.text = read_text(reading, key, value);
    if (property.text == NULL)
        return;
    property.name = arena_copy(reading->arena, key);
    add(&reading->event, reading->arena, &property);
}

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
    const char **place = id_place(&reading->event, key);

    if (reading->failed || strcmp(key, "event") == 0)
        return;
    if (place != NULL)
        *place = read_text(reading, key, value);
    else
        read_property(key, value, reading);
}

static bool read_name(struct reading *reading, const struct js_value *value)
{
    const char *name = js_text(js_get(value, "event"));

    if (js_kind(value) != JS_OBJECT || name == NULL)
        return error_set(reading->err, ERROR_INVALID,
                         "It is no JSON object with a text 'event' in it.");
    reading->event.name = arena_copy(reading->arena, name);
    return true;
}

bool event_line_of_json(const struct js_value *value, struct arena *arena, struct event *event,
                        struct error *err)
{
    struct reading reading = {.arena = arena, .err = err};

    if (!read_name(&reading, value))
        return false;
    js_members(value, read_member, &reading);
    *event = reading.event;
    return !reading.failed;
}

bool event_line_of_gitlab(const struct js_value *value, struct arena *arena, struct event *event,
                          struct error *err)
{
    static const char *const keys[] = {"user_id", "project_id", "namespace_id"};
    struct reading reading = {.arena = arena, .err = err};
    const char **const places[] = {&reading.event.user, &reading.event.project,
                                   &reading.event.namespace};
    const struct js_value *properties;

    if (!read_name(&reading, value))
        return false;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !reading.failed; i++)
        *places[i] = read_text(&reading, keys[i], js_get(value, keys[i]));
    properties = js_get(value, "additional_properties");
    if (!reading.failed && js_kind(properties) != JS_NULL && js_kind(properties) != JS_OBJECT)
        return error_set(err, ERROR_INVALID, "'additional_properties' is no JSON object.");
    if (js_kind(properties) == JS_OBJECT)
        js_members(properties, read_property, &reading);
    *event = reading.event;
    return !reading.failed;
}

bool event_line_read(const char *text, size_t length, struct arena *arena, struct event *event,
                     struct error *err)
{
    struct js_value *root = js_parse(text, length, err);
    bool read = root != NULL && event_line_of_json(root, arena, event, err);

    js_free(root);
    return read;
}
