#include "agent/io/sentinel.h"

#include "agent/base/clock.h"

#include <stdio.h>
#include <string.h>

#define US_PER_MS 1000

void sentinel_init(struct sentinel *sentinel, const char *const *addresses, size_t count)
{
    *sentinel = (struct sentinel){.addresses = addresses, .count = count};
}

static void begin_round(struct sentinel *sentinel)
{
    sentinel->asked = 0;
    sentinel->named = false;
    sentinel->failed[0] = '\0';
    sentinel->reached = false;
    sentinel->err = (struct error){.kind = ERROR_NONE};
}

void sentinel_begin(struct sentinel *sentinel, int64_t now_us, unsigned patience_ms)
{
    begin_round(sentinel);
    sentinel->began_us = now_us;
    sentinel->patience_us = (int64_t)patience_ms * US_PER_MS;
}

/* A wrong password does not become right by asking again. */
static bool may_pass(const struct error *err)
{
    return err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT;
}

enum sentinel_step sentinel_next(struct sentinel *sentinel, int64_t now_us)
{
    int64_t waited_us = now_us + (int64_t)SENTINEL_PAUSE_MS * US_PER_MS - sentinel->began_us;
    int64_t patience_us = sentinel->patience_us * (sentinel->reached ? SENTINEL_PATIENCE : 1);

    if (sentinel->named)
        return SENTINEL_CONNECT;
    if (sentinel->asked < sentinel->count)
        return SENTINEL_ASK;
    if (!may_pass(&sentinel->err) || waited_us > patience_us)
        return SENTINEL_GIVE_UP;
    begin_round(sentinel);
    return SENTINEL_WAIT;
}

static size_t index_at(const struct sentinel *sentinel, size_t asked)
{
    return (sentinel->first + asked) % sentinel->count;
}

const char *sentinel_asked(const struct sentinel *sentinel)
{
    return sentinel->addresses[index_at(sentinel, sentinel->asked)];
}

const char *sentinel_master(const struct sentinel *sentinel)
{
    return sentinel->master;
}

const struct error *sentinel_error(const struct sentinel *sentinel)
{
    return &sentinel->err;
}

void sentinel_named(struct sentinel *sentinel, const char *host, const char *port)
{
    bool is_v6 = strchr(host, ':') != NULL;

    sentinel->asked++;
    (void)snprintf(sentinel->master, sizeof(sentinel->master), "%s%.255s%s:%.5s", is_v6 ? "[" : "",
                   host, is_v6 ? "]" : "", port);
    sentinel->named = strcmp(sentinel->master, sentinel->failed) != 0;
}

/* What will not pass is worth more than what may, and the later one more than the earlier. */
static bool says_more(const struct sentinel *sentinel, const struct error *err)
{
    if (sentinel->reached)
        return false;
    return sentinel->err.kind == ERROR_NONE || may_pass(&sentinel->err) || !may_pass(err);
}

void sentinel_refused(struct sentinel *sentinel, const struct error *err)
{
    sentinel->asked++;
    if (says_more(sentinel, err))
        sentinel->err = *err;
}

/* It stays the first one to ask. */
void sentinel_found(struct sentinel *sentinel)
{
    sentinel->named = false;
    sentinel->first = index_at(sentinel, sentinel->asked - 1);
    sentinel->asked = 0;
}

void sentinel_lost(struct sentinel *sentinel, const struct error *err)
{
    sentinel->named = false;
    memcpy(sentinel->failed, sentinel->master, sizeof(sentinel->failed));
    sentinel->reached = true;
    sentinel->err = *err;
    (void)error_add_context(&sentinel->err, "The master that a sentinel names cannot be used");
}
