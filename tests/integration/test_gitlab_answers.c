/* GitLab's protocol against an endpoint in this process that gives every odd answer. */
#include "agent/delivery.h"

#include "agent/base/json.h"
#include "agent/io/http_server.h"
#include "agent/io/loop.h"
#include "agent/ping.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum { MOST_CALLS = 4 };

/* What came at the endpoint. */
struct call {
    char path[64], method[8], type[32], accept[32], encoding[32], ping_id[64], instance_id[64];
    struct str body;
};

/* What the endpoint is to answer; status 0: nothing. */
struct answer {
    int status;
    const char *body;
};

struct scene {
    struct place *place;
    struct loop *loop;
    struct http_server *server;
    struct settings settings;
    struct store_ping ping;
    struct answer answer, report_answer;
    struct delivery *delivery;
    char endpoint[128];
    struct call calls[MOST_CALLS];
    size_t count;
    size_t times;
    struct delivery_result result;
};

static const char taken[] = "{\"conv_index\":{\"usage_data_id\":31643}}";

static void copy_header(struct http_call *call, const char *name, char *out, size_t size)
{
    const char *value = http_call_header(call, name);

    (void)snprintf(out, size, "%s", value != NULL ? value : "(none)");
}

static void called(struct http_call *call, void *arg)
{
    struct scene *scene = arg;
    struct call *seen = &scene->calls[scene->count++];
    struct answer answer;
    const char *body;
    size_t length;

    assert_true(scene->count < MOST_CALLS);
    (void)snprintf(seen->path, sizeof(seen->path), "%s", http_call_path(call));
    (void)snprintf(seen->method, sizeof(seen->method), "%s", http_call_method(call));
    copy_header(call, "Content-Type", seen->type, sizeof(seen->type));
    copy_header(call, "Accept", seen->accept, sizeof(seen->accept));
    copy_header(call, "Content-Encoding", seen->encoding, sizeof(seen->encoding));
    copy_header(call, "Service-Ping-Id", seen->ping_id, sizeof(seen->ping_id));
    copy_header(call, "Service-Ping-Instance", seen->instance_id, sizeof(seen->instance_id));
    body = http_call_body(call, &length);
    str_init(&seen->body);
    str_add_bytes(&seen->body, body, length);
    answer = strstr(seen->path, "/usage_data") != NULL ? scene->answer : scene->report_answer;
    if (answer.status != 0)
        http_reply(call, answer.status, NULL, answer.body, strlen(answer.body));
}

/* A run with these outcomes; the row of the specification has two metrics and a group. */
static void seal(struct scene *scene)
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

static void open_scene(struct scene *scene, void **state)
{
    *scene = (struct scene){
        .place = *state,
        .loop = loop_new(),
        .answer = {201, taken},
        .report_answer = {201, ""},
        .settings = {.consent = CONSENT_ON,
                     .payload_form = PAYLOAD_GITLAB,
                     .protocol = PROTOCOL_GITLAB,
                     .time_zone = "UTC",
                     .http = {.proxy = "", .timeout_ms = 5000}},
    };
    scene->server =
        http_server_new(scene->loop, "127.0.0.1:0", 1 << 20, called, scene, &scene->place->err);
    assert_non_null(scene->server);
    (void)snprintf(scene->endpoint, sizeof(scene->endpoint),
                   "http://me:secret@127.0.0.1:%u/base//?key=hidden",
                   http_server_port(scene->server));
    scene->settings.endpoint = scene->endpoint;
    seal(scene);
}

static void close_scene(struct scene *scene)
{
    delivery_free(scene->delivery);
    http_server_free(scene->server);
    loop_free(scene->loop);
    for (size_t i = 0; i < scene->count; i++)
        str_release(&scene->calls[i].body);
}

static void delivered(const struct delivery_result *result, void *arg)
{
    struct scene *scene = arg;
    struct arena *arena = scene->place->arena;

    scene->times++;
    scene->result = *result;
    scene->result.said = arena_copy(arena, result->said);
    if (result->receipt != NULL)
        scene->result.receipt = arena_copy(arena, result->receipt);
    loop_stop(scene->loop);
}

static void deliver(struct scene *scene)
{
    delivery_free(scene->delivery);
    scene->times = 0;
    scene->delivery = delivery_start(scene->loop, &scene->settings, scene->place->store,
                                     &scene->ping, delivered, scene);
    assert_null(delivery_known(scene->delivery));
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

/* S1, S8: the payload as it was sealed, then how long its metrics took. */
static void a_ping_that_is_taken_is_followed_by_its_metadata(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    expect_words("taken", scene.result.said, "/base/usage_data has received the ping");
    expect_words("taken", scene.result.said, "usage_data_id 31643");
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
    close_scene(&scene);
}

/* S1 to S5, and answers that nobody thought of. */
static const struct {
    const char *name;
    struct answer answer;
    bool sent;
    const char *words;
} answers[] = {
    {"S1 a new id", {201, taken}, true, "usage_data_id 31643"},
    {"S2 the other name", {201, "{\"dev_ops_score\":{\"usage_data_id\":7}}"}, true, "id 7"},
    {"S3 with scores",
     {201,
      "{\"conv_index\":{\"usage_data_id\":1,\"leader_issues\":10.2,\"percentage_issues\":31.37}}"},
     true,
     "id 1"},
    {"any 2xx", {200, taken}, true, "id 31643"},
    {"the first name wins",
     {201, "{\"dev_ops_score\":{\"usage_data_id\":-1},\"conv_index\":{\"usage_data_id\":3}}"},
     true,
     "id 3"},
    {"the first name holds no id",
     {201, "{\"conv_index\":{\"usage_data_id\":null},\"dev_ops_score\":{\"usage_data_id\":4}}"},
     true,
     "id 4"},
    {"S4 below 1",
     {201, "{\"conv_index\":{\"usage_data_id\":-1000}}"},
     false,
     "Invalid usage_data_id in response: -1000"},
    {"zero", {201, "{\"conv_index\":{\"usage_data_id\":0}}"}, false, "response: 0 "},
    {"S4 missing", {201, "{\"conv_index\":{}}"}, false, "response: there is none"},
    {"S4 a text",
     {201, "{\"conv_index\":{\"usage_data_id\":\"31643\"}}"},
     false,
     "Invalid usage_data_id in response: \"31643\""},
    {"a fraction", {201, "{\"conv_index\":{\"usage_data_id\":1.5}}"}, false, "response: 1.5"},
    {"beyond int64",
     {201, "{\"conv_index\":{\"usage_data_id\":99999999999999999999}}"},
     false,
     "Invalid usage_data_id"},
    {"a flag", {201, "{\"conv_index\":{\"usage_data_id\":true}}"}, false, "it is no number"},
    {"no object", {201, "{\"conv_index\":31643}"}, false, "there is none"},
    {"an invalid first name hides a valid second one",
     {201, "{\"conv_index\":{\"usage_data_id\":\"x\"},\"dev_ops_score\":{\"usage_data_id\":3}}"},
     false,
     "response: \"x\""},
    {"no JSON", {201, "<html>thank you</html>"}, false, "there is none"},
    {"nothing at all", {204, ""}, false, "there is none"},
    {"S5 the gateway", {504, taken}, false, "Unsuccessful response code: 504"},
    {"S5 not found", {404, taken}, false, "Unsuccessful response code: 404"},
    {"not for us", {401, ""}, false, "Unsuccessful response code: 401"},
    {"elsewhere", {302, ""}, false, "Unsuccessful response code: 302"},
};

/* S9: of what was collected; the message is what the admin reads, too. */
static void expect_failure(const struct scene *scene, const char *name)
{
    struct error err;
    const struct call *call = &scene->calls[scene->count - 1];
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
        struct scene scene;

        assert_int_equal(place_tear_down(state), 0);
        assert_int_equal(place_set_up(state), 0);
        open_scene(&scene, state);
        scene.answer = answers[i].answer;
        deliver(&scene);
        expect_words(answers[i].name, scene.result.said, answers[i].words);
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
        close_scene(&scene);
    }
}

/* What becomes of a report is of no concern to the ping. Status 0: no answer comes. */
static const struct {
    const char *name;
    struct answer answer;
    int report_status;
    enum delivery_end end;
    const char *state;
} courtesies[] = {
    {"metadata is refused", {201, taken}, 500, DELIVERY_SENT, "sent"},
    {"metadata is not known there", {201, taken}, 404, DELIVERY_SENT, "sent"},
    {"metadata gets no answer", {201, taken}, 0, DELIVERY_SENT, "sent"},
    {"the error is refused", {503, ""}, 500, DELIVERY_DEFERRED, "sealed"},
    {"the error gets no answer", {503, ""}, 0, DELIVERY_DEFERRED, "sealed"},
    {"nothing gets an answer", {0, ""}, 0, DELIVERY_DEFERRED, "sealed"},
};

static void a_report_changes_nothing(void **state)
{
    for (size_t i = 0; i < COUNT_OF(courtesies); i++) {
        struct scene scene;

        assert_int_equal(place_tear_down(state), 0);
        assert_int_equal(place_set_up(state), 0);
        open_scene(&scene, state);
        scene.settings.http.timeout_ms = courtesies[i].report_status == 0 ? 100 : 5000;
        scene.answer = courtesies[i].answer;
        scene.report_answer = (struct answer){courtesies[i].report_status, ""};
        deliver(&scene);
        if (scene.result.end != courtesies[i].end || scene.count != 2)
            fail_msg("%s: %s", courtesies[i].name, scene.result.said);
        place_expect(scene.place, "SELECT state FROM pings", courtesies[i].state);
        place_expect(scene.place, "SELECT count(*) FROM attempts", "1");
        close_scene(&scene);
    }
}

static void an_endpoint_that_is_down_is_told(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    http_server_free(scene.server);
    scene.server = NULL;
    deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    assert_int_equal(scene.result.http_status, 0);
    expect_words("down", scene.result.said, "/base/usage_data gave no answer");
    place_expect(scene.place, "SELECT http_status || state FROM attempts, pings", "0sealed");
    close_scene(&scene);
}

static void a_ping_that_failed_is_sent_again_as_it_was(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    scene.answer = (struct answer){502, ""};
    deliver(&scene);
    scene.answer = (struct answer){201, taken};
    scene.count = 1;
    str_release(&scene.calls[1].body);
    deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_SENT);
    assert_string_equal(scene.calls[0].body.text, scene.calls[1].body.text);
    assert_string_equal(scene.calls[2].path, "/base/usage_ping_metadata");
    place_expect(scene.place, "SELECT group_concat(http_status) FROM attempts", "502,201");
    close_scene(&scene);
}

/* S7 */
static void without_consent_not_even_an_error_is_posted(void **state)
{
    struct scene scene;

    open_scene(&scene, state);
    scene.settings.consent = CONSENT_LOCAL;
    deliver(&scene);
    assert_int_equal(scene.result.end, DELIVERY_DEFERRED);
    assert_int_equal(scene.count, 0);
    place_expect(scene.place, "SELECT count(*) FROM attempts", "0");
    close_scene(&scene);
}

/* What must not be collected is not told by a report either. */
static void a_report_says_no_more_than_the_payload(void **state)
{
    struct scene scene;
    char expected[128];

    open_scene(&scene, state);
    place_change(scene.place, "DELETE FROM outcomes WHERE key_path IN ('uuid', 'hostname')");
    scene.settings.sources.hostname = "not.permitted";
    scene.answer = (struct answer){500, ""};
    deliver(&scene);
    (void)snprintf(expected, sizeof(expected),
                   "\"uuid\":\"%s\",\"hostname\":null,\"version\":\"17.5.1\"",
                   store_instance_id(scene.place->store));
    assert_non_null(strstr(scene.calls[1].body.text, expected));
    close_scene(&scene);
}

/* Freed while the report is on its way, as when somebody presses Ctrl-C. */
static void stop(void *arg)
{
    loop_stop(arg);
}

static void what_came_of_the_ping_is_known_before_the_report_is_answered(void **state)
{
    struct scene scene;
    const struct delivery_result *known = NULL;

    open_scene(&scene, state);
    scene.report_answer.status = 0;
    scene.delivery = delivery_start(scene.loop, &scene.settings, scene.place->store, &scene.ping,
                                    delivered, &scene);
    while (scene.count < 2) {
        (void)loop_after(scene.loop, 1, stop, scene.loop);
        loop_run(scene.loop);
    }
    known = delivery_known(scene.delivery);
    assert_non_null(known);
    assert_int_equal(known->end, DELIVERY_SENT);
    assert_int_equal(scene.times, 0);
    place_expect(scene.place, "SELECT state FROM pings", "sent");
    close_scene(&scene);
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
