#include "metrics/decimal.h"

#include "tests/support/test.h"

static const struct {
    const char *name;
    const char *terms[4];
    const char *sum;
    int64_t divisor;
    const char *quotient;
} cases[] = {
    {"nothing added is zero", {NULL}, "0", 1, "0"},
    {"whole numbers", {"1", "2", "39"}, "42", 5, "8.4"},
    {"a carry through all places",
     {"999999999999999999999", "1"},
     "1000000000000000000000",
     1,
     "1000000000000000000000"},
    {"beyond sixty-four bits",
     {"9223372036854775807", "9223372036854775807"},
     "18446744073709551614",
     2,
     "9223372036854775807"},
    {"fractions of different lengths", {"0.1", "0.22", "3"}, "3.32", 4, "0.83"},
    {"zeros at the end go", {"1.50", "1.50"}, "3", 2, "1.5"},
    {"a small fraction keeps its zeros", {"0.0001"}, "0.0001", 3, "0.000033333333333333333333"},
    {"negative numbers", {"-5", "3"}, "-2", 3, "-0.66666666666666666667"},
    {"the sign turns", {"3", "-5", "10"}, "8", 3, "2.6666666666666667"},
    {"what cancels out has no sign", {"-5", "5"}, "0", 7, "0"},
    {"a borrow through all places", {"1000000", "-0.000001"}, "999999.999999", 1, "999999.999999"},
    {"a smaller number is taken from", {"1", "-1000"}, "-999", 2, "-499.5"},
    {"halves are rounded away from zero", {"1"}, "1", 64, "0.015625"},
    {"a third, as PostgreSQL rounds it", {"1"}, "1", 3, "0.33333333333333333333"},
    {"two thirds, rounded up", {"2"}, "2", 3, "0.66666666666666666667"},
    {"a quotient above ten thousand", {"100000000"}, "100000000", 3, "33333333.333333333333"},
    {"the smallest of sixty-four bits",
     {"-9223372036854775808"},
     "-9223372036854775808",
     10,
     "-922337203685477581"},
};

static void test_arithmetic(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct decimal decimal;
        struct error err = {0};
        struct str text;

        print_message("  %s\n", cases[i].name);
        decimal_init(&decimal);
        str_init(&text);
        for (size_t j = 0; cases[i].terms[j] != NULL; j++)
            assert_true(decimal_add(&decimal, cases[i].terms[j], &err));
        decimal_write(&decimal, &text);
        assert_string_equal(text.text, cases[i].sum);
        str_clear(&text);
        decimal_write_quotient(&decimal, cases[i].divisor, &text);
        assert_string_equal(text.text, cases[i].quotient);
        str_release(&text);
        decimal_release(&decimal);
    }
}

static void test_refused(void **state)
{
    static const char *const texts[] = {"",    "-",     ".",   "NaN", "Infinity",
                                        "1e5", "1.2.3", "--1", "+1",  "1 "};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct decimal decimal;
        struct error err = {0};
        struct str text;

        print_message("  '%s' is not a number\n", texts[i]);
        decimal_init(&decimal);
        str_init(&text);
        assert_true(decimal_add(&decimal, "7.25", &err));
        assert_false(decimal_add(&decimal, texts[i], &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        decimal_write(&decimal, &text);
        assert_string_equal(text.text, "7.25");
        str_release(&text);
        decimal_release(&decimal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
