#include "agent/event_form.h"

#include "agent/base/json.h"

#include <string.h>

/* Of one body: 50 events with a dozen fields each, and more than once that. */
enum { MOST_FIELDS = 2000 };

static const char list_prefix[] = "events[]";
static const char properties_name[] = "additional_properties";

struct field {
    size_t element; /* of the list, from 1; 0: of the body itself */
    bool is_property;
    const char *name, *value;
};

struct form {
    struct arena *arena;
    struct field *fields;
    size_t count, elements;
};

bool event_form_is_meant(const char *content_type, const char *text)
{
    static const char form_type[] = "application/x-www-form-urlencoded";
    size_t length = sizeof(form_type) - 1;

    return content_type != NULL && strncasecmp(content_type, form_type, length) == 0 &&
           strchr("; \t", content_type[length]) != NULL && text[strspn(text, " \t\r\n")] != '{';
}

/* ---- Decoding ---- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* The byte that "%XX" stands for; 0, which no text has, if it stands for none. */
static int escaped_byte(const char *text, size_t room)
{
    int high = room > 2 ? hex_digit(text[1]) : -1, low = high >= 0 ? hex_digit(text[2]) : -1;

    return low >= 0 ? high * 16 + low : 0;
}

static bool decode(struct arena *arena, const char *text, size_t length, const char **decoded,
                   struct error *err)
{
    unsigned char *out = ARENA_ARRAY(arena, unsigned char, length + 1);
    size_t at = 0, written = 0;

    while (at < length) {
        int c = (unsigned char)text[at];

        if (c == '%') {
            c = escaped_byte(text + at, length - at);
            at += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == 0)
            return error_set(err, ERROR_INVALID, "The form cannot be decoded: '%.40s'.",
                             arena_copy_bytes(arena, text, length));
        out[written++] = (unsigned char)c;
        at++;
    }
    out[written] = '\0';
    *decoded = (const char *)out;
    return true;
}

/* ---- Fields ---- */

static struct field *find(const struct form *form, size_t from, const struct field *field)
{
    for (size_t i = from; i < form->count; i++) {
        struct field *other = &form->fields[i];

        if (other->element == field->element && other->is_property == field->is_property &&
            strcmp(other->name, field->name) == 0)
            return other;
    }
    return NULL;
}

static bool add_field(struct form *form, struct field *field, struct error *err)
{
    struct field *before = find(form, 0, field);

    if (before != NULL && field->element == 0) {
        before->value = field->value;
        return true;
    }
    if (before != NULL)
        field->element++;
    if (field->element > form->elements)
        form->elements = field->element;
    if (form->count == MOST_FIELDS)
        return error_set(err, ERROR_INVALID, "The form has more than %d fields.", MOST_FIELDS);
    form->fields = arena_grow(form->arena, form->fields, form->count, sizeof(*field));
    form->fields[form->count++] = *field;
    return true;
}

/* "[name]rest": the name, and the rest; NULL if it is not of that form. */
static const char *in_brackets(const struct form *form, const char *key, const char **rest)
{
    size_t length = strcspn(key, "]");

    if (key[0] != '[' || key[length] == '\0' || length < 2)
        return NULL;
    *rest = key + length + 1;
    return arena_copy_bytes(form->arena, key + 1, length - 1);
}

/* What a key names; false: nothing that an event has. */
static bool read_key(struct form *form, const char *key, struct field *field)
{
    size_t prefix = sizeof(list_prefix) - 1;
    const char *rest;

    if (strncmp(key, list_prefix, prefix) == 0) {
        field->element = form->elements > 0 ? form->elements : 1;
        field->name = in_brackets(form, key + prefix, &rest);
    } else {
        size_t length = strcspn(key, "[");

        field->name = arena_copy_bytes(form->arena, key, length);
        rest = key + length;
    }
    if (field->name == NULL || rest[0] == '\0')
        return field->name != NULL;
    field->is_property = strcmp(field->name, properties_name) == 0;
    field->name = in_brackets(form, rest, &rest);
    return field->is_property && field->name != NULL && rest[0] == '\0';
}

static bool read_pair(struct form *form, const char *text, size_t length, struct error *err)
{
    const char *equals = memchr(text, '=', length), *key = "";
    size_t key_length = equals != NULL ? (size_t)(equals - text) : length;
    size_t value_at = equals != NULL ? key_length + 1 : length;
    struct field field = {0};

    if (!decode(form->arena, text, key_length, &key, err) ||
        !decode(form->arena, text + value_at, length - value_at, &field.value, err))
        return false;
    return !read_key(form, key, &field) || add_field(form, &field, err);
}

/* ---- Writing ---- */

/* As it is, so that what is not UTF-8 is found by whoever reads it. */
static void write_text(const char *text, struct str *json)
{
    str_add_char(json, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == '"' || c == '\\')
            str_add_format(json, "\\u%04x", c);
        else
            str_add_char(json, *text);
    }
    str_add_char(json, '"');
}

static bool is_number(const char *text)
{
    struct error ignored;
    struct js_value *value = js_parse(text, strlen(text), &ignored);
    bool number = js_number_text(value) != NULL;

    js_free(value);
    return number;
}

static void write_field(const struct field *field, struct str *json)
{
    write_text(field->name, json);
    str_add_char(json, ':');
    if (field->is_property && strcmp(field->name, "value") == 0 && is_number(field->value))
        str_add(json, field->value);
    else
        write_text(field->value, json);
}

/* Returns how many there were. */
static size_t write_fields(const struct form *form, size_t element, bool properties,
                           struct str *json)
{
    size_t written = 0;

    for (size_t i = 0; i < form->count; i++) {
        const struct field *field = &form->fields[i];

        if (field->element != element || field->is_property != properties)
            continue;
        if (written++ > 0)
            str_add_char(json, ',');
        write_field(field, json);
    }
    return written;
}

static bool has_properties(const struct form *form, size_t element)
{
    for (size_t i = 0; i < form->count; i++)
        if (form->fields[i].element == element && form->fields[i].is_property)
            return true;
    return false;
}

/* Without the closing brace. */
static void write_event(const struct form *form, size_t element, struct str *json)
{
    size_t written;

    str_add_char(json, '{');
    written = write_fields(form, element, false, json);
    if (!has_properties(form, element))
        return;
    str_add_format(json, "%s\"%s\":{", written > 0 ? "," : "", properties_name);
    (void)write_fields(form, element, true, json);
    str_add_char(json, '}');
}

static void write_form(const struct form *form, struct str *json)
{
    write_event(form, 0, json);
    if (form->elements > 0)
        str_add(json, json->text[json->length - 1] != '{' ? ",\"events\":[" : "\"events\":[");
    for (size_t i = 1; i <= form->elements; i++) {
        if (i > 1)
            str_add_char(json, ',');
        write_event(form, i, json);
        str_add_char(json, '}');
    }
    str_add(json, form->elements > 0 ? "]}" : "}");
}

bool event_form_to_json(const char *text, size_t length, struct arena *arena, struct str *json,
                        struct error *err)
{
    struct form form = {.arena = arena};
    size_t end;

    for (size_t at = 0; at < length; at = end + 1) {
        const char *next = memchr(text + at, '&', length - at);

        end = next != NULL ? (size_t)(next - text) : length;
        if (end > at && !read_pair(&form, text + at, end - at, err))
            return false;
    }
    write_form(&form, json);
    return true;
}
