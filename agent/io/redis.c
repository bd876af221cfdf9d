#include "agent/io/redis.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/io/redis_command.h"
#include "agent/io/redis_link.h"
#include "agent/io/sentinel.h"
#include "agent/io/sentinel_ask.h"
#include "agent/io/tls.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_MS 5000U

enum stage {
    STAGE_CLOSED,  /* nobody has asked since the last connection was lost */
    STAGE_OPENING, /* asking, pausing, or with a link that is not ready */
    STAGE_READY,
};

struct redis {
    struct loop *loop;
    const struct redis_config *config;
    struct tls_config tls;
    enum stage stage;
    struct sentinel sentinel; /* with sentinels: where the master is */
    struct sentinel_ask *ask; /* of these three, one at most */
    struct loop_timer *pause;
    struct redis_link *link;
    struct redis_commands waiting; /* for STAGE_READY */
    struct redis_commands failed;  /* being told so */
    bool busy;                     /* callbacks may be running: only release() may free */
    bool freed;                    /* by its owner */
};

static unsigned timeout_ms(const struct redis *redis)
{
    return redis->config->timeout_ms > 0 ? redis->config->timeout_ms : DEFAULT_TIMEOUT_MS;
}

/* Around everything that the loop calls, so that redis_free may happen in any callback. */
static void hold(struct redis *redis)
{
    redis->busy = true;
}

static void release(struct redis *redis)
{
    redis->busy = false;
    if (redis->freed)
        free(redis);
}

static bool has_sentinels(const struct redis *redis)
{
    return redis->config->sentinel_count > 0;
}

static void drop_link(struct redis *redis)
{
    redis_link_free(redis->link);
    redis->link = NULL;
}

/*
 * All who wait hear of it, in the order of asking. What they ask meanwhile starts anew. Only called
 * from the loop, inside hold.
 */
static void lose(struct redis *redis, const struct error *err)
{
    struct redis_command *command;

    if (redis->link != NULL)
        redis_link_take(redis->link, &redis->failed);
    redis_commands_move(&redis->waiting, &redis->failed);
    drop_link(redis);
    redis->stage = STAGE_CLOSED;
    while ((command = redis_commands_take(&redis->failed)) != NULL)
        redis_command_fail(command, err);
}

/* What was cancelled meanwhile is not even sent. */
static void ready(void *arg)
{
    struct redis *redis = arg;
    struct redis_command *command;

    redis->stage = STAGE_READY;
    if (has_sentinels(redis))
        sentinel_found(&redis->sentinel);
    while ((command = redis_commands_take(&redis->waiting)) != NULL) {
        if (command->done != NULL)
            redis_link_send(redis->link, command, timeout_ms(redis));
        else
            redis_command_free(command);
    }
}

/* A master that was made a replica says so to those who write, if it did not hang up before. */
static bool is_demoted(const struct redis *redis, const struct redis_reply *reply)
{
    const char *text = redis_text(reply, NULL);

    return has_sentinels(redis) && redis_kind(reply) == REDIS_FAULT &&
           (strncmp(text, "READONLY ", 9) == 0 || strncmp(text, "MASTERDOWN ", 11) == 0);
}

static void leave_demoted(struct redis *redis, struct redis_command *command)
{
    struct error err;

    (void)error_set(&err, ERROR_UNAVAILABLE,
                    "Redis at %s is not a master any more; the next command asks the sentinels.",
                    redis_server(redis));
    STAILQ_INSERT_HEAD(&redis->failed, command, others);
    lose(redis, &err);
}

static void answered(struct redis_command *command, const struct redis_reply *reply, void *arg)
{
    struct redis *redis = arg;
    bool fault = redis_kind(reply) == REDIS_FAULT;
    struct error err;

    hold(redis);
    if (is_demoted(redis, reply)) {
        leave_demoted(redis, command);
    } else {
        if (fault)
            (void)redis_reply_fault(reply, &err);
        redis_command_deliver(command, fault ? NULL : reply, fault ? &err : NULL);
    }
    release(redis);
}

static void seek(struct redis *redis);

/* On the way to a master, it is one more place where it is not. */
static void lost(const struct error *err, void *arg)
{
    struct redis *redis = arg;

    hold(redis);
    if (has_sentinels(redis) && redis->stage == STAGE_OPENING) {
        drop_link(redis);
        sentinel_lost(&redis->sentinel, err);
        seek(redis);
    } else {
        lose(redis, err);
    }
    release(redis);
}

static const struct tls_config *tls(const struct redis *redis)
{
    return redis->config->tls ? &redis->tls : NULL;
}

static void connect_to(struct redis *redis, const char *address)
{
    static const struct redis_link_events events = {ready, answered, lost};
    const struct redis_config *config = redis->config;
    const struct redis_link_config link = {
        .service = "Redis",
        .address = address,
        .default_port = "6379",
        .tls = tls(redis),
        .login = {config->user, config->password_file, config->password, config->database,
                  has_sentinels(redis)},
        .timeout_ms = timeout_ms(redis),
    };

    redis->link = redis_link_new(redis->loop, &link, &events, redis);
}

/* The search for the master */

static void named(const char *host, const char *port, const struct error *err, void *arg)
{
    struct redis *redis = arg;

    redis->ask = NULL;
    hold(redis);
    if (err != NULL)
        sentinel_refused(&redis->sentinel, err);
    else
        sentinel_named(&redis->sentinel, host, port);
    seek(redis);
    release(redis);
}

static void ask_sentinel(struct redis *redis)
{
    const struct sentinel_question question = {
        .address = sentinel_asked(&redis->sentinel),
        .master = redis->config->sentinel_master,
        .password_file = redis->config->sentinel_password_file,
        .tls = tls(redis),
        .timeout_ms = timeout_ms(redis),
    };

    redis->ask = sentinel_ask_begin(redis->loop, &question, named, redis);
}

static void pause_over(void *arg)
{
    struct redis *redis = arg;

    redis->pause = NULL;
    hold(redis);
    seek(redis);
    release(redis);
}

/* The first step of a search never gives up, so that no command fails inside its asking. */
static void seek(struct redis *redis)
{
    switch (sentinel_next(&redis->sentinel, now_monotonic_us())) {
    case SENTINEL_ASK:
        ask_sentinel(redis);
        break;
    case SENTINEL_CONNECT:
        log_debug("redis", "The master %s is at %s.", redis->config->sentinel_master,
                  sentinel_master(&redis->sentinel));
        connect_to(redis, sentinel_master(&redis->sentinel));
        break;
    case SENTINEL_WAIT:
        redis->pause = loop_after(redis->loop, SENTINEL_PAUSE_MS, pause_over, redis);
        break;
    case SENTINEL_GIVE_UP:
        lose(redis, sentinel_error(&redis->sentinel));
        break;
    }
}

static void start(struct redis *redis)
{
    const struct redis_config *config = redis->config;

    redis->stage = STAGE_OPENING;
    redis->tls = (struct tls_config){config->ca_file, config->client_certificate,
                                     config->client_key, config->server_name};
    if (!has_sentinels(redis)) {
        connect_to(redis, config->address);
        return;
    }
    if (redis->sentinel.count == 0)
        sentinel_init(&redis->sentinel, config->sentinels, config->sentinel_count);
    sentinel_begin(&redis->sentinel, now_monotonic_us(), timeout_ms(redis));
    seek(redis);
}

/* What callers see */

bool redis_is_configured(const struct redis_config *config)
{
    return config->address != NULL || config->sentinel_count > 0;
}

const char *redis_server(const struct redis *redis)
{
    return has_sentinels(redis) ? sentinel_master(&redis->sentinel) : redis->config->address;
}

struct redis *redis_new(struct loop *loop, const struct redis_config *config)
{
    struct redis *redis = memory_alloc(sizeof(*redis));

    redis->loop = loop;
    redis->config = config;
    STAILQ_INIT(&redis->waiting);
    STAILQ_INIT(&redis->failed);
    return redis;
}

void redis_free(struct redis *redis)
{
    if (redis == NULL)
        return;
    drop_link(redis);
    sentinel_ask_cancel(redis->ask);
    loop_timer_cancel(redis->pause);
    redis_commands_free(&redis->waiting);
    redis_commands_free(&redis->failed);
    redis->freed = true;
    if (!redis->busy)
        free(redis);
}

struct redis_command *redis_command(struct redis *redis, int argc, const char *const *argv,
                                    const size_t *lengths, redis_done *done, void *arg)
{
    struct redis_command *command = redis_command_new(argc, argv, lengths);

    command->done = done;
    command->arg = arg;
    if (redis->stage == STAGE_READY) {
        redis_link_send(redis->link, command, timeout_ms(redis));
        return command;
    }
    STAILQ_INSERT_TAIL(&redis->waiting, command, others);
    if (redis->stage == STAGE_CLOSED)
        start(redis);
    return command;
}

/* It stays in line without a callback: if it was sent, its reply still comes and must meet it. */
void redis_command_cancel(struct redis_command *command)
{
    if (command != NULL)
        command->done = NULL;
}
