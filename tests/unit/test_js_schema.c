#include "agent/base/js_schema.h"

#include "agent/base/file.h"
#include "agent/base/js_doc.h"
#include "agent/base/yaml.h"
#include "tests/support/test.h"

#include <string.h>

static struct js_schema *read_schema(const char *text)
{
    struct error err = {0};
    struct js_schema *schema = js_schema_read(text, strlen(text), &err);

    if (schema == NULL)
        fail_msg("%s\nis refused: %s", text, err.text);
    return schema;
}

/* schema_cases.json, which tests/integration/test_schemas.sh puts to another validator as well. */

static void expect_verdicts(const char *description, const struct js_schema *schema,
                            const struct js_value *values, bool fit)
{
    for (size_t i = 0; i < js_count(values); i++) {
        struct arena *arena = arena_new();
        struct complaints complaints;

        complaints_init(&complaints, arena);
        if (js_schema_check(schema, js_doc(js_at(values, i), arena), NULL, &complaints) != fit)
            fail_msg("%s: %s is %s", description, js_one_line(js_at(values, i)),
                     fit ? complaints.items[0].text : "let pass");
        assert_int_equal(complaints.count > 0, !fit);
        arena_free(arena);
    }
}

static void each_keyword_does_its_work(void **state)
{
    struct arena *arena = arena_new();
    struct js_value *cases;
    struct error err = {0};
    const char *text;
    size_t length;

    (void)state;
    assert_true(file_read("tests/unit/schema_cases.json", arena, &text, &length, &err));
    cases = js_parse(text, length, &err);
    assert_non_null(cases);
    assert_true(js_count(cases) > 40);
    for (size_t i = 0; i < js_count(cases); i++) {
        const struct js_value *row = js_at(cases, i);
        const char *description = js_text(js_get(row, "description"));
        struct js_schema *schema = read_schema(js_one_line(js_get(row, "schema")));

        expect_verdicts(description, schema, js_get(row, "good"), true);
        expect_verdicts(description, schema, js_get(row, "bad"), false);
        js_schema_free(schema);
    }
    js_free(cases);
    arena_free(arena);
}

/* What is no schema of ours. */

static void what_it_does_not_know_is_refused(void **state)
{
    static const struct {
        const char *schema, *says;
    } cases[] = {
        {"5", "must be a schema"},
        {"[]", "must be a schema"},
        {"{", "not JSON"},
        {"{\"multipleOf\": 2}", "'multipleOf' of this JSON Schema is a keyword that is not known"},
        {"{\"items\": {\"oneOf\": [true]}}", "'oneOf'"},
        {"{\"definitions\": {\"a\": {\"contains\": true}}}", "'contains'"},
        {"{\"type\": \"text\"}", "'type' of this JSON Schema must name types"},
        {"{\"type\": []}", "'type'"},
        {"{\"type\": [\"string\", 5]}", "'type'"},
        {"{\"title\": 5}", "'title' of this JSON Schema must be a text"},
        {"{\"enum\": \"a\"}", "'enum'"},
        {"{\"enum\": []}", "'enum'"},
        {"{\"enum\": [[]]}", "'enum'"},
        {"{\"const\": {}}", "'const'"},
        {"{\"minLength\": -1}", "'minLength' of this JSON Schema must be a whole number from 0"},
        {"{\"minItems\": 1.5}", "'minItems'"},
        {"{\"minimum\": \"1\"}", "'minimum'"},
        {"{\"uniqueItems\": 1}", "'uniqueItems'"},
        {"{\"required\": \"a\"}", "'required'"},
        {"{\"required\": [1]}", "'required'"},
        {"{\"properties\": []}", "'properties'"},
        {"{\"properties\": {\"a\": 5}}", "'a' of this JSON Schema must be a schema"},
        {"{\"items\": [true]}", "'items' of this JSON Schema must be a schema"},
        {"{\"anyOf\": []}", "'anyOf'"},
        {"{\"anyOf\": true}", "'anyOf'"},
        {"{\"not\": null}", "'not'"},
        {"{\"pattern\": \"(\"}", "'pattern' of this JSON Schema is no pattern"},
        {"{\"pattern\": 5}", "'pattern'"},
        {"{\"pattern\": \"\\\\d\"}", "is not a pattern that POSIX and ECMAScript read alike"},
        {"{\"pattern\": \"(?:a)\"}", "read alike"},
        {"{\"pattern\": \"[[:alpha:]]\"}", "read alike"},
        {"{\"pattern\": \"a\\\\\"}", "read alike"},
        {"{\"pattern\": \"[a\\\\]]\"}", "read alike"},
        {"{\"pattern\": \"[]a]\"}", "read alike"},
        {"{\"pattern\": \"a+?\"}", "read alike"},
        {"{\"patternProperties\": {\"\\\\w\": true}}", "read alike"},
        {"{\"$ref\": 5}", "'$ref' of this JSON Schema must be a text"},
        {"{\"$ref\": \"#/definitions/a\"}", "is no schema of this document"},
        {"{\"$ref\": \"other.json\"}", "is no schema of this document"},
        {"{\"$ref\": \"#/title\", \"title\": \"x\"}", "is no schema of this document"},
        {"{\"$ref\": \"#\", \"type\": \"string\"}", "'type' of this JSON Schema stands beside a"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};

        if (js_schema_read(cases[i].schema, strlen(cases[i].schema), &err) != NULL)
            fail_msg("%s is let pass", cases[i].schema);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].schema, err.text);
    }
}

static void a_reference_to_itself_ends(void **state)
{
    struct js_schema *schema = read_schema("{\"$ref\": \"#\"}");
    struct arena *arena = arena_new();
    struct complaints complaints;

    (void)state;
    complaints_init(&complaints, arena);
    assert_false(js_schema_check(schema, js_doc(NULL, arena), NULL, &complaints));
    assert_non_null(strstr(complaints.items[0].text, "the schema leads too deep here"));
    js_schema_free(schema);
    arena_free(arena);
}

/* Complaints about YAML. */

static void complaints_say_where_and_what(void **state)
{
    static const struct {
        const char *schema, *yaml;
        int line;
        const char *key_path, *text;
    } cases[] = {
        {"{\"properties\": {\"a\": {\"properties\": {\"b\": {\"type\": \"integer\"}}}}}",
         "x: 1\na:\n  b: c\n", 3, "a.b", "'c' is not allowed: it must be a whole number"},
        {"{\"items\": {\"required\": [\"name\"]}}", "- name: a\n- {}\n", 2, "[1]",
         "`name` is missing"},
        {"{\"properties\": {\"a\": {\"items\": {\"properties\": {\"b\": false}}}}}",
         "a:\n- c: 1\n- b: 1\n", 3, "a[1].b", "this may not stand here"},
        {"{\"additionalProperties\": false}", "a: 1\n", 1, "a", "there is no such key"},
        {"{\"enum\": [\"a\", null, 5]}", "b", 1, NULL,
         "'b' is not allowed: it must be a, null or 5"},
        {"{\"const\": \"a\"}", "[]", 1, NULL, "this is a list: it must be \"a\""},
        {"{\"title\": \"a duration\", \"pattern\": \"^[0-9]+s$\"}", "10", 1, NULL, NULL},
        {"{\"title\": \"a duration\", \"pattern\": \"^[0-9]+s$\"}", "10h", 1, NULL,
         "'10h' is not allowed: it must be a duration"},
        {"{\"pattern\": \"^a\"}", "b", 1, NULL, "'b' is not of the form ^a"},
        {"{\"minLength\": 1}", "''", 1, NULL, "this is empty: it must be text"},
        {"{\"type\": [\"string\", \"integer\", \"number\", \"null\"]}", "{}", 1, NULL,
         "this is a map: it must be null, a number or text"},
        {"{\"anyOf\": [{\"enum\": [\"7d\", \"28d\"]}, {\"type\": \"array\"}]}", "1d", 1, NULL,
         "'1d' is not allowed: it must be 7d or 28d, or a list"},
        {"{\"not\": {\"title\": \"empty\", \"maxItems\": 0, \"type\": \"array\"}}", "[]", 1, NULL,
         "this must not be empty"},
        {"{\"minimum\": 10}", "5", 1, NULL, "5 is not allowed: it must be at least 10"},
        {"{\"maximum\": 1}", "1.5", 1, NULL, "1.5 is not allowed: it must be at most 1"},
        {"{\"minItems\": 2}", "[a]", 1, NULL, "this list has too few entries"},
        {"{\"maxItems\": 0}", "[a]", 1, NULL, "this list has too many entries"},
        {"{\"uniqueItems\": true}", "- a\n- b\n- a\n", 3, "[2]", "this stands in the list twice"},
        {"{\"minProperties\": 1}", "{}", 1, NULL, "this map has too few keys"},
        {"false", "a", 1, NULL, "this may not stand here"},
        {"{\"$id\": \"urn:x\", \"type\": \"null\"}", "a", 1, NULL,
         "'a' is not allowed: it must be null (urn:x)"},
        /* on, off, yes and no are flags to one YAML and texts to the other. */
        {"{\"type\": \"boolean\"}", "on", 1, NULL, NULL},
        {"{\"enum\": [\"on\", \"off\"]}", "on", 1, NULL, NULL},
        {"{\"type\": \"boolean\"}", "'on'", 1, NULL, "'on' is not allowed"},
        {"{\"type\": \"string\"}", "true", 1, NULL, "'true' is not allowed"},
        {"{\"const\": true}", "yes", 1, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena *arena = arena_new();
        struct js_schema *schema = read_schema(cases[i].schema);
        struct complaints complaints;
        const struct doc_node *root;
        struct error err = {0};
        bool fits;
        int line;

        complaints_init(&complaints, arena);
        root = doc_parse(cases[i].yaml, strlen(cases[i].yaml), arena, &line, &err);
        assert_non_null(root);
        fits = js_schema_check(schema, root, "some.yml", &complaints);
        if (fits != (cases[i].text == NULL) || complaints.count != (fits ? 0 : 1))
            fail_msg("%s of %s: %zu complaints", cases[i].yaml, cases[i].schema, complaints.count);
        if (!fits) {
            assert_string_equal(complaints.items[0].file, "some.yml");
            assert_int_equal(complaints.items[0].line, cases[i].line);
            if (strstr(complaints.items[0].text, cases[i].text) == NULL)
                fail_msg("%s", complaints.items[0].text);
            if (cases[i].key_path == NULL)
                assert_null(complaints.items[0].key_path);
            else
                assert_string_equal(complaints.items[0].key_path, cases[i].key_path);
        }
        js_schema_free(schema);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keyword_does_its_work),
        cmocka_unit_test(what_it_does_not_know_is_refused),
        cmocka_unit_test(a_reference_to_itself_ends),
        cmocka_unit_test(complaints_say_where_and_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
