#include "metrics/amount.h"

#include "tests/support/test.h"

#include <string.h>

static struct error err;

static struct amount number(const char *text)
{
    struct amount made;

    err = (struct error){0};
    if (!amount_parse(text, strlen(text), &made, &err))
        fail_msg("%s", err.text);
    return made;
}

static void assert_written(const char *expected, const struct amount *amount)
{
    struct str str;

    str_init(&str);
    amount_write(amount, &str);
    assert_string_equal(expected, str.text);
    str_release(&str);
}

static const struct {
    const char *text, *written;
} forms[] = {
    {"0", "0"},
    {"31", "31"},
    {"31.0", "31"},
    {"-31.50", "-31.5"},
    {"+007.25", "7.25"},
    {".5", "0.5"},
    {"5.", "5"},
    {"-0", "0"},
    {"-0.000", "0"},
    {"1e3", "1000"},
    {"1.5E-3", "0.0015"},
    {"0e99999999999", "0"},
    {"0.30000000000000004", "0.30000000000000004"},
    {"1234567890123456789012345678901234567890", "1234567890123456789012345678901234567890"},
    {"0.0000000000000000000000000000000000000001", "0.0000000000000000000000000000000000000001"},
    {"00000000000000000000000000000000000000000000000000001", "1"},
};

static void numbers_are_written_in_their_shortest_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct amount made = number(forms[i].text);

        assert_written(forms[i].written, &made);
    }
}

static const char *const wrong[] = {
    "",    "-",   ".",   "e3",  "1e",   "1e+",   "1.2.3",  "12a",   " 1", "1 ",   "0x10",
    "1,5", "nan", "inf", "--1", "1e99", "1e-99", "1e9999", "1_000", "-e", "1e41", "1e40",
};

static void other_texts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct amount made;

        err = (struct error){0};
        if (amount_parse(wrong[i], strlen(wrong[i]), &made, &err))
            fail_msg("'%s' was taken for a number", wrong[i]);
        assert_int_equal(ERROR_INVALID, err.kind);
    }
}

static const struct {
    const char *a, *b, *sum;
} sums[] = {
    {"11.1", "20.2", "31.3"},
    {"0.1", "0.2", "0.3"},
    {"16.17", "-16.17", "0"},
    {"-1", "0.25", "-0.75"},
    {"1", "-0.25", "0.75"},
    {"999999999.999999999", "0.000000001", "1000000000"},
    {"-1000000000", "0.000000001", "-999999999.999999999"},
    {"9223372036854775807", "1", "9223372036854775808"},
    {"1e39", "1e-40",
     "1000000000000000000000000000000000000000.0000000000000000000000000000000000000001"},
};

static void sums_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        struct amount a = number(sums[i].a), b = number(sums[i].b), other = b;

        amount_add(&a, &b);
        assert_written(sums[i].sum, &a);
        b = number(sums[i].a);
        amount_add(&other, &b);
        assert_true(amount_equal(&a, &other));
    }
}

static void equal_numbers_are_equal_however_they_are_written(void **state)
{
    struct amount a = number("30"), b = number("30.0"), c = number("3e1"), d = number("30.1");
    struct amount e = number("31"), f = number("-1");

    (void)state;
    amount_add(&e, &f);
    assert_true(amount_equal(&a, &b));
    assert_true(amount_equal(&a, &c));
    assert_true(amount_equal(&a, &e));
    assert_false(amount_equal(&a, &d));
    assert_false(amount_equal(&a, &f));
}

static void a_million_tenths(void **state)
{
    struct amount sum = number("0"), tenth = number("0.1");

    (void)state;
    for (int i = 0; i < 1000000; i++)
        amount_add(&sum, &tenth);
    assert_written("100000", &sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_in_their_shortest_form),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(equal_numbers_are_equal_however_they_are_written),
        cmocka_unit_test(a_million_tenths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
