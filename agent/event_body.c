#include "agent/event_body.h"

#include "agent/base/json.h"
#include "agent/event_line.h"

#include <string.h>

typedef bool item_reader(const struct js_value *value, struct arena *arena, struct event *event,
                         struct error *err);

static item_reader read_count, read_user;

static const struct {
    item_reader *read;
    bool one, list;   /* may the body be an event itself, a bare list? */
    bool many, lines; /* {"events": [...]}, one event a line? */
    size_t most;
    const char *too_many;
} shapes[] = {
    [EVENTS_OWN] = {event_line_of_json, true, true, true, true, EVENTS_MOST,
                    "Maximum 10000 events allowed in one request."},
    [EVENTS_GITLAB] = {event_line_of_gitlab, true, false, false, false, 1, ""},
    [EVENTS_GITLAB_MANY] = {event_line_of_gitlab, false, false, true, false, 50,
                            "Maximum 50 events allowed in one request."},
    [EVENTS_GITLAB_COUNT] = {read_count, true, false, false, false, 1, ""},
    [EVENTS_GITLAB_USER] = {read_user, true, false, false, false, 1, ""},
};

struct body_reading {
    enum event_shape shape;
    struct arena *arena;
    struct event_body *body;
};

static bool read_count(const struct js_value *value, struct arena *arena, struct event *event,
                       struct error *err)
{
    bool read = event_line_of_gitlab(value, arena, event, err);

    if (read)
        *event = (struct event){.name = event->name};
    return read;
}

static bool read_user(const struct js_value *value, struct arena *arena, struct event *event,
                      struct error *err)
{
    bool read = event_line_of_gitlab(value, arena, event, err);

    if (read)
        *event = (struct event){.name = event->name, .user = event->user};
    return read && (event->user != NULL ||
                    error_set(err, ERROR_INVALID, "It has no 'user_id' to be counted."));
}

static struct event_item *next_item(struct body_reading *reading)
{
    struct event_body *body = reading->body;

    body->items = arena_grow(reading->arena, body->items, body->count, sizeof(body->items[0]));
    body->items[body->count] = (struct event_item){0};
    return &body->items[body->count++];
}

/* `why` is what was wrong with its JSON, if there is no value. */
static void add_item(struct body_reading *reading, const struct js_value *value,
                     const struct error *why)
{
    struct event_item *item = next_item(reading);
    struct error err;

    if (value == NULL)
        item->fault = arena_copy(reading->arena, why->text);
    else if (!shapes[reading->shape].read(value, reading->arena, &item->event, &err))
        item->fault = arena_copy(reading->arena, err.text);
}

static bool refuse_many(const struct body_reading *reading, struct error *err)
{
    return error_set(err, ERROR_INVALID, "%s", shapes[reading->shape].too_many);
}

static bool read_list(struct body_reading *reading, const struct js_value *list, struct error *err)
{
    static const struct error is_null = {ERROR_INVALID, "It is null, and no event."};
    size_t count = js_count(list);

    if (count > shapes[reading->shape].most)
        return refuse_many(reading, err);
    for (size_t i = 0; i < count; i++)
        add_item(reading, js_at(list, i), &is_null);
    return true;
}

static bool read_value(struct body_reading *reading, const struct js_value *value,
                       struct error *err)
{
    const struct js_value *events = js_get(value, "events");

    if (shapes[reading->shape].list && js_kind(value) == JS_LIST)
        return read_list(reading, value, err);
    if (shapes[reading->shape].many && js_kind(events) == JS_LIST)
        return read_list(reading, events, err);
    if (!shapes[reading->shape].one)
        return error_set(err, ERROR_INVALID, "events is missing");
    if (js_kind(js_get(value, "event")) != JS_TEXT)
        return error_set(err, ERROR_INVALID, "event is missing");
    add_item(reading, value, err);
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the line that begins at `at` ends: at its newline, or at the end of all. */
static size_t line_end(const char *text, size_t length, size_t at)
{
    const char *end = memchr(text + at, '\n', length - at);

    return end != NULL ? (size_t)(end - text) : length;
}

static bool line_is_blank(const char *text, size_t from, size_t to)
{
    while (from < to && is_blank(text[from]))
        from++;
    return from == to;
}

/* Whether the first line of several is a JSON object of its own. */
static bool is_by_lines(const char *text, size_t length)
{
    size_t end = line_end(text, length, 0);
    struct error ignored;
    struct js_value *value;
    bool object;

    if (end == length)
        return false;
    value = js_parse(text, end, &ignored);
    object = js_kind(value) == JS_OBJECT;
    js_free(value);
    return object;
}

static bool read_lines(struct body_reading *reading, const char *text, size_t length,
                       struct error *err)
{
    size_t end;

    for (size_t at = 0; at < length; at = end + 1) {
        struct js_value *value;
        struct error why;

        end = line_end(text, length, at);
        if (line_is_blank(text, at, end))
            continue;
        if (reading->body->count == shapes[reading->shape].most)
            return refuse_many(reading, err);
        value = js_parse(text + at, end - at, &why);
        add_item(reading, value, &why);
        js_free(value);
    }
    return true;
}

bool event_body_read(enum event_shape shape, const char *text, size_t length, struct arena *arena,
                     struct event_body *body, struct error *err)
{
    struct body_reading reading = {.shape = shape, .arena = arena, .body = body};
    struct js_value *value;
    bool read;

    *body = (struct event_body){0};
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(text[0])) {
        text++;
        length--;
    }
    if (shapes[shape].lines && is_by_lines(text, length))
        return read_lines(&reading, text, length, err);
    value = js_parse(text, length, err);
    read = value != NULL && read_value(&reading, value, err);
    js_free(value);
    return read;
}
