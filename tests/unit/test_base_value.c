#include "agent/value.h"

#include "agent/base/str.h"
#include "tests/support/test.h"

#include <string.h>

static void write_value(struct value value, struct str *out)
{
    str_clear(out);
    value_write_json(&value, out);
}

static void values_are_written_as_json(void **state)
{
    struct str out;

    (void)state;
    str_init(&out);
    write_value((struct value){0}, &out);
    assert_string_equal(out.text, "null");
    write_value(value_count(INT64_MAX), &out);
    assert_string_equal(out.text, "9223372036854775807");
    write_value(value_count(-1), &out);
    assert_string_equal(out.text, "-1");
    /* Not one digit more or less: no double on the way. */
    write_value(value_decimal("123456789012345678.1234567890"), &out);
    assert_string_equal(out.text, "123456789012345678.1234567890");
    write_value(value_text("a\"b"), &out);
    assert_string_equal(out.text, "\"a\\\"b\"");
    write_value(value_flag(true), &out);
    assert_string_equal(out.text, "true");
    write_value(value_flag(false), &out);
    assert_string_equal(out.text, "false");
    write_value(value_json("{\"a\":[1]}"), &out);
    assert_string_equal(out.text, "{\"a\":[1]}");
    str_release(&out);
}

static const struct {
    enum error_kind kind;
    enum outcome_status status;
} failures[] = {
    {ERROR_INVALID, STATUS_ERROR},   {ERROR_UNAVAILABLE, STATUS_UNAVAILABLE},
    {ERROR_TIMEOUT, STATUS_TIMEOUT}, {ERROR_MISSING, STATUS_ABSENT},
    {ERROR_DENIED, STATUS_DENIED},   {ERROR_REFUSED, STATUS_ERROR},
};

static void errors_become_statuses_with_a_reason(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        struct error err;
        struct outcome outcome;

        (void)error_set(&err, failures[i].kind, "because %zu", i);
        outcome = outcome_from_error(&err, arena);
        (void)error_set(&err, ERROR_INVALID, "something else");
        assert_int_equal(outcome.status, failures[i].status);
        assert_int_equal(outcome.value.kind, VALUE_NONE);
        assert_int_equal(strncmp(outcome.reason, "because ", 8), 0);
    }
    arena_free(arena);
}

static void copies_own_their_texts(void **state)
{
    struct arena *arena = arena_new();
    char text[] = "12.5", method[] = "tid", bound[] = "1%";
    struct outcome outcome = outcome_of(value_decimal(text)), copy;

    (void)state;
    outcome.method = method;
    outcome.error_bound = bound;
    outcome.took_us = 77;
    copy = outcome_copy(&outcome, arena);
    memset(text, 'x', 4);
    memset(method, 'x', 3);
    memset(bound, 'x', 2);
    assert_int_equal(copy.status, STATUS_OK);
    assert_int_equal(copy.value.kind, VALUE_DECIMAL);
    assert_string_equal(copy.value.text, "12.5");
    assert_string_equal(copy.method, "tid");
    assert_string_equal(copy.error_bound, "1%");
    assert_null(copy.reason);
    assert_int_equal(copy.took_us, 77);
    arena_free(arena);
}

static void names_are_read_back(void **state)
{
    enum outcome_status status;
    enum value_kind kind;

    (void)state;
    for (int i = STATUS_OK; i <= STATUS_OFF; i++) {
        assert_true(status_from_name(status_name((enum outcome_status)i), &status));
        assert_int_equal(status, i);
    }
    for (int i = VALUE_NONE; i <= VALUE_JSON; i++) {
        assert_true(value_kind_from_name(value_kind_name((enum value_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    assert_string_equal(status_name(STATUS_BUDGET), "budget");
    assert_false(status_from_name("nix", &status));
    assert_false(status_from_name("", &status));
    assert_false(value_kind_from_name("Count", &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_as_json),
        cmocka_unit_test(errors_become_statuses_with_a_reason),
        cmocka_unit_test(copies_own_their_texts),
        cmocka_unit_test(names_are_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
