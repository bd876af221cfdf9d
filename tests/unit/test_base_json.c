#include "agent/base/json.h"

#include "tests/support/test.h"

#include <string.h>

static struct str out;

static int set_up(void **state)
{
    (void)state;
    str_init(&out);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    str_release(&out);
    return 0;
}

static void write_one_of_each(bool indented)
{
    struct js_writer writer;

    str_clear(&out);
    js_begin(&writer, &out, indented);
    js_open_object(&writer, NULL);
    js_put_text(&writer, "text", "a");
    js_put_text(&writer, "no text", NULL);
    js_put_integer(&writer, "most", INT64_MAX);
    js_put_integer(&writer, "least", INT64_MIN);
    js_put_flag(&writer, "flag", true);
    js_put_null(&writer, "null");
    js_put_raw(&writer, "raw", "0.10");
    js_open_list(&writer, "list");
    js_put_integer(&writer, NULL, 1);
    js_open_object(&writer, NULL);
    js_close_object(&writer);
    js_open_list(&writer, NULL);
    js_close_list(&writer);
    js_put_flag(&writer, NULL, false);
    js_close_list(&writer);
    js_close_object(&writer);
    assert_int_equal(writer.depth, 0);
}

static void documents_are_written(void **state)
{
    (void)state;
    write_one_of_each(false);
    assert_string_equal(out.text, "{\"text\":\"a\",\"no text\":null,\"most\":9223372036854775807,"
                                  "\"least\":-9223372036854775808,\"flag\":true,\"null\":null,"
                                  "\"raw\":0.10,\"list\":[1,{},[],false]}");
    write_one_of_each(true);
    assert_string_equal(out.text, "{\n"
                                  "  \"text\": \"a\",\n"
                                  "  \"no text\": null,\n"
                                  "  \"most\": 9223372036854775807,\n"
                                  "  \"least\": -9223372036854775808,\n"
                                  "  \"flag\": true,\n"
                                  "  \"null\": null,\n"
                                  "  \"raw\": 0.10,\n"
                                  "  \"list\": [\n"
                                  "    1,\n"
                                  "    {},\n"
                                  "    [],\n"
                                  "    false\n"
                                  "  ]\n"
                                  "}");
}

#define UNKNOWN "\xef\xbf\xbd"

static const struct {
    const char *name, *text, *json;
} texts[] = {
    {"nothing", "", "\"\""},
    {"what must be escaped", "\" \\ \n \t \r", "\"\\\" \\\\ \\n \\t \\r\""},
    {"control characters", "\x01 \x1f \x7f \b", "\"\\u0001 \\u001f \\u007f \\u0008\""},
    {"a slash stays", "a/b", "\"a/b\""},
    {"the ends of each length",
     "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf",
     "\"\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf\""},
    {"around the surrogates", "\xed\x9f\xbf \xee\x80\x80", "\"\xed\x9f\xbf \xee\x80\x80\""},
    {"a surrogate", "\xed\xa0\x80", "\"" UNKNOWN UNKNOWN UNKNOWN "\""},
    {"an overlong slash", "\xc0\xaf", "\"" UNKNOWN UNKNOWN "\""},
    {"an overlong one of three", "\xe0\x80\xaf", "\"" UNKNOWN UNKNOWN UNKNOWN "\""},
    {"an overlong one of four", "\xf0\x80\x80\xaf", "\"" UNKNOWN UNKNOWN UNKNOWN UNKNOWN "\""},
    {"beyond the last", "\xf4\x90\x80\x80", "\"" UNKNOWN UNKNOWN UNKNOWN UNKNOWN "\""},
    {"no lead at all", "\x80\xff\xfe", "\"" UNKNOWN UNKNOWN UNKNOWN "\""},
    {"cut at the end", "a\xe2\x82", "\"a" UNKNOWN UNKNOWN "\""},
    {"cut by a letter", "\xe2\x82z\xc3z", "\"" UNKNOWN UNKNOWN "z" UNKNOWN "z\""},
};

static void texts_are_always_valid_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct js_writer writer;

        print_message("# %s\n", texts[i].name);
        str_clear(&out);
        js_begin(&writer, &out, false);
        js_put_text(&writer, NULL, texts[i].text);
        assert_string_equal(out.text, texts[i].json);
    }
}

static struct js_value *read_text(const char *json)
{
    struct error err = {0};
    struct js_value *value = js_parse(json, strlen(json), &err);

    if (value == NULL)
        fail_msg("%s: %s", json, err.text);
    return value;
}

static void values_are_read(void **state)
{
    struct js_value *document =
        read_text(" {\"t\": \"\\u00e9\\n\", \"i\": -42, \"d\": 0.10, \"e\": 1E+2, \"y\": true, "
                  "\"n\": null, \"l\": [1, [], {}], \"m\": 9223372036854775807, \"\": 0}\n");

    (void)state;
    assert_int_equal(js_kind(document), JS_OBJECT);
    assert_string_equal(js_text(js_get(document, "t")), "\xc3\xa9\n");
    assert_int_equal(js_kind(js_get(document, "i")), JS_INTEGER);
    assert_int_equal(js_integer(js_get(document, "i")), -42);
    assert_string_equal(js_number_text(js_get(document, "i")), "-42");
    assert_int_equal(js_kind(js_get(document, "d")), JS_NUMBER);
    assert_string_equal(js_number_text(js_get(document, "d")), "0.10");
    assert_string_equal(js_number_text(js_get(document, "e")), "1E+2");
    assert_true(js_flag(js_get(document, "y")));
    assert_int_equal(js_kind(js_get(document, "n")), JS_NULL);
    assert_int_equal(js_count(js_get(document, "l")), 3);
    assert_int_equal(js_integer(js_at(js_get(document, "l"), 0)), 1);
    assert_int_equal(js_kind(js_at(js_get(document, "l"), 2)), JS_OBJECT);
    assert_true(js_integer(js_get(document, "m")) == INT64_MAX);
    assert_int_equal(js_kind(js_get(document, "")), JS_INTEGER);
    js_free(document);
}

static void questions_of_the_wrong_kind_have_an_answer(void **state)
{
    struct js_value *document = read_text("{\"t\": \"1\", \"i\": 1, \"l\": [1]}");
    const struct js_value *text = js_get(document, "t"), *integer = js_get(document, "i");

    (void)state;
    assert_null(js_text(integer));
    assert_int_equal(js_integer(text), 0);
    assert_false(js_flag(integer));
    assert_null(js_number_text(text));
    assert_int_equal(js_count(document), 0);
    assert_null(js_at(document, 0));
    assert_null(js_at(js_get(document, "l"), 1));
    assert_null(js_get(document, "none"));
    assert_null(js_get(text, "t"));
    assert_int_equal(js_kind(NULL), JS_NULL);
    assert_null(js_text(NULL));
    assert_int_equal(js_count(NULL), 0);
    assert_null(js_at(NULL, 0));
    assert_null(js_get(NULL, "t"));
    js_free(document);
    js_free(NULL);
}

static void add_key(const char *key, const struct js_value *value, void *arg)
{
    str_add_format(arg, "%s=%d ", key, (int)js_integer(value));
}

static void members_come_in_the_order_of_the_text(void **state)
{
    struct js_value *document = read_text("{\"z\": 1, \"a\": 2, \"m\": null, \"b\": 4}");

    (void)state;
    str_clear(&out);
    js_members(document, add_key, &out);
    assert_string_equal(out.text, "z=1 a=2 m=0 b=4 ");
    js_members(js_get(document, "z"), add_key, &out);
    js_members(NULL, add_key, &out);
    assert_int_equal(out.length, 16);
    js_free(document);
}

static const char *const refused[] = {
    "",
    " ",
    "null",
    "nul",
    "tru",
    "TRUE",
    "{",
    "}",
    "[1",
    "[1,]",
    "[,1]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{'a':1}",
    "'a'",
    "\"a",
    "1 2",
    "{}x",
    "{} {}",
    "[1]]",
    "/**/1",
    "[1]//",
    "01",
    "-",
    "-01",
    "+1",
    ".5",
    "-.5",
    "1.",
    "1.e1",
    "1e",
    "1e+",
    "0x10",
    "1.0.0",
    "--1",
    "1-2",
    "NaN",
    "[NaN]",
    "Infinity",
    "[-Infinity]",
    "[Inf]",
    "9223372036854775808.",
    "099999999999999999999999999999999",
    "99999999999999999999999999999999e",
    "\"\n\"",
    "\"\t\"",
    "\"\x01\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "{\"a\\u0000b\":1}",
    "\"\\\\\\u0000\"",
    "\"\xff\"",
    "\"\xed\xa0\x80\"",
    "\"\xc0\xaf\"",
    "\"\xe2\x82\"",
    "\xef\xbb\xbf{}",
};

static const char *const accepted[] = {
    "0",
    "-0",
    "1",
    "-1.5",
    "1e5",
    "1E-5",
    "0.0",
    "0e0",
    "\"\"",
    "[]",
    "{}",
    " [ ] ",
    "\t{\n}\r\n",
    "true",
    "false",
    "[null]",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\\\u0000\"",
    "\"NaN\"",
    "{\"Infinity\": [0]}",
    "\"\x7f\"",
    "\"\\ud83d\\ude00\"",
    "9223372036854775807",
    "-9223372036854775808",
    "1e999",
    "9223372036854775808",
    "-9223372036854775809",
    "[99999999999999999999999999999999]",
    "[1,2,{\"a\":[{}]}]",
};

static void only_json_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct error err = {0};
        struct js_value *value = js_parse(refused[i], strlen(refused[i]), &err);

        if (value != NULL)
            fail_msg("was accepted: %s", refused[i]);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_int_equal(strncmp(err.text, "not JSON: ", 10), 0);
    }
    for (size_t i = 0; i < COUNT_OF(accepted); i++)
        js_free(read_text(accepted[i]));
}

/* An exact sum may be one. */
static void whole_numbers_beyond_64_bits_keep_their_digits(void **state)
{
    static const char text[] = "{\"sum\":123456789012345678901234567890,\"list\":"
                               "[-9223372036854775809,9223372036854775807,10000000000000000000e0,"
                               "\"99999999999999999999\",12345678901234567890.50]}";
    struct js_value *value = read_text(text);
    const struct js_value *list = js_get(value, "list");

    (void)state;
    assert_int_equal(js_kind(js_get(value, "sum")), JS_NUMBER);
    assert_string_equal(js_number_text(js_get(value, "sum")), "123456789012345678901234567890");
    assert_string_equal(js_number_text(js_at(list, 0)), "-9223372036854775809");
    assert_int_equal(js_kind(js_at(list, 1)), JS_INTEGER);
    assert_string_equal(js_number_text(js_at(list, 4)), "12345678901234567890.50");
    assert_string_equal(js_text(js_at(list, 3)), "99999999999999999999");
    assert_string_equal(js_one_line(js_get(value, "sum")), "123456789012345678901234567890");
    js_free(value);
}

static void a_zero_byte_does_not_end_the_text(void **state)
{
    struct error err = {0};

    (void)state;
    assert_null(js_parse("[1]\0", 4, &err));
    assert_null(js_parse("[1]\0garbage", 11, &err));
    assert_null(js_parse("\"a\0b\"", 5, &err));
}

/* Only `length` bytes are looked at: the text need not end in a zero. */
static void the_length_is_the_end(void **state)
{
    struct error err = {0};
    struct js_value *value = js_parse("12345", 2, &err);

    (void)state;
    assert_int_equal(js_integer(value), 12);
    js_free(value);
    assert_null(js_parse("{} ", 1, &err));
}

static void nesting_has_a_limit(void **state)
{
    char text[200];
    struct error err = {0};
    struct js_value *value;

    (void)state;
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    value = js_parse(text + 36, 128, &err);
    assert_non_null(value);
    js_free(value);
    assert_null(js_parse(text + 35, 130, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_written),
        cmocka_unit_test(texts_are_always_valid_utf8),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(questions_of_the_wrong_kind_have_an_answer),
        cmocka_unit_test(members_come_in_the_order_of_the_text),
        cmocka_unit_test(only_json_is_read),
        cmocka_unit_test(whole_numbers_beyond_64_bits_keep_their_digits),
        cmocka_unit_test(a_zero_byte_does_not_end_the_text),
        cmocka_unit_test(the_length_is_the_end),
        cmocka_unit_test(nesting_has_a_limit),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
