/* The entries of instrumentation.yml files by name, for instrumentation.c: read, checked, found. */
#ifndef AGENT_INSTRUMENTATION_MAP_H
#define AGENT_INSTRUMENTATION_MAP_H

#include "agent/base/arena.h"
#include "agent/base/complaints.h"
#include "agent/base/yaml.h"

#include <stdbool.h>
#include <stddef.h>

struct instrumentation_entry {
    const char *name; /* of a class or a key path; both live in one name space */
    const char *file;
    int line;
    const struct doc_node
        *node;             /* a checked map of the entry's fields; NULL: not in the database */
    const char *elsewhere; /* where it is then */
    size_t order;          /* the later of two of one name is in force */
    bool faulty;
};

struct instrumentation_map {
    struct arena *arena;
    struct instrumentation_entry *entries; /* sorted by name, each name once */
    size_t count;
};

/* An empty map in `arena`, in which all that is added stays. */
struct instrumentation_map *instrumentation_map_new(struct arena *arena);

/*
 * Adds the entries of one document, in place of those of the same names. Complains about
 * everything that is wrong with it, with file and line; faulty entries are left out. `root` and
 * `file` must outlive the map.
 */
void instrumentation_map_add(struct instrumentation_map *map, const char *file,
                             const struct doc_node *root, struct complaints *complaints);

/* NULL if there is none. */
const struct instrumentation_entry *instrumentation_map_find(const struct instrumentation_map *map,
                                                             const char *name);

#endif
