/* What is different, in words: definitions, numbers, pings. */
#include "agent/difference.h"

#include "agent/difference_number.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

/* ---- Definitions ---- */

static const struct {
    const char *name, *before, *after, *words;
} definitions[] = {
    {"nothing", "{\"a\":1,\"options\":{\"where\":\"x\"}}",
     "{\"a\":1,\"options\":{\"where\":\"x\"}}", ""},
    {"a field", "{\"options\":{\"where\":\"a\"}}", "{\"options\":{\"where\":\"b\"}}",
     "where: from \"a\" to \"b\""},
    {"several, by name", "{\"b\":1,\"a\":true}", "{\"b\":2,\"a\":false}",
     "a: from true to false; b: from 1 to 2"},
    {"one that is new, one that is gone", "{\"milestone\":\"1.0\"}", "{\"name\":\"x\"}",
     "milestone: gone, was \"1.0\"; name: new, \"x\""},
    {"a list is one thing", "{\"tiers\":[\"free\"]}", "{\"tiers\":[\"free\",\"premium\"]}",
     "tiers: from [\"free\"] to [\"free\",\"premium\"]"},
    {"a map instead of a text", "{\"options\":{\"where\":\"a\"}}",
     "{\"options\":{\"where\":{\"b\":1}}}", "where: gone, was \"a\"; where.b: new, 1"},
    {"events of the options keep their name", "{\"events\":[],\"options\":{\"events\":[\"a\"]}}",
     "{\"events\":[1],\"options\":{\"events\":[\"b\"]}}",
     "events: from [] to [1]; options.events: from [\"a\"] to [\"b\"]"},
    {"what a map says", "{\"counted_as\":{\"relation\":\"a\"}}",
     "{\"counted_as\":{\"relation\":\"b/c\"}}", "counted_as.relation: from \"a\" to \"b/c\""},
};

static void definitions_differ_field_by_field(void **state)
{
    for (size_t i = 0; i < COUNT_OF(definitions); i++) {
        struct difference_fields fields;
        struct error err = {0};

        print_message("  %s\n", definitions[i].name);
        assert_true(difference_of_definitions(definitions[i].before, definitions[i].after, *state,
                                              &fields, &err));
        assert_string_equal(difference_words(&fields, *state), definitions[i].words);
    }
}

static void what_is_no_definition_is_refused(void **state)
{
    struct difference_fields fields;
    struct error err = {0};

    assert_false(difference_of_definitions("{}", "{", *state, &fields, &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_false(difference_of_definitions("", "{}", *state, &fields, &err));
}

/* ---- Numbers ---- */

static const struct {
    const char *before, *after, *by, *percent;
} numbers[] = {
    {"1200", "1234", "+34", "+2.8"},
    {"1234", "1200", "-34", "-2.8"},
    {"0", "5", "+5", NULL},
    {"5", "0", "-5", "-100.0"},
    {"-4", "4", "+8", "+200.0"},
    {"31.3", "30", "-1.3", "-4.2"},
    {"0.05", "-0.1", "-0.15", "-300.0"},
    {"1", "1.00", "+0.00", "+0.0"},
    {"999999999999999999", "-999999999999999999", "-1999999999999999998", "-200.0"},
    {"9223372036854775807", "1", NULL, NULL},
    {"0.000000000000000001", "999999999999999999", NULL, NULL},
    {"1e9", "1", NULL, NULL},
    {"\"1\"", "1", NULL, NULL},
    {"-", "1", NULL, NULL},
    {"true", "false", NULL, NULL},
};

static void numbers_differ_exactly(void **state)
{
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const char *by, *percent;

        print_message("  from %s to %s\n", numbers[i].before, numbers[i].after);
        difference_number(numbers[i].before, numbers[i].after, *state, &by, &percent);
        assert_string_equal(by != NULL ? by : "none",
                            numbers[i].by != NULL ? numbers[i].by : "none");
        assert_string_equal(percent != NULL ? percent : "none",
                            numbers[i].percent != NULL ? numbers[i].percent : "none");
    }
}

/* ---- Pings ---- */

#define OWN(version, digest, mode, gaps)                                                           \
    "\"service_ping\":{\"agent\":{\"name\":\"service-ping\",\"version\":\"" version "\"},"         \
    "\"collected_in_ms\":17,\"consent\":{\"categories\":[\"standard\"],\"mode\":\"" mode "\"},"    \
    "\"definitions_digest\":\"" digest "\",\"not_ok\":[" gaps "],\"objects\":[\"topology\"],"      \
    "\"ping_id\":\"p\",\"seq\":7}"
#define PLAIN OWN("1", "d", "on", "")
#define GAP(path, status, reason)                                                                  \
    "{\"key_path\":\"" path "\",\"reason\":\"" reason "\",\"status\":\"" status "\"}"

static const struct {
    const char *name, *before, *after, *items; /* "kind path before after by percent|..." */
    size_t same;
} pings[] = {
    {"nothing but the time", "{\"a\":1,\"recorded_at\":\"x\"," PLAIN "}",
     "{\"a\":1,\"recorded_at\":\"y\"," PLAIN "}", "", 1},
    {"a number", "{\"counts\":{\"b\":1200}," PLAIN "}", "{\"counts\":{\"b\":1234}," PLAIN "}",
     "value counts.b 1200 1234 +34 +2.8|", 0},
    {"a text and a flag", "{\"a\":\"x\",\"b\":true," PLAIN "}",
     "{\"a\":\"y\",\"b\":false," PLAIN "}", "value a \"x\" \"y\" - -|value b true false - -|", 0},
    {"another kind of value", "{\"a\":\"1\"," PLAIN "}", "{\"a\":1," PLAIN "}",
     "value a \"1\" 1 - -|", 0},
    {"added and gone, by key path", "{\"b\":{\"c\":1,\"x\":0}," PLAIN "}",
     "{\"b\":{\"x\":0},\"b-c\":3,\"a\":2," PLAIN "}",
     "added a  2 - -|gone b.c 1  - -|added b-c  3 - -|", 1},
    {"a status with its reason",
     "{\"a\":1,\"b\":null," OWN("1", "d", "on", GAP("b", "held", "R")) "}",
     "{\"a\":null,\"b\":5," OWN("1", "d", "on", GAP("a", "timeout", "too slow")) "}",
     "status a 1 timeout (too slow) - -|status b held (R) 5 - -|", 0},
    {"another status", "{\"a\":null," OWN("1", "d", "on", GAP("a", "held", "R")) "}",
     "{\"a\":null," OWN("1", "d", "on", GAP("a", "absent", "S")) "}",
     "status a held (R) absent (S) - -|", 0},
    {"the same status for another reason is no difference",
     "{\"a\":null," OWN("1", "d", "on", GAP("a", "held", "R")) "}",
     "{\"a\":null," OWN("1", "d", "on", GAP("a", "held", "S")) "}", "", 1},
    {"what the ping says of itself", "{" PLAIN "}", "{" OWN("2", "e", "local", "") "}",
     "ping agent.version \"1\" \"2\" - -|ping consent.mode \"on\" \"local\" - -|"
     "ping definitions_digest \"d\" \"e\" - -|",
     0},
    {"an object metric is one value", "{\"topology\":{\"n\":1}," PLAIN "}",
     "{\"topology\":{\"n\":2}," PLAIN "}", "value topology {\"n\":1} {\"n\":2} - -|", 0},
    {"an object in place of a number", "{\"a\":1," PLAIN "}", "{\"a\":{\"b\":1}," PLAIN "}",
     "gone a 1  - -|added a.b  1 - -|", 0},
    {"-1 is a number where null says that there is none", "{\"a\":-1," PLAIN "}",
     "{\"a\":1," PLAIN "}", "value a -1 1 +2 +200.0|", 0},
    {"in GitLab's form -1 says it", "{\"a\":-1,\"b\":4,\"c\":-1,\"recorded_at\":\"x\"}",
     "{\"a\":1,\"b\":6,\"c\":-1,\"recorded_at\":\"y\"}",
     "status a none 1 - -|value b 4 6 +2 +50.0|", 1},
    {"one of each form", "{\"a\":-1,\"b\":2}",
     "{\"a\":null,\"b\":2," OWN("1", "d", "on", GAP("a", "held", "R")) "}",
     "status a none held (R) - -|", 1},
};

static const char *side(struct arena *arena, const struct difference_side *side)
{
    const char *text = side->value != NULL ? side->value : side->status != NULL ? side->status : "";

    return side->reason != NULL ? arena_format(arena, "%s (%s)", text, side->reason) : text;
}

static void pings_differ_metric_by_metric(void **state)
{
    for (size_t i = 0; i < COUNT_OF(pings); i++) {
        struct ping_difference found;
        struct error err = {0};
        const char *text = "";

        print_message("  %s\n", pings[i].name);
        assert_true(
            difference_of_pings((struct difference_bytes){pings[i].before, strlen(pings[i].before)},
                                (struct difference_bytes){pings[i].after, strlen(pings[i].after)},
                                *state, &found, &err));
        for (size_t k = 0; k < found.count; k++) {
            const struct difference *item = &found.items[k];

            text = arena_format(
                *state, "%s%s %s %s %s %s %s|", text, difference_kind_name(item->kind),
                item->key_path, side(*state, &item->before), side(*state, &item->after),
                item->by != NULL ? item->by : "-", item->percent != NULL ? item->percent : "-");
        }
        assert_string_equal(text, pings[i].items);
        assert_int_equal(found.same, pings[i].same);
    }
}

static void it_is_told_as_json(void **state)
{
    static const char before[] = "{\"a\":1,\"c\":2.5,\"recorded_at\":\"x\"," PLAIN "}";
    static const char after[] = "{\"a\":null,\"b\":[1],\"c\":5,\"recorded_at\":\"y\"," OWN(
        "1", "d", "on", GAP("a", "off", "R")) "}";
    struct ping_difference found;
    struct js_writer writer;
    struct error err = {0};
    struct js_value *root;
    struct str out;

    assert_true(difference_of_pings((struct difference_bytes){before, strlen(before)},
                                    (struct difference_bytes){after, strlen(after)}, *state, &found,
                                    &err));
    str_init(&out);
    js_begin(&writer, &out, false);
    difference_write_json(&found, &writer);
    assert_string_equal(
        out.text,
        "{\"after\":{\"id\":\"p\",\"recorded_at\":\"y\",\"seq\":7},"
        "\"before\":{\"id\":\"p\",\"recorded_at\":\"x\",\"seq\":7},\"differences\":["
        "{\"after\":{\"reason\":\"R\",\"status\":\"off\",\"value\":null},"
        "\"before\":{\"status\":\"ok\",\"value\":1},\"key_path\":\"a\",\"kind\":\"status\"},"
        "{\"after\":{\"status\":\"ok\",\"value\":[1]},\"before\":null,\"key_path\":\"b\","
        "\"kind\":\"added\"},"
        "{\"after\":{\"status\":\"ok\",\"value\":5},\"before\":{\"status\":\"ok\",\"value\":2.5},"
        "\"difference\":2.5,\"key_path\":\"c\",\"kind\":\"value\",\"percent\":100.0}],"
        "\"same\":0}");
    root = js_parse(out.text, out.length, &err);
    assert_non_null(root);
    js_free(root);
    str_release(&out);
}

static void what_is_no_ping_is_named(void **state)
{
    struct ping_difference found;
    struct error err = {0};

    assert_false(difference_of_pings((struct difference_bytes){"{}", 2},
                                     (struct difference_bytes){"[]", 2}, *state, &found, &err));
    assert_string_equal(err.text, "the second ping is no JSON object");
    assert_false(difference_of_pings((struct difference_bytes){"{", 1},
                                     (struct difference_bytes){"{}", 2}, *state, &found, &err));
    assert_non_null(strstr(err.text, "the first ping: "));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(definitions_differ_field_by_field),
        WITH_ARENA(what_is_no_definition_is_refused),
        WITH_ARENA(numbers_differ_exactly),
        WITH_ARENA(pings_differ_metric_by_metric),
        WITH_ARENA(it_is_told_as_json),
        WITH_ARENA(what_is_no_ping_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
