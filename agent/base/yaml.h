/*
 * YAML documents as trees. The only module that knows libyaml. One document a text; anchors are
 * resolved, a key that occurs twice in a map is an error, tags are refused.
 */
#ifndef AGENT_BASE_YAML_H
#define AGENT_BASE_YAML_H

#include "agent/base/arena.h"
#include "agent/base/doc.h"
#include "agent/base/error.h"

/*
 * NULL on failure, with the line in *line (at least 1). An empty text gives an empty map.
 * Everything is in `arena`; `text` may go.
 */
struct doc_node *doc_parse(const char *text, size_t length, struct arena *arena, int *line,
                           struct error *err);

#endif
