#include "agent/base/yaml.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct str out;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    str_init(&out);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    str_release(&out);
    return 0;
}

static struct doc_node *read_bytes(const char *text, size_t length)
{
    struct error err = {0};
    int line = 0;
    struct doc_node *root = doc_parse(text, length, arena, &line, &err);

    if (root == NULL)
        fail_msg("line %d: %s", line, err.text);
    return root;
}

static struct doc_node *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void a_tree_has_keys_lines_and_order(void **state)
{
    const struct doc_node *root = read_text("# a metric\n"
                                            "key_path: counts.users\n"
                                            "\n"
                                            "options:\n"
                                            "  where: |\n"
                                            "    a = 1\n"
                                            "    AND b\n"
                                            "  empty:\n"
                                            "list:\n"
                                            "- one\n"
                                            "- {two: 2, 'three': [3, \"x\"]}\n");
    const struct doc_node *options = doc_get(root, "options"), *list = doc_get(root, "list");
    const struct doc_node *three = doc_get(list->first->next, "three");

    (void)state;
    assert_int_equal(root->kind, DOC_MAP);
    assert_int_equal(root->count, 3);
    assert_string_equal(root->first->key, "key_path");
    assert_string_equal(root->first->text, "counts.users");
    assert_int_equal(root->first->line, 2);
    assert_ptr_equal(root->first->next, options);
    assert_string_equal(doc_get(options, "where")->text, "a = 1\nAND b\n");
    assert_int_equal(doc_get(options, "where")->line, 5);
    assert_false(doc_get(options, "where")->plain);
    assert_int_equal(doc_get(options, "empty")->line, 8);
    assert_int_equal(list->kind, DOC_LIST);
    assert_int_equal(list->count, 2);
    assert_null(list->first->key);
    assert_int_equal(three->first->next->line, 11);
    assert_string_equal(three->first->next->text, "x");
    assert_null(three->first->next->next);
}

static void looking_for_what_is_not_there_gives_nothing(void **state)
{
    const struct doc_node *root = read_text("a: 1\n");

    (void)state;
    assert_null(doc_get(root, "b"));
    assert_null(doc_get(root, "A"));
    assert_null(doc_get(NULL, "a"));
    assert_null(doc_get(root->first, "a"));
    assert_null(doc_get(read_text("- a\n"), "a"));
}

static const struct {
    const char *name, *text;
} empties[] = {
    {"no byte at all", ""},   {"blank lines", "\n\n"},
    {"a comment", "# x\n"},   {"a document with nothing in it", "---\n"},
    {"an end", "---\n...\n"},
};

static void an_empty_text_is_an_empty_map(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(empties); i++) {
        const struct doc_node *root = read_text(empties[i].text);

        print_message("# %s\n", empties[i].name);
        assert_int_equal(root->kind, DOC_MAP);
        assert_int_equal(root->count, 0);
        assert_true(root->line >= 1);
    }
}

static const struct {
    const char *yaml;
    enum doc_type type;
} types[] = {
    {"~", DOC_NULL},      {"null", DOC_NULL},   {"NULL", DOC_NULL},     {"", DOC_NULL},
    {"'null'", DOC_TEXT}, {"\"\"", DOC_TEXT},   {"nil", DOC_TEXT},      {"true", DOC_FLAG},
    {"Yes", DOC_FLAG},    {"on", DOC_FLAG},     {"OFF", DOC_FLAG},      {"no", DOC_FLAG},
    {"'no'", DOC_TEXT},   {"n", DOC_TEXT},      {"0", DOC_INTEGER},     {"-12", DOC_INTEGER},
    {"+12", DOC_INTEGER}, {"'12'", DOC_TEXT},   {"010", DOC_TEXT},      {"0x1f", DOC_TEXT},
    {"1_000", DOC_TEXT},  {"12:30", DOC_TEXT},  {"13.9", DOC_FLOAT},    {"-.5", DOC_FLOAT},
    {"1.", DOC_FLOAT},    {"1.5e3", DOC_FLOAT}, {"1e5", DOC_TEXT},      {".", DOC_TEXT},
    {"1.2.3", DOC_TEXT},  {"1-2", DOC_TEXT},    {"-", DOC_TEXT},        {"2021-01-01", DOC_TEXT},
    {"7d", DOC_TEXT},     {".inf", DOC_TEXT},   {"|\n  5\n", DOC_TEXT}, {">\n  true\n", DOC_TEXT},
};

static void plain_scalars_have_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        char text[60];
        const struct doc_node *node;

        (void)snprintf(text, sizeof(text), "[%s]", types[i].yaml);
        if (types[i].yaml[0] == '|' || types[i].yaml[0] == '>' || strlen(types[i].yaml) < 2)
            (void)snprintf(text, sizeof(text), "k: %s\n", types[i].yaml);
        /* A single dash would begin a list. */
        if (strcmp(types[i].yaml, "-") == 0)
            (void)snprintf(text, sizeof(text), "k: '-'\n");
        node = read_text(text)->first;
        if (doc_type(node) != types[i].type)
            fail_msg("%s is %d", types[i].yaml, (int)doc_type(node));
        assert_int_equal(doc_is_null(node), types[i].type == DOC_NULL);
    }
    assert_true(doc_is_null(NULL));
    assert_false(doc_is_null(read_text("{}")));
}

static void flags_and_integers_are_read(void **state)
{
    const struct doc_node *root = read_text("{t: Yes, f: off, n: -42, m: 9223372036854775807, "
                                            "l: -9223372036854775808, o: 9223372036854775808, "
                                            "s: '1', x: 1.5, list: [1]}");
    int64_t number = 0;
    bool flag = false;

    (void)state;
    assert_true(doc_flag(doc_get(root, "t"), &flag) && flag);
    assert_true(doc_flag(doc_get(root, "f"), &flag) && !flag);
    assert_false(doc_flag(doc_get(root, "n"), &flag));
    assert_false(doc_flag(doc_get(root, "list"), &flag));
    assert_true(doc_integer(doc_get(root, "n"), &number) && number == -42);
    assert_true(doc_integer(doc_get(root, "m"), &number) && number == INT64_MAX);
    assert_true(doc_integer(doc_get(root, "l"), &number) && number == INT64_MIN);
    assert_false(doc_integer(doc_get(root, "o"), &number));
    assert_false(doc_integer(doc_get(root, "s"), &number));
    assert_false(doc_integer(doc_get(root, "x"), &number));
    assert_false(doc_integer(doc_get(root, "t"), &number));
    assert_false(doc_integer(doc_get(root, "list"), &number));
}

static void aliases_are_resolved(void **state)
{
    const struct doc_node *root = read_text("a: &x {n: 1, m: &y [2]}\n"
                                            "b: *x\n"
                                            "c: &x 7\n"
                                            "d: [*x, *y]\n"
                                            "*x : eight\n");

    (void)state;
    assert_string_equal(doc_get(doc_get(root, "b"), "n")->text, "1");
    assert_int_equal(doc_get(root, "b")->line, 2);
    assert_string_equal(doc_get(root, "d")->first->text, "7");
    assert_string_equal(doc_get(root, "d")->first->next->first->text, "2");
    assert_string_equal(doc_get(root, "7")->text, "eight");
    assert_int_equal(root->count, 5);
}

static const struct {
    const char *name, *text;
    int line;
    const char *part; /* of the sentence */
} refusals[] = {
    {"a key twice", "a: 1\nb: 2\n'a': 3\n", 3, "'a' stands here twice"},
    {"a key twice in a flow map", "x:\n  {a: 1, a: 2}\n", 2, "twice"},
    {"a tag", "a: 1\nb: !ruby/object {}\n", 2, "tags"},
    {"a tag on a list", "!x [1]\n", 1, "tags"},
    {"the tag of a text", "a: !!str 1\n", 1, "tags"},
    {"a list as key", "a: 1\n? [x]\n: 2\n", 2, "a key must be plain text"},
    {"a map as key", "{{a: 1}: 2}\n", 1, "a key must be plain text"},
    {"an alias of a list as key", "a: &x [1]\n*x : 2\n", 2, "a key must be plain text"},
    {"two documents", "a: 1\n---\nb: 2\n", 2, "second document"},
    {"an alias of nothing", "a: 1\nb: *x\n", 2, "alias"},
    {"an alias before its anchor", "a: *x\nb: &x 1\n", 1, "alias"},
    {"an alias of itself", "a: &x [*x]\n", 1, "inside its own anchor"},
    {"a zero byte in a text", "a: 1\nb: \"x\\0y\"\n", 2, "zero byte"},
    {"a tab that indents", "a:\n\t- 1\n", 2, ""},
    {"a quote that does not end", "a: 1\nb: 'x\n", 3, ""},
    {"a bracket that does not end", "a: [1,\n2\n", 3, ""},
    {"no blank after the colon", "a: 1\nb:2\n", 3, ""},
    {"bytes that are not UTF-8", "a: 1\nb: 2\nc: \xff\n", 3, ""},
    {"a control character", "a: 1\nb: \x01\n", 2, ""},
};

static void mistakes_are_told_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct error err = {0};
        int line = 0;

        print_message("# %s\n", refusals[i].name);
        assert_null(doc_parse(refusals[i].text, strlen(refusals[i].text), arena, &line, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_true(err.text[0] != '\0');
        assert_int_equal(line, refusals[i].line);
        if (strstr(err.text, refusals[i].part) == NULL)
            fail_msg("%s", err.text);
    }
}

/* `count` times `part`, then `rest`. */
static bool is_readable(const char *part, int count, const char *rest)
{
    struct error err = {0};
    int line = 0;

    str_clear(&out);
    for (int i = 0; i < count; i++)
        str_add(&out, part);
    str_add(&out, rest);
    return doc_parse(out.text, out.length, arena, &line, &err) != NULL;
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    assert_true(is_readable("- ", 63, "{a: 1}"));
    assert_false(is_readable("- ", 64, "{a: 1}"));
    assert_false(is_readable("[", 100000, ""));
}

static void keys_have_a_limit(void **state)
{
    (void)state;
    assert_true(is_readable("k", 250, ": 1"));
    assert_false(is_readable("k", 251, ": 1"));
}

static void values_have_a_limit(void **state)
{
    (void)state;
    assert_true(is_readable("- 1\n", 199999, ""));
    assert_false(is_readable("- 1\n", 200000, ""));
}

/* Ten lists of ten of the list before: whoever walks the tree would walk for ever. */
static void aliases_count_as_what_they_stand_for(void **state)
{
    struct error err = {0};
    int line = 0;

    (void)state;
    str_clear(&out);
    str_add(&out, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
        str_add_format(&out, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            str_add_format(&out, "*a%d,", i - 1);
        str_add(&out, "]\n");
    }
    assert_null(doc_parse(out.text, out.length, arena, &line, &err));
    assert_int_equal(line, 6);
    assert_non_null(strstr(err.text, "200,000"));
}

static void aliases_do_not_nest_deeper_than_the_limit(void **state)
{
    struct error err = {0};
    int line = 0;

    (void)state;
    str_clear(&out);
    str_add(&out, "- &a0 [[[[[[[[[[x]]]]]]]]]]\n");
    for (int i = 1; i < 20; i++)
        str_add_format(&out, "- &a%d [[[[[[[[[[*a%d]]]]]]]]]]\n", i, i - 1);
    assert_null(doc_parse(out.text, out.length, arena, &line, &err));
    assert_int_equal(line, 7);
    assert_non_null(strstr(err.text, "64 levels"));
}

static const struct {
    const char *yaml, *written;
} forms[] = {
    {"a: 1", "a: 1\n"},
    {"a: 'text'", "a: text\n"},
    {"a: '1'", "a: \"1\"\n"},
    {"a: 'true'", "a: \"true\"\n"},
    {"a: '2021-01-01'", "a: \"2021-01-01\"\n"},
    {"a: 2021-01-01", "a: 2021-01-01\n"},
    {"a: ''", "a: \"\"\n"},
    {"a:", "a: null\n"},
    {"a: ~", "a: ~\n"},
    {"a: -5", "a: -5\n"},
    {"a: \"x: y # z\"", "a: \"x: y # z\"\n"},
    {"a: \"tab\\tline\\nquote\\\" back\\\\\"", "a: \"tab\\u0009line\\nquote\\\" back\\\\\"\n"},
    {"a: \"end \"", "a: \"end \"\n"},
    {"a: gr\xc3\xbc\xc3\x9f", "a: gr\xc3\xbc\xc3\x9f\n"},
    {"a: \"\\N\\L\\P\\uFEFF\"", "a: \"\\u0085\\u2028\\u2029\\uFEFF\"\n"},
    {"a: \"\\U0001F600\"", "a: \"\xf0\x9f\x98\x80\"\n"},
    {"a: []", "a: []\n"},
    {"a: {}", "a: {}\n"},
    {"{}", "{}\n"},
    {"[]", "[]\n"},
    {"just text", "just text\n"},
    {"'1': x", "\"1\": x\n"},
    {"'null': x", "\"null\": x\n"},
    {"'': x", "\"\": x\n"},
    {"a: [1, [2, 3], {b: 4}]", "a:\n  - 1\n  -\n    - 2\n    - 3\n  -\n    b: 4\n"},
    {"a: {b: {c: [x]}}", "a:\n  b:\n    c:\n      - x\n"},
};

static void trees_are_written_and_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        str_clear(&out);
        doc_write_yaml(read_text(forms[i].yaml), 0, &out);
        assert_string_equal(out.text, forms[i].written);
        str_clear(&out);
        doc_write_yaml(read_text(forms[i].written), 0, &out);
        assert_string_equal(out.text, forms[i].written);
    }
}

static void trees_are_written_indented(void **state)
{
    (void)state;
    str_clear(&out);
    doc_write_yaml(read_text("{a: 1, b: [2]}"), 2, &out);
    assert_string_equal(out.text, "    a: 1\n    b:\n      - 2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_has_keys_lines_and_order),
        cmocka_unit_test(looking_for_what_is_not_there_gives_nothing),
        cmocka_unit_test(an_empty_text_is_an_empty_map),
        cmocka_unit_test(plain_scalars_have_types),
        cmocka_unit_test(flags_and_integers_are_read),
        cmocka_unit_test(aliases_are_resolved),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(keys_have_a_limit),
        cmocka_unit_test(values_have_a_limit),
        cmocka_unit_test(aliases_count_as_what_they_stand_for),
        cmocka_unit_test(aliases_do_not_nest_deeper_than_the_limit),
        cmocka_unit_test(trees_are_written_and_read_back),
        cmocka_unit_test(trees_are_written_indented),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
