/*
 * Dotted key paths -> one nested JSON object, keys sorted. What stands at a key path is its leaf's
 * own affair; this module only opens and closes the objects around it.
 */
#ifndef AGENT_PAYLOAD_TREE_H
#define AGENT_PAYLOAD_TREE_H

#include "agent/base/error.h"
#include "agent/base/json.h"

#include <stddef.h>

enum { PAYLOAD_LEVELS = 32 };

struct payload_leaf {
    const char *key_path;
    void (*write)(struct js_writer *writer, const char *key, const void *arg); /* one member */
    const void *arg;
};

/* Sorts the leaves and writes them; nothing is written if REFUSED (payload.h says when). */
MUST_CHECK bool payload_tree_write(struct js_writer *writer, struct payload_leaf *leaves,
                                   size_t count, struct error *err);

#endif
