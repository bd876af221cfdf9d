#include "agent/base/js_schema_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* In YAML 1.2 these are texts, in YAML 1.1 flags. */
static bool is_either(const char *text)
{
    return strcasecmp(text, "on") == 0 || strcasecmp(text, "off") == 0 ||
           strcasecmp(text, "yes") == 0 || strcasecmp(text, "no") == 0;
}

static bool is_whole(double number)
{
    return isfinite(number) && floor(number) == number;
}

static unsigned scalar_types(const struct doc_node *node)
{
    switch (doc_type(node)) {
    case DOC_NULL:
        return JS_TYPE_NULL;
    case DOC_FLAG:
        return JS_TYPE_BOOLEAN | (is_either(node->text) ? JS_TYPE_STRING : 0U);
    case DOC_INTEGER:
        return JS_TYPE_INTEGER | JS_TYPE_NUMBER;
    case DOC_FLOAT:
        return JS_TYPE_NUMBER | (is_whole(strtod(node->text, NULL)) ? JS_TYPE_INTEGER : 0U);
    case DOC_TEXT:
        break;
    }
    return JS_TYPE_STRING;
}

unsigned js_types_of(const struct doc_node *node)
{
    if (node->kind == DOC_SCALAR)
        return scalar_types(node);
    return node->kind == DOC_LIST ? JS_TYPE_ARRAY : JS_TYPE_OBJECT;
}

bool js_is_a(const struct doc_node *node, enum js_type type)
{
    return (js_types_of(node) & (unsigned)type) != 0;
}

/* A number by its value, as far as a double tells it; whole ones exactly. */
static bool same_number(const struct doc_node *node, const struct js_value *value)
{
    int64_t number;

    if (!js_is_a(node, JS_TYPE_NUMBER))
        return false;
    if (js_kind(value) == JS_INTEGER && doc_integer(node, &number))
        return number == js_integer(value);
    return strtod(node->text, NULL) == strtod(js_number_text(value), NULL);
}

bool js_equals(const struct doc_node *node, const struct js_value *value)
{
    bool flag;

    if (node->kind != DOC_SCALAR)
        return false;
    switch (js_kind(value)) {
    case JS_NULL:
        return js_is_a(node, JS_TYPE_NULL);
    case JS_FLAG:
        return doc_flag(node, &flag) && flag == js_flag(value);
    case JS_INTEGER:
    case JS_NUMBER:
        return same_number(node, value);
    case JS_TEXT:
        return js_is_a(node, JS_TYPE_STRING) && strcmp(node->text, js_text(value)) == 0;
    case JS_LIST:
    case JS_OBJECT:
        break;
    }
    return false;
}

static bool same_scalar(const struct doc_node *a, const struct doc_node *b)
{
    unsigned types = js_types_of(a) & js_types_of(b);
    bool left, right;

    if ((types & JS_TYPE_NUMBER) != 0)
        return strtod(a->text, NULL) == strtod(b->text, NULL);
    if ((types & JS_TYPE_BOOLEAN) != 0)
        return doc_flag(a, &left) && doc_flag(b, &right) && left == right;
    return types == JS_TYPE_NULL || (types != 0 && strcmp(a->text, b->text) == 0);
}

/* Documents are not deep. */
bool js_same(const struct doc_node *a, const struct doc_node *b) /* NOLINT(misc-no-recursion) */
{
    const struct doc_node *right = b->first;

    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == DOC_SCALAR)
        return same_scalar(a, b);
    for (const struct doc_node *left = a->first; left != NULL; left = left->next) {
        if (b->kind == DOC_MAP)
            right = doc_get(b, left->key);
        if (right == NULL || !js_same(left, right))
            return false;
        right = right->next;
    }
    return true;
}

int64_t js_characters(const char *text)
{
    int64_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* How `number` compares with the rule's; 0 where they are the same. */
int js_compare_number(const struct doc_node *node, const struct js_value *value)
{
    int64_t number;
    double left, right;

    if (js_kind(value) == JS_INTEGER && doc_integer(node, &number))
        return (number > js_integer(value)) - (number < js_integer(value));
    left = strtod(node->text, NULL);
    right = strtod(js_number_text(value), NULL);
    return (left > right) - (left < right);
}
