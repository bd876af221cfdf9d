#include "metrics/system_facts.h"

#include "tests/support/test.h"
#include "tests/support/test_arena.h"

#include "agent/base/clock.h"
#include "agent/base/str.h"

#include <string.h>

static const struct doc_node *yaml(const char *text)
{
    struct error err;
    int line;
    const struct doc_node *node = doc_parse(text, strlen(text), arena, &line, &err);

    if (node == NULL)
        fail_msg("%s", err.text);
    return node;
}

static void assert_json(const char *expected, const struct outcome *outcome)
{
    struct str json;

    str_init(&json);
    value_write_json(&outcome->value, &json);
    assert_string_equal(expected, json.text);
    str_release(&json);
}

static const struct {
    const char *yaml;
    enum value_kind kind;
    const char *json;
} values[] = {
    {"v: ultimate", VALUE_TEXT, "\"ultimate\""},
    {"v: '12'", VALUE_TEXT, "\"12\""},
    {"v: 12", VALUE_COUNT, "12"},
    {"v: -9223372036854775808", VALUE_COUNT, "-9223372036854775808"},
    {"v: 9223372036854775808", VALUE_DECIMAL, "9223372036854775808"},
    {"v: 12.50", VALUE_DECIMAL, "12.5"},
    {"v: .5", VALUE_DECIMAL, "0.5"},
    {"v: yes", VALUE_FLAG, "true"},
    {"v: false", VALUE_FLAG, "false"},
    {"v: {z: 1, a: [true, null, .5, 'x'], m: {b: 2, a: {}}}", VALUE_JSON,
     "{\"a\":[true,null,0.5,\"x\"],\"m\":{\"a\":{},\"b\":2},\"z\":1}"},
    {"v: [b, a]", VALUE_JSON, "[\"b\",\"a\"]"},
    {"v: 2026-11-21", VALUE_TEXT, "\"2026-11-21\""},
    {"v: 1.0e999", VALUE_NONE, "null"},
};

static void values_of_the_settings_keep_their_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct outcome outcome = fact_of_node(doc_get(yaml(values[i].yaml), "v"), arena);

        print_message("# %s\n", values[i].yaml);
        assert_int_equal(values[i].kind, outcome.value.kind);
        assert_json(values[i].json, &outcome);
    }
}

static const struct {
    const char *text, *name;
} systems[] = {
    {"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n", "debian-12"},
    {"ID='rocky'\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID='9.3'\n", "rocky-9.3"},
    {"ID=arch\nBUILD_ID=rolling\n", "arch"},
    {"ID=debian\nVERSION_ID=\n", "debian"},
    {"VERSION_ID=12\nMY_ID=x\n", NULL},
    {"", NULL},
};

static void systems_by_their_release_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(systems); i++) {
        const char *name = fact_system_name(systems[i].text, arena);

        if (systems[i].name == NULL)
            assert_null(name);
        else
            assert_string_equal(systems[i].name, name);
    }
}

static void where_facts_come_from(void **state)
{
    const struct doc_node *given = yaml("{hostname: h.example, plan: 7, nothing: }");
    const struct fact facts[] = {{"hostname", doc_get(given, "hostname")},
                                 {"license.plan", doc_get(given, "plan")},
                                 {"nothing", doc_get(given, "nothing")}};
    const struct source_settings settings = {
        .hostname = "other", .uuid = "u-1", .facts = facts, .fact_count = COUNT_OF(facts)};
    const struct source_context context = {.settings = &settings, .recorded_at = 1717243200};
    struct outcome outcome = fact_outcome(&context, "hostname", arena);

    (void)state;
    assert_json("\"h.example\"", &outcome);
    outcome = fact_outcome(&context, "uuid", arena);
    assert_json("\"u-1\"", &outcome);
    outcome = fact_outcome(&context, "license.plan", arena);
    assert_json("7", &outcome);
    now_stop_at(INT64_C(1717243261) * US_PER_SECOND);
    outcome = fact_outcome(&context, "recording_ce_finished_at", arena);
    assert_string_equal(outcome.value.text, "2024-06-01T12:01:01.000000Z");
    outcome = fact_outcome(&context, "recorded_at", arena);
    assert_int_equal(0, strncmp(outcome.value.text, "2024-06-01T12:00:00", 19));
    outcome = fact_outcome(&context, "operating_system", arena);
    assert_int_equal(STATUS_OK, outcome.status);
    assert_int_equal(FACT_DATABASE, fact_origin(&context, "postgresql_version"));
    assert_int_equal(FACT_REDIS, fact_origin(&context, "redis_version"));
}

static void facts_that_nobody_knows(void **state)
{
    static const char *const names[] = {"edition", "nothing", "settings.akismet_enabled"};
    const struct source_settings settings = {0};
    const struct source_context context = {.settings = &settings};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct outcome outcome = fact_outcome(&context, names[i], arena);

        assert_int_equal(STATUS_ABSENT, outcome.status);
        assert_string_equal(arena_format(arena,
                                         "It lives in GitLab's process or is not given: set "
                                         "facts.%s in the settings.",
                                         names[i]),
                            outcome.reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_of_the_settings_keep_their_type, arena_begin,
                                        arena_end),
        cmocka_unit_test_setup_teardown(systems_by_their_release_file, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(where_facts_come_from, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(facts_that_nobody_knows, arena_begin, arena_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
