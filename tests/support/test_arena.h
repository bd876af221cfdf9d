/* An arena for tests, which cmocka sets up and takes down. Each that includes this has its own. */
#ifndef TESTS_SUPPORT_TEST_ARENA_H
#define TESTS_SUPPORT_TEST_ARENA_H

#include "agent/base/arena.h"

static struct arena *arena;

static int arena_begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int arena_end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#endif
