#include "metrics/event_check.h"

#include "tests/support/test.h"

#include <string.h>

static const char used[] = "action: cli_used\n"
                           "internal_events: true\n"
                           "identifiers: [user, project]\n"
                           "additional_properties:\n"
                           "  label: {description: which}\n"
                           "  platform: {description: where}\n"
                           "  seconds: {description: how long}\n";
static const char free_one[] = "action: cli_free\nidentifiers:\n";
static const char legacy[] = "action: old_one\ncategory: Some::Controller\n";

static struct arena *arena;
static struct event_definition definitions[3];
static const struct source_settings settings;
static const struct source_context context = {
    .settings = &settings, .events = definitions, .event_count = 3};

static int definitions_begin(void **state)
{
    static const char *const texts[] = {free_one, used, legacy};

    (void)state;
    arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err;
        int line;
        const struct doc_node *root = doc_parse(texts[i], strlen(texts[i]), arena, &line, &err);

        definitions[i] = (struct event_definition){doc_get(root, "action")->text, "e.yml", root};
    }
    return 0;
}

static int definitions_end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#define PROPERTIES(...)                                                                            \
    .properties = (const struct event_property[]){__VA_ARGS__},                                    \
    .property_count =                                                                              \
        sizeof((const struct event_property[]){__VA_ARGS__}) / sizeof(struct event_property)

static const struct {
    const char *name;
    struct event event;
    const char *says; /* NULL: it fits */
} cases[] = {
    {"a bare event", {.name = "cli_used"}, NULL},
    {"all that it may have",
     {.name = "cli_used",
      .user = "1",
      .project = "2",
      PROPERTIES({"label", "a", false}, {"value", "1.5", true}, {"platform", "linux", false},
                 {"seconds", "12", true})},
     NULL},
    {"base properties need no declaration",
     {.name = "cli_free", PROPERTIES({"label", "a", false}, {"property", "b", false})},
     NULL},
    {"identifiers where the definition lists none",
     {.name = "cli_free", .user = "1", .namespace = "2"},
     NULL},
    {"a property without a text", {.name = "cli_used", PROPERTIES({"other", NULL, false})}, NULL},
    {"an unknown event",
     {.name = "cli_usd"},
     "no definition names the event 'cli_usd'; did you mean 'cli_used'"},
    {"an event unlike any other",
     {.name = "zzzzzzzzzz"},
     "no definition names the event 'zzzzzzzzzz'"},
    {"an event of the analytics collector", {.name = "old_one"}, "internal_events: true"},
    {"an identifier that is not listed", {.name = "cli_used", .namespace = "3"}, "has a namespace"},
    {"an empty id", {.name = "cli_used", .user = ""}, "empty id as its user"},
    {"a label that is a number",
     {.name = "cli_used", PROPERTIES({"label", "30", true})},
     "label of the event 'cli_used' must be text"},
    {"a property that is a number",
     {.name = "cli_free", PROPERTIES({"property", "30", true})},
     "must be text"},
    {"a value that is text",
     {.name = "cli_used", PROPERTIES({"value", "30", false})},
     "must be a number"},
    {"a value that is no number",
     {.name = "cli_used", PROPERTIES({"value", "many", true})},
     "'many' is not a decimal number"},
    {"a value out of all bounds",
     {.name = "cli_used", PROPERTIES({"value", "1e300", true})},
     "too large"},
    {"a property that is not declared",
     {.name = "cli_used", PROPERTIES({"color", "red", false})},
     "property 'color'"},
    {"a custom property where none is declared",
     {.name = "cli_free", PROPERTIES({"platform", "x", false})},
     "do not declare"},
};

static void events_fit_their_definitions_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        bool fits = event_check(&context, &cases[i].event, &err);

        print_message("# %s\n", cases[i].name);
        if (cases[i].says == NULL) {
            if (!fits)
                fail_msg("%s", err.text);
            continue;
        }
        assert_false(fits);
        assert_int_equal(ERROR_INVALID, err.kind);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("%s", err.text);
    }
}

static void without_definitions_every_event_is_unknown(void **state)
{
    const struct source_context none = {.settings = &settings};
    const struct event event = {.name = "cli_used"};
    struct error err = {0};

    (void)state;
    assert_false(event_check(&none, &event, &err));
    assert_int_equal(ERROR_INVALID, err.kind);
}

static const struct {
    const char *name;
    struct event event;
    bool old;
    const char *says;
} old_cases[] = {
    {"a legacy event", {.name = "a_legacy", .user = "1"}, true, NULL},
    {"a known event", {.name = "b_known", .project = "1"}, true, NULL},
    {"one that only the analytics collector hears of",
     {.name = "old_one", .user = "1"},
     true,
     NULL},
    {"one that has become internal", {.name = "cli_used"}, false, NULL},
    {"without an id", {.name = "a_legacy"}, true, "needs the one id"},
    {"with an empty id", {.name = "a_legacy", .user = ""}, true, "needs the one id"},
    {"with two ids", {.name = "b_known", .user = "1", .project = "2"}, true, "needs the one id"},
    {"not listed", {.name = "c_unknown", .user = "1"}, false, "no definition names"},
};

static void listed_events_need_no_definition(void **state)
{
    static const char *const names[] = {"a_legacy", "cli_used", "old_one"};
    static const struct known_event known[] = {{.name = "b_known"}};
    const struct source_settings listed = {
        .keys = {.legacy = names, .legacy_count = 3, .known = known, .known_count = 1}};
    struct source_context with = context;

    (void)state;
    with.settings = &listed;
    for (size_t i = 0; i < COUNT_OF(old_cases); i++) {
        struct error err = {0};

        print_message("# %s\n", old_cases[i].name);
        assert_int_equal(old_cases[i].old, event_is_old(&with, old_cases[i].event.name));
        assert_int_equal(old_cases[i].says == NULL, event_check(&with, &old_cases[i].event, &err));
        if (old_cases[i].says != NULL)
            assert_non_null(strstr(err.text, old_cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_fit_their_definitions_or_not),
        cmocka_unit_test(without_definitions_every_event_is_unknown),
        cmocka_unit_test(listed_events_need_no_definition),
    };

    return cmocka_run_group_tests(tests, definitions_begin, definitions_end);
}
