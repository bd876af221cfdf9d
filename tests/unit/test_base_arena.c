#include "agent/base/arena.h"

#include "tests/support/test.h"

#include <stdalign.h>
#include <stdbool.h>
#include <string.h>

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Of all sizes around the blocks of the release build, each filled so that overlaps would show. */
static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = {1, 7, 16, 0, 100, 32760, 3, 32768, 32769, 5, 200000, 31, 1};
    unsigned char *pieces[3 * COUNT_OF(sizes)];
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        size_t size = sizes[i % COUNT_OF(sizes)];

        pieces[i] = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)pieces[i] % alignof(int64_t), 0);
        assert_true(is_zero(pieces[i], size));
        memset(pieces[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        for (size_t at = 0; at < sizes[i % COUNT_OF(sizes)]; at++)
            assert_int_equal(pieces[i][at], (int)i + 1);
    arena_free(arena);
}

static void after_a_reset_pieces_are_zeroed_again(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (int round = 0; round < 3; round++) {
        unsigned char *piece = arena_alloc(arena, 1000);

        assert_true(is_zero(piece, 1000));
        memset(piece, 0xff, 1000);
        arena_reset(arena);
    }
    arena_free(arena);
    arena_free(NULL);
}

static void copies_end_in_a_zero(void **state)
{
    struct arena *arena = arena_new();
    char text[] = "abc";
    char *copy = arena_copy(arena, text), *part = arena_copy_bytes(arena, "a\0b\0c", 4);

    (void)state;
    text[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_memory_equal(part, "a\0b\0", 5);
    assert_string_equal(arena_copy_bytes(arena, NULL, 0), "");
    assert_string_equal(arena_format(arena, "%s-%d", "n", 12), "n-12");
    arena_free(arena);
}

static void growing_keeps_what_is_there(void **state)
{
    struct arena *arena = arena_new();
    size_t *numbers = NULL, moved = 0;

    (void)state;
    for (size_t count = 0; count < 5000; count++) {
        size_t *grown = arena_grow(arena, numbers, count, sizeof(*numbers));

        moved += grown != numbers;
        numbers = grown;
        numbers[count] = count;
    }
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(numbers[i], i);
    /* At 0, 8, 16, ... 4096. */
    assert_int_equal(moved, 11);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(after_a_reset_pieces_are_zeroed_again),
        cmocka_unit_test(copies_end_in_a_zero),
        cmocka_unit_test(growing_keeps_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
