#include "agent/delivery.h"

#include "agent/base/clock.h"
#include "agent/base/gzip.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/delivery_answer.h"
#include "agent/delivery_report.h"
#include "agent/io/loop.h"
#include "agent/payload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a ping travels, by the setting endpoint.protocol. */
static const struct protocol {
    const char *path; /* below endpoint.url */
    bool packs;
    answer_judge *judge;
    const char *reports[DELIVERY_REJECTED + 1]; /* where the report of each end goes; NULL: none */
} protocols[] = {
    [PROTOCOL_SERVICE_PING] = {.path = "", .packs = true, .judge = answer_judge_ours},
    [PROTOCOL_GITLAB] = {.path = "/usage_data",
                         .judge = answer_judge_gitlab,
                         .reports = {[DELIVERY_SENT] = "/usage_ping_metadata",
                                     [DELIVERY_DEFERRED] = "/usage_ping_errors"}},
};

struct delivery {
    struct loop *loop;
    struct store *store;
    const struct settings *settings;
    const struct protocol *protocol;
    struct arena *arena;
    struct http_config config;
    struct http_client *client; /* NULL: nothing was sent */
    struct loop_timer *turn;
    const char *endpoint; /* as it may be shown */
    char ping_id[UUID_TEXT_SIZE];
    int64_t run_id, began_us; /* of monotonic time */
    bool known;               /* the result is in the store */
    struct delivery_result result;
    delivery_done *done;
    void *arg;
};

/* What stands behind the path of endpoint.url stays behind it. */
static const char *url_below(const struct settings *settings, const char *path, struct arena *arena)
{
    const char *url = settings->endpoint;
    size_t length = strcspn(url, "?#"), base = length;

    if (path[0] == '\0')
        return url;
    while (base > 0 && url[base - 1] == '/')
        base--;
    return arena_format(arena, "%.*s%s%s", (int)base, url, path, url + length);
}

const char *delivery_url(const struct settings *settings, struct arena *arena)
{
    return url_below(settings, protocols[settings->protocol].path, arena);
}

bool delivery_packs(const struct settings *settings)
{
    return protocols[settings->protocol].packs;
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

    delivery->known = true;
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

/* Posts what stands in `body`; who hears of it is `done`. */
static void post(struct delivery *delivery, const char *path, bool packed, const struct str *body,
                 http_done *done)
{
    struct arena *arena = delivery->arena;
    const char *const headers[] = {
        "Content-Type: application/json",
        "Accept: application/json",
        arena_format(arena, "Service-Ping-Id: %s", delivery->ping_id),
        arena_format(arena, "Service-Ping-Instance: %s", store_instance_id(delivery->store)),
        arena_format(arena, "Service-Ping-Schema: %d", PAYLOAD_SCHEMA),
        packed ? "Content-Encoding: gzip" : NULL,
        NULL,
    };
    const struct http_request request = {
        .method = "POST",
        .url = url_below(delivery->settings, path, arena),
        .headers = headers,
        .body = body->text,
        .body_length = body->length,
    };

    (void)http_send(delivery->client, &request, done, delivery);
}

/* A report is a courtesy: what becomes of it is for the log alone. */
static void reported(const struct http_response *response, const struct error *err, void *arg)
{
    struct delivery *delivery = arg;

    if (response == NULL)
        log_warning("delivery", "the report beside ping %s was not posted: %s", delivery->ping_id,
                    err->text);
    else if (response->status < 200 || response->status > 299)
        log_warning("delivery", "the report beside ping %s was answered HTTP %d", delivery->ping_id,
                    response->status);
    tell_soon(delivery);
}

static bool write_report(const struct delivery *delivery, struct str *out, struct error *err)
{
    const struct delivery_report report = {
        .store = delivery->store,
        .run_id = delivery->run_id,
        .failure = delivery->result.end == DELIVERY_SENT ? NULL : delivery->result.said,
        .elapsed_us = now_monotonic_us() - delivery->began_us,
    };

    return delivery_report_write(&report, out, err);
}

static void report_or_tell(struct delivery *delivery)
{
    const char *path = delivery->protocol->reports[delivery->result.end];
    struct error err;
    struct str body;

    if (path == NULL) {
        tell_soon(delivery);
        return;
    }
    str_init(&body);
    if (write_report(delivery, &body, &err)) {
        post(delivery, path, false, &body, reported);
    } else {
        log_warning("delivery", "nothing is reported beside ping %s: %s", delivery->ping_id,
                    err.text);
        tell_soon(delivery);
    }
    str_release(&body);
}

static void answered(const struct http_response *response, const struct error *err, void *arg)
{
    struct delivery *delivery = arg;
    struct delivery_result *result = &delivery->result;

    if (response != NULL)
        delivery->protocol->judge(response, delivery->endpoint, delivery->arena, result);
    else
        result->said = answer_silence(err, delivery->endpoint, delivery->arena);
    note_attempt(delivery);
    report_or_tell(delivery);
}

static bool send_ping(struct delivery *delivery, const struct store_ping *ping, struct error *err)
{
    const struct protocol *protocol = delivery->protocol;
    struct str body;
    bool done = true;

    str_init(&body);
    if (protocol->packs)
        done = gzip_compress(ping->bytes, ping->length, &body, err);
    else
        str_add_bytes(&body, ping->bytes, ping->length);
    if (done) {
        delivery->client = http_client_new(delivery->loop, &delivery->config);
        post(delivery, protocol->path, protocol->packs, &body, answered);
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

static void try_to_send(struct delivery *delivery, const struct store_ping *ping)
{
    const struct settings *settings = delivery->settings;
    struct error err;

    delivery->result.said = find_obstacle(settings);
    if (delivery->result.said == NULL) {
        delivery->endpoint =
            answer_shown_url(delivery_url(settings, delivery->arena), delivery->arena);
        if (send_ping(delivery, ping, &err))
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
        .settings = settings,
        .protocol = &protocols[settings->protocol],
        .run_id = ping->run_id,
        .began_us = now_monotonic_us(),
        .arena = arena_new(),
        .config = settings->http,
        .result = {.end = DELIVERY_DEFERRED},
        .done = done,
        .arg = arg,
    };
    if (delivery->config.user_agent == NULL)
        delivery->config.user_agent = "service-ping/" VERSION;
    (void)snprintf(delivery->ping_id, sizeof(delivery->ping_id), "%s", ping->id);
    try_to_send(delivery, ping);
    return delivery;
}

const struct delivery_result *delivery_known(const struct delivery *delivery)
{
    return delivery->known ? &delivery->result : NULL;
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
