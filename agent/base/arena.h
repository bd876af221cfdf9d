/*
 * Memory that lives and dies together. Running out of memory ends the process.
 * An arena is passed explicitly, so that a signature shows the lifetime of what it returns.
 */
#ifndef AGENT_BASE_ARENA_H
#define AGENT_BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for pointers and 64-bit numbers. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull, malloc));
char *arena_copy(struct arena *arena, const char *text) __attribute__((returns_nonnull));

/* Copies `length` bytes, aligned for no type but char, and adds a terminating zero. */
char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t length)
    __attribute__((returns_nonnull));
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((returns_nonnull, format(printf, 2, 3)));

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

/*
 * Room for one more element at the end of an arena array of `count` elements: the array itself, or
 * a copy twice as large. Capacity is the next power of two (8 at least), so none is stored.
 */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t element_size)
    __attribute__((returns_nonnull));

#endif
