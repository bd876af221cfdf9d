#include "tests/support/event_shop.h"

#include "metrics/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *action, *rest;
} events[] = {
    {"used", "identifiers: [user, project, namespace]\n"
             "additional_properties: {label: {description: d}, property: {description: d}, "
             "value: {description: d}, custom: {description: d}}\n"},
    {"closed", "identifiers: [user]\n"},
    {"bare", ""},
};

static const struct {
    const char *key_path, *frames, *type, *events;
} metrics[] = {
    {"counts.used", "[7d, 28d, all]", "number", "[{name: used}]"},
    {"counts.both", "[7d, 28d, all]", "number",
     "[{name: used, filter: {label: npm}}, {name: closed}]"},
    {"counts.number", "[7d]", "number", "[{name: used, filter: {custom: 30}}]"},
    {"sums.used", "[7d, 28d, all]", "number", "[{name: used, operator: sum(value)}]"},
    {"unique.users", "[7d, 28d]", "number",
     "[{name: used, unique: user.id}, {name: closed, unique: user.id}]"},
    {"unique.filtered", "[7d, 28d]", "number",
     "[{name: used, unique: project.id, filter: {label: npm}}]"},
    {"unique.labels", "[7d]", "number", "[{name: used, unique: label}]"},
    {"totals.labels", "[7d, 28d]", "object\nvalue_json_schema: x.json",
     "[{name: used, operator: total, unique: label}]"},
};

#define COMMON                                                                                     \
    "description: d\nproduct_group: g\nmilestone: '1.0'\n"                                         \
    "introduced_by_url: https://example.org/1\ntiers: [free]\n"

static void write_definitions(struct event_shop *shop)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        scratch_write(&shop->scratch,
                      arena_format(shop->arena, "definitions/events/%s.yml", events[i].action),
                      arena_format(shop->arena, COMMON "internal_events: true\naction: %s\n%s",
                                   events[i].action, events[i].rest));
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
        scratch_write(&shop->scratch, arena_format(shop->arena, "definitions/metrics/%zu.yml", i),
                      arena_format(shop->arena,
                                   COMMON "key_path: %s\nstatus: active\ntime_frame: %s\n"
                                          "data_source: internal_events\ndata_category: optional\n"
                                          "value_type: %s\nevents: %s\n",
                                   metrics[i].key_path, metrics[i].frames, metrics[i].type,
                                   metrics[i].events));
    scratch_write(&shop->scratch, "lists/legacy.yml", "- old_visit\n");
}

static void load(struct event_shop *shop, const char *redis)
{
    static char *const environment[] = {NULL};
    const char *folder = shop->scratch.folder;
    struct complaints complaints;

    write_definitions(shop);
    scratch_write(&shop->scratch, "settings.yml",
                  arena_format(shop->arena,
                               "state: %s/state\ndefinitions: [%s/definitions]\n"
                               "consent: local\nschedule: '0 4 1 1 *'\nhttp: {socket: '%s'}\n"
                               "redis: {address: '%s', legacy_events: %s/lists/legacy.yml}\n",
                               folder, folder, shop->socket, redis, folder));
    (void)snprintf(shop->config, sizeof(shop->config), "%s/settings.yml", folder);
    complaints_init(&complaints, shop->arena);
    if (settings_load(shop->config, environment, shop->arena, &shop->settings, &complaints) &&
        catalog_load(shop->settings.definitions, shop->settings.definition_count, metric_sources,
                     shop->arena, &shop->catalog, &complaints))
        return;
    complaints_print(&complaints, stderr);
    exit(1);
}

static void answered(const struct event_answer *answer, void *arg)
{
    char retry[32];
    const char *const headers[] = {retry, NULL};

    (void)snprintf(retry, sizeof(retry), "Retry-After: %u", answer->retry_after_s);
    http_reply(arg, answer->status, answer->retry_after_s > 0 ? headers : NULL, answer->body->text,
               answer->body->length);
}

static void called(struct http_call *call, void *arg)
{
    static const struct {
        const char *path;
        enum event_shape shape;
    } routes[] = {
        {"/v1/events", EVENTS_OWN},
        {"/api/v4/usage_data/track_event", EVENTS_GITLAB},
        {"/api/v4/usage_data/track_events", EVENTS_GITLAB_MANY},
        {"/api/v4/usage_data/increment_counter", EVENTS_GITLAB_COUNT},
        {"/api/v4/usage_data/increment_unique_users", EVENTS_GITLAB_USER},
    };
    struct event_shop *shop = arg;
    struct event_request request = {0};

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].path, http_call_path(call)) != 0)
            continue;
        request.shape = routes[i].shape;
        request.text = http_call_body(call, &request.length);
        (void)event_desk_take(shop->desk, &request, answered, call);
        return;
    }
    http_reply(call, 404, NULL, "", 0);
}

void event_shop_prepare(struct event_shop *shop, const char *redis)
{
    *shop = (struct event_shop){.arena = arena_new()};
    scratch_init(&shop->scratch);
    (void)snprintf(shop->socket, sizeof(shop->socket), "%s/agent.sock", shop->scratch.folder);
    load(shop, redis);
}

void event_shop_open(struct event_shop *shop, struct loop *loop, const char *redis)
{
    struct error err;

    event_shop_prepare(shop, redis);
    shop->loop = loop;
    shop->desk =
        event_desk_new(loop, event_intake_writer(metric_sources), &shop->settings, &shop->catalog);
    shop->server = http_server_new_unix(loop, &(struct http_socket){shop->socket, NULL}, 1 << 20,
                                        called, shop, &err);
    if (shop->server != NULL)
        return;
    (void)fprintf(stderr, "%s\n", err.text);
    exit(1);
}

void event_shop_close(struct event_shop *shop)
{
    event_desk_free(shop->desk);
    http_server_free(shop->server);
    scratch_release(&shop->scratch);
    arena_free(shop->arena);
}
