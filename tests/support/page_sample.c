#include "tests/support/page_sample.h"

#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/metric.h"
#include "agent/payload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEWEST_PING = 30, PING_COUNT = 28, TREND_LENGTH = 26, TREND_ROOM = 2048 };

#define RECORDED_AT INT64_C(1795233845) /* 2026-11-21T04:04:05Z */
#define WEEK_S      (INT64_C(7) * 86400)
#define INSTANCE_ID "5b3c2f0e-1d5a-4c7b-9f64-0a8e21c4d7b3"
#define DIGEST      "9f2b6c1d0e4a8f7352b1c6d9e0f4a7835c2b1d6e9f0a4c7b8352d1e6f9c0a4b7"

static const char *const things[] = {
    "issues",          "merge_requests", "projects", "pipelines",     "builds",       "deployments",
    "environments",    "milestones",     "labels",   "notes",         "snippets",     "users",
    "groups",          "releases",       "runners",  "schedules",     "todos",        "uploads",
    "vulnerabilities", "web_hooks",      "boards",   "packages",      "epics",        "incidents",
    "feature_flags",   "clusters",       "keys",     "pages_domains", "service_desk", "triggers",
};
static const char *const owners[] = {"project_management", "code_review", "pipeline_execution",
                                     "analytics_instrumentation", "tenant_scale"};
static const char *const sections[] = {"counts",
                                       "counts_monthly",
                                       "counts_weekly",
                                       "usage_activity_by_stage.plan",
                                       "usage_activity_by_stage.verify",
                                       "usage_activity_by_stage_monthly.create",
                                       "redis_hll_counters.code_review",
                                       "settings"};
static const char *const aspects[] = {"",        "_created", "_closed", "_with_label",
                                      "_viewed", "_edited",  "_shared", "_archived"};

/* What else than a value there may be; mostly there is one. */
static const struct {
    size_t every;
    enum outcome_status status;
    const char *reason;
} gaps[] = {
    {97, STATUS_TIMEOUT,
     "A piece of 1,000 ids took longer than statement_timeout, 15 s, four times in a row."},
    {131, STATUS_DENIED, "permission denied for table audit_events"},
    {61, STATUS_ABSENT, "relation \"geo_event_log\" does not exist"},
    {173, STATUS_ERROR, "division by zero <script>alert('run')</script>"},
    {211, STATUS_UNAVAILABLE, "Redis did not answer within 5 s."},
    {257, STATUS_BUDGET, "The budget of 10 min for this run was used up."},
    {83, STATUS_HELD, "Its definition changed and was not accepted yet."},
    {41, STATUS_OFF, "No source of this build knows 'prometheus'."},
};

struct thing {
    size_t index;
    char key_path[160], name[96], trend[TREND_ROOM], reason[128];
    bool redis, text;
    enum time_frame frame;
    enum data_category category;
    struct outcome outcome;
};

static uint64_t mixed(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

static void write_trend(struct thing *thing, int64_t now)
{
    size_t length = 0;
    int64_t value = now;

    for (int i = 0; i < TREND_LENGTH; i++) {
        uint64_t chance = mixed(thing->index * 100 + (uint64_t)i);

        length += (size_t)snprintf(thing->trend + length, sizeof(thing->trend) - length,
                                   "%s[%" PRId64 ",%" PRId64 "]", i == 0 ? "" : ",",
                                   RECORDED_AT - i * WEEK_S, value);
        value -= value * ((int64_t)(chance % 90) - (int64_t)(thing->index % 5) * 15) / 1000;
    }
}

static void make_outcome(struct thing *thing)
{
    size_t i = thing->index;
    int64_t value = (int64_t)(mixed(i) % (i % 7 == 0 ? 40000000 : 9000));

    thing->trend[0] = '\0';
    thing->outcome = outcome_of(value_count(value));
    if (i % 499 == 5)
        thing->outcome = outcome_of(value_count(INT64_C(9007199254740993)));
    else if (i % 31 == 3)
        thing->outcome = outcome_of(value_decimal("31.3"));
    else if (thing->text)
        thing->outcome = outcome_of(i % 2 == 0 ? value_flag(true) : value_text("/srv/<b>&data"));
    else
        write_trend(thing, value);
    if (thing->redis) {
        thing->outcome.method = "hyperloglog";
        thing->outcome.error_bound = "0.81% (standard error)";
    }
    for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++)
        if (i % gaps[g].every == gaps[g].every - 1)
            thing->outcome = outcome_without(gaps[g].status, gaps[g].reason);
    thing->outcome.took_us = (int64_t)(mixed(i + 7) % (i % 13 == 0 ? 9000000 : 42000));
}

static void make_thing(struct thing *thing, size_t index)
{
    size_t section = index % 8, number = index / 8;

    thing->index = index;
    thing->redis = section == 6;
    thing->text = section == 7;
    thing->frame = section == 1 || section == 5   ? TIME_FRAME_28D
                   : section == 2 || section == 6 ? TIME_FRAME_7D
                   : section == 7                 ? TIME_FRAME_NONE
                                                  : TIME_FRAME_ALL;
    thing->category = (enum data_category)(mixed(index / 3) % CATEGORY_COUNT);
    (void)snprintf(thing->name, sizeof(thing->name), "%s%s", things[number % 30],
                   aspects[number / 30 % 8]);
    if (number >= 240)
        (void)snprintf(thing->name + strlen(thing->name), 16, "_%zu", number / 240 % 1000);
    (void)snprintf(thing->key_path, sizeof(thing->key_path), "%s.%s", sections[section],
                   thing->name);
    make_outcome(thing);
}

static void put_definition(struct js_writer *writer, const struct thing *thing)
{
    bool held = thing->outcome.status == STATUS_HELD;
    char text[512];

    js_open_object(writer, NULL);
    js_put_text(writer, "key_path", thing->key_path);
    (void)snprintf(text, sizeof(text), "How many %s there are%s.", thing->name,
                   thing->frame == TIME_FRAME_28D ? " that were created in the last 28 days" : "");
    js_put_text(writer, "description", text);
    js_put_text(writer, "owner", owners[thing->index % 5]);
    js_put_text(writer, "category", data_category_name(thing->category));
    js_put_text(writer, "time_frame", time_frame_name(thing->frame));
    js_put_text(writer, "value_type", "number");
    js_put_text(writer, "milestone", "16.4");
    js_put_text(writer, "data_source", thing->redis ? "redis_hll" : "database");
    js_put_text(writer, "source", thing->redis ? "redis" : thing->text ? "system" : "database");
    js_put_text(writer, "service", thing->redis ? "redis" : thing->text ? NULL : "database main");
    (void)snprintf(text, sizeof(text),
                   thing->redis ? "{hll_counters}_%s-2026-46\n{hll_counters}_%s-2026-45"
                                : "SELECT count(\"%s\".\"id\")\nFROM \"%s\"\nWHERE \"created_at\" "
                                  "BETWEEN '2026-10-22' AND '2026-11-19'",
                   thing->name, thing->name);
    js_put_text(writer, "origin", thing->text ? "the settings' facts" : text);
    js_put_text(writer, "method",
                thing->redis ? "PFCOUNT of all keys at once" : "one shared walk over it by id");
    (void)snprintf(text, sizeof(text), "definitions/metrics/%s.yml", thing->key_path);
    js_put_text(writer, "file", text);
    js_put_text(writer, "state",
                held && thing->index % 2 == 0 ? "new"
                : held                        ? "changed"
                                              : "accepted");
    js_put_text(writer, "reason", NULL);
    js_close_object(writer);
}

static void put_outcome(struct js_writer *writer, const struct thing *thing)
{
    const struct outcome *outcome = &thing->outcome;
    struct str value;

    str_init(&value);
    value_write_json(&outcome->value, &value);
    js_open_object(writer, NULL);
    js_put_text(writer, "key_path", thing->key_path);
    js_put_raw(writer, "value", value.text);
    js_put_text(writer, "status", status_name(outcome->status));
    js_put_text(writer, "reason", outcome->reason);
    js_put_text(writer, "method", outcome->method != NULL ? outcome->method : "exact");
    js_put_text(writer, "error_bound", outcome->error_bound);
    js_put_integer(writer, "took_us", outcome->took_us);
    str_clear(&value);
    str_add_format(&value, "[%s]", thing->trend);
    js_put_raw(writer, "trend", value.text);
    js_close_object(writer);
    str_release(&value);
}

static void write_list(struct str *out, const struct thing *all, size_t count,
                       void (*put)(struct js_writer *writer, const struct thing *thing))
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < count; i++)
        put(&writer, &all[i]);
    js_close_list(&writer);
}

static const char *ping_id(int64_t seq)
{
    static char id[UUID_TEXT_SIZE];

    (void)snprintf(id, sizeof(id), "019aa5c1-7f00-7000-8000-%012" PRId64, seq);
    return id;
}

static void write_payload(struct str *out, const struct thing *all, size_t count)
{
    static const char *const categories[] = {"standard", "subscription", "operational", "optional",
                                             NULL};
    struct payload_item *items = calloc(count + 2, sizeof(items[0]));
    struct error err;
    struct payload_input input = {
        .items = items,
        .count = count + 2,
        .ping_id = ping_id(NEWEST_PING),
        .instance_id = INSTANCE_ID,
        .previous_ping_id = "019aa5c1-7f00-7000-8000-000000000029",
        .previous_digest = DIGEST,
        .seq = NEWEST_PING,
        .recorded_at = RECORDED_AT,
        .collected_in_ms = 48213,
        .time_zone = "Europe/Berlin",
        .zone_offset_s = 3600,
        .definitions_digest = DIGEST,
        .consent = "on",
        .categories = categories,
        .agent_version = "0.1.0",
    };

    if (items == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        items[i] = (struct payload_item){all[i].key_path, all[i].outcome};
    items[count] = (struct payload_item){"hostname", outcome_of(value_text("git.example.org"))};
    items[count + 1] = (struct payload_item){"version", outcome_of(value_text("17.5.1"))};
    if (!payload_write(&input, out, &err))
        abort();
    free(items);
}

static void put_time(struct js_writer *writer, const char *key, int64_t at)
{
    char text[TIME_TEXT_SIZE];

    (void)time_text(at * US_PER_SECOND, text);
    js_put_text(writer, key, text);
}

static void put_attempt(struct js_writer *writer, int64_t at, int http_status, const char *said)
{
    js_open_object(writer, NULL);
    put_time(writer, "at", at);
    js_put_integer(writer, "http_status", http_status);
    js_put_text(writer, "said", said);
    js_close_object(writer);
}

static const char *state_of(int64_t seq)
{
    return seq == 22 ? "rejected" : seq == 17 ? "kept" : "sent";
}

static void put_attempts(struct js_writer *writer, int64_t seq, int64_t at)
{
    js_open_list(writer, "attempts");
    if (seq == NEWEST_PING || seq == 26) {
        put_attempt(writer, at + 2, 0, "telemetry.example.com: the connection timed out.");
        put_attempt(writer, at + 41, 503, "The endpoint is not able to take it now (503).");
    }
    if (seq == 22)
        put_attempt(writer, at + 2, 422, "The endpoint will not take it (422): unknown schema 1.");
    else if (seq != 17)
        put_attempt(writer, at + 95, 201, NULL);
    js_close_list(writer);
}

static void put_ping(struct js_writer *writer, int64_t seq)
{
    int64_t at = RECORDED_AT - (NEWEST_PING - seq) * WEEK_S + 49;
    bool sent = strcmp(state_of(seq), "sent") == 0;

    js_open_object(writer, NULL);
    js_put_text(writer, "id", ping_id(seq));
    js_put_integer(writer, "seq", seq);
    js_put_text(writer, "state", state_of(seq));
    put_time(writer, "recorded_at", at - 49);
    put_time(writer, "sealed_at", at);
    js_put_integer(writer, "bytes", seq < 5 ? 0 : 412000 + seq * 1021);
    js_put_text(writer, "digest", DIGEST);
    put_attempts(writer, seq, at);
    if (sent)
        put_time(writer, "receipt_at", at + 96);
    else
        js_put_null(writer, "receipt_at");
    js_put_text(writer, "receipt",
                sent ? "{\"id\": \"r-81f3\", \"taken\": true, \"rows\": 3912}" : NULL);
    js_close_object(writer);
}

static void write_pings(struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_list(&writer, NULL);
    for (int64_t seq = NEWEST_PING; seq > NEWEST_PING - PING_COUNT; seq--)
        put_ping(&writer, seq);
    js_close_list(&writer);
}

static void write_status(struct str *out, size_t count)
{
    str_add_format(
        out,
        "{\"agent\": {\"version\": \"0.1.0\", \"running\": true, \"state\": \"idle\", "
        "\"started_at\": \"2026-10-02T08:11:40Z\", \"trouble\": null}, \"now\": "
        "\"2026-11-21T15:40:00Z\", \"instance_id\": \"" INSTANCE_ID "\", \"consent\": {\"mode\": "
        "\"on\", \"words\": \"Pings are collected and sent.\", \"fixed\": false, "
        "\"categories_fixed\": false, \"not_tracked\": false, \"changed_at\": "
        "\"2026-03-02T10:00:00Z\", \"changed_by\": \"alice\", \"categories\": {\"standard\": true, "
        "\"subscription\": true, \"operational\": true, \"optional\": false}}, \"schedule\": "
        "{\"setting\": \"weekly\", \"time_zone\": \"Europe/Berlin\", \"next_run\": "
        "\"2026-11-28T04:04:00Z\", \"last_slot\": \"2026-11-21T04:04:00Z\"}, \"progress\": null, "
        "\"last_ping\": {\"id\": \"%s\", \"seq\": %d, \"state\": \"sent\", \"sealed_at\": "
        "\"2026-11-21T04:04:54Z\", \"bytes\": 442630, \"attempts\": 3, \"receipt_at\": "
        "\"2026-11-21T04:06:30Z\"}, \"delivery\": {\"endpoint\": "
        "\"https://telemetry.example.com/v1/pings\", \"waiting\": 0, \"trying\": false, "
        "\"next_try\": null, \"failing_since\": null, \"said\": null}, \"definitions\": "
        "{\"metrics\": %zu, \"files\": %zu, \"held\": 3, \"digest\": \"" DIGEST "\"}}",
        ping_id(NEWEST_PING), NEWEST_PING, count, count);
}

static const char changes[] =
    "[{\"key_path\": \"counts.issues_created\", \"state\": \"changed\", \"held\": true, \"words\": "
    "\"where: from \\\"state_id = 1\\\" to \\\"state_id in (1, 3)\\\"; milestone: from 16.4 to "
    "17.5\"}, {\"key_path\": \"counts_monthly.ai_prompts\", \"state\": \"new\", \"held\": true, "
    "\"words\": \"How many prompts were answered. Optional; database, ai_prompts, 28 days.\"}, "
    "{\"key_path\": \"counts.web_hooks_viewed\", \"state\": \"gone\", \"held\": false, \"words\": "
    "\"No definition in force counts it any more.\"}]";

void page_sample_init(struct page_sample *sample, size_t metric_count)
{
    struct thing *all = calloc(metric_count, sizeof(all[0]));

    if (all == NULL)
        abort();
    for (size_t i = 0; i < PAGE_DOCUMENT_COUNT; i++)
        str_init(&sample->texts[i]);
    for (size_t i = 0; i < metric_count; i++)
        make_thing(&all[i], i);
    write_status(&sample->texts[PAGE_STATUS], metric_count);
    write_payload(&sample->texts[PAGE_PAYLOAD], all, metric_count);
    write_list(&sample->texts[PAGE_DEFINITIONS], all, metric_count, put_definition);
    write_list(&sample->texts[PAGE_OUTCOMES], all, metric_count, put_outcome);
    write_pings(&sample->texts[PAGE_PINGS]);
    str_add(&sample->texts[PAGE_CHANGES], changes);
    free(all);
}

void page_sample_release(struct page_sample *sample)
{
    for (size_t i = 0; i < PAGE_DOCUMENT_COUNT; i++)
        str_release(&sample->texts[i]);
}

void page_sample_write_file(const struct page_sample *sample, struct str *out)
{
    const char *documents[PAGE_DOCUMENT_COUNT];

    for (size_t i = 0; i < PAGE_DOCUMENT_COUNT; i++)
        documents[i] = sample->texts[i].text;
    page_file_write(documents, out);
}
