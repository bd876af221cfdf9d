/* What js_schema.c says when a value does not fit; nothing while it only asks whether one would. */
#ifndef AGENT_BASE_JS_SCHEMA_WORDS_H
#define AGENT_BASE_JS_SCHEMA_WORDS_H

#include "agent/base/complaints.h"
#include "agent/base/js_schema_rules.h"
#include "agent/base/str.h"

enum { JS_DEEPEST = 400 }; /* schemas in schemas; documents end long before */

/* Where a value stands. */
struct js_spot {
    const struct doc_node *node;
    const struct js_spot *parent; /* NULL: the document itself */
    size_t index;                 /* in a list */
};

struct js_checking {
    const char *id; /* the schema's $id; NULL: it has none */
    const char *file;
    struct complaints *complaints; /* NULL: whether it fits is all that is asked */
    unsigned depth;
};

/* They complain of the value, and are false, so that a rule can end with them. */
bool js_fault(struct js_checking *checking, const struct js_spot *spot, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool js_refuse(struct js_checking *checking, const struct js_spot *spot, const char *wanted);
bool js_refuse_by(struct js_checking *checking, const struct js_spot *spot,
                  const struct js_node *node);

/* What a schema asks for: its title, else its values or its types. */
void js_describe(const struct js_node *node, struct str *out);

/* The rule of a keyword, or NULL. */
const struct js_rule *js_find_rule(const struct js_node *node, const char *name);

#endif
