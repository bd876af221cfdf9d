#include "agent/io/redis.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/io/redis_command.h"
#include "agent/io/redis_link.h"

#include <stdlib.h>

#define DEFAULT_TIMEOUT_MS 5000U

struct redis {
    struct loop *loop;
    const struct redis_config *config;
    struct redis_link *link;       /* NULL: nobody has asked since the last one was lost */
    bool ready;                    /* the link is */
    struct redis_commands waiting; /* for the link to be ready */
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

/*
 * All who wait hear of it, in the order of asking. What they ask meanwhile starts anew. Only called
 * from the loop, inside hold.
 */
static void lose(struct redis *redis, const struct error *err)
{
    struct redis_command *command;

    redis_link_take(redis->link, &redis->failed);
    redis_commands_move(&redis->waiting, &redis->failed);
    redis_link_free(redis->link);
    redis->link = NULL;
    redis->ready = false;
    while ((command = redis_commands_take(&redis->failed)) != NULL)
        redis_command_fail(command, err);
}

/* What was cancelled meanwhile is not even sent. */
static void ready(void *arg)
{
    struct redis *redis = arg;
    struct redis_command *command;

    redis->ready = true;
    while ((command = redis_commands_take(&redis->waiting)) != NULL) {
        if (command->done != NULL)
            redis_link_send(redis->link, command, timeout_ms(redis));
        else
            redis_command_free(command);
    }
}

static void answered(struct redis_command *command, const struct redis_reply *reply, void *arg)
{
    struct redis *redis = arg;
    bool fault = redis_kind(reply) == REDIS_FAULT;
    struct error err;

    hold(redis);
    if (fault)
        (void)redis_reply_fault(reply, &err);
    redis_command_deliver(command, fault ? NULL : reply, fault ? &err : NULL);
    release(redis);
}

static void lost(const struct error *err, void *arg)
{
    struct redis *redis = arg;

    hold(redis);
    lose(redis, err);
    release(redis);
}

static void start(struct redis *redis)
{
    static const struct redis_link_events events = {ready, answered, lost};
    const struct redis_config *config = redis->config;
    const struct redis_link_config link = {
        .address = config->address,
        .login = {config->user, config->password_file, config->password, config->database},
        .timeout_ms = timeout_ms(redis),
    };

    redis->link = redis_link_new(redis->loop, &link, &events, redis);
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
    redis_link_free(redis->link);
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
    if (redis->ready) {
        redis_link_send(redis->link, command, timeout_ms(redis));
        return command;
    }
    STAILQ_INSERT_TAIL(&redis->waiting, command, others);
    if (redis->link == NULL)
        start(redis);
    return command;
}

/* It stays in line without a callback: if it was sent, its reply still comes and must meet it. */
void redis_command_cancel(struct redis_command *command)
{
    if (command != NULL)
        command->done = NULL;
}
