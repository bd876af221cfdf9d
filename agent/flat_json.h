/*
 * A JSON document as a sorted list of dotted paths, so that two of them are compared by walking
 * along both. Pure. Lists stay whole, and so does an object without members.
 */
#ifndef AGENT_FLAT_JSON_H
#define AGENT_FLAT_JSON_H

#include "agent/base/arena.h"
#include "agent/base/json.h"

struct flat_leaf {
    const char *path;
    const struct js_value *value; /* NULL: null */
};

struct flat_json {
    struct flat_leaf *leaves; /* sorted by key_path_compare */
    size_t count;
};

/* Paths are in `arena`, values are the document's. `whole` (NULL: none) is a list of the paths
 * whose objects are not opened. */
void flat_json_make(const struct js_value *root, const struct js_value *whole, struct arena *arena,
                    struct flat_json *flat);

/* Into the order in which a leaf is found; flat_json_make has done it. */
void flat_json_sort(struct flat_json *flat);

/* The leaf of that path, or NULL. */
const struct flat_leaf *flat_json_find(const struct flat_json *flat, const char *path);

/* Both lists side by side: the next path, with what stands at it on each side (NULL: nothing);
 * false at the end. */
struct flat_pair {
    const struct flat_json *before, *after;
    size_t before_at, after_at;
};
bool flat_pair_next(struct flat_pair *pair, const struct flat_leaf **before,
                    const struct flat_leaf **after);

#endif
