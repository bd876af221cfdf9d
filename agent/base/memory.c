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
