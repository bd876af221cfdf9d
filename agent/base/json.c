#include "agent/base/json.h"

#include "agent/base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <json-c/json_object_iterator.h>
#include <json-c/json_visit.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST 64

void js_begin(struct js_writer *writer, struct str *out, bool indented)
{
    *writer = (struct js_writer){.out = out, .indented = indented, .fresh = true};
}

static void new_line(struct js_writer *writer)
{
    if (!writer->indented)
        return;
    str_add_char(writer->out, '\n');
    for (unsigned i = 0; i < writer->depth; i++)
        str_add(writer->out, "  ");
}

/* The length of the UTF-8 sequence at `text`, 0 if there is none within `room` bytes. */
static size_t utf8_length(const unsigned char *text, size_t room)
{
    static const struct {
        unsigned char mask, lead;
        unsigned char least, most; /* of the second byte: no overlong forms, no surrogates */
        size_t length;
    } forms[] = {
        {0x80, 0x00, 0x00, 0x00, 1}, {0xff, 0xe0, 0xa0, 0xbf, 3}, {0xff, 0xed, 0x80, 0x9f, 3},
        {0xff, 0xf0, 0x90, 0xbf, 4}, {0xff, 0xf4, 0x80, 0x8f, 4}, {0xfe, 0xc0, 0xff, 0x00, 0},
        {0xe0, 0xc0, 0x80, 0xbf, 2}, {0xf0, 0xe0, 0x80, 0xbf, 3}, {0xfc, 0xf0, 0x80, 0xbf, 4},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (forms[i].length > room)
            return 0;
        if (forms[i].length > 1 && (text[1] < forms[i].least || text[1] > forms[i].most))
            return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((text[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

static void add_escaped(struct str *out, unsigned char c)
{
    static const char *const shorts[] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\t'] = "\\t", ['\r'] = "\\r",
    };

    if (c < sizeof(shorts) / sizeof(shorts[0]) && shorts[c] != NULL)
        str_add(out, shorts[c]);
    else
        str_add_format(out, "\\u%04x", c);
}

static void add_text(struct str *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    str_add_char(out, '"');
    while (*at != '\0') {
        size_t length = utf8_length(at, SIZE_MAX); /* it ends at the zero */

        if (length == 0) {
            str_add(out, "\xef\xbf\xbd");
            length = 1;
        } else if (*at < ' ' || *at == '"' || *at == '\\' || *at == 0x7f) {
            add_escaped(out, *at);
        } else {
            str_add_bytes(out, at, length);
        }
        at += length;
    }
    str_add_char(out, '"');
}

static void begin_member(struct js_writer *writer, const char *key)
{
    if (!writer->fresh)
        str_add_char(writer->out, ',');
    if (writer->depth > 0)
        new_line(writer);
    writer->fresh = false;
    if (key == NULL)
        return;
    add_text(writer->out, key);
    str_add(writer->out, writer->indented ? ": " : ":");
}

static void open_container(struct js_writer *writer, const char *key, char bracket)
{
    begin_member(writer, key);
    str_add_char(writer->out, bracket);
    writer->depth++;
    writer->fresh = true;
}

static void close_container(struct js_writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->fresh)
        new_line(writer);
    writer->fresh = false;
    str_add_char(writer->out, bracket);
}

void js_open_object(struct js_writer *writer, const char *key)
{
    open_container(writer, key, '{');
}

void js_close_object(struct js_writer *writer)
{
    close_container(writer, '}');
}

void js_open_list(struct js_writer *writer, const char *key)
{
    open_container(writer, key, '[');
}

void js_close_list(struct js_writer *writer)
{
    close_container(writer, ']');
}

void js_put_text(struct js_writer *writer, const char *key, const char *text)
{
    begin_member(writer, key);
    if (text != NULL)
        add_text(writer->out, text);
    else
        str_add(writer->out, "null");
}

void js_put_raw(struct js_writer *writer, const char *key, const char *json)
{
    begin_member(writer, key);
    str_add(writer->out, json);
}

void js_put_integer(struct js_writer *writer, const char *key, int64_t number)
{
    begin_member(writer, key);
    str_add_format(writer->out, "%" PRId64, number);
}

void js_put_flag(struct js_writer *writer, const char *key, bool flag)
{
    js_put_raw(writer, key, flag ? "true" : "false");
}

void js_put_null(struct js_writer *writer, const char *key)
{
    js_put_raw(writer, key, "null");
}

/* json-c's type stays inside this file; `struct js_value` is only its name outside. */
static struct json_object *inner(const struct js_value *value)
{
    union {
        const struct js_value *outside; /* cppcheck-suppress unusedStructMember */
        struct json_object *inside;
    } cast = {.outside = value};

    return cast.inside;
}

static struct js_value *outer(struct json_object *object)
{
    return (struct js_value *)object;
}

/*
 * json-c is lenient beyond JSON even when it is strict: it takes NaN, 01, 1., {'a': 1} and bare
 * control characters, and ends keys and texts at a zero, so that two readers would see different
 * things. So the signs are looked over first; the structure is left to json-c. It also clips whole
 * numbers beyond 64 bits, but keeps the digits of all that has an exponent: those get one to be
 * read with, which is taken away again.
 */
struct scan {
    const char *at, *end;
    size_t wide; /* whole numbers so far that 64 bits do not hold */
};

static const char wide_mark[] = "e0";

static bool sees(const struct scan *scan, const char *any)
{
    return scan->at < scan->end && *scan->at != '\0' && strchr(any, *scan->at) != NULL;
}

static bool skip_digits(struct scan *scan)
{
    const char *begin = scan->at;

    while (sees(scan, "0123456789"))
        scan->at++;
    return scan->at > begin;
}

static bool skip_one(struct scan *scan, const char *any)
{
    bool seen = sees(scan, any);

    scan->at += seen;
    return seen;
}

static bool fits_int64(const char *digits, size_t length)
{
    char text[24];

    if (length >= sizeof(text))
        return false;
    memcpy(text, digits, length);
    text[length] = '\0';
    errno = 0;
    (void)strtoll(text, NULL, 10);
    return errno == 0;
}

/* RFC 8259: -?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)? */
static bool skip_number(struct scan *scan)
{
    const char *begin = scan->at;

    (void)skip_one(scan, "-");
    if (!skip_one(scan, "0") && !skip_digits(scan))
        return false;
    if (!sees(scan, ".eE") && !fits_int64(begin, (size_t)(scan->at - begin)))
        scan->wide++;
    if (skip_one(scan, ".") && !skip_digits(scan))
        return false;
    if (skip_one(scan, "eE")) {
        (void)skip_one(scan, "+-");
        if (!skip_digits(scan))
            return false;
    }
    return !sees(scan, "0123456789.eE+-");
}

/* From the first quote to behind the last one. */
static bool skip_text(struct scan *scan)
{
    scan->at++;
    while (scan->at < scan->end && *scan->at != '"') {
        size_t room = (size_t)(scan->end - scan->at);
        size_t length = utf8_length((const unsigned char *)scan->at, room);
        bool escapes = *scan->at == '\\';

        if (length == 0 || (unsigned char)*scan->at < ' ' ||
            (room >= 6 && memcmp(scan->at, "\\u0000", 6) == 0))
            return false;
        scan->at += length;
        if (escapes && scan->at < scan->end)
            scan->at++; /* be it a quote or not; json-c looks at it */
    }
    if (scan->at < scan->end)
        scan->at++;
    return true;
}

static const char *skip_sign(struct scan *scan)
{
    if (*scan->at == '"')
        return skip_text(scan) ? NULL
                               : "a text with a control character, a zero, or what is not UTF-8";
    if (sees(scan, "-0123456789"))
        return skip_number(scan) ? NULL : "a number that is not in JSON's form";
    if (!sees(scan, " \t\r\n[]{},:truefalsn"))
        return "a sign that has no meaning there";
    scan->at++;
    return NULL;
}

static const char *find_fault(struct scan *scan)
{
    const char *fault = NULL;

    while (fault == NULL && scan->at < scan->end)
        fault = skip_sign(scan);
    return fault;
}

/* Of a text without a fault. */
static void mark_wide(const char *text, size_t length, struct str *out)
{
    struct scan scan = {.at = text, .end = text + length};

    while (scan.at < scan.end) {
        const char *begin = scan.at;
        size_t wide = scan.wide;

        (void)skip_sign(&scan);
        str_add_bytes(out, begin, (size_t)(scan.at - begin));
        if (scan.wide > wide)
            str_add(out, wide_mark);
    }
}

/* json-c keeps the text of what is no whole number to it as the object's own data. */
static int unmark(struct json_object *object, int flags, struct json_object *parent,
                  const char *key, size_t *index, /* NOLINT(readability-non-const-parameter) */
                  void *arg)
{
    char *text = json_object_is_type(object, json_type_double) != 0
                     ? json_object_get_userdata(object)
                     : NULL;
    size_t digits = text != NULL ? strspn(text, "-0123456789") : 0;

    (void)flags;
    (void)parent;
    (void)key;
    (void)index;
    (void)arg;
    if (digits > 0 && strcmp(text + digits, wide_mark) == 0 && !fits_int64(text, digits))
        text[digits] = '\0';
    return JSON_C_VISIT_RETURN_CONTINUE;
}

static struct json_object *parse(const char *text, int length, const char **fault)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEEPEST);
    struct json_object *object;
    enum json_tokener_error problem;

    if (tokener == NULL)
        memory_exhausted();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, text, length);
    problem = json_tokener_get_error(tokener);
    /* A number at the very end is only complete once the end is seen. */
    if (problem == json_tokener_continue) {
        object = json_tokener_parse_ex(tokener, "", 1);
        problem = json_tokener_get_error(tokener);
    }
    json_tokener_free(tokener);
    *fault = problem == json_tokener_success ? NULL : json_tokener_error_desc(problem);
    return object;
}

static struct json_object *parse_wide(const char *text, size_t length, const char **fault)
{
    struct json_object *object;
    struct str marked;

    str_init(&marked);
    mark_wide(text, length, &marked);
    object = parse(marked.text, (int)marked.length, fault);
    str_release(&marked);
    if (object != NULL)
        (void)json_c_visit(object, 0, unmark, NULL);
    return object;
}

struct js_value *js_parse(const char *text, size_t length, struct error *err)
{
    struct json_object *object = NULL;
    struct scan scan = {.at = text, .end = text + length};
    const char *fault = length < INT_MAX / 2 ? find_fault(&scan) : "longer than 1 GiB";

    if (fault == NULL && scan.wide > 0)
        object = parse_wide(text, length, &fault);
    else if (fault == NULL)
        object = parse(text, (int)length, &fault);
    if (fault == NULL && object == NULL)
        fault = "nothing but null";
    if (fault == NULL)
        return outer(object);
    (void)error_set(err, ERROR_INVALID, "not JSON: %s", fault);
    return NULL;
}

void js_free(struct js_value *document)
{
    (void)json_object_put(inner(document));
}

enum js_kind js_kind(const struct js_value *value)
{
    static const enum js_kind kinds[] = {
        [json_type_null] = JS_NULL,     [json_type_boolean] = JS_FLAG,
        [json_type_double] = JS_NUMBER, [json_type_int] = JS_INTEGER,
        [json_type_object] = JS_OBJECT, [json_type_array] = JS_LIST,
        [json_type_string] = JS_TEXT,
    };

    return kinds[json_object_get_type(inner(value))];
}

const struct js_value *js_get(const struct js_value *object, const char *key)
{
    struct json_object *member = NULL;

    if (js_kind(object) != JS_OBJECT)
        return NULL;
    (void)json_object_object_get_ex(inner(object), key, &member);
    return outer(member);
}

size_t js_count(const struct js_value *list)
{
    return js_kind(list) == JS_LIST ? json_object_array_length(inner(list)) : 0;
}

const struct js_value *js_at(const struct js_value *list, size_t index)
{
    return index < js_count(list) ? outer(json_object_array_get_idx(inner(list), index)) : NULL;
}

const char *js_text(const struct js_value *value)
{
    return js_kind(value) == JS_TEXT ? json_object_get_string(inner(value)) : NULL;
}

int64_t js_integer(const struct js_value *value)
{
    return js_kind(value) == JS_INTEGER ? json_object_get_int64(inner(value)) : 0;
}

bool js_flag(const struct js_value *value)
{
    return js_kind(value) == JS_FLAG && json_object_get_boolean(inner(value)) != 0;
}

const char *js_number_text(const struct js_value *value)
{
    enum js_kind kind = js_kind(value);

    if (kind != JS_INTEGER && kind != JS_NUMBER)
        return NULL;
    return json_object_to_json_string(inner(value));
}

const char *js_one_line(const struct js_value *value)
{
    return json_object_to_json_string_ext(inner(value),
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

void js_members(const struct js_value *object, js_each *each, void *arg)
{
    struct json_object_iterator at, end;

    if (js_kind(object) != JS_OBJECT)
        return;
    at = json_object_iter_begin(inner(object));
    end = json_object_iter_end(inner(object));
    while (!json_object_iter_equal(&at, &end)) {
        each(json_object_iter_peek_name(&at), outer(json_object_iter_peek_value(&at)), arg);
        json_object_iter_next(&at);
    }
}
