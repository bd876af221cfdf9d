#include "agent/delivery.h"

#include "agent/base/clock.h"
#include "agent/base/gzip.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/payload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct delivery {
    struct loop *loop;
    struct store *store;
    struct arena *arena;
    struct http_config config;
    struct http_client *client; /* NULL: nothing was sent */
    struct loop_timer *turn;
    const char *endpoint; /* as it may be shown */
    char ping_id[UUID_TEXT_SIZE];
    struct delivery_result result;
    delivery_done *done;
    void *arg;
};

/* A URL without the name and password that may stand in it, and without its query. */
static const char *shown_url(const char *url, struct arena *arena)
{
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end != NULL ? scheme_end + strlen("://") : url;
    size_t host_length = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', host_length);
    const char *from = at != NULL ? at + 1 : host;

    return arena_format(arena, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "?#"), from);
}

/* The beginning of an answer as one line: a person reads it in a message. */
static const char *shown_body(const struct http_response *response, struct arena *arena)
{
    enum { SHOWN = 200 };
    char *text = arena_format(arena, "%.*s", SHOWN, response->body);

    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    return text[strspn(text, " ")] != '\0' ? text : "no further words";
}

/* What became of it. */

struct answer {
    int least, most; /* HTTP statuses */
    enum delivery_end end;
    const char *(*say)(const struct delivery *delivery, const struct http_response *response);
};

static const char *say_sent(const struct delivery *delivery, const struct http_response *response)
{
    return arena_format(delivery->arena, "%s has received the ping (HTTP %d).", delivery->endpoint,
                        response->status);
}

static const char *say_redirect(const struct delivery *delivery,
                                const struct http_response *response)
{
    if (response->location == NULL)
        return arena_format(delivery->arena,
                            "%s answers with a redirect to nowhere (HTTP %d); nothing was sent "
                            "elsewhere, and the ping is kept. Check the setting `endpoint`.",
                            delivery->endpoint, response->status);
    return arena_format(delivery->arena,
                        "%s redirects to %s (HTTP %d); nothing was sent there, and the ping is "
                        "kept. If that is the right place, set `endpoint` to it.",
                        delivery->endpoint, shown_url(response->location, delivery->arena),
                        response->status);
}

static const char *say_later(const struct delivery *delivery, const struct http_response *response)
{
    const char *wait = "";

    if (response->retry_after != NULL)
        wait = arena_format(delivery->arena, ", and asks to wait (Retry-After: %.40s)",
                            response->retry_after);
    return arena_format(delivery->arena,
                        "%s cannot take the ping now (HTTP %d)%s; it is kept and can be sent "
                        "again.",
                        delivery->endpoint, response->status, wait);
}

static const char *say_rejected(const struct delivery *delivery,
                                const struct http_response *response)
{
    return arena_format(delivery->arena,
                        "%s rejects the ping (HTTP %d): %s; it is kept, and not sent again by "
                        "itself.",
                        delivery->endpoint, response->status,
                        shown_body(response, delivery->arena));
}

static const char *say_silence(const struct delivery *delivery, const struct error *err)
{
    size_t length = strlen(err->text);

    return arena_format(
        delivery->arena, "%s gave no answer. %s%s The ping is kept and can be sent again.",
        delivery->endpoint, err->text, length > 0 && err->text[length - 1] == '.' ? "" : ".");
}

/* The first row that fits. */
static const struct answer answers[] = {
    {200, 299, DELIVERY_SENT, say_sent},
    {300, 399, DELIVERY_REJECTED, say_redirect},
    {408, 408, DELIVERY_DEFERRED, say_later},
    {425, 425, DELIVERY_DEFERRED, say_later},
    {429, 429, DELIVERY_DEFERRED, say_later},
    {500, 599, DELIVERY_DEFERRED, say_later},
    {0, INT32_MAX, DELIVERY_REJECTED, say_rejected},
};

static const struct answer *find_answer(int status)
{
    const struct answer *answer = answers;

    while (status < answer->least || status > answer->most)
        answer++;
    return answer;
}

static void judge(struct delivery *delivery, const struct http_response *response)
{
    const struct answer *answer = find_answer(response->status);

    delivery->result = (struct delivery_result){
        .end = answer->end,
        .http_status = response->status,
        .said = answer->say(delivery, response),
    };
    if (answer->end == DELIVERY_SENT)
        delivery->result.receipt =
            arena_copy_bytes(delivery->arena, response->body, response->length);
}

static void note_attempt(struct delivery *delivery)
{
    static const enum ping_state states[] = {
        [DELIVERY_SENT] = PING_SENT,
        [DELIVERY_DEFERRED] = PING_SEALED,
        [DELIVERY_REJECTED] = PING_REJECTED,
    };
    struct delivery_result *result = &delivery->result;
    const struct store_attempt attempt = {
        .ping_id = delivery->ping_id,
        .at_us = now_wall_us(),
        .http_status = result->http_status,
        .said = result->end == DELIVERY_SENT ? NULL : result->said,
        .receipt = result->receipt,
        .state = states[result->end],
    };
    struct error err;

    if (store_attempt(delivery->store, &attempt, &err))
        return;
    log_error("delivery", "what came of sending ping %s could not be kept: %s", delivery->ping_id,
              err.text);
    result->said = arena_format(delivery->arena,
                                "%s This could not be kept in the store: %s. Sending the ping "
                                "again does no harm: it counts once.",
                                result->said, err.text);
}

static void tell(void *arg)
{
    struct delivery *delivery = arg;
    struct arena *arena = delivery->arena;
    struct delivery_result result = delivery->result;

    delivery->turn = NULL;
    /* The result outlives the delivery, which may be freed by whoever hears of it. */
    delivery->arena = arena_new();
    delivery->done(&result, delivery->arg);
    arena_free(arena);
}

static void tell_soon(struct delivery *delivery)
{
    delivery->turn = loop_after(delivery->loop, 0, tell, delivery);
}

static void answered(const struct http_response *response, const struct error *err, void *arg)
{
    struct delivery *delivery = arg;

    if (response != NULL)
        judge(delivery, response);
    else
        delivery->result.said = say_silence(delivery, err);
    note_attempt(delivery);
    tell_soon(delivery);
}

static bool send_ping(struct delivery *delivery, const struct settings *settings,
                      const struct store_ping *ping, struct error *err)
{
    struct arena *arena = delivery->arena;
    const char *const headers[] = {
        "Content-Type: application/json",
        "Content-Encoding: gzip",
        arena_format(arena, "Service-Ping-Id: %s", ping->id),
        arena_format(arena, "Service-Ping-Instance: %s", store_instance_id(delivery->store)),
        arena_format(arena, "Service-Ping-Schema: %d", PAYLOAD_SCHEMA),
        NULL,
    };
    struct http_request request = {.method = "POST", .url = settings->endpoint, .headers = headers};
    struct str body;
    bool done;

    str_init(&body);
    done = gzip_compress(ping->bytes, ping->length, &body, err);
    if (done) {
        request.body = body.text;
        request.body_length = body.length;
        delivery->client = http_client_new(delivery->loop, &delivery->config);
        (void)http_send(delivery->client, &request, answered, delivery);
    }
    str_release(&body);
    return done;
}

/* Why nothing may leave, or NULL. The verbs ask before; this is the door itself. */
static const char *find_obstacle(const struct settings *settings)
{
    if (settings->consent != CONSENT_ON)
        return "Nothing is sent without consent (setting `consent: on`). The ping is kept.";
    if (settings->endpoint == NULL)
        return "There is nowhere to send the ping to: set `endpoint`. The ping is kept.";
    return NULL;
}

static void try_to_send(struct delivery *delivery, const struct settings *settings,
                        const struct store_ping *ping)
{
    struct error err;

    delivery->result.said = find_obstacle(settings);
    if (delivery->result.said == NULL) {
        delivery->endpoint = shown_url(settings->endpoint, delivery->arena);
        if (send_ping(delivery, settings, ping, &err))
            return;
        delivery->result.said = arena_copy(delivery->arena, err.text);
    }
    tell_soon(delivery);
}

struct delivery *delivery_start(struct loop *loop, const struct settings *settings,
                                struct store *store, const struct store_ping *ping,
                                delivery_done *done, void *arg)
{
    struct delivery *delivery = memory_alloc(sizeof(*delivery));

    *delivery = (struct delivery){
        .loop = loop,
        .store = store,
        .arena = arena_new(),
        .config = settings->http,
        .result = {.end = DELIVERY_DEFERRED},
        .done = done,
        .arg = arg,
    };
    if (delivery->config.user_agent == NULL)
        delivery->config.user_agent = "service-ping/" VERSION;
    (void)snprintf(delivery->ping_id, sizeof(delivery->ping_id), "%s", ping->id);
    try_to_send(delivery, settings, ping);
    return delivery;
}

void delivery_free(struct delivery *delivery)
{
    if (delivery == NULL)
        return;
    loop_timer_cancel(delivery->turn);
    http_client_free(delivery->client);
    arena_free(delivery->arena);
    free(delivery);
}
