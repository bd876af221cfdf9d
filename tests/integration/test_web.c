/* What the running agent shows and takes over HTTP. */
#include "agent/base/clock.h"
#include "agent/store_archive.h"
#include "agent/store_memory.h"
#include "tests/support/office.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Routes ---- */

#define JSON "application/json"

static const struct {
    const char *path, *type, *part;
} shows[] = {
    {"/", "text/html", "<"},
    {"/healthz", JSON, "\"alive\""},
    {"/readyz", JSON, "\"ready\""},
    {"/metrics", "text/plain; version=0.0.4", "service_ping_build_info"},
    {"/v1/status", JSON, "\"mode\":\"local\""},
    {"/v1/preview", JSON, "\"schema_version\": 1"},
    {"/v1/pings", JSON, "\"state\":\"sealed\""},
    {"/v1/pings/1", JSON, "\"seq\": 1"},
    {"/v1/definitions", JSON, "\"origin\":\"SELECT count(*)"},
    {"/v1/outcomes", JSON, "\"reason\":\"permission denied for table secrets\""},
    {"/v1/changes", JSON, "[]"},
    {"/api/v4/usage_data/service_ping", JSON, "\"issues\": 7"},
    {"/api/v4/usage_data/queries", JSON, "SELECT count(*)"},
    {"/api/v4/usage_data/non_sql_metrics", JSON, "\"issues\":-3"},
    {"/api/v4/usage_data/metric_definitions", "application/yaml", "  key_path: counts.issues\n"},
};

static void every_document_is_shown(void **state)
{
    struct office *office = *state;

    shown_ping(&office->shown, 6, PING_SENT);
    shown_ping(&office->shown, 7, PING_SEALED);
    for (size_t i = 0; i < COUNT_OF(shows); i++) {
        char line[128];
        size_t length;

        (void)snprintf(line, sizeof(line), "GET %s", shows[i].path);
        assert_int_equal(office_ask(office, line, NULL), 200);
        office_expect_header(office, "Content-Type", shows[i].type);
        office_expect_header(office, "Cache-Control", "no-store");
        office_expect_header(office, "X-Content-Type-Options", "nosniff");
        office_expect_header(office, "Referrer-Policy", "no-referrer");
        office_expect_header(office, "Content-Security-Policy",
                             "default-src 'none'; script-src 'self'");
        office_expect_body(office, shows[i].part);
        if (strcmp(shows[i].type, JSON) == 0)
            office_expect_json(office);
        length = office->http.body_length;

        (void)snprintf(line, sizeof(line), "HEAD %s", shows[i].path);
        assert_int_equal(office_ask(office, line, NULL), 200);
        assert_int_equal(office->http.body_length, 0);
        /* The process' own figures differ from one scrape to the next. */
        if (strcmp(shows[i].path, "/metrics") != 0)
            assert_int_equal(strtol(raw_http_header(&office->http, "Content-Length"), NULL, 10),
                             length);

        (void)snprintf(line, sizeof(line), "PUT %s", shows[i].path);
        assert_int_equal(office_ask(office, line, "{}"), 405);
        office_expect_header(office, "Allow", "GET, HEAD");
        office_expect_json(office);
    }
}

static void an_empty_instance_is_shown(void **state)
{
    struct office *office = *state;

    for (size_t i = 0; i < COUNT_OF(shows); i++) {
        char line[128];
        int expected = strcmp(shows[i].path, "/v1/pings/1") == 0 ? 404 : 200;

        (void)snprintf(line, sizeof(line), "GET %s", shows[i].path);
        assert_int_equal(office_ask(office, line, NULL), expected);
    }
    assert_int_equal(office_ask(office, "GET /v1/preview", NULL), 200);
    assert_string_equal(office->http.body, "null\n");
    office_expect_header(office, "Service-Ping-Preview", "none");
    assert_int_equal(office_ask(office, "GET /api/v4/usage_data/service_ping", NULL), 200);
    assert_string_equal(office->http.body, "{}");
}

static const struct {
    const char *line;
    int status;
    const char *part;
} misses[] = {
    {"GET /v1", 404, "/v1"},
    {"GET /v1/pings/", 404, "error"},
    {"GET /v1/nothing%20here", 404, "/v1/nothing here"},
    {"GET /v1/pings/0198-no-such", 404, "no ping is"},
    {"GET /v1/pings/9", 404, "no ping is"},
    {"GET /v1/pings/..%2f..%2fetc%2fpasswd", 404, "no ping is"},
    {"GET /v1/pings/%27%20OR%201=1", 404, "no ping is"},
    {"GET /v1/pings/%25", 404, "no ping is"},
    {"GET /v1/status/", 404, "error"},
    {"GET //v1/status", 404, "error"},
    {"GET /page.js/../v1/status", 404, "error"},
    {"DELETE /v1/pings/1", 405, "error"},
    {"GET /v1/consent", 405, "error"},
    {"GET /v1/send", 405, "error"},
};

static void what_is_not_there_is_told(void **state)
{
    struct office *office = *state;

    shown_ping(&office->shown, 6, PING_SENT);
    for (size_t i = 0; i < COUNT_OF(misses); i++) {
        int status = office_ask(office, misses[i].line, NULL);

        if (status != misses[i].status)
            fail_msg("%s: %d %s", misses[i].line, status, office->http.body);
        office_expect_json(office);
        office_expect_body(office, misses[i].part);
    }
    assert_int_equal(office_ask(office, "GET /v1/send", NULL), 405);
    assert_string_equal(raw_http_header(&office->http, "Allow"), "POST");
    assert_int_equal(office_ask(office, "GET /v1/session", NULL), 405);
    assert_string_equal(raw_http_header(&office->http, "Allow"), "POST, DELETE");
}

/* ---- Pings ---- */

static void expect_bytes(struct office *office, const char *id)
{
    struct place *place = office->shown.place;
    struct store_ping ping;

    assert_true(store_ping_find(place->store, id, place->arena, &ping, &place->err));
    assert_int_equal(office->http.body_length, ping.length);
    assert_memory_equal(office->http.body, ping.bytes, ping.length);
    office_expect_header(office, "Service-Ping-Id", ping.id);
}

static void a_ping_is_shown_byte_for_byte(void **state)
{
    struct office *office = *state;
    char line[128], first[UUID_TEXT_SIZE];

    shown_ping(&office->shown, 6, PING_SENT);
    (void)snprintf(first, sizeof(first), "%s", office->shown.last_ping);
    shown_ping(&office->shown, 7, PING_WAITING);
    (void)snprintf(line, sizeof(line), "GET /v1/pings/%s", first);
    assert_int_equal(office_ask(office, line, NULL), 200);
    expect_bytes(office, first);
    (void)snprintf(line, sizeof(line), "GET /v1/pings/%%%02x%s", (unsigned)first[0], first + 1);
    assert_int_equal(office_ask(office, line, NULL), 200);
    expect_bytes(office, first);
    assert_int_equal(office_ask(office, "GET /v1/pings/2", NULL), 200);
    expect_bytes(office, office->shown.last_ping);
    assert_int_equal(office_ask(office, "GET /v1/preview", NULL), 200);
    expect_bytes(office, office->shown.last_ping);
    office_expect_header(office, "Service-Ping-Preview", "sealed");
    assert_int_equal(office_ask(office, "GET /api/v4/usage_data/service_ping", NULL), 200);
    office_expect_body(office, office->shown.last_ping);
    /* The beginnings of all are alike: they say when they were made. */
    (void)snprintf(line, sizeof(line), "GET /v1/pings/%.3s", first);
    assert_int_equal(office_ask(office, line, NULL), 400);
    office_expect_body(office, "2 pings begin with");
}

static void what_is_not_sealed_yet_is_shown_as_it_would_be(void **state)
{
    struct office *office = *state;

    shown_ping(&office->shown, 6, PING_SENT);
    shown_run(&office->shown, 8);
    assert_int_equal(office_ask(office, "GET /v1/preview", NULL), 200);
    office_expect_header(office, "Service-Ping-Preview", "unsealed");
    assert_null(raw_http_header(&office->http, "Service-Ping-Id"));
    office_expect_body(office, "\"issues\": 8");
    office_expect_body(office, "\"ping_id\": null");
    office_expect_body(office, "\"seq\": 2");
    assert_int_equal(office_ask(office, "GET /v1/preview", NULL), 200);
    office_expect_header(office, "Service-Ping-Preview", "unsealed");
}

/* ---- Acts ---- */

static const struct {
    const char *name, *line, *body;
    int status;
    const char *part;
} acts[] = {
    {"consent is given", "POST /v1/consent", "{\"mode\":\"on\"}", 200,
     "Metrics are collected and sent"},
    {"with categories", "POST /v1/consent",
     "{\"mode\":\"local\",\"categories\":[\"standard\",\"optional\"]}", 200,
     "Categories: standard,optional."},
    {"of no unknown mode", "POST /v1/consent", "{\"mode\":\"maybe\"}", 400, "mode"},
    {"nor of none", "POST /v1/consent", "{}", 400, "mode"},
    {"nor of unknown categories", "POST /v1/consent", "{\"mode\":\"on\",\"categories\":[\"all\"]}",
     400, "not 'all'"},
    {"nor of categories that are no list", "POST /v1/consent",
     "{\"mode\":\"on\",\"categories\":\"optional\"}", 400, "list"},
    {"a body that is no JSON is told", "POST /v1/consent", "mode=on", 400, "JSON object"},
    {"so is one that is no object", "POST /v1/consent", "[1]", 400, "JSON object"},
    {"what is accepted must be said", "POST /v1/accept", "{}", 400, "Say what"},
    {"patterns are texts", "POST /v1/accept", "{\"key_paths\":[1]}", 400, "texts"},
    {"in a list", "POST /v1/accept", "{\"key_paths\":\"*\"}", 400, "list"},
    {"the socket needs no session", "POST /v1/session", "", 409, "token"},
    {"a collection is begun", "POST /v1/send", "", 202, "{\"started\":true}"},
};

static void admins_act(void **state)
{
    struct office *office = *state;

    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        int status = office_ask(office, acts[i].line, acts[i].body);

        if (status != acts[i].status)
            fail_msg("%s: %d: %s", acts[i].name, status, office->http.body);
        office_expect_body(office, acts[i].part);
        office_expect_json(office);
    }
}

static void consent_is_shown_with_who_gave_it(void **state)
{
    struct office *office = *state;

    assert_int_equal(office_ask(office, "POST /v1/consent", "{\"mode\":\"off\"}"), 200);
    assert_int_equal(office_ask(office, "POST /v1/send", "{}"), 409);
    office_expect_json(office);
    assert_int_equal(office_ask(office, "GET /v1/status", NULL), 200);
    office_expect_body(office, "\"mode\":\"off\"");
    office_expect_body(office, "(socket)\",\"categories\"");
    shown_settle(&office->shown,
                 arena_format(office->arena, OFFICE_ALWAYS "consent: local\nhttp: {%s}\n",
                              office_usual(office)));
    assert_true(office_reload(office));
    assert_int_equal(office_ask(office, "POST /v1/consent", "{\"mode\":\"on\"}"), 409);
    office_expect_body(office, "the settings decide");
}

static void what_is_held_is_shown_and_accepted(void **state)
{
    struct office *office = *state;
    struct shown *shown = &office->shown;

    assert_int_equal(office_ask(office, "POST /v1/consent", "{\"mode\":\"on\"}"), 200);
    shown_define(shown, "counts.new",
                 "time_frame: all\ndata_source: database\n"
                 "options: {relation: issues}\n");
    shown_define(shown, "counts.issues",
                 "time_frame: all\ndata_source: database\n"
                 "options: {relation: issues, where: state_id = 2}\n");
    assert_true(office_reload(office));
    assert_int_equal(office_ask(office, "GET /v1/changes", NULL), 200);
    office_expect_json(office);
    office_expect_body(office, "\"key_path\":\"counts.new\",\"state\":\"new\",\"held\":true");
    office_expect_body(office,
                       "\"key_path\":\"counts.issues\",\"state\":\"changed\",\"held\":true");
    office_expect_body(office, "state_id = 2");
    assert_int_equal(office_ask(office, "GET /v1/definitions", NULL), 200);
    office_expect_body(office, "\"state\":\"new\"");
    assert_int_equal(office_ask(office, "POST /v1/accept", "{\"key_paths\":[\"*.new\"]}"), 200);
    assert_string_equal(office->http.body, "{\"accepted\":1}\n");
    assert_int_equal(office_ask(office, "POST /v1/accept", "{\"all\":true}"), 200);
    assert_string_equal(office->http.body, "{\"accepted\":1}\n");
    assert_int_equal(office_ask(office, "GET /v1/changes", NULL), 200);
    assert_string_equal(office->http.body, "[]\n");
}

static void a_body_beyond_a_mebibyte_is_refused(void **state)
{
    struct office *office = *state;
    struct str body;

    str_init(&body);
    str_add(&body, "{\"mode\":\"");
    while (body.length <= 1 << 20)
        str_add(&body, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(office_ask(office, "POST /v1/consent", body.text), 413);
    str_release(&body);
    assert_int_equal(office_ask(office, "GET /healthz", NULL), 200);
}

/* ---- Health ---- */

static void what_cannot_be_reached_degrades_only(void **state)
{
    struct office *office = *state;
    struct place *place = office->shown.place;
    const struct store_courier courier = {.failing_since_us = 1, .tries = 1};
    const char *away = arena_format(office->arena, "%s.away", place->folder);

    web_free(office->web);
    daemon_free(office->daemon);
    assert_true(store_courier_keep(place->store, &courier, &place->err));
    office_begin_daemon(office);
    office->web = office_begin(office, &place->err);
    assert_int_equal(office_ask(office, "GET /readyz", NULL), 200);
    office_expect_body(office, "degraded");
    assert_int_equal(rename(place->folder, away), 0);
    assert_int_equal(office_ask(office, "GET /readyz", NULL), 503);
    office_expect_body(office, "unready");
    assert_int_equal(office_ask(office, "GET /healthz", NULL), 200);
    assert_int_equal(rename(away, place->folder), 0);
}

/* Anybody may ask for it, so it has no names in it. */
static void readiness_tells_no_secret(void **state)
{
    struct office *office = *state;

    scratch_write(&office->shown.scratch, "settings.yml", "secret_of_mine: 1\n");
    assert_false(office_reload(office));
    assert_int_equal(office_ask(office, "GET /readyz", NULL), 200);
    office_expect_body(office, "degraded");
    assert_null(strstr(office->http.body, "settings"));
    assert_int_equal(office_ask(office, "GET /v1/status", NULL), 200);
    assert_null(strstr(office->http.body, "\"trouble\":null"));
}

#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, office_set_up, office_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(every_document_is_shown),
        IN_OFFICE(an_empty_instance_is_shown),
        IN_OFFICE(what_is_not_there_is_told),
        IN_OFFICE(a_ping_is_shown_byte_for_byte),
        IN_OFFICE(what_is_not_sealed_yet_is_shown_as_it_would_be),
        IN_OFFICE(admins_act),
        IN_OFFICE(consent_is_shown_with_who_gave_it),
        IN_OFFICE(what_is_held_is_shown_and_accepted),
        IN_OFFICE(a_body_beyond_a_mebibyte_is_refused),
        IN_OFFICE(what_cannot_be_reached_degrades_only),
        IN_OFFICE(readiness_tells_no_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
