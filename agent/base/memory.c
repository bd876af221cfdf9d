#include "agent/base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

void memory_exhausted(void)
{
    (void)fputs("service-ping: out of memory\n", stderr);
    abort();
}

void *memory_alloc(size_t size)
{
    void *bytes = calloc(1, size > 0 ? size : 1);

    if (bytes == NULL)
        memory_exhausted();
    return bytes;
}

void *memory_resize(void *old, size_t size)
{
    void *bytes = realloc(old, size > 0 ? size : 1);

    if (bytes == NULL)
        memory_exhausted();
    return bytes;
}

void memory_give_back(void)
{
    (void)malloc_trim(0);
}

/* Naming them keeps them: by default both grow with the largest piece that was ever freed. */
static void set_thresholds(int bytes)
{
    (void)mallopt(M_MMAP_THRESHOLD, bytes);
    (void)mallopt(M_TRIM_THRESHOLD, bytes);
}

void memory_be_quick(void)
{
    set_thresholds(16 * 1024 * 1024);
}

void memory_be_sparing(void)
{
    set_thresholds(128 * 1024);
}
