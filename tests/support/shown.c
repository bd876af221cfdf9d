#include "tests/support/shown.h"

#include "agent/base/clock.h"
#include "agent/ping.h"
#include "metrics/sources.h"
#include "tests/support/require.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *key_path, *more;
} definitions[] = {
    {"counts.issues", "time_frame: all\ndata_source: database\noptions: {relation: issues}\n"},
    {"counts.issues_28d", "time_frame: 28d\ndata_source: database\noptions: {relation: issues}\n"},
    {"counts.denied", "time_frame: all\ndata_source: database\noptions: {relation: secrets}\n"},
    {"redis.clicks", "time_frame: all\ndata_source: redis\noptions: {key: CLICKS}\n"},
    {"redis.unavailable", "time_frame: 7d\ndata_source: redis_hll\noptions: {keys: [one, two]}\n"},
    {"elsewhere.prometheus", "time_frame: none\ndata_source: prometheus\n"},
};

void shown_define(struct shown *shown, const char *key_path, const char *more)
{
    char name[128], text[1024];

    (void)snprintf(name, sizeof(name), "definitions/metrics/%s.yml", key_path);
    (void)snprintf(text, sizeof(text),
                   "key_path: %s\ndescription: \"What \\\"%s\\\" <means>\"\n"
                   "product_group: testing\nvalue_type: number\nstatus: active\n"
                   "milestone: \"1.0\"\nintroduced_by_url: https://example.org/1\n"
                   "data_category: optional\ntiers: [free]\n%s",
                   key_path, key_path, more);
    scratch_write(&shown->scratch, name, text);
}

static void load_catalog(struct shown *shown)
{
    struct arena *arena = shown->place->arena;
    const char *const folders[] = {arena_format(arena, "%s/definitions", shown->scratch.folder)};
    struct complaints complaints;

    complaints_init(&complaints, arena);
    if (!catalog_load(folders, 1, metric_sources, arena, &shown->catalog, &complaints))
        complaints_print(&complaints, stderr);
    REQUIRE(complaints.count == 0);
}

void shown_load(struct shown *shown)
{
    struct place *place = shown->place;

    load_catalog(shown);
    approvals_free(shown->approvals);
    shown->approvals = approvals_read(place->folder, &place->err);
    REQUIRE(shown->approvals != NULL);
    REQUIRE(consent_read(place->store, &shown->settings, &shown->consent, &place->err));
}

void shown_settle(struct shown *shown, const char *lines)
{
    char *const environment[] = {NULL};
    struct arena *arena = shown->place->arena;
    struct complaints complaints;
    struct str text;

    str_init(&text);
    str_add_format(&text,
                   "state: %s\ndefinitions: [%s/definitions]\nredis: {address: /nowhere}\n"
                   "databases: {main: {conninfo: host=/nowhere}}\n"
                   "endpoint: {url: 'https://me:secret@example.org/pings?key=1'}\n%s",
                   shown->place->folder, shown->scratch.folder, lines);
    scratch_write(&shown->scratch, "settings.yml", text.text);
    str_release(&text);
    shown->config = arena_format(arena, "%s/settings.yml", shown->scratch.folder);
    complaints_init(&complaints, arena);
    if (!settings_load(shown->config, environment, arena, &shown->settings, &complaints))
        complaints_print(&complaints, stderr);
    REQUIRE(complaints.count == 0);
}

void shown_open(struct shown *shown)
{
    void *place;

    *shown = (struct shown){0};
    now_stop_at(SHOWN_NOW * US_PER_SECOND);
    REQUIRE(place_set_up(&place) == 0);
    shown->place = place;
    scratch_init(&shown->scratch);
    for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++)
        shown_define(shown, definitions[i].key_path, definitions[i].more);
    shown_settle(shown, "");
    shown_load(shown);
}

void shown_close(struct shown *shown)
{
    void *place = shown->place;

    approvals_free(shown->approvals);
    scratch_release(&shown->scratch);
    (void)place_tear_down(&place);
}

static struct outcome outcome_for(const struct metric *metric, int64_t number)
{
    struct outcome outcome = outcome_of(value_count(number));

    if (strstr(metric->key_path, "denied") != NULL)
        outcome = outcome_without(STATUS_DENIED, "permission denied for table secrets");
    if (strstr(metric->key_path, "absent") != NULL)
        outcome = outcome_without(STATUS_ABSENT, "there is no such table");
    if (strstr(metric->key_path, "unavailable") != NULL)
        outcome = outcome_without(STATUS_UNAVAILABLE, "cannot connect");
    if (metric->spec == NULL)
        outcome = outcome_without(STATUS_OFF, "no source of this build knows it");
    outcome.took_us = 1500;
    return outcome;
}

static struct store_run make_run(struct shown *shown, int64_t number)
{
    struct place *place = shown->place;
    struct store_run run;

    REQUIRE(store_run_begin(place->store, now_wall_us() / US_PER_SECOND, shown->catalog.digest,
                            &run, &place->err));
    for (size_t i = 0; i < shown->catalog.count; i++) {
        const struct metric *metric = shown->catalog.metrics[i];
        struct outcome outcome = outcome_for(metric, number);

        REQUIRE(store_outcome(place->store, run.id, metric->key_path, &outcome, &place->err));
    }
    now_advance(2500 * 1000);
    REQUIRE(store_run_finish(place->store, &run, &place->err));
    return run;
}

void shown_run(struct shown *shown, int64_t number)
{
    (void)make_run(shown, number);
}

void shown_ping(struct shown *shown, int64_t number, enum ping_state state)
{
    struct place *place = shown->place;
    struct store_run run = make_run(shown, number);
    struct store_ping ping = {.state = state == PING_WAITING ? PING_WAITING : PING_SEALED};

    REQUIRE(ping_seal(place->store, &run, &shown->settings, place->arena, &ping, &place->err));
    if (state == PING_SENT || state == PING_REJECTED) {
        const struct store_attempt attempt = {
            .ping_id = ping.id,
            .at_us = now_wall_us(),
            .http_status = state == PING_SENT ? 201 : 400,
            .said = state == PING_SENT ? NULL : "The endpoint refused it.",
            .receipt = state == PING_SENT ? "{\"taken\":true}" : NULL,
            .state = state,
        };

        REQUIRE(store_attempt(place->store, &attempt, &place->err));
    }
    (void)snprintf(shown->last_ping, sizeof(shown->last_ping), "%s", ping.id);
    now_advance(INT64_C(7) * 86400 * US_PER_SECOND);
}
