#include "agent/answers.h"

#include "agent/base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct answers_key {
    const char *key_path;
    size_t index;
};

static int compare_keys(const void *left, const void *right)
{
    const struct answers_key *a = left, *b = right;

    return strcmp(a->key_path, b->key_path);
}

void answers_init(struct answers *answers, struct arena *arena, const struct metric *const *metrics,
                  size_t count)
{
    *answers = (struct answers){
        .arena = arena,
        .metrics = metrics,
        .count = count,
        .outcomes = ARENA_ARRAY(arena, struct outcome, count),
        .given = ARENA_ARRAY(arena, bool, count),
        .keys = ARENA_ARRAY(arena, struct answers_key, count),
    };
    for (size_t i = 0; i < count; i++)
        answers->keys[i] = (struct answers_key){.key_path = metrics[i]->key_path, .index = i};
    qsort(answers->keys, count, sizeof(answers->keys[0]), compare_keys);
}

bool answers_find(const struct answers *answers, const char *key_path, size_t *index)
{
    const struct answers_key wanted = {.key_path = key_path};
    const struct answers_key *found =
        bsearch(&wanted, answers->keys, answers->count, sizeof(wanted), compare_keys);

    if (found != NULL)
        *index = found->index;
    return found != NULL;
}

static const char *skip_digits(const char *text)
{
    return text + strspn(text, "0123456789");
}

/* A number as JSON spells it (RFC 8259, section 6). PostgreSQL's NaN and Infinity are none. */
static bool is_number(const char *text)
{
    const char *at = *text == '-' ? text + 1 : text;
    const char *whole = at;

    at = skip_digits(at);
    if (at == whole || (*whole == '0' && at - whole > 1))
        return false;
    if (*at == '.') {
        const char *fraction = at + 1;

        at = skip_digits(fraction);
        if (at == fraction)
            return false;
    }
    if (*at == 'e' || *at == 'E') {
        const char *power = at + 1 + (at[1] == '+' || at[1] == '-' ? 1 : 0);

        at = skip_digits(power);
        if (at == power)
            return false;
    }
    return *at == '\0';
}

static bool is_document(const char *text)
{
    struct error err;
    struct js_value *document = js_parse(text, strlen(text), &err);
    enum js_kind kind = js_kind(document);

    js_free(document);
    return kind == JS_OBJECT || kind == JS_LIST;
}

/* NULL if the value can stand in a payload. */
static const char *find_fault(const struct value *value)
{
    switch (value->kind) {
    case VALUE_NONE:
        return "the source gave no value";
    case VALUE_DECIMAL:
        return is_number(value->text) ? NULL : "the answer is not a number";
    case VALUE_JSON:
        return is_document(value->text) ? NULL : "the answer is not a JSON object or list";
    case VALUE_COUNT:
    case VALUE_TEXT:
    case VALUE_FLAG:
        break;
    }
    return NULL;
}

static struct outcome judge(const struct outcome *outcome, struct arena *arena)
{
    struct outcome judged = *outcome;
    const char *fault = NULL;

    if (outcome->status != STATUS_OK)
        judged.value = (struct value){.kind = VALUE_NONE};
    else
        fault = find_fault(&outcome->value);
    if (fault != NULL) {
        judged = outcome_without(STATUS_ERROR, fault);
        judged.took_us = outcome->took_us;
        if (outcome->value.text != NULL)
            judged.reason = arena_format(arena, "%s: %.80s", fault, outcome->value.text);
    }
    return judged;
}

void answers_note(struct answers *answers, size_t index, const struct outcome *outcome)
{
    struct outcome judged = judge(outcome, answers->arena);

    assert(!answers->given[index]);
    answers->given[index] = true;
    answers->outcomes[index] = outcome_copy(&judged, answers->arena);
    answers->answered++;
    if (judged.status != STATUS_OK)
        answers->failed++;
}
