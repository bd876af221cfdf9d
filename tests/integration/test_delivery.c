/* One ping to an endpoint in this process, and what each of its answers leads to. */
#include "agent/delivery.h"

#include "agent/base/gzip.h"
#include "agent/io/http_server.h"
#include "agent/io/loop.h"
#include "tests/support/dispatch.h"
#include "tests/support/test.h"

#include <string.h>

static const char bytes[] =
    "{\n  \"recorded_at\": \"2026-11-21T10:04:05Z\",\n  \"gr\xc3\xbc\xc3\x9f"
    "e\": null\n}\n";

static void seal(struct dispatch *scene)
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

static void open_scene(struct dispatch *scene, void **state)
{
    dispatch_open(scene, *state, "/v1/pings");
    seal(scene);
}

static void the_endpoint_gets_the_bytes_that_were_sealed(void **state)
{
    struct place *place = *state;
    struct dispatch scene;
    struct str expanded;

    open_scene(&scene, state);
    scene.answer = (struct dispatch_answer){201, NULL, "{\"receipt\":\"r-1\"}"};
    dispatch_deliver(&scene);
    assert_int_equal(scene.count, 1);
    assert_string_equal(scene.calls[0].method, "POST");
    assert_string_equal(scene.calls[0].path, "/v1/pings");
    assert_string_equal(scene.calls[0].type, "application/json");
    assert_string_equal(scene.calls[0].encoding, "gzip");
    assert_string_equal(scene.calls[0].ping_id, scene.ping.id);
    assert_string_equal(scene.calls[0].instance_id, store_instance_id(place->store));
    assert_string_equal(scene.calls[0].agent, "service-ping/" VERSION);
    assert_string_equal(scene.calls[0].schema, "1");
    str_init(&expanded);
    assert_true(gzip_expand(scene.calls[0].body.text, scene.calls[0].body.length, 1 << 20,
                            &expanded, &place->err));
    assert_int_equal(expanded.length, strlen(bytes));
    assert_memory_equal(expanded.text, bytes, expanded.length);
    str_release(&expanded);
    dispatch_close(&scene);
}

static const struct {
    const char *name;
    struct dispatch_answer answer;
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
        struct dispatch scene;

        assert_int_equal(place_tear_down(state), 0);
        assert_int_equal(place_set_up(state), 0);
        open_scene(&scene, state);
        scene.answer = answers[i].answer;
        dispatch_deliver(&scene);
        dispatch_expect_words(answers[i].name, scene.result.said, answers[i].words);
        assert_int_equal(scene.result.end, answers[i].end);
        assert_int_equal(scene.result.http_status, answers[i].answer.status);
        assert_int_equal(scene.count, 1);
        place_expect(scene.place, "SELECT state FROM pings", answers[i].state);
        place_expect(scene.place,
                     "SELECT count(*) || ':' || (SELECT count(*) FROM receipts) FROM attempts",
                     answers[i].end == DELIVERY_SENT ? "1:1" : "1:0");
        if (answers[i].end == DELIVERY_SENT)
            assert_string_equal(scene.result.receipt, answers[i].answer.body);
        else
            assert_null(scene.result.receipt);
        dispatch_close(&scene);
    }
}

static void without_an_answer_the_ping_can_be_sent_again(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    scene.settings.http.timeout_ms = 50;
    dispatch_deliver(&scene);
    assert_int_equal(scene.count, 1);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    assert_int_equal(scene.result.http_status, 0);
    dispatch_expect_words("no answer", scene.result.said, "gave no answer");
    place_expect(scene.place, "SELECT state FROM pings", "sealed");

    scene.settings.http.timeout_ms = 5000;
    scene.answer = (struct dispatch_answer){201, NULL, "late"};
    dispatch_deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    place_expect(scene.place, "SELECT group_concat(http_status) FROM attempts", "0,201");
    dispatch_close(&scene);
}

static void an_endpoint_that_is_down_is_told(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    http_server_free(scene.server);
    scene.server = NULL;
    dispatch_deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    dispatch_expect_words("down", scene.result.said, "gave no answer");
    dispatch_expect_words("down", scene.result.said, "/v1/pings");
    place_expect(scene.place, "SELECT http_status || state FROM attempts, pings", "0sealed");
    dispatch_close(&scene);
}

static void nothing_is_sent_without_consent_or_endpoint(void **state)
{
    static const enum consent_mode modes[] = {CONSENT_LOCAL, CONSENT_OFF, CONSENT_ON};
    struct dispatch scene;

    open_scene(&scene, state);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        scene.settings.consent = modes[i];
        if (modes[i] == CONSENT_ON)
            scene.settings.endpoint = NULL;
        dispatch_deliver(&scene);
        assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
        dispatch_expect_words("obstacle", scene.result.said,
                              modes[i] == CONSENT_ON ? "set `endpoint`" : "without consent");
    }
    assert_int_equal(scene.count, 0);
    place_expect(scene.place, "SELECT count(*) FROM attempts", "0");
    dispatch_close(&scene);
}

static void a_delivery_may_be_freed_at_any_moment(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    scene.answer = (struct dispatch_answer){201, NULL, "thank you"};
    scene.frees_in_done = true;
    dispatch_deliver(&scene);
    assert_string_equal(scene.result.receipt, "thank you");
    dispatch_close(&scene);

    assert_int_equal(place_tear_down(state), 0);
    assert_int_equal(place_set_up(state), 0);
    open_scene(&scene, state);
    scene.delivery = delivery_start(scene.loop, &scene.settings, scene.place->store, &scene.ping,
                                    dispatch_told, &scene);
    delivery_free(scene.delivery);
    scene.delivery = NULL;
    assert_int_equal(scene.times, 0);
    delivery_free(NULL);
    dispatch_close(&scene);
}

static void a_receipt_that_cannot_be_kept_is_told(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    scene.answer = (struct dispatch_answer){201, NULL, "thank you"};
    place_change(scene.place, "DROP TABLE receipts");
    dispatch_deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    dispatch_expect_words("no room", scene.result.said, "could not be kept in the store");
    dispatch_expect_words("no room", scene.result.said, "it counts once");
    place_expect(scene.place, "SELECT state FROM pings", "sealed");
    dispatch_close(&scene);
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
