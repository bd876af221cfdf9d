/* GitLab's protocol against an endpoint in this process that gives every odd answer. */
#include "agent/delivery.h"

#include "agent/base/json.h"
#include "agent/io/http_server.h"
#include "agent/io/loop.h"
#include "agent/ping.h"
#include "tests/support/dispatch.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const char taken[] = "{\"conv_index\":{\"usage_data_id\":31643}}";

/* A run with these outcomes; the row of the specification has two metrics and a group. */
static void seal(struct dispatch *scene)
{
    static const struct {
        const char *key_path;
        struct outcome outcome;
    } outcomes[] = {
        {"uuid", {.value = {VALUE_TEXT, 0, "0000-uuid", false}}},
        {"hostname", {.value = {VALUE_TEXT, 0, "git.example.com", false}}},
        {"version", {.value = {VALUE_TEXT, 0, "17.5.1", false}}},
        {"metric_a", {.value = {VALUE_COUNT, 5, NULL, false}, .took_us = 123000000}},
        {"metric_group.metric_b",
         {.status = STATUS_ERROR, .reason = "Error", .took_us = 123000000}},
    };
    struct place *place = scene->place;
    struct store_run run;

    assert_true(store_run_begin(place->store, 1795255445, digest_a, &run, &place->err));
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        assert_true(store_outcome(place->store, run.id, outcomes[i].key_path, &outcomes[i].outcome,
                                  &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    assert_true(
        ping_seal(place->store, &run, &scene->settings, place->arena, &scene->ping, &place->err));
}

static void open_scene(struct dispatch *scene, void **state)
{
    dispatch_open(scene, *state, "/base//");
    scene->answer = (struct dispatch_answer){201, NULL, taken};
    scene->report_answer = (struct dispatch_answer){201, NULL, ""};
    scene->settings.payload_form = PAYLOAD_GITLAB;
    scene->settings.protocol = PROTOCOL_GITLAB;
    seal(scene);
}

/* S1, S8: the payload as it was sealed, then how long its metrics took. */
static void a_ping_that_is_taken_is_followed_by_its_metadata(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    dispatch_deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    dispatch_expect_words("taken", scene.result.said, "/base/usage_data has received the ping");
    dispatch_expect_words("taken", scene.result.said, "usage_data_id 31643");
    assert_int_equal(scene.count, 2);
    assert_string_equal(scene.calls[0].path, "/base/usage_data");
    assert_string_equal(scene.calls[1].path, "/base/usage_ping_metadata");
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(scene.calls[i].method, "POST");
        assert_string_equal(scene.calls[i].type, "application/json");
        assert_string_equal(scene.calls[i].accept, "application/json");
        assert_string_equal(scene.calls[i].encoding, "(none)");
        assert_string_equal(scene.calls[i].ping_id, scene.ping.id);
        assert_string_equal(scene.calls[i].instance_id, store_instance_id(scene.place->store));
    }
    assert_string_equal(scene.calls[0].body.text, scene.ping.bytes);
    assert_string_equal(scene.calls[0].body.text,
                        "{\"hostname\":\"git.example.com\",\"metric_a\":5,\"metric_group\":{"
                        "\"metric_b\":-1},\"recorded_at\":\"2026-11-21T10:04:05.000Z\","
                        "\"uuid\":\"0000-uuid\",\"version\":\"17.5.1\"}");
    assert_string_equal(
        scene.calls[1].body.text,
        "{\"metadata\":{\"uuid\":\"0000-uuid\",\"metrics\":["
        "{\"name\":\"hostname\",\"time_elapsed\":0.000000},"
        "{\"name\":\"metric_a\",\"time_elapsed\":123.000000},"
        "{\"name\":\"metric_group.metric_b\",\"time_elapsed\":123.000000,\"error\":\"Error\"},"
        "{\"name\":\"uuid\",\"time_elapsed\":0.000000},"
        "{\"name\":\"version\",\"time_elapsed\":0.000000}]}}");
    place_expect(scene.place, "SELECT body FROM receipts", taken);
    dispatch_close(&scene);
}

/* S1 to S5, and answers that nobody thought of. */
static const struct {
    const char *name;
    struct dispatch_answer answer;
    bool sent;
    const char *words;
} answers[] = {
    {"S1 a new id", {201, NULL, taken}, true, "usage_data_id 31643"},
    {"S2 the other name", {201, NULL, "{\"dev_ops_score\":{\"usage_data_id\":7}}"}, true, "id 7"},
    {"S3 with scores",
     {201, NULL,
      "{\"conv_index\":{\"usage_data_id\":1,\"leader_issues\":10.2,\"percentage_issues\":31.37}}"},
     true,
     "id 1"},
    {"any 2xx", {200, NULL, taken}, true, "id 31643"},
    {"the first name wins",
     {201, NULL, "{\"dev_ops_score\":{\"usage_data_id\":-1},\"conv_index\":{\"usage_data_id\":3}}"},
     true,
     "id 3"},
    {"the first name holds no id",
     {201, NULL,
      "{\"conv_index\":{\"usage_data_id\":null},\"dev_ops_score\":{\"usage_data_id\":4}}"},
     true,
     "id 4"},
    {"S4 below 1",
     {201, NULL, "{\"conv_index\":{\"usage_data_id\":-1000}}"},
     false,
     "Invalid usage_data_id in response: -1000"},
    {"zero", {201, NULL, "{\"conv_index\":{\"usage_data_id\":0}}"}, false, "response: 0 "},
    {"S4 missing", {201, NULL, "{\"conv_index\":{}}"}, false, "response: there is none"},
    {"S4 a text",
     {201, NULL, "{\"conv_index\":{\"usage_data_id\":\"31643\"}}"},
     false,
     "Invalid usage_data_id in response: \"31643\""},
    {"a fraction", {201, NULL, "{\"conv_index\":{\"usage_data_id\":1.5}}"}, false, "response: 1.5"},
    {"beyond int64",
     {201, NULL, "{\"conv_index\":{\"usage_data_id\":99999999999999999999}}"},
     false,
     "Invalid usage_data_id"},
    {"a flag", {201, NULL, "{\"conv_index\":{\"usage_data_id\":true}}"}, false, "it is no number"},
    {"no object", {201, NULL, "{\"conv_index\":31643}"}, false, "there is none"},
    {"an invalid first name hides a valid second one",
     {201, NULL,
      "{\"conv_index\":{\"usage_data_id\":\"x\"},\"dev_ops_score\":{\"usage_data_id\":3}}"},
     false,
     "response: \"x\""},
    {"no JSON", {201, NULL, "<html>thank you</html>"}, false, "there is none"},
    {"nothing at all", {204, NULL, ""}, false, "there is none"},
    {"S5 the gateway", {504, NULL, taken}, false, "Unsuccessful response code: 504"},
    {"S5 not found", {404, NULL, taken}, false, "Unsuccessful response code: 404"},
    {"not for us", {401, NULL, ""}, false, "Unsuccessful response code: 401"},
    {"elsewhere", {302, NULL, ""}, false, "Unsuccessful response code: 302"},
};

/* S9: of what was collected; the message is what the admin reads, too. */
static void expect_failure(const struct dispatch *scene, const char *name)
{
    struct error err;
    const struct dispatch_call *call = &scene->calls[scene->count - 1];
    struct js_value *root = js_parse(call->body.text, call->body.length, &err);
    const struct js_value *error = js_get(root, "error");
    const char *time = js_text(js_get(error, "time"));

    if (strcmp(call->path, "/base/usage_ping_errors") != 0)
        fail_msg("%s: %s", name, call->path);
    assert_string_equal(js_text(js_get(error, "uuid")), "0000-uuid");
    assert_string_equal(js_text(js_get(error, "hostname")), "git.example.com");
    assert_string_equal(js_text(js_get(error, "version")), "17.5.1");
    assert_string_equal(js_text(js_get(error, "message")), scene->result.said);
    assert_int_equal(strlen(time), strlen("2026-11-21T10:04:05.123Z"));
    assert_int_equal(strchr(js_number_text(js_get(error, "elapsed")), '.')[2], '\0');
    js_free(root);
}

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
        assert_int_equal(scene.result.end, answers[i].sent ? DELIVERY_SENT : DELIVERY_DEFERRED);
        assert_int_equal(scene.result.http_status, answers[i].answer.status);
        assert_int_equal(scene.count, 2);
        if (answers[i].sent)
            assert_string_equal(scene.calls[1].path, "/base/usage_ping_metadata");
        else
            expect_failure(&scene, answers[i].name);
        place_expect(scene.place, "SELECT state FROM pings", answers[i].sent ? "sent" : "sealed");
        place_expect(scene.place,
                     "SELECT count(*) || ':' || (SELECT count(*) FROM receipts) FROM attempts",
                     answers[i].sent ? "1:1" : "1:0");
        if (answers[i].sent)
            assert_string_equal(scene.result.receipt, answers[i].answer.body);
        dispatch_close(&scene);
    }
}

/* What becomes of a report is of no concern to the ping. Status 0: no answer comes. */
static const struct {
    const char *name;
    struct dispatch_answer answer;
    int report_status;
    enum delivery_end end;
    const char *state;
} courtesies[] = {
    {"metadata is refused", {201, NULL, taken}, 500, DELIVERY_SENT, "sent"},
    {"metadata is not known there", {201, NULL, taken}, 404, DELIVERY_SENT, "sent"},
    {"metadata gets no answer", {201, NULL, taken}, 0, DELIVERY_SENT, "sent"},
    {"the error is refused", {503, NULL, ""}, 500, DELIVERY_DEFERRED, "sealed"},
    {"the error gets no answer", {503, NULL, ""}, 0, DELIVERY_DEFERRED, "sealed"},
    {"nothing gets an answer", {0, NULL, ""}, 0, DELIVERY_DEFERRED, "sealed"},
};

static void a_report_changes_nothing(void **state)
{
    for (size_t i = 0; i < COUNT_OF(courtesies); i++) {
        struct dispatch scene;

        assert_int_equal(place_tear_down(state), 0);
        assert_int_equal(place_set_up(state), 0);
        open_scene(&scene, state);
        scene.settings.http.timeout_ms = courtesies[i].report_status == 0 ? 100 : 5000;
        scene.answer = courtesies[i].answer;
        scene.report_answer = (struct dispatch_answer){courtesies[i].report_status, NULL, ""};
        dispatch_deliver(&scene);
        if (scene.result.end != courtesies[i].end || scene.count != 2)
            fail_msg("%s: %s", courtesies[i].name, scene.result.said);
        place_expect(scene.place, "SELECT state FROM pings", courtesies[i].state);
        place_expect(scene.place, "SELECT count(*) FROM attempts", "1");
        dispatch_close(&scene);
    }
}

static void an_endpoint_that_is_down_is_told(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    http_server_free(scene.server);
    scene.server = NULL;
    dispatch_deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    assert_int_equal(scene.result.http_status, 0);
    dispatch_expect_words("down", scene.result.said, "/base/usage_data gave no answer");
    place_expect(scene.place, "SELECT http_status || state FROM attempts, pings", "0sealed");
    dispatch_close(&scene);
}

static void a_ping_that_failed_is_sent_again_as_it_was(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    scene.answer = (struct dispatch_answer){502, NULL, ""};
    dispatch_deliver(&scene);
    scene.answer = (struct dispatch_answer){201, NULL, taken};
    scene.count = 1;
    str_release(&scene.calls[1].body);
    dispatch_deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    assert_string_equal(scene.calls[0].body.text, scene.calls[1].body.text);
    assert_string_equal(scene.calls[2].path, "/base/usage_ping_metadata");
    place_expect(scene.place, "SELECT group_concat(http_status) FROM attempts", "502,201");
    dispatch_close(&scene);
}

/* S7 */
static void without_consent_not_even_an_error_is_posted(void **state)
{
    struct dispatch scene;

    open_scene(&scene, state);
    scene.settings.consent = CONSENT_LOCAL;
    dispatch_deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    assert_int_equal(scene.count, 0);
    place_expect(scene.place, "SELECT count(*) FROM attempts", "0");
    dispatch_close(&scene);
}

/* What must not be collected is not told by a report either. */
static void a_report_says_no_more_than_the_payload(void **state)
{
    struct dispatch scene;
    char expected[128];

    open_scene(&scene, state);
    place_change(scene.place, "DELETE FROM outcomes WHERE key_path IN ('uuid', 'hostname')");
    scene.settings.sources.hostname = "not.permitted";
    scene.answer = (struct dispatch_answer){500, NULL, ""};
    dispatch_deliver(&scene);
    (void)snprintf(expected, sizeof(expected),
                   "\"uuid\":\"%s\",\"hostname\":null,\"version\":\"17.5.1\"",
                   store_instance_id(scene.place->store));
    assert_non_null(strstr(scene.calls[1].body.text, expected));
    dispatch_close(&scene);
}

/* Freed while the report is on its way, as when somebody presses Ctrl-C. */
static void stop(void *arg)
{
    loop_stop(arg);
}

static void what_came_of_the_ping_is_known_before_the_report_is_answered(void **state)
{
    struct dispatch scene;
    const struct delivery_result *known = NULL;

    open_scene(&scene, state);
    scene.report_answer.status = 0;
    scene.delivery = delivery_start(scene.loop, &scene.settings, scene.place->store, &scene.ping,
                                    dispatch_told, &scene);
    while (scene.count < 2) {
        (void)loop_after(scene.loop, 1, stop, scene.loop);
        loop_run(scene.loop);
    }
    known = delivery_known(scene.delivery);
    assert_non_null(known);
    assert_int_equal(known->end, DELIVERY_SENT);
    assert_int_equal(scene.times, 0);
    place_expect(scene.place, "SELECT state FROM pings", "sent");
    dispatch_close(&scene);
}

static const struct {
    const char *name;
    enum endpoint_protocol protocol;
    const char *endpoint, *url;
} urls[] = {
    {"our own protocol posts to the URL itself", PROTOCOL_SERVICE_PING, "https://a/v1/pings/?k=v",
     "https://a/v1/pings/?k=v"},
    {"a host alone", PROTOCOL_GITLAB, "https://version.example.com",
     "https://version.example.com/usage_data"},
    {"a slash behind it", PROTOCOL_GITLAB, "https://a/", "https://a/usage_data"},
    {"a folder", PROTOCOL_GITLAB, "https://a/b/c", "https://a/b/c/usage_data"},
    {"a query stays behind the path", PROTOCOL_GITLAB, "https://a/b/?k=v/w",
     "https://a/b/usage_data?k=v/w"},
};

static void paths_stand_below_the_url(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        const struct settings settings = {.protocol = urls[i].protocol,
                                          .endpoint = urls[i].endpoint};

        print_message("# %s\n", urls[i].name);
        assert_string_equal(delivery_url(&settings, place->arena), urls[i].url);
        assert_int_equal(delivery_packs(&settings), urls[i].protocol == PROTOCOL_SERVICE_PING);
    }
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(a_ping_that_is_taken_is_followed_by_its_metadata),
        HERE(each_answer_leads_to_its_end),
        HERE(a_report_changes_nothing),
        HERE(an_endpoint_that_is_down_is_told),
        HERE(a_ping_that_failed_is_sent_again_as_it_was),
        HERE(without_consent_not_even_an_error_is_posted),
        HERE(a_report_says_no_more_than_the_payload),
        HERE(what_came_of_the_ping_is_known_before_the_report_is_answered),
        HERE(paths_stand_below_the_url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
