#include "metrics/key.h"

#include "tests/support/test.h"

static const struct {
    const char *name;
    enum key_type type;
    int64_t key;
    const char *literal;
} literals[] = {
    {"a number", KEY_INTEGER, 42, "42"},
    {"a negative number", KEY_INTEGER, -42, "-42"},
    {"the largest number", KEY_INTEGER, INT64_MAX, "9223372036854775807"},
    {"the smallest number needs its type", KEY_INTEGER, INT64_MIN,
     "'-9223372036854775808'::bigint"},
    {"PostgreSQL's epoch", KEY_TIMESTAMP, 0, "'2000-01-01 00:00:00+00'"},
    {"a microsecond before it", KEY_TIMESTAMP, -1, "'1999-12-31 23:59:59.999999+00'"},
    {"a leap day", KEY_TIMESTAMP, INT64_C(762566400000000), "'2024-03-01 00:00:00+00'"},
    {"the day before", KEY_TIMESTAMP, INT64_C(762566399500000), "'2024-02-29 23:59:59.500000+00'"},
    {"the last microsecond there is", KEY_TIMESTAMP, INT64_C(9223371331199999999),
     "'294276-12-31 23:59:59.999999+00'"},
    {"behind it comes infinity", KEY_TIMESTAMP, INT64_C(9223371331200000000), "'infinity'"},
    {"between minus infinity and the first day", KEY_TIMESTAMP, INT64_MIN + 1,
     "'4714-11-24 00:00:00+00 BC'"},
    {"the first day there is", KEY_TIMESTAMP, INT64_C(-211813488000000000),
     "'4714-11-24 00:00:00+00 BC'"},
    {"behind all times", KEY_TIMESTAMP, INT64_MAX, "'infinity'"},
    {"before all times", KEY_TIMESTAMP, INT64_MIN, "'-infinity'"},
    {"a date", KEY_DATE, 59, "'2000-02-29'"},
    {"a date before the epoch", KEY_DATE, -365, "'1999-01-01'"},
    {"a date before Christ", KEY_DATE, -730120, "'0001-12-31 BC'"},
    {"the last date there is", KEY_DATE, 2145031948, "'5874897-12-31'"},
    {"the first date there is", KEY_DATE, -3000000, "'4714-11-24 BC'"},
    {"behind all dates", KEY_DATE, INT32_MAX, "'infinity'"},
    {"a block's first place", KEY_BLOCK, 7, "'(7,0)'"},
    {"the last block there may be", KEY_BLOCK, INT64_C(4294967294), "'(4294967294,0)'"},
};

static void test_literals(void **state)
{
    struct str text;

    (void)state;
    str_init(&text);
    for (size_t i = 0; i < COUNT_OF(literals); i++) {
        print_message("  %s\n", literals[i].name);
        str_clear(&text);
        key_write(literals[i].type, literals[i].key, &text);
        assert_string_equal(text.text, literals[i].literal);
    }
    str_release(&text);
}

static void test_binary(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t length;
        int64_t key;
    } rows[] = {
        {"two bytes", "\xff\xfe", 2, -2},
        {"four bytes", "\x00\x01\x00\x00", 4, 65536},
        {"eight bytes", "\x80\x00\x00\x00\x00\x00\x00\x01", 8, INT64_MIN + 1},
    };
    int64_t key;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        print_message("  %s\n", rows[i].name);
        assert_true(key_read(rows[i].bytes, rows[i].length, &key));
        assert_true(key == rows[i].key);
    }
    assert_false(key_read("123", 3, &key));
    assert_false(key_read("", 0, &key));
}

static void test_types(void **state)
{
    (void)state;
    assert_int_equal(key_type_of("int4"), KEY_INTEGER);
    assert_int_equal(key_type_of("timestamp"), KEY_TIMESTAMP);
    assert_int_equal(key_type_of("date"), KEY_DATE);
    assert_int_equal(key_type_of("uuid"), KEY_NONE);
}

static void test_moments(void **state)
{
    static const struct {
        const char *name;
        enum key_type type;
        int64_t seconds, key;
    } rows[] = {
        {"the epoch of Unix", KEY_TIMESTAMP, 0, INT64_C(-946684800000000)},
        {"a second before a day ends", KEY_DATE, INT64_C(946771199), 0},
        {"a second before 2000", KEY_DATE, INT64_C(946684799), -1},
        {"noon", KEY_TIMESTAMP, INT64_C(946728000), INT64_C(43200000000)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        print_message("  %s\n", rows[i].name);
        assert_true(key_of_time(rows[i].type, rows[i].seconds) == rows[i].key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
