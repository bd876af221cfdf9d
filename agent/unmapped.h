/* The classes that no instrumentation.yml knows, each with the definitions that name it. */
#ifndef AGENT_UNMAPPED_H
#define AGENT_UNMAPPED_H

#include "agent/base/arena.h"
#include "agent/metric.h"

/* Zeroed but for the arena, in which the list grows. */
struct unmapped {
    struct arena *arena;
    const struct definition **definitions;
    size_t count;
};

/* `definition` names a class. */
void unmapped_add(struct unmapped *unmapped, const struct definition *definition);

/* `text` is in the arena given to unmapped_each. */
typedef void unmapped_tell(const char *file, const char *text, void *arg);

/*
 * Tells of every class once, by name: the first file that names it, and a text such as
 * "names the class CountIssuesMetric, which is not mapped; so does b.yml".
 */
void unmapped_each(struct unmapped *unmapped, struct arena *arena, unmapped_tell *tell, void *arg);

#endif
