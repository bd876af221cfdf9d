/* One ping to an endpoint in this process, and what each of its answers leads to. */
#include "agent/delivery.h"

#include "agent/base/gzip.h"
#include "agent/io/http_server.h"
#include "agent/io/loop.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const char bytes[] =
    "{\n  \"recorded_at\": \"2026-11-21T10:04:05Z\",\n  \"gr\xc3\xbc\xc3\x9f"
    "e\": null\n}\n";

/* What the endpoint is to answer; status 0: nothing. */
struct answer {
    int status;
    const char *header; /* NULL: none */
    const char *body;
};

/* One delivery, with both ends of it. */
struct scene {
    struct place *place;
    struct loop *loop;
    struct http_server *server;
    struct settings settings;
    struct store_ping ping;
    struct answer answer;
    struct delivery *delivery;
    bool frees_in_done;
    char endpoint[128];
    /* What the endpoint saw. */
    size_t calls;
    char method[16], path[64], headers[8][128];
    struct str body;
    /* What was told. */
    size_t times;
    struct delivery_result result;
};

static const char *const header_names[] = {
    "Content-Type",          "Content-Encoding", "Service-Ping-Id",
    "Service-Ping-Instance", "User-Agent",       "Service-Ping-Schema",
};

static void called(struct http_call *call, void *arg)
{
    struct scene *scene = arg;
    const char *const headers[] = {scene->answer.header, NULL};
    const char *body;
    size_t length;

    scene->calls++;
    (void)snprintf(scene->method, sizeof(scene->method), "%s", http_call_method(call));
    (void)snprintf(scene->path, sizeof(scene->path), "%s", http_call_path(call));
    for (size_t i = 0; i < COUNT_OF(header_names); i++) {
        const char *value = http_call_header(call, header_names[i]);

        (void)snprintf(scene->headers[i], sizeof(scene->headers[i]), "%s",
                       value != NULL ? value : "(none)");
    }
    body = http_call_body(call, &length);
    str_add_bytes(&scene->body, body, length);
    if (scene->answer.status != 0)
        http_reply(call, scene->answer.status, headers, scene->answer.body,
                   strlen(scene->answer.body));
}

static void seal(struct scene *scene)
{
    struct place *place = scene->place;
    struct store_run run;

    assert_true(store_run_begin(place->store, 1000, digest_a, &run, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    scene->ping = (struct store_ping){
        .id = "01935000-0000-7000-8000-000000000001",
        .run_id = run.id,
        .bytes = bytes,
        .length = strlen(bytes),
    };
    place_next(place, &scene->ping);
    assert_true(store_ping_seal(place->store, &scene->ping, &place->err));
}

static void open_scene(struct scene *scene, void **state)
{
    *scene = (struct scene){.place = *state, .loop = loop_new()};
    str_init(&scene->body);
    scene->server =
        http_server_new(scene->loop, "127.0.0.1:0", 1 << 20, called, scene, &scene->place->err);
    assert_non_null(scene->server);
    (void)snprintf(scene->endpoint, sizeof(scene->endpoint),
                   "http://me:secret@127.0.0.1:%u/v1/pings?key=hidden",
                   http_server_port(scene->server));
    scene->settings.consent = CONSENT_ON;
    scene->settings.endpoint = scene->endpoint;
    scene->settings.http.proxy = "";
    scene->settings.http.timeout_ms = 5000;
    seal(scene);
}

static void close_scene(struct scene *scene)
{
    delivery_free(scene->delivery);
    http_server_free(scene->server);
    loop_free(scene->loop);
    str_release(&scene->body);
}

static void delivered(const struct delivery_result *result, void *arg)
{
    struct scene *scene = arg;
    struct arena *arena = scene->place->arena;

    scene->times++;
    if (scene->frees_in_done) {
        delivery_free(scene->delivery);
        scene->delivery = NULL;
    }
    scene->result = *result;
    scene->result.said = arena_copy(arena, result->said);
    if (result->receipt != NULL)
        scene->result.receipt = arena_copy(arena, result->receipt);
    loop_stop(scene->loop);
}

static void deliver(struct scene *scene)
{
    scene->delivery = delivery_start(scene->loop, &scene->settings, scene->place->store,
                                     &scene->ping, delivered, scene);
    assert_int_equal(scene->times, 0);
    loop_run(scene->loop);
    assert_int_equal(scene->times, 1);
}

static void expect_words(const char *name, const char *said, const char *words)
{
    if (strstr(said, words) == NULL)
        fail_msg("%s: '%s' is not in: %s", name, words, said);
    if (strstr(said, "secret") != NULL || strstr(said, "hidden") != NULL)
        fail_msg("%s: tells a secret: %s", name, said);
}

static void the_endpoint_gets_the_bytes_that_were_sealed(void **state)
{
    struct place *place = *state;
    struct scene scene;
    struct str expanded;

    open_scene(&scene, state);
    scene.answer = (struct answer){201, NULL, "{\"receipt\":\"r-1\"}"};
    deliver(&scene);
    assert_int_equal(scene.calls, 1);
    assert_string_equal(scene.method, "POST");
    assert_string_equal(scene.path, "/v1/pings");
    assert_string_equal(scene.headers[0], "application/json");
    assert_string_equal(scene.headers[1], "gzip");
    assert_string_equal(scene.headers[2], scene.ping.id);
    assert_string_equal(scene.headers[3], store_instance_id(place->store));
    assert_string_equal(scene.headers[4], "service-ping/" VERSION);
    assert_string_equal(scene.headers[5], "1");
    str_init(&expanded);
    assert_true(gzip_expand(scene.body.text, scene.body.length, 1 << 20, &expanded, &place->err));
    assert_int_equal(expanded.length, strlen(bytes));
    assert_memory_equal(expanded.text, bytes, expanded.length);
    str_release(&expanded);
    close_scene(&scene);
}

static const struct {
    const char *name;
    struct answer answer;
    enum delivery_end end;
    const char *words;
    const char *state; /* of the ping in the store */
} answers[] = {
    {"taken", {201, NULL, "{\"receipt\":\"r-1\"}"}, DELIVERY_SENT, "has received the ping", "sent"},
    {"taken before", {200, NULL, ""}, DELIVERY_SENT, "has received the ping (HTTP 200)", "sent"},
    {"out of order",
     {500, NULL, "oops"},
     DELIVERY_DEFERRED,
     "cannot take the ping now (HTTP 500)",
     "sealed"},
    {"down for a while",
     {503, "Retry-After: 120", ""},
     DELIVERY_DEFERRED,
     "asks to wait (Retry-After: 120)",
     "sealed"},
    {"too many", {429, NULL, ""}, DELIVERY_DEFERRED, "can be sent again", "sealed"},
    {"too slow", {408, NULL, ""}, DELIVERY_DEFERRED, "can be sent again", "sealed"},
    {"too early", {425, NULL, ""}, DELIVERY_DEFERRED, "can be sent again", "sealed"},
    {"not understood",
     {400, NULL, "no such\nschema version"},
     DELIVERY_REJECTED,
     "rejects the ping (HTTP 400): no such schema version; it is kept",
     "rejected"},
    {"not known", {401, NULL, ""}, DELIVERY_REJECTED, "(HTTP 401): no further words", "rejected"},
    {"elsewhere",
     {302, "Location: https://u:secret@other.example/p?key=hidden", ""},
     DELIVERY_DEFERRED,
     "redirects to https://other.example/p (HTTP 302); nothing was sent there",
     "sealed"},
    {"nowhere", {307, NULL, ""}, DELIVERY_DEFERRED, "redirect to nowhere", "sealed"},
};

static void each_answer_leads_to_its_end(void **state)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct scene scene;

        assert_int_equal(place_tear_down(state), 0);
        assert_int_equal(place_set_up(state), 0);
        open_scene(&scene, state);
        scene.answer = answers[i].answer;
        deliver(&scene);
        expect_words(answers[i].name, scene.result.said, answers[i].words);
        assert_int_equal(scene.result.end, answers[i].end);
        assert_int_equal(scene.result.http_status, answers[i].answer.status);
        assert_int_equal(scene.calls, 1);
        place_expect(scene.place, "SELECT state FROM pings", answers[i].state);
        place_expect(scene.place,
                     "SELECT count(*) || ':' || (SELECT count(*) FROM receipts) FROM attempts",
                     answers[i].end == DELIVERY_SENT ? "1:1" : "1:0");
        if (answers[i].end == DELIVERY_SENT)
            assert_string_equal(scene.result.receipt, answers[i].answer.body);
        else
            assert_null(scene.result.receipt);
        close_scene(&scene);
    }
}

static void without_an_answer_the_ping_can_be_sent_again(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    scene.settings.http.timeout_ms = 50;
    deliver(&scene);
    assert_int_equal(scene.calls, 1);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    assert_int_equal(scene.result.http_status, 0);
    expect_words("no answer", scene.result.said, "gave no answer");
    place_expect(scene.place, "SELECT state FROM pings", "sealed");
    delivery_free(scene.delivery);

    scene.times = 0;
    scene.settings.http.timeout_ms = 5000;
    scene.answer = (struct answer){201, NULL, "late"};
    deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    place_expect(scene.place, "SELECT group_concat(http_status) FROM attempts", "0,201");
    close_scene(&scene);
}

static void an_endpoint_that_is_down_is_told(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    http_server_free(scene.server);
    scene.server = NULL;
    deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    expect_words("down", scene.result.said, "gave no answer");
    expect_words("down", scene.result.said, "/v1/pings");
    place_expect(scene.place, "SELECT http_status || state FROM attempts, pings", "0sealed");
    close_scene(&scene);
}

static void nothing_is_sent_without_consent_or_endpoint(void **state)
{
    static const enum consent_mode modes[] = {CONSENT_LOCAL, CONSENT_OFF, CONSENT_ON};
    struct scene scene;

    open_scene(&scene, state);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        scene.settings.consent = modes[i];
        if (modes[i] == CONSENT_ON)
            scene.settings.endpoint = NULL;
        scene.times = 0;
        deliver(&scene);
        assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
        expect_words("obstacle", scene.result.said,
                     modes[i] == CONSENT_ON ? "set `endpoint`" : "without consent");
        delivery_free(scene.delivery);
        scene.delivery = NULL;
    }
    assert_int_equal(scene.calls, 0);
    place_expect(scene.place, "SELECT count(*) FROM attempts", "0");
    close_scene(&scene);
}

static void a_delivery_may_be_freed_at_any_moment(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    scene.answer = (struct answer){201, NULL, "thank you"};
    scene.frees_in_done = true;
    deliver(&scene);
    assert_string_equal(scene.result.receipt, "thank you");
    close_scene(&scene);

    assert_int_equal(place_tear_down(state), 0);
    assert_int_equal(place_set_up(state), 0);
    open_scene(&scene, state);
    scene.delivery = delivery_start(scene.loop, &scene.settings, scene.place->store, &scene.ping,
                                    delivered, &scene);
    delivery_free(scene.delivery);
    scene.delivery = NULL;
    assert_int_equal(scene.times, 0);
    delivery_free(NULL);
    close_scene(&scene);
}

static void a_receipt_that_cannot_be_kept_is_told(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    scene.answer = (struct answer){201, NULL, "thank you"};
    place_change(scene.place, "DROP TABLE receipts");
    deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    expect_words("no room", scene.result.said, "could not be kept in the store");
    expect_words("no room", scene.result.said, "it counts once");
    place_expect(scene.place, "SELECT state FROM pings", "sealed");
    close_scene(&scene);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(the_endpoint_gets_the_bytes_that_were_sealed),
        HERE(each_answer_leads_to_its_end),
        HERE(without_an_answer_the_ping_can_be_sent_again),
        HERE(an_endpoint_that_is_down_is_told),
        HERE(nothing_is_sent_without_consent_or_endpoint),
        HERE(a_delivery_may_be_freed_at_any_moment),
        HERE(a_receipt_that_cannot_be_kept_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
