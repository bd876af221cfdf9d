#include "agent/base/str.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void it_grows_and_stays_terminated(void **state)
{
    struct str str;

    (void)state;
    str_init(&str);
    assert_string_equal(str.text, "");
    for (int i = 0; i < 3000; i++) {
        str_add_char(&str, (char)('a' + i % 26));
        assert_int_equal(str.length, i + 1);
        assert_int_equal(str.text[str.length], '\0');
        assert_true(str.capacity > str.length);
    }
    assert_int_equal(strlen(str.text), 3000);
    str_release(&str);
    str_release(&str);
}

static void parts_are_added_at_the_end(void **state)
{
    struct str str;

    (void)state;
    str_init(&str);
    str_add(&str, "one ");
    str_add_bytes(&str, "two and", 3);
    str_add_bytes(&str, NULL, 0);
    str_add_format(&str, " %03d%s", 7, "");
    str_add_format(&str, "%s", "");
    assert_string_equal(str.text, "one two 007");
    str_add_bytes(&str, "\0x", 2);
    assert_int_equal(str.length, 13);
    assert_memory_equal(str.text, "one two 007\0x", 14);
    str_release(&str);
}

/* The text is made longer than the room left, and longer than the buffer on the way. */
static void long_formats_fit(void **state)
{
    char expected[5001];
    struct str str;

    (void)state;
    memset(expected, ' ', 5000);
    expected[4999] = '1';
    expected[5000] = '\0';
    str_init(&str);
    str_add_format(&str, "%5000d", 1);
    assert_string_equal(str.text, expected);
    str_release(&str);
}

static void truncating_never_makes_it_longer(void **state)
{
    struct str str;

    (void)state;
    str_init(&str);
    str_add(&str, "abcdef");
    str_truncate(&str, 10);
    assert_string_equal(str.text, "abcdef");
    str_truncate(&str, 3);
    assert_string_equal(str.text, "abc");
    str_clear(&str);
    assert_string_equal(str.text, "");
    assert_int_equal(str.length, 0);
    str_add(&str, "x");
    assert_string_equal(str.text, "x");
    str_release(&str);
}

static const struct {
    const char *text, *pattern;
    bool matches;
} patterns[] = {
    {"", "", true},
    {"", "*", true},
    {"", "?", false},
    {"a", "", false},
    {"abc", "abc", true},
    {"abc", "ab", false},
    {"ab", "abc", false},
    {"abc", "a?c", true},
    {"ac", "a?c", false},
    {"abc", "*", true},
    {"abc", "a*", true},
    {"abc", "*c", true},
    {"abc", "*b*", true},
    {"abc", "*d*", false},
    {"abc", "**", true},
    {"abc", "a**c", true},
    {"counts.users_all", "counts.*", true},
    {"counts.users_all", "*.users_*", true},
    {"aXbXc", "a*b*c", true},
    {"abab", "*ab", true},
    {"aab", "*ab", true},
    {"mississippi", "m*iss*ppi", true},
    {"mississippi", "m*iss*ppx", false},
    {"a*b", "a*b", true},
    {"a.b", "a[.]b", false},
    {"a[.]b", "a[.]b", true},
    {"a\\b", "a\\b", true},
};

static void patterns_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++)
        if (str_matches(patterns[i].text, patterns[i].pattern) != patterns[i].matches)
            fail_msg("'%s' and '%s'", patterns[i].text, patterns[i].pattern);
}

/* Back-tracking must not be exponential: this one would never end. */
static void many_stars_take_no_time(void **state)
{
    char text[2001];

    (void)state;
    memset(text, 'a', 2000);
    text[2000] = '\0';
    assert_false(str_matches(text, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_and_stays_terminated),
        cmocka_unit_test(parts_are_added_at_the_end),
        cmocka_unit_test(long_formats_fit),
        cmocka_unit_test(truncating_never_makes_it_longer),
        cmocka_unit_test(patterns_match),
        cmocka_unit_test(many_stars_take_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
