/* JSON as a document of doc.h, so that one checker serves both. The nodes have no lines: 0. */
#ifndef AGENT_BASE_JS_DOC_H
#define AGENT_BASE_JS_DOC_H

#include "agent/base/arena.h"
#include "agent/base/doc.h"
#include "agent/base/json.h"

/* Everything is in `arena`; `value` may go. NULL gives null. */
struct doc_node *js_doc(const struct js_value *value, struct arena *arena);

#endif
