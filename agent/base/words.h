/* Short lists of words that people may write: found, joined for a message, guessed from a slip. */
#ifndef AGENT_BASE_WORDS_H
#define AGENT_BASE_WORDS_H

#include "agent/base/arena.h"

#include <stdbool.h>

/* All lists of words end with NULL. The index of `word`, or -1. */
int words_find(const char *const *words, const char *word);
int words_find_any_case(const char *const *words, const char *word);

/* "a, b or c" */
const char *words_join(const char *const *words, struct arena *arena);

/* Which of many candidates a misspelt word was meant to be. */
struct nearest {
    const char *word;
    const char *found; /* NULL: nothing is near enough to be a slip */
    size_t distance;
};

void nearest_init(struct nearest *nearest, const char *word);
void nearest_try(struct nearest *nearest, const char *candidate);

/* "; did you mean 'candidate'?", or "". */
const char *nearest_hint(const struct nearest *nearest, struct arena *arena);

#endif
