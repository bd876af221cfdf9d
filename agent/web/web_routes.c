#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/store_archive.h"
#include "agent/store_trends.h"
#include "agent/web/assets.h"
#include "agent/web/own_metrics.h"
#include "agent/web/web_events.h"
#include "agent/web/web_handlers.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define JSON "application/json"

void web_data(struct web_call *call, struct daemon_status *daemon, struct page_data *data)
{
    daemon_status(call->daemon, daemon);
    *data = (struct page_data){
        .settings = daemon->settings,
        .catalog = daemon->catalog,
        .store = call->store,
        .approvals = daemon->approvals,
        .consent = &daemon->consent,
        .daemon = daemon,
        .now_us = now_wall_us(),
    };
}

/* ---- The page ---- */

static void show_asset(struct web_call *call)
{
    const struct web_asset *asset = web_asset_find(http_call_path(call->http));
    struct str body;

    if (asset == NULL) {
        web_refuse(call, 404, "This agent was built without its page.");
        return;
    }
    str_init(&body);
    str_add_bytes(&body, asset->file->bytes, asset->file->length);
    web_answer(call, 200, asset->type, &body);
    str_release(&body);
}

/* ---- Documents ---- */

void web_show(struct web_call *call, page_writer *write, const char *type)
{
    struct daemon_status daemon;
    struct page_data data;
    struct error err;
    struct str body;

    web_data(call, &daemon, &data);
    str_init(&body);
    if (write(&data, call->arena, &body, &err))
        web_answer(call, 200, type, &body);
    else
        web_refuse(call, 500, "%s", err.text);
    str_release(&body);
}

static void show_status(struct web_call *call)
{
    web_show(call, page_write_status, JSON);
}

static void show_pings(struct web_call *call)
{
    web_show(call, page_write_pings, JSON);
}

static void show_definitions(struct web_call *call)
{
    web_show(call, page_write_definitions, JSON);
}

static void show_outcomes(struct web_call *call)
{
    web_show(call, page_write_outcomes, JSON);
}

static void show_changes(struct web_call *call)
{
    web_show(call, page_write_changes, JSON);
}

static void show_metrics(struct web_call *call)
{
    web_show(call, own_metrics_write, "text/plain; version=0.0.4; charset=utf-8");
}

static void show_preview(struct web_call *call)
{
    char ping_id[UUID_TEXT_SIZE];
    struct daemon_status daemon;
    struct page_data data;
    const char *which;
    struct error err;
    struct str body;

    web_data(call, &daemon, &data);
    str_init(&body);
    if (page_payload(&data, call->arena, &body, ping_id, &which, &err)) {
        const char *const headers[] = {
            arena_format(call->arena, "Service-Ping-Preview: %s", which),
            ping_id[0] != '\0' ? arena_format(call->arena, "Service-Ping-Id: %s", ping_id) : NULL,
            NULL,
        };

        if (body.length == 0)
            str_add(&body, "null\n");
        web_answer_with(call, 200, headers, &body);
    } else {
        web_refuse(call, 500, "%s", err.text);
    }
    str_release(&body);
}

/* A whole id is either there or not; only the beginning of one can be meant badly. */
static void refuse_ping(struct web_call *call, const struct error *err)
{
    if (err->kind == ERROR_INVALID && strlen(call->rest) + 1 >= UUID_TEXT_SIZE)
        web_refuse(call, 500, "%s", err->text);
    else
        web_fail(call, err);
}

static void show_ping(struct web_call *call)
{
    const char *headers[] = {NULL, NULL};
    struct store_ping ping;
    struct error err;
    struct str body;

    if (!store_ping_find(call->store, call->rest, call->arena, &ping, &err)) {
        refuse_ping(call, &err);
        return;
    }
    headers[0] = arena_format(call->arena, "Service-Ping-Id: %s", ping.id);
    str_init(&body);
    str_add_bytes(&body, ping.bytes, ping.length);
    web_answer_with(call, 200, headers, &body);
    str_release(&body);
}

/* ---- Health ---- */

static void answer_health(struct web_call *call, int status, const char *word, const char *why)
{
    struct js_writer writer;
    struct str body;

    str_init(&body);
    js_begin(&writer, &body, false);
    js_open_object(&writer, NULL);
    js_put_text(&writer, "status", word);
    if (why != NULL)
        js_put_text(&writer, "why", why);
    js_close_object(&writer);
    str_add_char(&body, '\n');
    web_answer(call, status, JSON, &body);
    str_release(&body);
}

static void show_health(struct web_call *call)
{
    answer_health(call, 200, "alive", NULL);
}

static const char *why_not_writable(const char *folder)
{
    struct statvfs disk;

    if (access(folder, W_OK | X_OK) != 0 || statvfs(folder, &disk) != 0)
        return "the state folder cannot be written";
    if ((disk.f_flag & ST_RDONLY) != 0)
        return "the state folder may only be read";
    return disk.f_bavail == 0 ? "the disk of the state folder is full" : NULL;
}

static bool lacked_a_source(struct web_call *call, const struct store_run *run)
{
    size_t counts[STATUS_OFF + 1];
    struct error ignored;

    return run->id != 0 && store_status_counts(call->store, run->id, counts, &ignored) &&
           counts[STATUS_UNAVAILABLE] > 0;
}

/*
 * What cannot be reached makes it degraded, not unready: a restart would help nobody. Anybody may
 * ask, so no name of the instance's surroundings stands here.
 */
static void show_readiness(struct web_call *call)
{
    struct daemon_status daemon;
    const char *why;

    daemon_status(call->daemon, &daemon);
    why = why_not_writable(daemon.settings->state);
    if (why != NULL)
        answer_health(call, 503, "unready", why);
    else if (daemon.courier.failing_since_us != 0)
        answer_health(call, 200, "degraded", "the endpoint does not take pings");
    else if (lacked_a_source(call, &daemon.last_run))
        answer_health(call, 200, "degraded", "a source could not be reached");
    else if (daemon.trouble != NULL)
        answer_health(call, 200, "degraded", "something went wrong; /v1/status says what");
    else
        answer_health(call, 200, "ready", NULL);
}

const struct web_route web_routes[] = {
    {"GET", "/", show_asset, false},
    {"GET", "/page.js", show_asset, true},
    {"GET", "/page.css", show_asset, true},
    {"GET", "/healthz", show_health, true},
    {"GET", "/readyz", show_readiness, true},
    {"GET", "/metrics", show_metrics, true},
    {"GET", "/v1/status", show_status, false},
    {"GET", "/v1/preview", show_preview, false},
    {"GET", "/v1/pings", show_pings, false},
    {"GET", "/v1/pings/", show_ping, false},
    {"GET", "/v1/definitions", show_definitions, false},
    {"GET", "/v1/outcomes", show_outcomes, false},
    {"GET", "/v1/changes", show_changes, false},
    {"POST", "/v1/consent", web_give_consent, false},
    {"POST", "/v1/accept", web_accept, false},
    {"POST", "/v1/send", web_send, false},
    {"POST", "/v1/events", web_post_events, false},
    {"POST", "/v1/receipts", web_keep_receipt, false},
    {"POST", "/v1/exports", web_note_export, false},
    {"POST", "/v1/session", web_begin_session, false},
    {"DELETE", "/v1/session", web_end_session, false},
    {"GET", "/api/v4/usage_data/service_ping", web_service_ping, false},
    {"GET", "/api/v4/usage_data/queries", web_queries, false},
    {"GET", "/api/v4/usage_data/non_sql_metrics", web_non_sql_metrics, false},
    {"GET", "/api/v4/usage_data/metric_definitions", web_metric_definitions, false},
    {"POST", "/api/v4/usage_data/track_event", web_track_event, false},
    {"POST", "/api/v4/usage_data/track_events", web_track_events, false},
    {"POST", "/api/v4/usage_data/increment_counter", web_increment_counter, false},
    {"POST", "/api/v4/usage_data/increment_unique_users", web_increment_unique_users, false},
    {0},
};
