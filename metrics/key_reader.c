#include "metrics/key_reader.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/io/redis.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define MOST_KEYS      100 /* of one command */
#define MOST_IN_FLIGHT 100 /* in weights: ten MGETs, or a hundred TYPEs */
#define REFILL_AT      50  /* several commands leave together, which spares the server reads */
#define TYPE_WEIGHT    1
#define TRIES          2
#define PAUSE_MS       500

/* How keys of each form are asked for. */
static const struct {
    const char *command;
    size_t most_keys; /* of one command */
    unsigned weight;
    const char *type;  /* what TYPE says of a right key */
    const char *wants; /* the same for people */
} forms[] = {
    [FORM_SKETCH] = {"MGET", 4, 10, "string", "a HyperLogLog"},
    [FORM_COUNTER] = {"MGET", MOST_KEYS, 10, "string", "a counter"},
    [FORM_HASH] = {"HGETALL", 1, 10, "hash", "a hash of totals"},
};

/* The keys of one command, all of one form. */
struct request {
    STAILQ_ENTRY(request) waits;
    LIST_ENTRY(request) flies;
    struct key_reader *reader;
    const struct wanted_key *keys;
    size_t count;
    bool asks_type; /* of the one key, instead of its value */
    struct redis_command *command;
};

struct key_reader {
    struct loop *loop;
    struct redis *redis;
    struct key_listener listener;
    const struct key_question *questions; /* not yet in a batch */
    size_t left;
    struct key_batch batch;
    STAILQ_HEAD(waiting_list, request) waiting;
    LIST_HEAD(flying_list, request) flying;
    unsigned in_flight; /* the sum of weights */
    unsigned tries_left;
    struct error lost; /* why the server counts as gone; ERROR_NONE: it does not */
    bool pausing;      /* nothing is asked until the timer calls */
    struct loop_timer *timer;
};

static struct request *request_new(struct key_reader *reader, const struct wanted_key *keys,
                                   size_t count)
{
    struct request *request = ARENA_NEW(reader->batch.arena, struct request);

    *request = (struct request){.reader = reader, .keys = keys, .count = count};
    return request;
}

/* What follows from an answer goes first, so that metrics are answered early. */
static void ask_first(struct key_reader *reader, const struct wanted_key *key, bool asks_type)
{
    struct request *request = request_new(reader, key, 1);

    request->asks_type = asks_type;
    STAILQ_INSERT_HEAD(&reader->waiting, request, waits);
}

static void key_failed(struct key_reader *reader, const struct wanted_key *key,
                       const struct error *err)
{
    key_batch_fail(&reader->batch, key, err);
    key_batch_close(&reader->batch, key);
}

/* Answers */

/* A key that appeared since it was read as missing counts as missing. */
static void type_read(struct key_reader *reader, const struct wanted_key *key, const char *type)
{
    struct error err;

    if (strcmp(type, "none") == 0 || strcmp(type, forms[key->form].type) == 0) {
        key_batch_close(&reader->batch, key);
        return;
    }
    (void)error_set(&err, ERROR_REFUSED,
                    "the key %s holds a %s, not %s: something else writes to it", key->name, type,
                    forms[key->form].wants);
    key_failed(reader, key, &err);
}

static void hash_read(struct key_reader *reader, const struct wanted_key *key,
                      const struct redis_reply *hash)
{
    for (size_t i = 0; i + 1 < redis_count(hash); i += 2) {
        size_t length;
        const char *count = redis_text(redis_at(hash, i + 1), &length);

        key_batch_add_field(&reader->batch, key, redis_text(redis_at(hash, i), NULL), count,
                            length);
    }
    key_batch_close(&reader->batch, key);
}

static void value_read(struct key_reader *reader, const struct wanted_key *key,
                       const struct redis_reply *reply)
{
    size_t length;
    const char *text = redis_text(reply, &length);

    if (redis_kind(reply) == REDIS_NIL) {
        ask_first(reader, key, true);
        return;
    }
    key_batch_add(&reader->batch, key, text, length);
    key_batch_close(&reader->batch, key);
}

static void reply_read(const struct request *request, const struct redis_reply *reply)
{
    struct key_reader *reader = request->reader;
    struct error err;

    if (request->asks_type) {
        type_read(reader, request->keys, redis_text(reply, NULL));
    } else if (request->keys->form == FORM_HASH) {
        hash_read(reader, request->keys, reply);
    } else if (redis_count(reply) == request->count) {
        for (size_t i = 0; i < request->count; i++)
            value_read(reader, &request->keys[i], redis_at(reply, i));
    } else {
        (void)error_set(&err, ERROR_INVALID, "Redis' answer to MGET makes no sense");
        for (size_t i = 0; i < request->count; i++)
            key_failed(reader, &request->keys[i], &err);
    }
}

/* Whether the error is of the server, not of these keys. */
static bool server_is_lost(const struct error *err)
{
    return err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT;
}

static void give_up(const struct request *request, const struct error *err)
{
    struct error told = *err;

    if (!server_is_lost(err))
        (void)error_add_context(&told, "the key %s", request->keys->name);
    for (size_t i = 0; i < request->count; i++)
        key_failed(request->reader, &request->keys[i], &told);
}

static void server_failed(struct request *request, const struct error *err)
{
    struct key_reader *reader = request->reader;

    if (reader->tries_left == 0) {
        reader->lost = *err;
        reader->lost.kind = ERROR_UNAVAILABLE; /* a server that hangs is as good as none */
        give_up(request, &reader->lost);
        return;
    }
    reader->pausing = true;
    STAILQ_INSERT_HEAD(&reader->waiting, request, waits);
}

/*
 * One key that the server refuses (NOPERM of a key pattern) fails a whole MGET: then each is asked
 * for alone.
 */
static void request_failed(struct request *request, const struct error *err)
{
    if (server_is_lost(err))
        server_failed(request, err);
    else if (request->keys->form == FORM_HASH && strstr(err->text, "WRONGTYPE") != NULL)
        ask_first(request->reader, request->keys, true);
    else if (request->count == 1)
        give_up(request, err);
    else
        for (size_t i = 0; i < request->count; i++)
            ask_first(request->reader, &request->keys[i], false);
}

/* Asking */

static unsigned weight_of(const struct request *request)
{
    return request->asks_type ? TYPE_WEIGHT : forms[request->keys->form].weight;
}

static void advance(struct key_reader *reader);

static void request_done(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct request *request = arg;
    struct key_reader *reader = request->reader;

    LIST_REMOVE(request, flies);
    reader->in_flight -= weight_of(request);
    if (err != NULL)
        request_failed(request, err);
    else
        reply_read(request, reply);
    advance(reader);
}

static void send_request(struct key_reader *reader, struct request *request)
{
    const char *argv[1 + MOST_KEYS];
    int argc = 0;

    argv[argc++] = request->asks_type ? "TYPE" : forms[request->keys->form].command;
    for (size_t i = 0; i < request->count; i++)
        argv[argc++] = request->keys[i].name;
    LIST_INSERT_HEAD(&reader->flying, request, flies);
    reader->in_flight += weight_of(request);
    request->command = redis_command(reader->redis, argc, argv, NULL, request_done, request);
}

static void ask_waiting(struct key_reader *reader)
{
    struct request *request;

    if (reader->in_flight > REFILL_AT)
        return;
    while ((request = STAILQ_FIRST(&reader->waiting)) != NULL &&
           reader->in_flight + weight_of(request) <= MOST_IN_FLIGHT) {
        STAILQ_REMOVE_HEAD(&reader->waiting, waits);
        if (reader->lost.kind != ERROR_NONE)
            give_up(request, &reader->lost);
        else
            send_request(reader, request);
    }
}

static void next_batch(struct key_reader *reader)
{
    const struct key_batch *batch = &reader->batch;
    size_t taken = key_batch_fill(&reader->batch, reader->questions, reader->left);
    size_t count;

    reader->questions += taken;
    reader->left -= taken;
    for (size_t i = 0; i < batch->key_count; i += count) {
        enum key_form form = batch->keys[i].form;
        struct request *request;

        count = 1;
        while (i + count < batch->key_count && count < forms[form].most_keys &&
               batch->keys[i + count].form == form)
            count++;
        request = request_new(reader, &batch->keys[i], count);
        STAILQ_INSERT_TAIL(&reader->waiting, request, waits);
    }
}

static void begin(void *arg)
{
    struct key_reader *reader = arg;

    reader->timer = NULL;
    reader->pausing = false;
    advance(reader);
}

/* Begins when the last command in flight has failed as well. */
static void pause_reading(struct key_reader *reader)
{
    if (reader->in_flight > 0)
        return;
    reader->tries_left--;
    reader->timer = loop_after(reader->loop, PAUSE_MS, begin, reader);
}

static void reader_free(struct key_reader *reader)
{
    loop_timer_cancel(reader->timer);
    key_batch_release(&reader->batch);
    free(reader);
}

/* The one place that decides what comes next; only called from the loop. */
static void advance(struct key_reader *reader)
{
    struct key_listener listener = reader->listener;

    while (!reader->pausing) {
        ask_waiting(reader);
        if (reader->in_flight > 0)
            return;
        if (reader->left == 0) {
            reader_free(reader);
            listener.ended(listener.arg);
            return;
        }
        next_batch(reader);
    }
    pause_reading(reader);
}

struct key_reader *key_reader_begin(struct loop *loop, struct redis *redis,
                                    const struct key_question *questions, size_t count,
                                    const struct key_listener *listener)
{
    struct key_reader *reader = memory_alloc(sizeof *reader);

    *reader = (struct key_reader){
        .loop = loop,
        .redis = redis,
        .listener = *listener,
        .questions = questions,
        .left = count,
        .tries_left = TRIES,
    };
    key_batch_init(&reader->batch, listener->answered, listener->arg);
    STAILQ_INIT(&reader->waiting);
    LIST_INIT(&reader->flying);
    reader->timer = loop_after(loop, 0, begin, reader);
    return reader;
}

void key_reader_cancel(struct key_reader *reader)
{
    struct request *request;

    if (reader == NULL)
        return;
    for (request = LIST_FIRST(&reader->flying); request != NULL;
         request = LIST_NEXT(request, flies))
        redis_command_cancel(request->command);
    reader_free(reader);
}
