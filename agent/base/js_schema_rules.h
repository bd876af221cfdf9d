/* A schema as it is read: nodes of rules, for js_schema.c, which checks by them. */
#ifndef AGENT_BASE_JS_SCHEMA_RULES_H
#define AGENT_BASE_JS_SCHEMA_RULES_H

#include "agent/base/doc.h"
#include "agent/base/error.h"
#include "agent/base/json.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct js_checking;
struct js_rule;
struct js_spot;

/* What must stand behind a keyword. */
enum js_operand {
    OPERAND_ANY,       /* nothing that is checked: a title, a default */
    OPERAND_TEXT,      /* a text */
    OPERAND_TYPES,     /* the name of a type, or a list of some */
    OPERAND_SCALAR,    /* null, a flag, a number or a text */
    OPERAND_SCALARS,   /* a list of them */
    OPERAND_TEXTS,     /* a list of texts */
    OPERAND_COUNT,     /* a whole number from 0 on */
    OPERAND_NUMBER,    /* any number */
    OPERAND_FLAG,      /* true or false */
    OPERAND_PATTERN,   /* a regular expression */
    OPERAND_NODE,      /* a schema */
    OPERAND_NODES,     /* a list of schemas */
    OPERAND_NAMED,     /* an object of schemas */
    OPERAND_PATTERNED, /* the same, its names being patterns */
    OPERAND_REFERENCE, /* "#/definitions/name" */
};

struct js_keyword {
    const char *name;
    enum js_operand operand;
    /* NULL: it says nothing, or another keyword of its node reads it. */
    bool (*holds)(struct js_checking *checking, const struct js_rule *rule,
                  const struct js_spot *spot);
};

/* A schema inside a rule, by its name, pattern or neither. */
struct js_inner {
    const char *name;
    const regex_t *pattern;
    const struct js_node *node;
};

struct js_rule {
    const struct js_keyword *keyword;
    const struct js_node *owner;
    const struct js_value *value; /* as the schema says it; NULL: null */
    struct js_inner *inner;
    size_t count;
};

struct js_node {
    const struct js_value *source;
    bool never; /* the schema `false` */
    struct js_rule *rules;
    size_t count;
    struct js_node *next; /* of all that were read */
};

struct js_schema {
    struct arena *arena;
    struct js_value *document;
    const struct js_node *root;
    struct js_node *all;
    struct js_regex *regexes; /* what regfree is due for */
};

/* The types in the order of enum js_type (js_schema_value.h), ended by NULL. */
extern const char *const js_type_names[];

/* The types that a rule with OPERAND_TYPES names. */
unsigned js_rule_types(const struct js_rule *rule);

/* What js_schema_read and js_schema_free are; a row without a name ends the keywords. */
struct js_schema *js_rules_read(const char *text, size_t length, const struct js_keyword *keywords,
                                struct error *err);
void js_rules_free(struct js_schema *schema);

#endif
