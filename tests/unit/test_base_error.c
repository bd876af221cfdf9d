#include "agent/base/error.h"

#include "tests/support/test.h"

#include <string.h>

static void setting_returns_false_and_keeps_kind_and_text(void **state)
{
    struct error err = {0};

    (void)state;
    assert_false(error_set(&err, ERROR_DENIED, "%s: no %d", "here", 7));
    assert_int_equal(err.kind, ERROR_DENIED);
    assert_string_equal(err.text, "here: no 7");
}

static void context_stands_before_the_cause(void **state)
{
    struct error err = {0};

    (void)state;
    (void)error_set(&err, ERROR_TIMEOUT, "too slow");
    assert_false(error_add_context(&err, "database %s", "main"));
    assert_false(error_add_context(&err, "run"));
    assert_int_equal(err.kind, ERROR_TIMEOUT);
    assert_string_equal(err.text, "run: database main: too slow");
}

/* A lower layer's sentence is often part of the new one. */
static void the_old_text_may_be_an_argument(void **state)
{
    struct error err = {0};

    (void)state;
    (void)error_set(&err, ERROR_MISSING, "no file");
    (void)error_set(&err, ERROR_INVALID, "<%s>", err.text);
    assert_string_equal(err.text, "<no file>");
    (void)error_add_context(&err, "(%s)", err.text);
    assert_string_equal(err.text, "(<no file>): <no file>");
}

static void what_is_too_long_is_cut(void **state)
{
    char longest[600];
    struct error err = {0};

    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    (void)error_set(&err, ERROR_INVALID, "%s", longest);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    (void)error_add_context(&err, "begin");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(strncmp(err.text, "begin: xxx", 10), 0);
    (void)error_add_context(&err, "%s", longest);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_null(strchr(err.text, ':'));
}

static void kinds_have_names(void **state)
{
    static const char *const names[] = {"none",    "invalid", "unavailable", "timeout",
                                        "missing", "denied",  "refused",     "cancelled"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_string_equal(error_kind_name((enum error_kind)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_returns_false_and_keeps_kind_and_text),
        cmocka_unit_test(context_stands_before_the_cause),
        cmocka_unit_test(the_old_text_may_be_an_argument),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
