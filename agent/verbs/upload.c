#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/gzip.h"
#include "agent/carried.h"
#include "agent/delivery.h"
#include "agent/io/loop.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct uploading {
    struct verb_call *call;
    const struct settings *settings;
    const char *path;
    const char *bytes;
    size_t length;
    struct carried_meta meta;
    struct loop *loop;
    const char *endpoint; /* as it may be shown */
    struct delivery_result result;
    bool answered;
};

static void answered(const struct http_response *response, const struct error *err, void *arg)
{
    static answer_judge *const judges[] = {
        [PROTOCOL_SERVICE_PING] = answer_judge_ours,
        [PROTOCOL_GITLAB] = answer_judge_gitlab,
    };
    struct uploading *uploading = arg;
    struct arena *arena = uploading->call->arena;

    uploading->answered = true;
    uploading->result = (struct delivery_result){.end = DELIVERY_DEFERRED};
    if (response != NULL)
        judges[uploading->settings->protocol](response, uploading->endpoint, arena,
                                              &uploading->result);
    else
        uploading->result.said = answer_silence(err, uploading->endpoint, arena);
    loop_stop(uploading->loop);
}

static void interrupted(void *arg)
{
    loop_stop(arg);
}

static void send_body(struct uploading *uploading, const struct http_config *config, bool packed,
                      const struct str *body)
{
    struct http_client *client = http_client_new(uploading->loop, config);
    struct arena *arena = uploading->call->arena;
    const struct carried_meta *meta = &uploading->meta;
    const char *const headers[] = {
        "Content-Type: application/json",
        "Accept: application/json",
        arena_format(arena, "Service-Ping-Id: %s", meta->ping_id),
        arena_format(arena, "Service-Ping-Instance: %s", meta->instance_id),
        arena_format(arena, "Service-Ping-Schema: %" PRId64, meta->schema),
        packed ? "Content-Encoding: gzip" : NULL,
        NULL,
    };
    const struct http_request request = {
        .method = "POST",
        .url = delivery_url(uploading->settings, arena),
        .headers = headers,
        .body = body->text,
        .body_length = body->length,
    };

    (void)http_send(client, &request, answered, uploading);
    loop_run(uploading->loop);
    http_client_free(client);
}

static bool post(struct uploading *uploading, struct error *err)
{
    struct http_config config = uploading->settings->http;
    bool packed = delivery_packs(uploading->settings), done = true;
    struct str body;

    str_init(&body);
    if (packed)
        done = gzip_compress(uploading->bytes, uploading->length, &body, err);
    else
        str_add_bytes(&body, uploading->bytes, uploading->length);
    if (done) {
        if (config.user_agent == NULL)
            config.user_agent = "service-ping/" VERSION;
        uploading->loop = loop_new();
        loop_on_signal(uploading->loop, SIGINT, interrupted, uploading->loop);
        loop_on_signal(uploading->loop, SIGTERM, interrupted, uploading->loop);
        send_body(uploading, &config, packed, &body);
        loop_free(uploading->loop);
    }
    str_release(&body);
    return done;
}

static int keep_receipt(const struct uploading *uploading)
{
    const char *path = arena_format(uploading->call->arena, "%s" CARRIED_RECEIPT, uploading->path);
    const char *body = uploading->result.receipt != NULL ? uploading->result.receipt : "";
    char now[TIME_TEXT_SIZE];
    struct carried_receipt receipt = {
        .http_status = uploading->result.http_status,
        .endpoint = uploading->endpoint,
        .answered_at = time_text(now_wall_us(), now),
        .body = body,
    };
    struct error err;
    struct str text;
    bool done;

    (void)memcpy(receipt.ping_id, uploading->meta.ping_id, sizeof(receipt.ping_id));
    (void)memcpy(receipt.instance_id, uploading->meta.instance_id, sizeof(receipt.instance_id));
    (void)memcpy(receipt.digest, uploading->meta.digest, sizeof(receipt.digest));
    str_init(&text);
    carried_write_receipt(&receipt, &text);
    done = carried_check_body(receipt.ping_id, receipt.digest, body, &err) &&
           file_replace(path, text.text, text.length, &err);
    str_release(&text);
    if (!done)
        return verb_failed(EXIT_FOUND, "The ping was taken, but there is no receipt to carry: %s.",
                           err.text);
    (void)printf("Receipt: %s\n", figure_plain(uploading->call->arena, body, 1000));
    (void)printf("It is in %s; carry that back, and there:\n  service-ping import %s\n", path,
                 path);
    return EXIT_DONE;
}

static int tell(const struct uploading *uploading)
{
    const struct delivery_result *result = &uploading->result;
    const struct carried_meta *meta = &uploading->meta;

    if (!uploading->answered)
        return verb_failed(EXIT_DEFERRED, "Interrupted. Uploading the ping again does no harm.");
    if (result->end != DELIVERY_SENT)
        return verb_failed(result->end == DELIVERY_REJECTED ? EXIT_FOUND : EXIT_DEFERRED, "%s",
                           result->said);
    (void)printf("Sent ping %s, number %" PRId64 " of instance\n%s, %s bytes. %s\n", meta->ping_id,
                 meta->seq, meta->instance_id, figure_count(uploading->call->arena, meta->length),
                 result->said);
    return keep_receipt(uploading);
}

static bool read_files(struct uploading *uploading, struct error *err)
{
    struct arena *arena = uploading->call->arena;
    const char *path = arena_format(arena, "%s" CARRIED_META, uploading->path), *text;
    size_t length;

    if (!file_read(uploading->path, arena, &uploading->bytes, &uploading->length, err))
        return false;
    if (!file_read(path, arena, &text, &length, err))
        return error_add_context(err, "the file beside the ping that says whose it is");
    return carried_read_meta(path, text, length, &uploading->meta, err) &&
           carried_check_bytes(&uploading->meta, uploading->path, uploading->bytes,
                               uploading->length, err);
}

/* Whoever exported the ping and carries it here wants it posted: what counts is what the settings
 * of this machine forbid. */
static int check_permission(const struct settings *settings)
{
    if (settings->do_not_track || (settings->consent_named && settings->consent != CONSENT_ON))
        return verb_failed(EXIT_NO_CONSENT, "Nothing is sent: %s.",
                           settings->do_not_track
                               ? "DO_NOT_TRACK in the environment forbids it"
                               : "the settings of this machine forbid it (consent)");
    if (settings->endpoint == NULL)
        return verb_failed(EXIT_SETTINGS,
                           "Nothing is sent: no endpoint is set. Set endpoint.url, or "
                           "SERVICE_PING_ENDPOINT_URL in the environment.");
    return EXIT_DONE;
}

int verb_upload(struct verb_call *call)
{
    struct uploading uploading = {.call = call};
    struct settings settings;
    struct error err;
    int code;

    if (!verb_arguments(call, 1, 1))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    code = check_permission(&settings);
    if (code != EXIT_DONE)
        return code;
    uploading.settings = &settings;
    uploading.path = call->argv[0];
    uploading.endpoint = answer_shown_url(delivery_url(&settings, call->arena), call->arena);
    if (!read_files(&uploading, &err))
        return verb_failed(EXIT_FOUND, "Nothing is sent: %s.", err.text);
    if (!post(&uploading, &err))
        return verb_failed(EXIT_FOUND, "Nothing is sent: %s.", err.text);
    return tell(&uploading);
}
