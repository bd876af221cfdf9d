#include "metrics/sources.h"

#include "tests/support/collect.h"
#include "tests/support/definition.h"
#include "tests/support/redis_desk.h"
#include "tests/support/test.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct collect collect;
static struct database_settings database;

static int all_begin(void **state)
{
    (void)state;
    collect_init(&collect, &system_source);
    database = (struct database_settings){
        .name = "main", .config = {.name = "main", .conninfo = getenv("TEST_DATABASE")}};
    collect.settings.databases = &database;
    collect.settings.database_count = 1;
    collect.settings.redis.address = getenv("TEST_REDIS");
    collect.settings.hostname = "gitlab.example";
    assert_non_null(database.config.conninfo);
    assert_non_null(collect.settings.redis.address);
    return 0;
}

static int all_end(void **state)
{
    (void)state;
    collect_release(&collect);
    return 0;
}

#define FACT(name) "data_source: system\nkey_path: " name "\n"

static const char *const every[] = {
    FACT("postgresql_version"),
    FACT("redis_version"),
    FACT("operating_system"),
    FACT("recorded_at"),
    FACT("uuid"),
    FACT("settings.akismet_enabled"),
    "data_source: license\nkey_path: host\noptions: {fact: hostname}\n",
    "data_source: system\nkey_path: again\noptions: {fact: redis_version}\n",
    NULL,
};

static void run(const char *const *yamls)
{
    size_t count;
    const struct metric *const *metrics =
        metrics_of_texts(yamls, &system_source, collect.arena, &count);

    collect_all(&collect, metrics, count);
}

static void assert_said(const char *key_path, const char *expected)
{
    const char *said = collect_said(&collect, key_path);

    if (said == NULL || strcmp(said, expected) != 0)
        fail_msg("%s: %s, not %s", key_path, said != NULL ? said : "nothing", expected);
}

/* What psql and redis-cli would say. */
static const char *postgresql_version(void)
{
    PGconn *connection = PQconnectdb(database.config.conninfo);
    const char *version =
        arena_copy(collect.arena, PQparameterStatus(connection, "server_version"));

    PQfinish(connection);
    return arena_format(collect.arena, "\"%.*s\"", (int)strcspn(version, " "), version);
}

static const char *redis_version(void)
{
    struct desk desk;
    const char *found, *version;

    desk_open(&desk);
    ASK(&desk, "INFO", "server");
    found = strstr(desk_await(&desk), "redis_version:");
    assert_non_null(found);
    found += strlen("redis_version:");
    version = arena_format(collect.arena, "\"%.*s\"", (int)strcspn(found, "\r\n"), found);
    desk_close(&desk);
    return version;
}

static void every_fact(void **state)
{
    (void)state;
    run(every);
    assert_said("postgresql_version", postgresql_version());
    assert_said("redis_version", redis_version());
    assert_said("again", redis_version());
    assert_said("host", "\"gitlab.example\"");
    assert_int_equal(STATUS_OK, collect_outcome(&collect, "operating_system")->status);
    assert_int_equal(0,
                     strncmp(collect_said(&collect, "recorded_at"), "\"2024-06-01T12:00:00", 20));
    assert_said("uuid", "absent: It lives in GitLab's process or is not given: set facts.uuid in "
                        "the settings.");
    assert_said("settings.akismet_enabled",
                "absent: It lives in GitLab's process or is not given: set "
                "facts.settings.akismet_enabled in the settings.");
}

static void facts_of_the_settings_win(void **state)
{
    const struct doc_node version = {
        .kind = DOC_SCALAR, .plain = true, .text = "12.1", .key = "postgresql_version"};
    const struct fact facts[] = {{"postgresql_version", &version}};

    (void)state;
    collect.settings.facts = facts;
    collect.settings.fact_count = 1;
    run((const char *const[]){FACT("postgresql_version"), NULL});
    assert_said("postgresql_version", "12.1");
}

static void services_that_are_down_cost_their_facts_only(void **state)
{
    (void)state;
    database.config.conninfo = "host=/nowhere user=nobody";
    collect.settings.redis.address = "/nowhere/redis.sock";
    run(every);
    assert_int_equal(STATUS_UNAVAILABLE, collect_outcome(&collect, "postgresql_version")->status);
    assert_int_equal(STATUS_UNAVAILABLE, collect_outcome(&collect, "redis_version")->status);
    assert_int_equal(STATUS_UNAVAILABLE, collect_outcome(&collect, "again")->status);
    assert_int_equal(STATUS_OK, collect_outcome(&collect, "recorded_at")->status);
    assert_said("host", "\"gitlab.example\"");
}

static void services_that_are_not_configured(void **state)
{
    (void)state;
    collect.settings.database_count = 0;
    collect.settings.redis.address = NULL;
    run(every);
    assert_int_equal(STATUS_OFF, collect_outcome(&collect, "postgresql_version")->status);
    assert_int_equal(STATUS_OFF, collect_outcome(&collect, "redis_version")->status);
    assert_int_equal(STATUS_OK, collect_outcome(&collect, "recorded_at")->status);
}

static void nothing_is_answered_after_cancel(void **state)
{
    size_t count;
    const struct metric *const *metrics =
        metrics_of_texts(every, &system_source, collect.arena, &count);

    (void)state;
    collect_open(&collect, metrics, count);
    collect_plan(&collect);
    collect_begin(&collect);
    collect_cancel(&collect);
    collect_close(&collect);
    loop_run(collect.loop);
    assert_null(collect_said(&collect, "recorded_at"));
    assert_null(collect_said(&collect, "redis_version"));
}

static const struct {
    const char *yaml, *text, *service;
} described[] = {
    {FACT("uuid"), "fact uuid", NULL},
    {FACT("redis_version"), "fact redis_version", "redis"},
    {FACT("postgresql_version"), "fact postgresql_version", "database main"},
    {"key_path: a.b\noptions: {fact: plan}\n", "fact plan", NULL},
};

static void facts_are_described_by_their_origin(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(described); i++) {
        struct complaints complaints;
        struct description description;

        complaints_init(&complaints, collect.arena);
        system_source.describe(
            metric_of_text(described[i].yaml, &system_source, collect.arena, &complaints),
            &collect.context, collect.arena, &description);
        assert_string_equal(described[i].text, description.text);
        assert_non_null(description.method);
        if (described[i].service == NULL)
            assert_null(description.service);
        else
            assert_string_equal(described[i].service, description.service);
    }
}

static void a_fact_without_a_name_is_complained_about(void **state)
{
    struct complaints complaints;

    (void)state;
    complaints_init(&complaints, collect.arena);
    assert_null(
        metric_of_text("options:\n  fact: [a]\n", &system_source, collect.arena, &complaints)
            ->spec);
    assert_int_equal(1, complaints.count);
    assert_int_equal(2, complaints.items[0].line);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, all_begin, all_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(every_fact),
        EACH(facts_of_the_settings_win),
        EACH(services_that_are_down_cost_their_facts_only),
        EACH(services_that_are_not_configured),
        EACH(nothing_is_answered_after_cancel),
        EACH(facts_are_described_by_their_origin),
        EACH(a_fact_without_a_name_is_complained_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
