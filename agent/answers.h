/*
 * The outcomes of a run as they come in: one for each metric, each given once. What cannot stand in
 * a payload (a number that is none, a document that does not parse) becomes an error here, so that
 * one source's mistake never spoils the whole document.
 */
#ifndef AGENT_ANSWERS_H
#define AGENT_ANSWERS_H

#include "agent/base/arena.h"
#include "agent/metric.h"
#include "agent/value.h"

#include <stddef.h>

struct answers {
    struct arena *arena;
    const struct metric *const *metrics;
    size_t count;
    struct outcome *outcomes; /* outcome i belongs to metric i */
    bool *given;
    struct answers_key *keys; /* metrics by name */
    size_t answered, failed;  /* failed: every answered one that is not OK */
};

/* `metrics` must outlive the answers; all else is in `arena`. */
void answers_init(struct answers *answers, struct arena *arena, const struct metric *const *metrics,
                  size_t count);

/* False if no metric has that key path. */
bool answers_find(const struct answers *answers, const char *key_path, size_t *index);

/* Copies the outcome. A second one for the same metric is a bug, and ends the process. */
void answers_note(struct answers *answers, size_t index, const struct outcome *outcome);

#endif
