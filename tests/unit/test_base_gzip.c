#include "agent/base/gzip.h"

#include "tests/support/test.h"

#include <string.h>

static struct str packed, expanded;

static int set_up(void **state)
{
    (void)state;
    str_init(&packed);
    str_init(&expanded);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    str_release(&packed);
    str_release(&expanded);
    return 0;
}

/* Zeros shrink a thousandfold; the others hardly at all. */
static void fill(struct str *text, size_t length, bool random)
{
    uint32_t number = 1;

    for (size_t i = 0; i < length; i++) {
        number = number * 1664525 + 1013904223;
        str_add_char(text, (char)(random ? number >> 24 : 0));
    }
}

static void what_is_packed_comes_back(void **state)
{
    static const size_t lengths[] = {0, 1, 100, 16383, 16384, 16385, 300000};
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(lengths); i++) {
        struct str text;

        str_init(&text);
        fill(&text, lengths[i / 2], i % 2 == 1);
        str_clear(&packed);
        str_clear(&expanded);
        assert_true(gzip_compress(text.text, text.length, &packed, &err));
        assert_true(gzip_expand(packed.text, packed.length, text.length, &expanded, &err));
        assert_int_equal(expanded.length, text.length);
        assert_memory_equal(expanded.text, text.text, text.length);
        str_release(&text);
    }
}

static void the_same_text_gives_the_same_bytes(void **state)
{
    struct str again;
    struct error err = {0};

    (void)state;
    str_init(&again);
    assert_true(gzip_compress("hello", 5, &packed, &err));
    assert_true(gzip_compress("hello", 5, &again, &err));
    assert_int_equal(packed.length, again.length);
    assert_memory_equal(packed.text, again.text, again.length);
    assert_memory_equal(packed.text, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8); /* no name, no time */
    str_release(&again);
}

static void a_bomb_is_refused(void **state)
{
    struct error err = {0};
    struct str zeros;

    (void)state;
    str_init(&zeros);
    fill(&zeros, 1000000, false);
    str_clear(&packed);
    assert_true(gzip_compress(zeros.text, zeros.length, &packed, &err));
    str_clear(&expanded);
    str_add(&expanded, "before");
    assert_false(gzip_expand(packed.text, packed.length, 999999, &expanded, &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_non_null(strstr(err.text, "999999"));
    assert_string_equal(expanded.text, "before");
    assert_true(gzip_expand(packed.text, packed.length, 1000000, &expanded, &err));
    assert_int_equal(expanded.length, 1000006);
    str_release(&zeros);
}

/* Every cut, every appended byte, every flipped bit of the body or the checksum. */
static void anything_else_is_refused(void **state)
{
    struct error err = {0};

    (void)state;
    str_clear(&packed);
    assert_true(gzip_compress("hello hello hello", 17, &packed, &err));
    for (size_t length = 0; length < packed.length; length++) {
        str_clear(&expanded);
        assert_false(gzip_expand(packed.text, length, 1000, &expanded, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_int_equal(expanded.length, 0);
    }
    for (size_t i = 10; i < packed.length; i++) {
        packed.text[i] = (char)(packed.text[i] ^ 4);
        str_clear(&expanded);
        assert_false(gzip_expand(packed.text, packed.length, 1000, &expanded, &err));
        packed.text[i] = (char)(packed.text[i] ^ 4);
    }
    str_add_char(&packed, 'x');
    assert_false(gzip_expand(packed.text, packed.length, 1000, &expanded, &err));
    assert_false(gzip_expand("hello", 5, 1000, &expanded, &err));
}

static void two_members_are_one_too_many(void **state)
{
    struct error err = {0};

    (void)state;
    str_clear(&packed);
    str_clear(&expanded);
    assert_true(gzip_compress("a", 1, &packed, &err));
    assert_true(gzip_compress("b", 1, &packed, &err));
    assert_false(gzip_expand(packed.text, packed.length, 1000, &expanded, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_text_gives_the_same_bytes),
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(two_members_are_one_too_many),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
