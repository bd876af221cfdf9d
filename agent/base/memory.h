/* The one place that meets the end of memory: the process ends there, so no caller checks. */
#ifndef AGENT_BASE_MEMORY_H
#define AGENT_BASE_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size) __attribute__((returns_nonnull, malloc)); /* zeroed */
void *memory_resize(void *old, size_t size) __attribute__((returns_nonnull));
/*
 * Two manners, which the process may change between. Quick, for a collection: what is freed is kept
 * for the next answer of a database, which is as large; getting its pages anew each time costs a
 * tenth of the agent's work. Sparing, for a process that idles most of its life: what is large goes
 * back to the system as soon as it is freed.
 */
void memory_be_quick(void);
void memory_be_sparing(void);

/* After much was freed: the system gets back what it can. */
void memory_give_back(void);

_Noreturn void memory_exhausted(void);

/*
 * What an arena asks of malloc at a time. The development build has another file for this constant:
 * there each allocation is its own, so that the address sanitizer sees overflows and late use.
 */
extern const size_t arena_block_size;

#endif
