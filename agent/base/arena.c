#include "agent/base/arena.h"

#include "agent/base/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For pointers and 64-bit numbers; nothing here is wider. */
#define ARENA_ALIGN alignof(int64_t)

/* Aligned pieces grow from the front and texts from the end, so that texts need no padding. */
struct block {
    struct block *next;
    size_t used, end;
    alignas(int64_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* the newest first; only it has room */
};

struct arena *arena_new(void)
{
    return memory_alloc(sizeof(struct arena));
}

void arena_reset(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_reset(arena);
    free(arena);
}

static struct block *block_add(struct arena *arena, size_t least)
{
    size_t size = least > arena_block_size ? least : arena_block_size;
    struct block *block;

    if (size > SIZE_MAX - sizeof(*block))
        memory_exhausted();
    /* Not zeroed as a whole: texts fill their bytes, and aligned pieces are zeroed one by one. */
    block = memory_resize(NULL, sizeof(*block) + size);
    block->used = 0;
    block->end = size;
    /* A block for one large piece goes behind the newest, whose room stays in use. */
    if (size > arena_block_size && arena->blocks != NULL) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

static struct block *block_with(struct arena *arena, size_t room)
{
    struct block *block = arena->blocks;

    if (block == NULL || block->end - block->used < room)
        block = block_add(arena, room);
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct block *block;
    void *piece;

    if (rounded < size)
        memory_exhausted();
    block = block_with(arena, rounded);
    piece = memset(block->bytes + block->used, 0, rounded);
    block->used += rounded;
    return piece;
}

char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t length)
{
    struct block *block;
    char *copy;

    if (length == SIZE_MAX)
        memory_exhausted();
    block = block_with(arena, length + 1);
    block->end -= length + 1;
    copy = (char *)block->bytes + block->end;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *arena_copy(struct arena *arena, const char *text)
{
    return arena_copy_bytes(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        memory_exhausted();
    text = arena_alloc(arena, (size_t)length + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t element_size)
{
    void *larger;

    if (count != 0 && (count < 8 || (count & (count - 1)) != 0))
        return array;
    larger = arena_alloc(arena, (count < 8 ? 8 : 2 * count) * element_size);
    if (count > 0)
        memcpy(larger, array, count * element_size);
    return larger;
}
