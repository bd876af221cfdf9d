#include "agent/io/redis_link.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/io/redis_protocol.h"
#include "agent/io/stream.h"

#include <stdio.h>
#include <stdlib.h>

#define US_PER_MS 1000

struct redis_link {
    struct loop *loop;
    struct redis_link_config config;
    const struct redis_link_events *events;
    void *arg;
    char who[300];                   /* "Redis at host:port" */
    struct stream *stream;           /* NULL: lost, or freed */
    struct redis_reader *reader;     /* while the stream is open */
    struct loop_timer *oldest_timer; /* for the first of `sent` */
    struct redis_commands sent;      /* in the order of their replies */
    bool busy;                       /* an event is being told: only release() may free */
    bool freed;                      /* by its owner */
};

/* Around everything that the loop calls, so that redis_link_free may happen in any event. */
static void hold(struct redis_link *link)
{
    link->busy = true;
}

static void release(struct redis_link *link)
{
    link->busy = false;
    if (link->freed)
        free(link);
}

static void disconnect(struct redis_link *link)
{
    stream_free(link->stream);
    link->stream = NULL;
    redis_reader_free(link->reader);
    link->reader = NULL;
    loop_timer_cancel(link->oldest_timer);
    link->oldest_timer = NULL;
}

/* The one way out of a connection that broke. Only called from the loop, inside hold. */
static void lose(struct redis_link *link, const struct error *err)
{
    disconnect(link);
    log_debug("redis", "%s: closed. %s", link->config.address, err->text);
    link->events->lost(err, link->arg);
}

static void oldest_expired(void *arg)
{
    struct redis_link *link = arg;
    const struct redis_command *oldest = STAILQ_FIRST(&link->sent);
    int64_t left_us = oldest != NULL ? oldest->due_us - now_monotonic_us() : 0;
    struct error err;

    link->oldest_timer = NULL;
    if (left_us > 0)
        link->oldest_timer = loop_after(link->loop, left_us / US_PER_MS + 1, oldest_expired, link);
    if (oldest == NULL || left_us > 0)
        return;
    hold(link);
    (void)error_set(&err, ERROR_TIMEOUT, "%s did not answer within %u ms.", link->who,
                    oldest->timeout_ms);
    lose(link, &err);
    release(link);
}

void redis_link_send(struct redis_link *link, struct redis_command *command, unsigned timeout_ms)
{
    stream_write(link->stream, command->bytes, command->length);
    free(command->bytes);
    command->bytes = NULL;
    command->timeout_ms = timeout_ms;
    command->due_us = now_monotonic_us() + (int64_t)timeout_ms * US_PER_MS;
    STAILQ_INSERT_TAIL(&link->sent, command, others);
    if (link->oldest_timer == NULL)
        link->oldest_timer = loop_after(link->loop, timeout_ms, oldest_expired, link);
}

static bool greet(struct redis_link *link, struct error *err)
{
    struct redis_commands greetings = STAILQ_HEAD_INITIALIZER(greetings);
    struct redis_command *command;

    if (!redis_greet(&link->config.login, &greetings, err))
        return false;
    while ((command = redis_commands_take(&greetings)) != NULL)
        redis_link_send(link, command, link->config.timeout_ms);
    return true;
}

static void opened(void *arg)
{
    struct redis_link *link = arg;
    struct error err;

    hold(link);
    log_debug("redis", "%s: open", link->config.address);
    link->reader = redis_reader_new();
    if (!greet(link, &err))
        lose(link, &err);
    release(link);
}

/* The greeting always ends with a command, so that its last answer makes the link ready. */
static void greeting_answered(struct redis_link *link, struct redis_command *command,
                              const struct redis_reply *reply)
{
    const struct redis_greeting *greeting = command->greeting;
    struct error err;

    redis_command_free(command);
    if (!redis_greeting_accepted(greeting, reply, link->who, &err)) {
        lose(link, &err);
    } else if (STAILQ_EMPTY(&link->sent)) {
        log_debug("redis", "%s: ready", link->config.address);
        link->events->ready(link->arg);
    }
}

static void lose_sense(struct redis_link *link, const char *why)
{
    struct error err;

    (void)error_set(&err, ERROR_INVALID,
                    "What answers at %s does not speak as Redis does (%s); check the address.",
                    link->config.address, why);
    lose(link, &err);
}

static void take_reply(struct redis_link *link, const struct redis_reply *reply)
{
    struct redis_command *command = redis_commands_take(&link->sent);

    if (command == NULL)
        lose_sense(link, "an answer that nobody asked for");
    else if (command->greeting != NULL)
        greeting_answered(link, command, reply);
    else
        link->events->answered(command, reply, link->arg);
}

static void arrived(const void *bytes, size_t length, void *arg)
{
    struct redis_link *link = arg;
    struct redis_reply *reply;

    hold(link);
    redis_reader_feed(link->reader, bytes, length);
    while (link->reader != NULL && (reply = redis_reader_next(link->reader)) != NULL) {
        take_reply(link, reply);
        redis_reply_free(reply);
    }
    if (link->reader != NULL && redis_reader_fault(link->reader) != NULL)
        lose_sense(link, redis_reader_fault(link->reader));
    release(link);
}

static void lost(const struct error *err, void *arg)
{
    struct redis_link *link = arg;

    hold(link);
    lose(link, err);
    release(link);
}

struct redis_link *redis_link_new(struct loop *loop, const struct redis_link_config *config,
                                  const struct redis_link_events *events, void *arg)
{
    static const struct stream_events stream_events = {opened, arrived, lost};
    struct redis_link *link = memory_alloc(sizeof(*link));
    const struct stream_config stream = {
        .service = config->service,
        .address = config->address,
        .default_port = config->default_port,
        .tls = config->tls,
        .timeout_ms = config->timeout_ms,
    };

    *link = (struct redis_link){.loop = loop, .config = *config, .events = events, .arg = arg};
    (void)snprintf(link->who, sizeof(link->who), "%s at %s", config->service, config->address);
    STAILQ_INIT(&link->sent);
    log_debug("redis", "%s: opening", config->address);
    link->stream = stream_new(loop, &stream, &stream_events, link);
    return link;
}

void redis_link_free(struct redis_link *link)
{
    if (link == NULL)
        return;
    disconnect(link);
    redis_commands_free(&link->sent);
    link->freed = true;
    if (!link->busy)
        free(link);
}

void redis_link_take(struct redis_link *link, struct redis_commands *commands)
{
    struct redis_command *command;

    while ((command = redis_commands_take(&link->sent)) != NULL) {
        if (command->greeting != NULL)
            redis_command_free(command);
        else
            STAILQ_INSERT_TAIL(commands, command, others);
    }
}
