#include "tests/support/central.h"

#include "agent/base/gzip.h"
#include "agent/base/json.h"
#include "agent/base/memory.h"
#include "agent/io/http_server.h"
#include "tests/support/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LARGEST_PING (1 << 22)

void central_release(struct central *central)
{
    free(central->pings);
    free(central->gaps);
    *central = (struct central){0};
}

static int64_t instant_of(const struct js_value *value)
{
    struct tm date = {0};
    const char *text = js_text(value), *rest = NULL;

    REQUIRE(text != NULL);
    rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &date);
    REQUIRE(rest != NULL && strcmp(rest, "Z") == 0);
    return (int64_t)timegm(&date);
}

static void copy_text(char *out, size_t size, const struct js_value *value)
{
    const char *text = js_text(value);

    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static void note_gap(struct central *central, const struct js_value *missed)
{
    struct central_gap *gap;

    central->gaps = memory_resize(central->gaps, (central->gap_count + 1) * sizeof(*central->gaps));
    gap = &central->gaps[central->gap_count++];
    gap->from = instant_of(js_get(missed, "from"));
    gap->to = instant_of(js_get(missed, "to"));
    copy_text(gap->reason, sizeof(gap->reason), js_get(missed, "reason"));
    REQUIRE(gap->from <= gap->to && gap->reason[0] != '\0');
}

static struct central_ping read_ping(const struct js_value *said, const struct str *body)
{
    struct central_ping ping = {.seq = js_integer(js_get(said, "seq"))};

    copy_text(ping.id, sizeof(ping.id), js_get(said, "ping_id"));
    copy_text(ping.previous_digest, sizeof(ping.previous_digest), js_get(said, "previous_digest"));
    ping.recorded_at = instant_of(js_get(said, "recorded_at"));
    (void)digest_text(body->text, body->length, ping.digest);
    return ping;
}

static const struct central_ping *find(const struct central *central, const char *id)
{
    for (size_t i = 0; i < central->count; i++)
        if (strcmp(central->pings[i].id, id) == 0)
            return &central->pings[i];
    return NULL;
}

static void note_ping(struct central *central, const struct js_value *said, const struct str *body)
{
    const struct js_value *missed = js_get(said, "missed");
    struct central_ping ping = read_ping(said, body);
    const struct central_ping *before = find(central, ping.id);

    REQUIRE(before == NULL || strcmp(before->digest, ping.digest) == 0);
    if (before != NULL) {
        central->repetitions++;
        return;
    }
    central->pings = memory_resize(central->pings, (central->count + 1) * sizeof(ping));
    central->pings[central->count++] = ping;
    for (size_t i = 0; i < js_count(missed); i++)
        note_gap(central, js_at(missed, i));
}

void central_take(struct central *central, struct http_call *call)
{
    const char *encoding = http_call_header(call, "Content-Encoding");
    struct js_value *root;
    const char *bytes;
    struct error err;
    struct str body;
    size_t length;

    bytes = http_call_body(call, &length);
    str_init(&body);
    if (encoding != NULL && strcmp(encoding, "gzip") == 0)
        REQUIRE(gzip_expand(bytes, length, LARGEST_PING, &body, &err));
    else
        str_add_bytes(&body, bytes, length);
    root = js_parse(body.text, body.length, &err);
    REQUIRE(js_kind(js_get(root, "service_ping")) == JS_OBJECT);
    note_ping(central, js_get(root, "service_ping"), &body);
    js_free(root);
    str_release(&body);
}

bool central_has(const struct central *central, const char *id)
{
    return find(central, id) != NULL;
}

bool central_told(const struct central *central, int64_t slot)
{
    for (size_t i = 0; i < central->gap_count; i++)
        if (central->gaps[i].from <= slot && slot <= central->gaps[i].to)
            return true;
    return false;
}

static const struct central_ping *numbered(const struct central *central, size_t seq)
{
    for (size_t i = 0; i < central->count; i++)
        if (central->pings[i].seq == (int64_t)seq)
            return &central->pings[i];
    return NULL;
}

const char *central_fault(const struct central *central)
{
    const char *digest = "";

    for (size_t seq = 1; seq <= central->count; seq++) {
        const struct central_ping *ping = numbered(central, seq);

        if (ping == NULL)
            return "the numbers have a gap";
        if (strcmp(ping->previous_digest, digest) != 0)
            return "a ping tells another digest of the one before it";
        digest = ping->digest;
    }
    return NULL;
}
