/*
 * Any bytes are either refused with a sentence, or give a value that is written as JSON which gives
 * the same value again, indented or not. And any bytes written as a text are valid JSON.
 */
#include "agent/base/json.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct js_writer *writer, const char *key, const struct js_value *value);

static void put_member(const char *key, const struct js_value *value, void *arg)
{
    put(arg, key, value);
}

static void put_items(struct js_writer *writer, const struct js_value *list)
{
    for (size_t i = 0; i < js_count(list); i++)
        put(writer, NULL, js_at(list, i));
    assert(js_at(list, js_count(list)) == NULL);
}

static void put_container(struct js_writer *writer, const char *key, const struct js_value *value)
{
    if (js_kind(value) == JS_LIST) {
        js_open_list(writer, key);
        put_items(writer, value);
        js_close_list(writer);
    } else {
        js_open_object(writer, key);
        js_members(value, put_member, writer);
        js_close_object(writer);
    }
}

static void put(struct js_writer *writer, const char *key, const struct js_value *value)
{
    switch (js_kind(value)) {
    case JS_NULL:
        js_put_null(writer, key);
        break;
    case JS_FLAG:
        js_put_flag(writer, key, js_flag(value));
        break;
    case JS_INTEGER:
        js_put_integer(writer, key, js_integer(value));
        break;
    case JS_NUMBER:
        js_put_raw(writer, key, js_number_text(value));
        break;
    case JS_TEXT:
        js_put_text(writer, key, js_text(value));
        break;
    case JS_LIST:
    case JS_OBJECT:
        put_container(writer, key, value);
        break;
    }
}

static struct js_value *parse(const struct str *json)
{
    struct error err = {0};
    struct js_value *value = js_parse(json->text, json->length, &err);

    assert(value != NULL);
    return value;
}

static void write_value(const struct js_value *value, bool indented, struct str *out)
{
    struct js_writer writer;

    str_clear(out);
    js_begin(&writer, out, indented);
    put(&writer, NULL, value);
    assert(writer.depth == 0);
}

static void expect_same_again(const struct js_value *value)
{
    struct str first, second;
    struct js_value *again;

    str_init(&first);
    str_init(&second);
    write_value(value, false, &first);
    again = parse(&first);
    write_value(again, true, &second);
    js_free(again);
    again = parse(&second);
    write_value(again, false, &second);
    js_free(again);
    assert(strcmp(first.text, second.text) == 0);
    str_release(&first);
    str_release(&second);
}

static void expect_any_text(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    struct js_writer writer;
    struct js_value *value;
    struct str json;

    assert(text != NULL);
    memcpy(text, data, size);
    str_init(&json);
    js_begin(&writer, &json, true);
    js_open_object(&writer, NULL);
    js_put_text(&writer, text, text);
    js_close_object(&writer);
    value = parse(&json);
    assert(js_kind(value) == JS_OBJECT);
    js_free(value);
    str_release(&json);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct js_value *value;

    if (size == 0)
        return 0;
    value = js_parse((const char *)data, size, &err);
    if (value != NULL)
        expect_same_again(value);
    else
        assert(err.kind == ERROR_INVALID && err.text[0] != '\0');
    js_free(value);
    expect_any_text(data, size);
    return 0;
}
