#include "metrics/sorted_json.h"

#include "agent/base/json.h"
#include "agent/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct member {
    const char *key;
    const struct js_value *value;
};

struct members {
    struct member *items;
    size_t count, room;
};

static void collect(const char *key, const struct js_value *value, void *arg)
{
    struct members *members = arg;

    if (members->count == members->room) {
        members->room = members->room == 0 ? 8 : 2 * members->room;
        members->items = memory_resize(members->items, members->room * sizeof(members->items[0]));
    }
    members->items[members->count++] = (struct member){key, value};
}

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;

    return strcmp(a->key, b->key);
}

static void put(struct js_writer *writer, const char *key, const struct js_value *value);

static void put_object(struct js_writer *writer, const char *key, // NOLINT(misc-no-recursion)
                       const struct js_value *object)
{
    struct members members = {0};

    js_members(object, collect, &members);
    if (members.count > 0)
        qsort(members.items, members.count, sizeof(members.items[0]), compare_members);
    js_open_object(writer, key);
    for (size_t i = 0; i < members.count; i++)
        put(writer, members.items[i].key, members.items[i].value);
    js_close_object(writer);
    free(members.items);
}

static void put_list(struct js_writer *writer, const char *key, // NOLINT(misc-no-recursion)
                     const struct js_value *list)
{
    js_open_list(writer, key);
    for (size_t i = 0; i < js_count(list); i++)
        put(writer, NULL, js_at(list, i));
    js_close_list(writer);
}

/* js_parse bounds the depth. */
static void put(struct js_writer *writer, const char *key, // NOLINT(misc-no-recursion)
                const struct js_value *value)
{
    switch (js_kind(value)) {
    case JS_NULL:
        js_put_null(writer, key);
        break;
    case JS_FLAG:
        js_put_flag(writer, key, js_flag(value));
        break;
    case JS_INTEGER:
    case JS_NUMBER:
        js_put_raw(writer, key, js_number_text(value));
        break;
    case JS_TEXT:
        js_put_text(writer, key, js_text(value));
        break;
    case JS_LIST:
        put_list(writer, key, value);
        break;
    case JS_OBJECT:
        put_object(writer, key, value);
        break;
    }
}

bool sorted_json(const char *text, struct str *out, struct error *err)
{
    struct js_value *document = js_parse(text, strlen(text), err);
    bool is_container =
        document != NULL && (js_kind(document) == JS_OBJECT || js_kind(document) == JS_LIST);
    struct js_writer writer;

    if (document != NULL && !is_container)
        (void)error_set(err, ERROR_INVALID, "this is neither an object nor a list");
    if (is_container) {
        js_begin(&writer, out, false);
        put(&writer, NULL, document);
    }
    js_free(document);
    return is_container;
}
