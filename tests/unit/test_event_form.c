/* Events as forms send them, written as the JSON that says the same. */
#include "tests/support/test.h"

#include "agent/event_form.h"

#include <string.h>

static const struct {
    const char *name, *form;
    const char *json; /* or a part of why it is refused */
    bool refused;
} cases[] = {
    {"an event", "event=e", "{\"event\":\"e\"}", false},
    {"ids", "event=e&user_id=1&project_id=2",
     "{\"event\":\"e\",\"user_id\":\"1\",\"project_id\":\"2\"}", false},
    {"blanks and escapes", "event=a+b%20c%2B%c3%A9", "{\"event\":\"a b c+\xc3\xa9\"}", false},
    {"what JSON has to escape", "event=%22%5c%0a%01",
     "{\"event\":\"\\u0022\\u005c\\u000a\\u0001\"}", false},
    {"properties", "event=e&additional_properties[label]=l&additional_properties%5Bx%5D=7",
     "{\"event\":\"e\",\"additional_properties\":{\"label\":\"l\",\"x\":\"7\"}}", false},
    {"a value is a number", "additional_properties[value]=-1.5e3&event=e",
     "{\"event\":\"e\",\"additional_properties\":{\"value\":-1.5e3}}", false},
    {"or not", "additional_properties[value]=1x", "{\"additional_properties\":{\"value\":\"1x\"}}",
     false},
    {"of a field of the body the last counts", "event=e&event=f&user_id=1",
     "{\"event\":\"f\",\"user_id\":\"1\"}", false},
    {"several events", "events[][event]=e&events[][user_id]=1&events[][event]=f",
     "{\"events\":[{\"event\":\"e\",\"user_id\":\"1\"},{\"event\":\"f\"}]}", false},
    {"with properties",
     "events[][event]=e&events[][additional_properties][label]=l&"
     "events[][additional_properties][label]=m&events[][event]=f",
     "{\"events\":[{\"event\":\"e\",\"additional_properties\":{\"label\":\"l\"}},"
     "{\"event\":\"f\",\"additional_properties\":{\"label\":\"m\"}}]}",
     false},
    {"beside another field", "a=1&events[][event]=e",
     "{\"a\":\"1\",\"events\":[{\"event\":\"e\"}]}", false},
    {"what no event has is left out",
     "x[y]=1&events[0][event]=e&additional_properties[]=1&"
     "additional_properties[a][b]=2&[=3&events[][x",
     "{}", false},
    {"nothing", "", "{}", false},
    {"no value, no name, nothing between",
     "&&event&=x&a=", "{\"event\":\"\",\"\":\"x\",\"a\":\"\"}", false},
    {"an escape that is none", "event=%4", "cannot be decoded: '%4'", true},
    {"nor this", "event=%zz", "cannot be decoded", true},
    {"a zero", "event=a%00b", "cannot be decoded", true},
    {"a zero in a name", "a%00=b", "cannot be decoded: 'a%00'", true},
};

static void forms_become_json(void **state)
{
    struct arena *arena = arena_new();
    struct str json;

    (void)state;
    str_init(&json);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err;
        bool read;

        print_message("  %s\n", cases[i].name);
        str_clear(&json);
        read = event_form_to_json(cases[i].form, strlen(cases[i].form), arena, &json, &err);
        assert_int_equal(read, !cases[i].refused);
        if (read)
            assert_string_equal(json.text, cases[i].json);
        else if (strstr(err.text, cases[i].json) == NULL)
            fail_msg("%s", err.text);
    }
    str_release(&json);
    arena_free(arena);
}

static void there_is_a_most(void **state)
{
    struct arena *arena = arena_new();
    struct str form, json;
    struct error err;

    (void)state;
    str_init(&form);
    str_init(&json);
    for (int i = 0; i < 2000; i++)
        str_add_format(&form, "f%d=1&", i);
    assert_true(event_form_to_json(form.text, form.length, arena, &json, &err));
    str_add(&form, "one=more");
    assert_false(event_form_to_json(form.text, form.length, arena, &json, &err));
    assert_string_equal(err.text, "The form has more than 2000 fields.");
    str_release(&json);
    str_release(&form);
    arena_free(arena);
}

static const struct {
    const char *type, *text;
    bool form;
} types[] = {
    {"application/x-www-form-urlencoded", "event=e", true},
    {"Application/X-WWW-Form-URLencoded; charset=UTF-8", "", true},
    {"application/x-www-form-urlencoded", "{\"event\":\"e\"}", false},
    {"application/x-www-form-urlencoded", " \r\n{\"event\":\"e\"}", false},
    {"application/x-www-form-urlencoded-not", "event=e", false},
    {"application/json", "event=e", false},
    {"", "event=e", false},
    {NULL, "event=e", false},
};

static void what_is_meant_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        assert_int_equal(event_form_is_meant(types[i].type, types[i].text), types[i].form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_become_json),
        cmocka_unit_test(there_is_a_most),
        cmocka_unit_test(what_is_meant_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
