/* What the running agent shows and takes over HTTP, by its socket and by TCP. */
#include "agent/web/web.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/io/loop.h"
#include "agent/store_archive.h"
#include "agent/store_memory.h"
#include "metrics/sources.h"
#include "tests/support/raw_http.h"
#include "tests/support/shown.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The office ---- */

static const char token[] = "a-token-of-this-test";

struct office {
    struct shown shown;
    struct daemon *daemon;
    struct loop *loop;
    struct web *web;
    struct raw_http http;
    struct arena *arena;
    const char *path;
    char port[8];
};

static void write_token(struct office *office, const char *text)
{
    scratch_write(&office->shown.scratch, "token", text);
    assert_int_equal(
        chmod(arena_format(office->arena, "%s/token", office->shown.scratch.folder), 0600), 0);
}

static struct web *begin(struct office *office, struct error *err)
{
    const struct web_request request = {
        .loop = office->loop,
        .daemon = office->daemon,
        .store = office->shown.place->store,
        .sources = metric_sources,
    };

    return web_new(&request, err);
}

/* The schedule is a long way off, and so nothing happens by itself. */
#define ALWAYS "schedule: '0 4 1 1 *'\n"

static void settle(struct office *office, const char *http)
{
    shown_settle(&office->shown, arena_format(office->arena, ALWAYS "http: {%s}\n", http));
}

static const char *usual(struct office *office)
{
    return arena_format(office->arena, "socket: %s, listen: '127.0.0.1:0', token_file: %s/token",
                        office->path, office->shown.scratch.folder);
}

static void begin_daemon(struct office *office)
{
    static char *const environment[] = {NULL};
    struct complaints complaints;
    const struct daemon_request request = {
        .loop = office->loop,
        .store = office->shown.place->store,
        .sources = metric_sources,
        .config = office->shown.config,
        .environment = environment,
    };

    complaints_init(&complaints, office->arena);
    office->daemon = daemon_new(&request, &complaints);
    complaints_print(&complaints, stderr);
    assert_non_null(office->daemon);
}

static struct daemon_status status_of(const struct office *office)
{
    struct daemon_status status;

    daemon_status(office->daemon, &status);
    return status;
}

static bool reload(struct office *office)
{
    struct complaints complaints;

    complaints_init(&complaints, office->arena);
    return daemon_reload(office->daemon, &complaints);
}

static void note_port(struct office *office)
{
    (void)snprintf(office->port, sizeof(office->port), "%u", web_port(office->web));
}

static int open_office(void **state)
{
    static struct office office;
    struct error err;

    office = (struct office){.loop = loop_new(), .arena = arena_new()};
    loop_by_moved_clock(office.loop);
    shown_open(&office.shown);
    write_token(&office, token);
    office.path = arena_format(office.arena, "%s/web.sock", office.shown.scratch.folder);
    settle(&office, usual(&office));
    begin_daemon(&office);
    office.web = begin(&office, &err);
    assert_non_null(office.web);
    note_port(&office);
    raw_http_init(&office.http, office.loop);
    *state = &office;
    return 0;
}

static int close_office(void **state)
{
    struct office *office = *state;

    web_free(office->web);
    daemon_free(office->daemon);
    raw_http_release(&office->http);
    loop_free(office->loop);
    shown_close(&office->shown);
    arena_free(office->arena);
    return 0;
}

enum door { BY_SOCKET, BY_TCP };

/* "@" in the headers stands for the port. */
static void add_headers(struct office *office, const char *headers, struct str *out)
{
    for (; *headers != '\0'; headers++) {
        if (*headers == '@')
            str_add(out, office->port);
        else
            str_add_char(out, *headers);
    }
}

/* `headers` each ended by \r\n, with Host. */
static int ask_with(struct office *office, enum door door, const char *line, const char *headers,
                    const char *body)
{
    struct str request;

    str_init(&request);
    str_add_format(&request, "%s HTTP/1.1\r\nConnection: close\r\n", line);
    add_headers(office, headers, &request);
    if (body != NULL)
        str_add_format(&request, "Content-Length: %zu\r\n", strlen(body));
    str_add_format(&request, "\r\n%s", body != NULL ? body : "");
    raw_http_send(&office->http, door == BY_TCP ? office->port : office->path, request.text,
                  request.length);
    str_release(&request);
    return office->http.status;
}

static int ask(struct office *office, const char *line, const char *body)
{
    return ask_with(office, BY_SOCKET, line, "Host: localhost\r\n", body);
}

static void expect_json(struct office *office)
{
    struct error err = {0};
    struct js_value *value = js_parse(office->http.body, office->http.body_length, &err);

    if (value == NULL)
        fail_msg("%s in: %s", err.text, office->http.body);
    js_free(value);
}

static void expect_body(struct office *office, const char *part)
{
    if (strstr(office->http.body, part) == NULL)
        fail_msg("'%s' is not in: %s", part, office->http.body);
}

static void expect_header(struct office *office, const char *name, const char *part)
{
    const char *value = raw_http_header(&office->http, name);

    if (value == NULL || strstr(value, part) == NULL)
        fail_msg("%s is '%s', without '%s'", name, value != NULL ? value : "(none)", part);
}

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
        assert_int_equal(ask(office, line, NULL), 200);
        expect_header(office, "Content-Type", shows[i].type);
        expect_header(office, "Cache-Control", "no-store");
        expect_header(office, "X-Content-Type-Options", "nosniff");
        expect_header(office, "Referrer-Policy", "no-referrer");
        expect_header(office, "Content-Security-Policy", "default-src 'none'; script-src 'self'");
        expect_body(office, shows[i].part);
        if (strcmp(shows[i].type, JSON) == 0)
            expect_json(office);
        length = office->http.body_length;

        (void)snprintf(line, sizeof(line), "HEAD %s", shows[i].path);
        assert_int_equal(ask(office, line, NULL), 200);
        assert_int_equal(office->http.body_length, 0);
        /* The process' own figures differ from one scrape to the next. */
        if (strcmp(shows[i].path, "/metrics") != 0)
            assert_int_equal(strtol(raw_http_header(&office->http, "Content-Length"), NULL, 10),
                             length);

        (void)snprintf(line, sizeof(line), "PUT %s", shows[i].path);
        assert_int_equal(ask(office, line, "{}"), 405);
        expect_header(office, "Allow", "GET, HEAD");
        expect_json(office);
    }
}

static void an_empty_instance_is_shown(void **state)
{
    struct office *office = *state;

    for (size_t i = 0; i < COUNT_OF(shows); i++) {
        char line[128];
        int expected = strcmp(shows[i].path, "/v1/pings/1") == 0 ? 404 : 200;

        (void)snprintf(line, sizeof(line), "GET %s", shows[i].path);
        assert_int_equal(ask(office, line, NULL), expected);
    }
    assert_int_equal(ask(office, "GET /v1/preview", NULL), 200);
    assert_string_equal(office->http.body, "null\n");
    expect_header(office, "Service-Ping-Preview", "none");
    assert_int_equal(ask(office, "GET /api/v4/usage_data/service_ping", NULL), 200);
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
        int status = ask(office, misses[i].line, NULL);

        if (status != misses[i].status)
            fail_msg("%s: %d %s", misses[i].line, status, office->http.body);
        expect_json(office);
        expect_body(office, misses[i].part);
    }
    assert_int_equal(ask(office, "GET /v1/send", NULL), 405);
    assert_string_equal(raw_http_header(&office->http, "Allow"), "POST");
    assert_int_equal(ask(office, "GET /v1/session", NULL), 405);
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
    expect_header(office, "Service-Ping-Id", ping.id);
}

static void a_ping_is_shown_byte_for_byte(void **state)
{
    struct office *office = *state;
    char line[128], first[UUID_TEXT_SIZE];

    shown_ping(&office->shown, 6, PING_SENT);
    (void)snprintf(first, sizeof(first), "%s", office->shown.last_ping);
    shown_ping(&office->shown, 7, PING_WAITING);
    (void)snprintf(line, sizeof(line), "GET /v1/pings/%s", first);
    assert_int_equal(ask(office, line, NULL), 200);
    expect_bytes(office, first);
    (void)snprintf(line, sizeof(line), "GET /v1/pings/%%%02x%s", (unsigned)first[0], first + 1);
    assert_int_equal(ask(office, line, NULL), 200);
    expect_bytes(office, first);
    assert_int_equal(ask(office, "GET /v1/pings/2", NULL), 200);
    expect_bytes(office, office->shown.last_ping);
    assert_int_equal(ask(office, "GET /v1/preview", NULL), 200);
    expect_bytes(office, office->shown.last_ping);
    expect_header(office, "Service-Ping-Preview", "sealed");
    assert_int_equal(ask(office, "GET /api/v4/usage_data/service_ping", NULL), 200);
    expect_body(office, office->shown.last_ping);
    /* The beginnings of all are alike: they say when they were made. */
    (void)snprintf(line, sizeof(line), "GET /v1/pings/%.3s", first);
    assert_int_equal(ask(office, line, NULL), 400);
    expect_body(office, "2 pings begin with");
}

static void what_is_not_sealed_yet_is_shown_as_it_would_be(void **state)
{
    struct office *office = *state;

    shown_ping(&office->shown, 6, PING_SENT);
    shown_run(&office->shown, 8);
    assert_int_equal(ask(office, "GET /v1/preview", NULL), 200);
    expect_header(office, "Service-Ping-Preview", "unsealed");
    assert_null(raw_http_header(&office->http, "Service-Ping-Id"));
    expect_body(office, "\"issues\": 8");
    expect_body(office, "\"ping_id\": null");
    expect_body(office, "\"seq\": 2");
    assert_int_equal(ask(office, "GET /v1/preview", NULL), 200);
    expect_header(office, "Service-Ping-Preview", "unsealed");
}

/* ---- Who asks ---- */

#define US     "Host: 127.0.0.1:@\r\n"
#define BEARER "Authorization: Bearer a-token-of-this-test\r\n"

static const struct {
    const char *name;
    enum door door;
    const char *line, *headers;
    int status;
} asked[] = {
    {"the token lets in", BY_TCP, "GET /v1/status", US BEARER, 200},
    {"also in GitLab's header", BY_TCP, "GET /v1/status",
     US "PRIVATE-TOKEN: a-token-of-this-test\r\n", 200},
    {"without it nobody is let in", BY_TCP, "GET /v1/status", US, 401},
    {"nor with another one", BY_TCP, "GET /v1/status", US "Authorization: Bearer another\r\n", 401},
    {"nor with half of it", BY_TCP, "GET /v1/status",
     US "Authorization: Bearer a-token-of-this-tes\r\n", 401},
    {"nor with more than it", BY_TCP, "GET /v1/status",
     US "Authorization: Bearer a-token-of-this-test2\r\n", 401},
    {"nor with an empty one", BY_TCP, "GET /v1/status", US "Authorization: Bearer \r\n", 401},
    {"nor with a password", BY_TCP, "GET /v1/status", US "Authorization: Basic YTpi\r\n", 401},
    {"nor with a cookie that nobody gave", BY_TCP, "GET /v1/status",
     US "Cookie: service_ping_session=0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a\r\n", 401},
    {"nor with an empty cookie", BY_TCP, "GET /v1/status", US "Cookie: service_ping_session=\r\n",
     401},
    {"what is not there is not told either", BY_TCP, "GET /v1/nothing", US, 401},
    {"nor is how it may be asked", BY_TCP, "GET /v1/send", US, 401},
    {"the page asks for the token", BY_TCP, "GET /", US, 401},
    {"and is shown to who has it", BY_TCP, "GET /", US BEARER, 200},
    {"health is everybody's", BY_TCP, "GET /healthz", US, 200},
    {"so is readiness", BY_TCP, "GET /readyz", US, 200},
    {"so are the agent's own metrics", BY_TCP, "GET /metrics", US, 200},
    {"GitLab's paths need it, too", BY_TCP, "GET /api/v4/usage_data/service_ping", US, 401},
    {"a change needs it", BY_TCP, "POST /v1/accept", US, 401},
    {"and may be asked for with it", BY_TCP, "POST /v1/accept", US BEARER, 200},
    {"localhost is a name of ours", BY_TCP, "GET /v1/status", "Host: localhost:@\r\n" BEARER, 200},
    {"in any case", BY_TCP, "GET /v1/status", "Host: LOCALHOST:@\r\n" BEARER, 200},
    {"so is another loopback address", BY_TCP, "GET /v1/status", "Host: 127.1.2.3:@\r\n" BEARER,
     200},
    {"so is that of IPv6", BY_TCP, "GET /v1/status", "Host: [::1]:@\r\n" BEARER, 200},
    {"another name is not", BY_TCP, "GET /v1/status", "Host: evil.example:@\r\n" BEARER, 403},
    {"nor one that begins like ours", BY_TCP, "GET /v1/status",
     "Host: localhost.evil.example:@\r\n" BEARER, 403},
    {"nor one that begins like our address", BY_TCP, "GET /v1/status",
     "Host: 127.0.0.1.evil.example:@\r\n" BEARER, 403},
    {"nor one that ends like ours", BY_TCP, "GET /v1/status", "Host: notlocalhost:@\r\n" BEARER,
     403},
    {"nor another address", BY_TCP, "GET /v1/status", "Host: 10.0.0.1:@\r\n" BEARER, 403},
    {"nor another port", BY_TCP, "GET /v1/status", "Host: localhost:1\r\n" BEARER, 403},
    {"nor a port with more behind it", BY_TCP, "GET /v1/status",
     "Host: localhost:@.evil.example\r\n" BEARER, 403},
    {"nor no port", BY_TCP, "GET /v1/status", "Host: localhost\r\n" BEARER, 403},
    {"nor no name", BY_TCP, "GET /v1/status", "Host: \r\n" BEARER, 403},
    {"nor none at all", BY_TCP, "GET /v1/status", BEARER, 403},
    {"a foreign name does not even learn of health", BY_TCP, "GET /healthz",
     "Host: evil.example\r\n", 403},
    {"nor of metrics", BY_TCP, "GET /metrics", "Host: evil.example\r\n", 403},
    {"a page of ours may ask for a change", BY_TCP, "POST /v1/accept",
     US BEARER "Origin: http://127.0.0.1:@\r\n", 200},
    {"a foreign page may not", BY_TCP, "POST /v1/accept",
     US BEARER "Origin: http://evil.example\r\n", 403},
    {"nor one that hides where it is from", BY_TCP, "POST /v1/accept", US BEARER "Origin: null\r\n",
     403},
    {"nor one on another port of this machine", BY_TCP, "POST /v1/accept",
     US BEARER "Origin: http://127.0.0.1:1\r\n", 403},
    {"the socket needs no token", BY_SOCKET, "GET /v1/status", "Host: localhost\r\n", 200},
    {"and takes any plain name", BY_SOCKET, "GET /v1/status", "Host: service-ping\r\n", 200},
    {"and any port of a forwarded one", BY_SOCKET, "GET /v1/status", "Host: localhost:9000\r\n",
     200},
    {"but no foreign name", BY_SOCKET, "GET /v1/status", "Host: evil.example\r\n", 403},
    {"and no foreign page's change", BY_SOCKET, "POST /v1/accept",
     "Host: localhost:9000\r\nOrigin: http://evil.example\r\n", 403},
};

static void who_may_ask_is_decided(void **state)
{
    struct office *office = *state;

    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        int status = ask_with(office, asked[i].door, asked[i].line, asked[i].headers,
                              asked[i].line[0] == 'P' ? "{\"all\":true}" : NULL);

        if (status != asked[i].status)
            fail_msg("%s: %d in place of %d: %s", asked[i].name, status, asked[i].status,
                     office->http.body);
        if (status == 403 || (status == 401 && strcmp(asked[i].line, "GET /") != 0)) {
            expect_json(office);
            assert_null(strstr(office->http.body, "alive"));
        }
        if (status == 401)
            assert_null(strstr(office->http.answer.text, token));
    }
}

static const char *session_of(struct office *office)
{
    const char *cookie;

    assert_int_equal(ask_with(office, BY_TCP, "POST /v1/session", US BEARER, ""), 200);
    cookie = raw_http_header(&office->http, "Set-Cookie");
    assert_non_null(cookie);
    expect_header(office, "Set-Cookie", "; HttpOnly");
    expect_header(office, "Set-Cookie", "; SameSite=Strict");
    expect_header(office, "Set-Cookie", "; Max-Age=43200");
    assert_null(strstr(cookie, token));
    return arena_format(office->arena, "%sCookie: other=1; %.*s\r\n", US, (int)strcspn(cookie, ";"),
                        cookie);
}

static const char *with(struct office *office, const char *session, const char *header)
{
    return arena_format(office->arena, "%s%s\r\n", session, header);
}

static void a_session_lasts_half_a_day(void **state)
{
    struct office *office = *state;
    const char *session = session_of(office);

    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 200);
    assert_int_equal(ask_with(office, BY_TCP, "GET /", session, NULL), 200);
    now_advance((INT64_C(12) * 3600 - 1) * US_PER_SECOND);
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 200);
    now_advance(US_PER_SECOND);
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 401);
}

static void a_session_changes_things_only_from_the_page(void **state)
{
    struct office *office = *state;
    const char *session = session_of(office);

    assert_int_equal(ask_with(office, BY_TCP, "POST /v1/send", session, "{}"), 403);
    assert_int_equal(status_of(office).state, DAEMON_IDLE);
    session = with(office, session, "X-Service-Ping: 1");
    assert_int_equal(ask_with(office, BY_TCP, "POST /v1/send", session, "{}"), 202);
    assert_int_equal(status_of(office).state, DAEMON_COLLECTING);
}

static void a_session_can_be_ended_and_begets_none(void **state)
{
    struct office *office = *state;
    const char *session = with(office, session_of(office), "X-Service-Ping: 1");
    const char *other = session_of(office);

    assert_int_equal(ask_with(office, BY_TCP, "POST /v1/session", session, ""), 409);
    assert_int_equal(ask_with(office, BY_TCP, "DELETE /v1/session", session, NULL), 200);
    expect_header(office, "Set-Cookie", "Max-Age=0");
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 401);
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", other, NULL), 200);
}

static void of_many_sessions_the_oldest_ends(void **state)
{
    struct office *office = *state;
    const char *first = session_of(office), *last = NULL;

    for (int i = 0; i < 16; i++) {
        now_advance(US_PER_SECOND);
        last = session_of(office);
    }
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", first, NULL), 401);
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", last, NULL), 200);
}

static void a_new_token_counts_at_once(void **state)
{
    struct office *office = *state;
    const char *session = session_of(office);

    write_token(office, "a-new-one\n");
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", US BEARER, NULL), 401);
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 401);
    assert_int_equal(
        ask_with(office, BY_TCP, "GET /v1/status", US "Authorization: bearer  a-new-one\r\n", NULL),
        200);
    write_token(office, token);
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 200);
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
        int status = ask(office, acts[i].line, acts[i].body);

        if (status != acts[i].status)
            fail_msg("%s: %d: %s", acts[i].name, status, office->http.body);
        expect_body(office, acts[i].part);
        expect_json(office);
    }
}

static void consent_is_shown_with_who_gave_it(void **state)
{
    struct office *office = *state;

    assert_int_equal(ask(office, "POST /v1/consent", "{\"mode\":\"off\"}"), 200);
    assert_int_equal(ask(office, "POST /v1/send", "{}"), 409);
    expect_json(office);
    assert_int_equal(ask(office, "GET /v1/status", NULL), 200);
    expect_body(office, "\"mode\":\"off\"");
    expect_body(office, "(socket)\",\"categories\"");
    shown_settle(&office->shown,
                 arena_format(office->arena, ALWAYS "consent: local\nhttp: {%s}\n", usual(office)));
    assert_true(reload(office));
    assert_int_equal(ask(office, "POST /v1/consent", "{\"mode\":\"on\"}"), 409);
    expect_body(office, "the settings decide");
}

static void what_is_held_is_shown_and_accepted(void **state)
{
    struct office *office = *state;
    struct shown *shown = &office->shown;

    assert_int_equal(ask(office, "POST /v1/consent", "{\"mode\":\"on\"}"), 200);
    shown_define(shown, "counts.new",
                 "time_frame: all\ndata_source: database\n"
                 "options: {relation: issues}\n");
    shown_define(shown, "counts.issues",
                 "time_frame: all\ndata_source: database\n"
                 "options: {relation: issues, where: state_id = 2}\n");
    assert_true(reload(office));
    assert_int_equal(ask(office, "GET /v1/changes", NULL), 200);
    expect_json(office);
    expect_body(office, "\"key_path\":\"counts.new\",\"state\":\"new\",\"held\":true");
    expect_body(office, "\"key_path\":\"counts.issues\",\"state\":\"changed\",\"held\":true");
    expect_body(office, "state_id = 2");
    assert_int_equal(ask(office, "GET /v1/definitions", NULL), 200);
    expect_body(office, "\"state\":\"new\"");
    assert_int_equal(ask(office, "POST /v1/accept", "{\"key_paths\":[\"*.new\"]}"), 200);
    assert_string_equal(office->http.body, "{\"accepted\":1}\n");
    assert_int_equal(ask(office, "POST /v1/accept", "{\"all\":true}"), 200);
    assert_string_equal(office->http.body, "{\"accepted\":1}\n");
    assert_int_equal(ask(office, "GET /v1/changes", NULL), 200);
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
    assert_int_equal(ask(office, "POST /v1/consent", body.text), 413);
    str_release(&body);
    assert_int_equal(ask(office, "GET /healthz", NULL), 200);
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
    begin_daemon(office);
    office->web = begin(office, &place->err);
    assert_int_equal(ask(office, "GET /readyz", NULL), 200);
    expect_body(office, "degraded");
    assert_int_equal(rename(place->folder, away), 0);
    assert_int_equal(ask(office, "GET /readyz", NULL), 503);
    expect_body(office, "unready");
    assert_int_equal(ask(office, "GET /healthz", NULL), 200);
    assert_int_equal(rename(away, place->folder), 0);
}

/* Anybody may ask for it, so it has no names in it. */
static void readiness_tells_no_secret(void **state)
{
    struct office *office = *state;

    scratch_write(&office->shown.scratch, "settings.yml", "secret_of_mine: 1\n");
    assert_false(reload(office));
    assert_int_equal(ask(office, "GET /readyz", NULL), 200);
    expect_body(office, "degraded");
    assert_null(strstr(office->http.body, "settings"));
    assert_int_equal(ask(office, "GET /v1/status", NULL), 200);
    assert_null(strstr(office->http.body, "\"trouble\":null"));
}

/* ---- Beginning, reloading ---- */

static const struct {
    const char *name, *http, *said;
} starts[] = {
    {"a folder that is not there", "socket: /nowhere/at/all.sock", "no folder /nowhere/at"},
    {"TCP without a token", "socket: '', listen: '127.0.0.1:0'", "http.token_file"},
    {"a token that is not there", "socket: '', listen: '127.0.0.1:0', token_file: /nowhere/token",
     "/nowhere/token"},
    {"a token that everybody may read", "socket: '', listen: '127.0.0.1:0', token_file: @/open",
     "everybody may read"},
    {"an address that is taken", "socket: '', listen: '127.0.0.1:#', token_file: @/token",
     "127.0.0.1:#"},
    {"a socket that is taken", "socket: @/web.sock", "web.sock"},
    {"a group that is not there", "socket: @/new.sock, socket_group: no-such-group",
     "no-such-group"},
};

/* "@" is the scratch folder, "#" the port. */
static const char *filled(struct office *office, const char *text)
{
    struct str out;
    const char *copy;

    str_init(&out);
    for (; *text != '\0'; text++) {
        if (*text == '@')
            str_add(&out, office->shown.scratch.folder);
        else if (*text == '#')
            str_add(&out, office->port);
        else
            str_add_char(&out, *text);
    }
    copy = arena_copy(office->arena, out.text);
    str_release(&out);
    return copy;
}

static void what_cannot_be_had_is_told(void **state)
{
    struct office *office = *state;

    scratch_write(&office->shown.scratch, "open", token);
    assert_int_equal(chmod(filled(office, "@/open"), 0644), 0);
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        struct error err = {0};

        settle(office, filled(office, starts[i].http));
        assert_true(reload(office));
        if (begin(office, &err) != NULL)
            fail_msg("%s: it began", starts[i].name);
        if (strstr(err.text, filled(office, starts[i].said)) == NULL)
            fail_msg("%s: %s", starts[i].name, err.text);
    }
    assert_int_equal(ask(office, "GET /healthz", NULL), 200);
}

/* New settings may come into force later than the reload, at the end of a collection, and even
 * while a request is answered. */
static void other_settings_are_followed(void **state)
{
    struct office *office = *state;

    settle(office, filled(office, "socket: @/other.sock, listen: '127.0.0.1:0',"
                                  " token_file: @/token"));
    assert_int_equal(ask(office, "POST /v1/send", "{}"), 202);
    assert_true(reload(office));
    web_follow(office->web);
    assert_int_equal(ask(office, "POST /v1/consent", "{\"mode\":\"off\"}"), 200);
    web_follow(office->web);
    web_follow(office->web);
    assert_int_equal(ask_with(office, BY_TCP, "GET /healthz", US, NULL), 200);
    assert_int_not_equal(access(office->path, F_OK), 0);
    office->path = filled(office, "@/other.sock");
    assert_int_equal(ask(office, "GET /healthz", NULL), 200);
}

static void a_reload_listens_where_it_is_told_now(void **state)
{
    struct office *office = *state;
    const char *first = office->path;
    struct error err;

    office->path = filled(office, "@/other.sock");
    settle(office, filled(office, "socket: @/other.sock"));
    assert_true(reload(office));
    assert_true(web_reload(office->web, &err));
    assert_int_equal(ask(office, "GET /healthz", NULL), 200);
    assert_int_equal(web_port(office->web), 0);
    assert_int_not_equal(access(first, F_OK), 0);
    settle(office, filled(office, "socket: /nowhere/at/all.sock, listen: '127.0.0.1:0',"
                                  " token_file: @/token"));
    assert_true(reload(office));
    assert_false(web_reload(office->web, &err));
    assert_non_null(strstr(err.text, "/nowhere/at"));
    assert_int_equal(ask(office, "GET /healthz", NULL), 200);
    note_port(office);
    assert_int_equal(ask_with(office, BY_TCP, "GET /v1/status", US BEARER, NULL), 200);
}

#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, open_office, close_office)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(every_document_is_shown),
        IN_OFFICE(an_empty_instance_is_shown),
        IN_OFFICE(what_is_not_there_is_told),
        IN_OFFICE(a_ping_is_shown_byte_for_byte),
        IN_OFFICE(what_is_not_sealed_yet_is_shown_as_it_would_be),
        IN_OFFICE(who_may_ask_is_decided),
        IN_OFFICE(a_session_lasts_half_a_day),
        IN_OFFICE(a_session_changes_things_only_from_the_page),
        IN_OFFICE(a_session_can_be_ended_and_begets_none),
        IN_OFFICE(of_many_sessions_the_oldest_ends),
        IN_OFFICE(a_new_token_counts_at_once),
        IN_OFFICE(admins_act),
        IN_OFFICE(consent_is_shown_with_who_gave_it),
        IN_OFFICE(what_is_held_is_shown_and_accepted),
        IN_OFFICE(a_body_beyond_a_mebibyte_is_refused),
        IN_OFFICE(what_cannot_be_reached_degrades_only),
        IN_OFFICE(readiness_tells_no_secret),
        IN_OFFICE(what_cannot_be_had_is_told),
        IN_OFFICE(a_reload_listens_where_it_is_told_now),
        IN_OFFICE(other_settings_are_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
