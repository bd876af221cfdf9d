/*
 * JSON Schema, the part of draft-07 that our own schemas use, held against documents of doc.h.
 * Pure. What a schema says outside of that part is an error when it is read, so that no rule is
 * passed over in silence; patterns must mean the same to POSIX and to ECMAScript.
 *
 * Values have the types of JSON. A plain scalar of YAML has the type that doc_type says; on, off,
 * yes and no are texts as well, which they are in YAML 1.2, by which editors read.
 */
#ifndef AGENT_BASE_JS_SCHEMA_H
#define AGENT_BASE_JS_SCHEMA_H

#include "agent/base/complaints.h"
#include "agent/base/doc.h"
#include "agent/base/error.h"

#include <stddef.h>

struct js_schema;

/* NULL, with the place and the reason, unless it is JSON and a schema. Free with js_schema_free. */
struct js_schema *js_schema_read(const char *text, size_t length, struct error *err);
void js_schema_free(struct js_schema *schema); /* NULL is fine */

/* Complains about every place of the document that does not fit: its line, if it has one, and its
 * path, "redis.timeout" or "events[2].name". True if the document fits. */
MUST_CHECK bool js_schema_check(const struct js_schema *schema, const struct doc_node *root,
                                const char *file, struct complaints *complaints);

#endif
