#include "agent/web/page_data.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/ping.h"
#include "agent/store_archive.h"
#include "agent/store_memory.h"
#include "agent/store_trends.h"
#include "agent/web/page_put.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PINGS = 1000 };

void page_put_time(struct js_writer *writer, const char *key, int64_t wall_us)
{
    char text[TIME_TEXT_SIZE], shown[TIME_TEXT_SIZE];

    if (wall_us == 0) {
        js_put_null(writer, key);
        return;
    }
    (void)snprintf(shown, sizeof(shown), "%.19sZ", time_text(wall_us, text));
    js_put_text(writer, key, shown);
}

void page_put_seconds(struct js_writer *writer, const char *key, int64_t seconds)
{
    page_put_time(writer, key, seconds * US_PER_SECOND);
}

/* ---- Pings ---- */

struct ping_list {
    const struct page_data *data;
    struct js_writer writer;
    struct error *err;
    bool failed;
    bool brief; /* of attempts only their number */
};

static void put_attempt(const struct store_attempt *attempt, void *arg)
{
    struct js_writer *writer = arg;

    js_open_object(writer, NULL);
    page_put_time(writer, "at", attempt->at_us);
    js_put_integer(writer, "http_status", attempt->http_status);
    js_put_text(writer, "said", attempt->said);
    js_close_object(writer);
}

static void put_attempts(struct ping_list *list, const struct store_ping_line *line)
{
    if (list->brief) {
        js_put_integer(&list->writer, "attempts", line->attempts);
        return;
    }
    js_open_list(&list->writer, "attempts");
    if (line->attempts > 0 && !list->failed)
        list->failed = !store_attempts(list->data->store, line->ping.id, put_attempt, &list->writer,
                                       list->err);
    js_close_list(&list->writer);
}

static void put_ping(const struct store_ping_line *line, void *arg)
{
    struct ping_list *list = arg;
    struct js_writer *writer = &list->writer;
    const struct store_ping *ping = &line->ping;

    js_open_object(writer, list->brief ? "last_ping" : NULL);
    js_put_text(writer, "id", ping->id);
    js_put_integer(writer, "seq", ping->seq);
    js_put_text(writer, "previous_id", ping->previous_id[0] != '\0' ? ping->previous_id : NULL);
    js_put_text(writer, "state", ping_state_name(ping->state));
    page_put_seconds(writer, "recorded_at", line->recorded_at);
    page_put_time(writer, "sealed_at", ping->sealed_us);
    js_put_integer(writer, "bytes", (int64_t)ping->length);
    js_put_text(writer, "digest", line->digest);
    put_attempts(list, line);
    page_put_time(writer, "withheld_at", line->withheld_us);
    page_put_time(writer, "receipt_at", line->receipt_us);
    js_put_text(writer, "receipt", line->receipt);
    js_close_object(writer);
}

bool page_write_pings(const struct page_data *data, struct arena *arena, struct str *out,
                      struct error *err)
{
    struct ping_list list = {.data = data, .err = err};

    (void)arena;
    js_begin(&list.writer, out, false);
    js_open_list(&list.writer, NULL);
    if (!store_pings(data->store, MOST_PINGS, put_ping, &list, err) || list.failed)
        return false;
    js_close_list(&list.writer);
    str_add_char(out, '\n');
    return true;
}

/* ---- The payload ---- */

static void note_ping(const struct store_ping_line *line, void *arg)
{
    (void)snprintf(arg, UUID_TEXT_SIZE, "%s", line->ping.id);
}

bool page_payload(const struct page_data *data, struct arena *arena, struct str *out,
                  char ping_id[UUID_TEXT_SIZE], const char **which, struct error *err)
{
    struct settings settings = consent_applied(data->settings, data->consent);
    struct store_ping ping = {0};
    struct store_run run;
    bool found;

    ping_id[0] = '\0';
    *which = "none";
    if (!store_run_unsealed(data->store, &run, &found, err))
        return false;
    if (found) {
        *which = "unsealed";
        if (!ping_draft(data->store, &run, &settings, arena, &ping, err))
            return false;
    } else if (!store_pings(data->store, 1, note_ping, ping_id, err)) {
        return false;
    }
    if (ping_id[0] != '\0') {
        *which = "sealed";
        if (!store_ping_find(data->store, ping_id, arena, &ping, err))
            return false;
    }
    if (ping.bytes != NULL)
        str_add_bytes(out, ping.bytes, ping.length);
    return true;
}

bool page_write_payload(const struct page_data *data, struct arena *arena, struct str *out,
                        struct error *err)
{
    char ping_id[UUID_TEXT_SIZE];
    size_t before = out->length;
    const char *which;

    if (!page_payload(data, arena, out, ping_id, &which, err))
        return false;
    if (out->length == before)
        str_add(out, "null");
    return true;
}

/* ---- Status ---- */

static void put_agent(struct js_writer *writer, const struct page_data *data)
{
    const struct daemon_status *daemon = data->daemon;
    const char *state = NULL;

    if (daemon != NULL)
        state = daemon->state == DAEMON_COLLECTING ? "collecting" : "idle";
    js_open_object(writer, "agent");
    js_put_text(writer, "version", VERSION);
    js_put_flag(writer, "running", daemon != NULL);
    js_put_text(writer, "state", state);
    page_put_time(writer, "started_at", daemon != NULL ? daemon->started_us : 0);
    js_put_text(writer, "trouble", daemon != NULL ? daemon->trouble : NULL);
    js_close_object(writer);
}

static void put_consent(struct js_writer *writer, const struct consent *consent,
                        struct arena *arena)
{
    js_open_object(writer, "consent");
    js_put_text(writer, "mode", consent_name(consent->mode));
    js_put_text(writer, "words", consent_words(consent, arena));
    js_put_flag(writer, "fixed", consent->mode_by == CONSENT_BY_SETTINGS);
    js_put_flag(writer, "categories_fixed", consent->categories_by == CONSENT_BY_SETTINGS);
    js_put_flag(writer, "not_tracked", consent->not_tracked);
    page_put_time(writer, "changed_at", consent->changed_us);
    js_put_text(writer, "changed_by", consent->changed_us != 0 ? consent->changed_by : NULL);
    js_open_object(writer, "categories");
    for (int i = 0; i < CATEGORY_COUNT; i++)
        js_put_flag(writer, data_category_name((enum data_category)i), consent->categories[i]);
    js_close_object(writer);
    js_close_object(writer);
}

static bool put_schedule(struct js_writer *writer, const struct page_data *data, struct error *err)
{
    int64_t next, last;

    if (!store_schedule(data->store, &next, &last, err))
        return false;
    if (data->daemon != NULL) {
        next = data->daemon->next_run;
        last = data->daemon->last_slot;
    }
    js_open_object(writer, "schedule");
    js_put_text(writer, "setting", data->settings->schedule);
    js_put_text(writer, "time_zone", data->settings->time_zone);
    page_put_seconds(writer, "next_run", next);
    page_put_seconds(writer, "last_slot", last);
    js_close_object(writer);
    return true;
}

static void put_progress(struct js_writer *writer, const struct daemon_status *daemon)
{
    const struct run_progress *progress;

    if (daemon == NULL || daemon->state != DAEMON_COLLECTING) {
        js_put_null(writer, "progress");
        return;
    }
    progress = &daemon->progress;
    js_open_object(writer, "progress");
    js_put_integer(writer, "metrics", (int64_t)progress->metrics);
    js_put_integer(writer, "answered", (int64_t)progress->answered);
    js_put_integer(writer, "failed", (int64_t)progress->failed);
    js_put_text(writer, "doing", progress->doing);
    js_put_integer(writer, "percent", (int64_t)(progress->share * 100));
    if (progress->left_us < 0)
        js_put_null(writer, "left_seconds");
    else
        js_put_integer(writer, "left_seconds", progress->left_us / US_PER_SECOND);
    js_close_object(writer);
}

static bool put_last_run(struct js_writer *writer, const struct page_data *data, struct error *err)
{
    size_t counts[STATUS_OFF + 1];
    struct store_run run;
    bool found;

    if (!store_run_newest_finished(data->store, &run, &found, err))
        return false;
    if (!found) {
        js_put_null(writer, "last_run");
        return true;
    }
    if (!store_status_counts(data->store, run.id, counts, err))
        return false;
    js_open_object(writer, "last_run");
    page_put_seconds(writer, "recorded_at", run.recorded_at);
    page_put_time(writer, "finished_at", run.finished_us);
    js_put_integer(writer, "took_ms", (run.finished_us - run.started_us) / 1000);
    js_put_flag(writer, "resumed", run.resumed);
    js_put_text(writer, "ping_id", run.ping_id[0] != '\0' ? run.ping_id : NULL);
    js_open_object(writer, "statuses");
    for (int i = 0; i <= STATUS_OFF; i++)
        if (counts[i] > 0)
            js_put_integer(writer, status_name((enum outcome_status)i), (int64_t)counts[i]);
    js_close_object(writer);
    js_close_object(writer);
    return true;
}

static bool put_last_ping(struct js_writer *writer, const struct page_data *data, struct error *err)
{
    struct ping_list list = {.data = data, .writer = *writer, .err = err, .brief = true};
    size_t before = writer->out->length;

    if (!store_pings(data->store, 1, put_ping, &list, err))
        return false;
    *writer = list.writer;
    if (writer->out->length == before)
        js_put_null(writer, "last_ping");
    return true;
}

/* Where no agent runs, the store knows what a courier would. */
static bool courier_of(const struct page_data *data, struct courier_status *courier,
                       struct error *err)
{
    struct store_ping_counts counts;
    struct store_courier stored;

    if (data->daemon != NULL) {
        *courier = data->daemon->courier;
        return true;
    }
    if (!store_courier(data->store, &stored, err) || !store_ping_counts(data->store, &counts, err))
        return false;
    *courier = (struct courier_status){
        .waiting = (unsigned)counts.pings[PING_WAITING],
        .next_try_us = stored.next_try_us,
        .failing_since_us = stored.failing_since_us,
    };
    return true;
}

/* A URL without the name and password that may stand in it, and without its query. */
static const char *plain_url(const char *url, struct arena *arena)
{
    const char *scheme = strstr(url, "://"), *host = scheme != NULL ? scheme + 3 : url;
    const char *at = memrchr(host, '@', strcspn(host, "/?#")), *from = at != NULL ? at + 1 : host;

    return arena_format(arena, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "?#"), from);
}

static bool put_delivery(struct js_writer *writer, const struct page_data *data,
                         struct arena *arena, struct error *err)
{
    const struct settings *settings = data->settings;
    struct courier_status courier;

    if (!courier_of(data, &courier, err))
        return false;
    js_open_object(writer, "delivery");
    js_put_text(writer, "endpoint",
                settings->endpoint != NULL ? plain_url(settings->endpoint, arena) : NULL);
    js_put_text(writer, "protocol",
                settings->protocol == PROTOCOL_GITLAB ? "gitlab" : "service-ping");
    js_put_integer(writer, "waiting", courier.waiting);
    js_put_flag(writer, "trying", courier.trying);
    page_put_time(writer, "next_try", courier.next_try_us);
    page_put_time(writer, "failing_since", courier.failing_since_us);
    js_put_text(writer, "said", courier.said);
    js_close_object(writer);
    return true;
}

/* The agent has counted them; otherwise each definition is read. */
static size_t count_held(const struct page_data *data)
{
    return data->daemon != NULL ? data->daemon->held
                                : approvals_held(data->approvals, data->catalog);
}

static void put_bounds(struct js_writer *writer, const struct page_data *data)
{
    js_open_object(writer, "definitions");
    js_put_integer(writer, "metrics", (int64_t)data->catalog->count);
    js_put_integer(writer, "files", (int64_t)data->catalog->file_count);
    js_put_integer(writer, "held", (int64_t)count_held(data));
    js_put_text(writer, "digest", data->catalog->digest);
    js_close_object(writer);
    js_open_object(writer, "archive");
    js_put_integer(writer, "days", data->settings->history_days);
    js_put_integer(writer, "megabytes", data->settings->history_megabytes);
    js_close_object(writer);
}

bool page_write_status(const struct page_data *data, struct arena *arena, struct str *out,
                       struct error *err)
{
    struct js_writer writer;

    js_begin(&writer, out, false);
    js_open_object(&writer, NULL);
    put_agent(&writer, data);
    page_put_time(&writer, "now", data->now_us);
    js_put_text(&writer, "instance_id", store_instance_id(data->store));
    put_consent(&writer, data->consent, arena);
    if (!put_schedule(&writer, data, err))
        return false;
    put_progress(&writer, data->daemon);
    if (!put_last_run(&writer, data, err) || !put_last_ping(&writer, data, err) ||
        !put_delivery(&writer, data, arena, err))
        return false;
    put_bounds(&writer, data);
    js_close_object(&writer);
    str_add_char(out, '\n');
    return true;
}
