#include "agent/value.h"

#include "agent/base/json.h"
#include "agent/base/str.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

struct value value_count(int64_t count)
{
    return (struct value){.kind = VALUE_COUNT, .count = count};
}

struct value value_decimal(const char *text)
{
    return (struct value){.kind = VALUE_DECIMAL, .text = text};
}

struct value value_text(const char *text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

struct value value_flag(bool flag)
{
    return (struct value){.kind = VALUE_FLAG, .flag = flag};
}

struct value value_json(const char *json)
{
    return (struct value){.kind = VALUE_JSON, .text = json};
}

struct outcome outcome_of(struct value value)
{
    return (struct outcome){.status = STATUS_OK, .value = value};
}

struct outcome outcome_without(enum outcome_status status, const char *reason)
{
    return (struct outcome){.status = status, .reason = reason};
}

struct outcome outcome_from_error(const struct error *err, struct arena *arena)
{
    static const enum outcome_status statuses[] = {
        [ERROR_NONE] = STATUS_ERROR,
        [ERROR_INVALID] = STATUS_ERROR,
        [ERROR_UNAVAILABLE] = STATUS_UNAVAILABLE,
        [ERROR_TIMEOUT] = STATUS_TIMEOUT,
        [ERROR_MISSING] = STATUS_ABSENT,
        [ERROR_DENIED] = STATUS_DENIED,
        [ERROR_REFUSED] = STATUS_ERROR,
        [ERROR_CANCELLED] = STATUS_ERROR,
    };

    return outcome_without(statuses[err->kind], arena_copy(arena, err->text));
}

static const char *copy_or_null(const char *text, struct arena *arena)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

struct outcome outcome_copy(const struct outcome *outcome, struct arena *arena)
{
    struct outcome copy = *outcome;

    copy.value.text = copy_or_null(outcome->value.text, arena);
    copy.reason = copy_or_null(outcome->reason, arena);
    copy.method = copy_or_null(outcome->method, arena);
    copy.error_bound = copy_or_null(outcome->error_bound, arena);
    return copy;
}

static const char *const status_names[] = {
    [STATUS_OK] = "ok",         [STATUS_TIMEOUT] = "timeout", [STATUS_UNAVAILABLE] = "unavailable",
    [STATUS_ERROR] = "error",   [STATUS_DENIED] = "denied",   [STATUS_ABSENT] = "absent",
    [STATUS_BUDGET] = "budget", [STATUS_HELD] = "held",       [STATUS_OFF] = "off",
};

static const char *const kind_names[] = {
    [VALUE_NONE] = "none", [VALUE_COUNT] = "count", [VALUE_DECIMAL] = "decimal",
    [VALUE_TEXT] = "text", [VALUE_FLAG] = "flag",   [VALUE_JSON] = "json",
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool find_name(const char *name, const char *const *names, size_t count, size_t *index)
{
    for (*index = 0; *index < count; ++*index)
        if (strcmp(name, names[*index]) == 0)
            return true;
    return false;
}

const char *status_name(enum outcome_status status)
{
    return status_names[status];
}

bool status_from_name(const char *name, enum outcome_status *status)
{
    size_t index;

    if (!find_name(name, status_names, COUNT_OF(status_names), &index))
        return false;
    *status = (enum outcome_status)index;
    return true;
}

const char *value_kind_name(enum value_kind kind)
{
    return kind_names[kind];
}

bool value_kind_from_name(const char *name, enum value_kind *kind)
{
    size_t index;

    if (!find_name(name, kind_names, COUNT_OF(kind_names), &index))
        return false;
    *kind = (enum value_kind)index;
    return true;
}

void value_write_json(const struct value *value, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, false);
    switch (value->kind) {
    case VALUE_NONE:
        js_put_null(&writer, NULL);
        break;
    case VALUE_COUNT:
        js_put_integer(&writer, NULL, value->count);
        break;
    case VALUE_TEXT:
        js_put_text(&writer, NULL, value->text);
        break;
    case VALUE_FLAG:
        js_put_flag(&writer, NULL, value->flag);
        break;
    case VALUE_DECIMAL:
    case VALUE_JSON:
        js_put_raw(&writer, NULL, value->text);
        break;
    }
}
