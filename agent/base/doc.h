/* Documents as trees that remember their lines: what yaml.h reads, and how it is asked. */
#ifndef AGENT_BASE_DOC_H
#define AGENT_BASE_DOC_H

#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum doc_kind { DOC_SCALAR, DOC_LIST, DOC_MAP };

/* What a plain scalar means under YAML 1.1 as Ruby's Psych reads it; quoted ones are always text.
 */
enum doc_type { DOC_TEXT, DOC_NULL, DOC_FLAG, DOC_INTEGER, DOC_FLOAT };

struct doc_node {
    enum doc_kind kind : 2; /* there are very many of these, so each byte counts */
    bool plain : 1;         /* a scalar without quotes */
    unsigned count : 29;    /* children of a list or map */
    int line;               /* from 1 */
    const char *key;        /* inside a map, otherwise NULL */
    const char *text;       /* a scalar's, "" for an empty one; NULL for lists and maps */
    struct doc_node *first; /* child */
    struct doc_node *next;  /* sibling */
};

/* The child of a map by name, or NULL; NULL and non-maps have no children. */
const struct doc_node *doc_get(const struct doc_node *map, const char *key);

enum doc_type doc_type(const struct doc_node *scalar);
bool doc_is_null(const struct doc_node *node); /* also true of NULL: absent and null are alike */

/* False if the scalar is not of that type or does not fit. */
bool doc_flag(const struct doc_node *scalar, bool *out);
bool doc_integer(const struct doc_node *scalar, int64_t *out);

/* Adds the tree as block-style YAML that doc_parse reads back the same, `depth` levels indented. */
void doc_write_yaml(const struct doc_node *node, unsigned depth, struct str *out);

#endif
