/* Values of a document as JSON Schema sees them: their types, and how they compare. */
#ifndef AGENT_BASE_JS_SCHEMA_VALUE_H
#define AGENT_BASE_JS_SCHEMA_VALUE_H

#include "agent/base/doc.h"
#include "agent/base/json.h"

#include <stdbool.h>
#include <stdint.h>

enum js_type {
    JS_TYPE_NULL = 1,
    JS_TYPE_BOOLEAN = 2,
    JS_TYPE_INTEGER = 4, /* 2.0 is one, too */
    JS_TYPE_NUMBER = 8,
    JS_TYPE_STRING = 16,
    JS_TYPE_ARRAY = 32,
    JS_TYPE_OBJECT = 64,
};

/* All that a value is: a whole number is a number as well. */
unsigned js_types_of(const struct doc_node *node);
bool js_is_a(const struct doc_node *node, enum js_type type);

/* Whether it is that scalar; numbers go by their value, whole ones exactly. */
bool js_equals(const struct doc_node *node, const struct js_value *value);

/* Whether two values are the same, whatever the order of their members. */
bool js_same(const struct doc_node *a, const struct doc_node *b);

/* Below 0, 0 or above 0, as the node's number is less than the value's, the same, or more. */
int js_compare_number(const struct doc_node *node, const struct js_value *value);

int64_t js_characters(const char *text);

#endif
