#include "agent/io/redis.h"

#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/io/stream.h"

#include <hiredis/hiredis.h>

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define DEFAULT_TIMEOUT_MS 5000U
#define US_PER_MS          1000

/* What no sane answer reaches; beyond it the server is not trusted with this machine's memory. */
#define LARGEST_TEXT ((size_t)64 << 20)
#define MOST_ITEMS   (1 << 20)

enum stage { STAGE_CLOSED, STAGE_OPENING, STAGE_GREETING, STAGE_READY };

struct redis_command {
    STAILQ_ENTRY(redis_command) link;
    redis_done *done; /* NULL: cancelled, being called, or a greeting */
    void *arg;
    const struct greeting *greeting; /* NULL: the caller's */
    char *bytes;                     /* NULL once sent */
    size_t length;
    int64_t due_us; /* monotonic; 0 until sent */
};

STAILQ_HEAD(commands, redis_command);

struct redis {
    struct loop *loop;
    const struct redis_config *config;
    enum stage stage;
    struct stream *stream;           /* unless closed */
    struct redisReader *reader;      /* when greeting or ready */
    struct loop_timer *oldest_timer; /* for the first of `sent` */
    struct commands waiting;         /* for the greeting to be over */
    struct commands sent;            /* in the order of their replies */
    struct commands failed;          /* being told so */
    bool busy;                       /* callbacks may be running: only release() may free */
    bool freed;                      /* by its owner */
};

/* What goes ahead of all commands on each connection. */
struct greeting {
    const char *name;
    const char *check; /* what to look at when it is refused */
    bool needed;
};

static const struct greeting greet_auth = {"AUTH", "; check the user and the password", true};
static const struct greeting greet_select = {"SELECT", "; check the number of the database", true};
static const struct greeting greet_name = {"CLIENT SETNAME", "", false};

/* What the reader calls to make replies of what it reads. */

static struct redis_reply *parent_of(const redisReadTask *task)
{
    return task->parent != NULL ? task->parent->obj : NULL;
}

static void *text_read(const redisReadTask *task, char *text, size_t length)
{
    enum redis_kind kind = task->type == REDIS_REPLY_ERROR ? REDIS_FAULT : REDIS_TEXT;

    return redis_reply_text(kind, text, length, parent_of(task), task->idx);
}

static void *list_read(const redisReadTask *task, int count)
{
    bool sane = count <= MOST_ITEMS;

    return sane ? redis_reply_list((size_t)count, parent_of(task), task->idx) : NULL;
}

static void *integer_read(const redisReadTask *task, long long integer)
{
    return redis_reply_integer(integer, parent_of(task), task->idx);
}

static void *nil_read(const redisReadTask *task)
{
    return redis_reply_nil(parent_of(task), task->idx);
}

static void reply_dropped(void *reply)
{
    redis_reply_free(reply);
}

static redisReplyObjectFunctions makers = {text_read, list_read, integer_read, nil_read,
                                           reply_dropped};

/* Commands */

static struct redis_command *command_new(int argc, const char *const *argv, const size_t *lengths)
{
    struct redis_command *command = memory_alloc(sizeof(*command));
    const char **words = memory_alloc(sizeof(*words) * (size_t)argc);
    int length;

    memcpy(words, argv, sizeof(*words) * (size_t)argc);
    length = redisFormatCommandArgv(&command->bytes, argc, words, lengths);
    free(words);
    if (length < 0)
        memory_exhausted();
    command->length = (size_t)length;
    return command;
}

static void command_free(struct redis_command *command)
{
    free(command->bytes);
    free(command);
}

static void commands_free(struct commands *commands)
{
    struct redis_command *command;

    while ((command = STAILQ_FIRST(commands)) != NULL) {
        STAILQ_REMOVE_HEAD(commands, link);
        command_free(command);
    }
}

/* The end of every command. It is off all lists; the caller may cancel it or free the redis. */
static void deliver(struct redis_command *command, const struct redis_reply *reply,
                    const struct error *err)
{
    redis_done *done = command->done;

    command->done = NULL;
    if (done != NULL)
        done(reply, err, command->arg);
    command_free(command);
}

static unsigned timeout_ms(const struct redis *redis)
{
    return redis->config->timeout_ms > 0 ? redis->config->timeout_ms : DEFAULT_TIMEOUT_MS;
}

static void oldest_expired(void *arg);

static void send_command(struct redis *redis, struct redis_command *command)
{
    stream_write(redis->stream, command->bytes, command->length);
    free(command->bytes);
    command->bytes = NULL;
    command->due_us = now_monotonic_us() + (int64_t)timeout_ms(redis) * US_PER_MS;
    STAILQ_INSERT_TAIL(&redis->sent, command, link);
    if (redis->oldest_timer == NULL)
        redis->oldest_timer = loop_after(redis->loop, timeout_ms(redis), oldest_expired, redis);
}

/* The end of a connection */

static void enter(struct redis *redis, enum stage stage)
{
    static const char *const names[] = {"closed", "opening", "greeting", "ready"};

    redis->stage = stage;
    log_debug("redis", "%s: %s", redis->config->address, names[stage]);
}

static void disconnect(struct redis *redis)
{
    stream_free(redis->stream);
    redis->stream = NULL;
    if (redis->reader != NULL)
        redisReaderFree(redis->reader);
    redis->reader = NULL;
    loop_timer_cancel(redis->oldest_timer);
    redis->oldest_timer = NULL;
}

/* A command whose own time is not over is only a victim of the one before it. */
static void fail(struct redis_command *command, const struct error *err)
{
    struct error other;

    if (err->kind != ERROR_TIMEOUT || command->due_us <= now_monotonic_us()) {
        deliver(command, NULL, err);
        return;
    }
    (void)error_set(&other, ERROR_UNAVAILABLE,
                    "The connection to Redis was closed, because it did not answer an earlier "
                    "command in time.");
    deliver(command, NULL, &other);
}

static void move_all(struct commands *from, struct commands *to)
{
    struct redis_command *command;

    while ((command = STAILQ_FIRST(from)) != NULL) {
        STAILQ_REMOVE_HEAD(from, link);
        STAILQ_INSERT_TAIL(to, command, link);
    }
}

/*
 * The one way out of a connection that broke: all who wait hear of it. What they ask meanwhile
 * starts anew. Only called from the loop, between hold and release.
 */
static void lose(struct redis *redis, const struct error *err)
{
    struct redis_command *command;

    disconnect(redis);
    enter(redis, STAGE_CLOSED);
    log_debug("redis", "%s", err->text);
    move_all(&redis->sent, &redis->failed);
    move_all(&redis->waiting, &redis->failed);
    while ((command = STAILQ_FIRST(&redis->failed)) != NULL) {
        STAILQ_REMOVE_HEAD(&redis->failed, link);
        fail(command, err);
    }
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

static void oldest_expired(void *arg)
{
    struct redis *redis = arg;
    const struct redis_command *oldest = STAILQ_FIRST(&redis->sent);
    int64_t left_us = oldest != NULL ? oldest->due_us - now_monotonic_us() : 0;
    struct error err;

    redis->oldest_timer = NULL;
    if (left_us > 0)
        redis->oldest_timer =
            loop_after(redis->loop, left_us / US_PER_MS + 1, oldest_expired, redis);
    if (oldest == NULL || left_us > 0)
        return;
    hold(redis);
    (void)error_set(&err, ERROR_TIMEOUT, "Redis at %s did not answer within %u ms.",
                    redis->config->address, timeout_ms(redis));
    lose(redis, &err);
    release(redis);
}

/* The greeting */

static void greet(struct redis *redis, const struct greeting *greeting, int argc,
                  const char *const *argv)
{
    struct redis_command *command = command_new(argc, argv, NULL);

    command->greeting = greeting;
    send_command(redis, command);
}

/* AUTH as Redis 6 and later know it; without a user, as all versions do. */
static void greet_with_password(struct redis *redis, const char *password)
{
    const char *user = redis->config->user;

    if (user != NULL)
        greet(redis, &greet_auth, 3,
              (const char *[]){"AUTH", user, password != NULL ? password : ""});
    else if (password != NULL)
        greet(redis, &greet_auth, 2, (const char *[]){"AUTH", password});
}

/* The bytes of the password are in the output when this returns. */
static bool greet_all(struct redis *redis, struct arena *arena, struct error *err)
{
    const struct redis_config *config = redis->config;
    const char *password = config->password;

    if (config->password_file != NULL &&
        !file_read_secret(config->password_file, arena, &password, err))
        return false;
    greet_with_password(redis, password);
    if (config->database != 0)
        greet(redis, &greet_select, 2,
              (const char *[]){"SELECT", arena_format(arena, "%d", config->database)});
    greet(redis, &greet_name, 3, (const char *[]){"CLIENT", "SETNAME", "service-ping"});
    return true;
}

static void opened(void *arg)
{
    struct redis *redis = arg;
    struct arena *arena = arena_new();
    struct error err;

    hold(redis);
    enter(redis, STAGE_GREETING);
    redis->reader = redisReaderCreateWithFunctions(&makers);
    if (redis->reader == NULL)
        memory_exhausted();
    if (!greet_all(redis, arena, &err))
        lose(redis, &err);
    arena_free(arena);
    release(redis);
}

/* What was cancelled meanwhile is not even sent. */
static void become_ready(struct redis *redis)
{
    struct redis_command *command;

    enter(redis, STAGE_READY);
    while ((command = STAILQ_FIRST(&redis->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&redis->waiting, link);
        if (command->done != NULL)
            send_command(redis, command);
        else
            command_free(command);
    }
}

/* Without a name we can live, but not on a connection that was refused as a whole. */
static bool may_be_refused(const struct greeting *greeting, const struct redis_reply *reply,
                           const struct error *err)
{
    return !greeting->needed && err->kind != ERROR_UNAVAILABLE &&
           strncmp(redis_text(reply, NULL), "DENIED ", 7) != 0;
}

static void greeting_answered(struct redis *redis, const struct greeting *greeting,
                              const struct redis_reply *reply)
{
    struct error err;

    if (redis_kind(reply) == REDIS_FAULT) {
        (void)redis_reply_fault(reply, &err);
        if (!may_be_refused(greeting, reply, &err)) {
            (void)error_add_context(&err, "Redis at %s refuses %s%s", redis->config->address,
                                    greeting->name, greeting->check);
            lose(redis, &err);
            return;
        }
    }
    if (STAILQ_EMPTY(&redis->sent))
        become_ready(redis);
}

/* Reading */

static void answered(struct redis *redis, const struct redis_reply *reply)
{
    struct redis_command *command = STAILQ_FIRST(&redis->sent);
    const struct greeting *greeting = command->greeting;
    bool fault = redis_kind(reply) == REDIS_FAULT;
    struct error err;

    STAILQ_REMOVE_HEAD(&redis->sent, link);
    if (fault)
        (void)redis_reply_fault(reply, &err);
    deliver(command, fault ? NULL : reply, fault ? &err : NULL);
    if (greeting != NULL)
        greeting_answered(redis, greeting, reply);
}

static void lose_sense(struct redis *redis, const char *why)
{
    struct error err;

    (void)error_set(&err, ERROR_INVALID,
                    "What answers at %s does not speak as Redis does (%s); check the address.",
                    redis->config->address, why);
    lose(redis, &err);
}

/* False when the buffer holds no more whole reply, or the connection is no more. */
static bool take_reply(struct redis *redis)
{
    void *reply = NULL;

    if (redis->reader == NULL)
        return false;
    if (redisReaderGetReply(redis->reader, &reply) != REDIS_OK) {
        /* The reader dies in lose(), and the text with it. */
        char why[sizeof(redis->reader->errstr)];

        memcpy(why, redis->reader->errstr, sizeof(why));
        lose_sense(redis, why);
        return false;
    }
    if (reply == NULL)
        return false;
    if (STAILQ_EMPTY(&redis->sent))
        lose_sense(redis, "an answer that nobody asked for");
    else
        answered(redis, reply);
    redis_reply_free(reply);
    return true;
}

static void arrived(const void *bytes, size_t length, void *arg)
{
    struct redis *redis = arg;
    bool more = true;

    hold(redis);
    if (redisReaderFeed(redis->reader, bytes, length) != REDIS_OK)
        memory_exhausted();
    while (more)
        more = take_reply(redis);
    if (redis->reader != NULL && redis->reader->len > LARGEST_TEXT)
        lose_sense(redis, "an answer of more than 64 MiB");
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
    static const struct stream_events events = {opened, arrived, lost};
    const struct stream_config config = {
        .service = "Redis",
        .address = redis->config->address,
        .default_port = "6379",
        .timeout_ms = timeout_ms(redis),
    };

    enter(redis, STAGE_OPENING);
    redis->stream = stream_new(redis->loop, &config, &events, redis);
}

/* What callers see */

struct redis *redis_new(struct loop *loop, const struct redis_config *config)
{
    struct redis *redis = memory_alloc(sizeof(*redis));

    redis->loop = loop;
    redis->config = config;
    STAILQ_INIT(&redis->waiting);
    STAILQ_INIT(&redis->sent);
    STAILQ_INIT(&redis->failed);
    return redis;
}

void redis_free(struct redis *redis)
{
    if (redis == NULL)
        return;
    disconnect(redis);
    commands_free(&redis->waiting);
    commands_free(&redis->sent);
    commands_free(&redis->failed);
    redis->freed = true;
    if (!redis->busy)
        free(redis);
}

struct redis_command *redis_command(struct redis *redis, int argc, const char *const *argv,
                                    const size_t *lengths, redis_done *done, void *arg)
{
    struct redis_command *command = command_new(argc, argv, lengths);

    command->done = done;
    command->arg = arg;
    if (redis->stage == STAGE_READY) {
        send_command(redis, command);
        return command;
    }
    STAILQ_INSERT_TAIL(&redis->waiting, command, link);
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
