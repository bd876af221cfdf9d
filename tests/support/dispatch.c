#include "tests/support/dispatch.h"

#include "tests/support/test.h"

#include "agent/io/http_server.h"
#include "agent/io/loop.h"

#include <stdio.h>
#include <string.h>

static void copy_header(struct http_call *call, const char *name, char *out, size_t size)
{
    const char *value = http_call_header(call, name);

    (void)snprintf(out, size, "%s", value != NULL ? value : "(none)");
}

static void called(struct http_call *call, void *arg)
{
    struct dispatch *dispatch = arg;
    struct dispatch_call *seen = &dispatch->calls[dispatch->count++];
    const struct dispatch_answer *answer;
    const char *body;
    size_t length;

    assert_true(dispatch->count < DISPATCH_MOST_CALLS);
    (void)snprintf(seen->path, sizeof(seen->path), "%s", http_call_path(call));
    (void)snprintf(seen->method, sizeof(seen->method), "%s", http_call_method(call));
    copy_header(call, "Content-Type", seen->type, sizeof(seen->type));
    copy_header(call, "Accept", seen->accept, sizeof(seen->accept));
    copy_header(call, "Content-Encoding", seen->encoding, sizeof(seen->encoding));
    copy_header(call, "Service-Ping-Id", seen->ping_id, sizeof(seen->ping_id));
    copy_header(call, "Service-Ping-Instance", seen->instance_id, sizeof(seen->instance_id));
    copy_header(call, "User-Agent", seen->agent, sizeof(seen->agent));
    copy_header(call, "Service-Ping-Schema", seen->schema, sizeof(seen->schema));
    body = http_call_body(call, &length);
    str_init(&seen->body);
    str_add_bytes(&seen->body, body, length);
    answer =
        strstr(seen->path, "/usage_ping_") != NULL ? &dispatch->report_answer : &dispatch->answer;
    if (answer->status != 0) {
        const char *const headers[] = {answer->header, NULL};

        http_reply(call, answer->status, headers, answer->body, strlen(answer->body));
    }
}

void dispatch_open(struct dispatch *dispatch, struct place *place, const char *path)
{
    *dispatch = (struct dispatch){
        .place = place,
        .loop = loop_new(),
        .settings = {.consent = CONSENT_ON,
                     .time_zone = "UTC",
                     .http = {.proxy = "", .timeout_ms = 5000}},
    };
    dispatch->server =
        http_server_new(dispatch->loop, "127.0.0.1:0", 1 << 20, called, dispatch, &place->err);
    assert_non_null(dispatch->server);
    (void)snprintf(dispatch->endpoint, sizeof(dispatch->endpoint),
                   "http://me:secret@127.0.0.1:%u%s?key=hidden", http_server_port(dispatch->server),
                   path);
    dispatch->settings.endpoint = dispatch->endpoint;
}

void dispatch_close(struct dispatch *dispatch)
{
    delivery_free(dispatch->delivery);
    http_server_free(dispatch->server);
    loop_free(dispatch->loop);
    for (size_t i = 0; i < dispatch->count; i++)
        str_release(&dispatch->calls[i].body);
}

void dispatch_told(const struct delivery_result *result, void *arg)
{
    struct dispatch *dispatch = arg;
    struct arena *arena = dispatch->place->arena;

    dispatch->times++;
    if (dispatch->frees_in_done) {
        delivery_free(dispatch->delivery);
        dispatch->delivery = NULL;
    }
    dispatch->result = *result;
    dispatch->result.said = arena_copy(arena, result->said);
    if (result->receipt != NULL)
        dispatch->result.receipt = arena_copy(arena, result->receipt);
    loop_stop(dispatch->loop);
}

void dispatch_deliver(struct dispatch *dispatch)
{
    delivery_free(dispatch->delivery);
    dispatch->times = 0;
    dispatch->delivery = delivery_start(dispatch->loop, &dispatch->settings, dispatch->place->store,
                                        &dispatch->ping, dispatch_told, dispatch);
    assert_int_equal(dispatch->times, 0);
    assert_null(delivery_known(dispatch->delivery));
    loop_run(dispatch->loop);
    assert_int_equal(dispatch->times, 1);
}

void dispatch_expect_words(const char *name, const char *said, const char *words)
{
    if (strstr(said, words) == NULL)
        fail_msg("%s: '%s' is not in: %s", name, words, said);
    if (strstr(said, "secret") != NULL || strstr(said, "hidden") != NULL)
        fail_msg("%s: tells a secret: %s", name, said);
}
