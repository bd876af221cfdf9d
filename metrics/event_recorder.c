#include "metrics/event_recorder.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/io/redis.h"
#include "metrics/amount.h"
#include "metrics/event_writes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define PFADD_VALUES 300 /* of one command, as GitLab's */

/* One batch on its way. */
struct recording {
    LIST_ENTRY(recording) link;
    struct event_recorder *recorder;
    struct event_writes writes; /* its arena is the recording's */
    size_t event_count;
    bool *failed; /* by event */
    size_t left;  /* commands without an answer */
    struct error err;
    record_done *done;
    void *arg;
};

struct event_recorder {
    struct redis *redis;
    struct arena *arena;
    const struct event_index *index;
    LIST_HEAD(recording_list, recording) recordings;
};

/* The writes of one key, which stand side by side. */
struct key_writes {
    struct recording *recording;
    const struct event_write *items;
    size_t count;
    char keep[24]; /* seconds that the key lives; "0": for ever */
};

struct event_recorder *event_recorder_new(struct redis *redis, const struct source_context *context,
                                          const struct metric *const *metrics, size_t count)
{
    struct event_recorder *recorder = memory_alloc(sizeof *recorder);

    recorder->redis = redis;
    recorder->arena = arena_new();
    recorder->index = event_index_new(recorder->arena, context, metrics, count);
    LIST_INIT(&recorder->recordings);
    return recorder;
}

static void recording_free(struct recording *recording)
{
    arena_free(recording->writes.arena);
    free(recording);
}

void event_recorder_free(struct event_recorder *recorder)
{
    struct recording *recording, *next;

    if (recorder == NULL)
        return;
    for (recording = LIST_FIRST(&recorder->recordings); recording != NULL; recording = next) {
        next = LIST_NEXT(recording, link);
        recording_free(recording);
    }
    arena_free(recorder->arena);
    free(recorder);
}

static void finish(struct recording *recording)
{
    const struct error *err = recording->err.kind != ERROR_NONE ? &recording->err : NULL;
    size_t recorded = 0;

    for (size_t i = 0; i < recording->event_count; i++)
        recorded += !recording->failed[i];
    /* Out of the list first: whoever is told may close the source. */
    LIST_REMOVE(recording, link);
    recording->done(recorded, recording->failed, err, recording->arg);
    recording_free(recording);
}

static void writes_failed(const struct key_writes *writes, const struct error *err)
{
    struct recording *recording = writes->recording;

    if (recording->err.kind == ERROR_NONE) {
        recording->err = *err;
        (void)error_add_context(&recording->err, "the key %s", writes->items[0].key);
    }
    for (size_t i = 0; i < writes->count; i++)
        recording->failed[writes->items[i].event] = true;
}

static void answered(const struct redis_reply *reply, const struct error *err, void *arg)
{
    const struct key_writes *writes = arg;

    (void)reply;
    if (err != NULL)
        writes_failed(writes, err);
    if (--writes->recording->left == 0)
        finish(writes->recording);
}

static void ask(struct key_writes *writes, int argc, const char *const *argv, redis_done *done)
{
    writes->recording->left++;
    (void)redis_command(writes->recording->recorder->redis, argc, argv, NULL, done, writes);
}

static void set_expiry(struct key_writes *writes)
{
    const char *argv[] = {"EXPIRE", writes->items[0].key, writes->keep};

    ask(writes, 3, argv, answered);
}

static void lifetime_read(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct key_writes *writes = arg;

    if (err == NULL && redis_integer(reply) == -1)
        set_expiry(writes);
    answered(reply, err, arg);
}

/*
 * Totals and sums expire six weeks after their first write, so their lifetime is set only where
 * there is none. EXPIRE with NX would do it, but from Redis 7 on only. So a string is created with
 * its lifetime before it is raised (SET with NX and EX does nothing to one that exists; nobody can
 * come between and leave it without), and TTL finds the rest: a new hash, or a key of GitLab's
 * that lost its EXPIRE. Only those cost a second round trip.
 */
static void create_string(struct key_writes *writes)
{
    const char *argv[] = {"SET", writes->items[0].key, "0", "EX", writes->keep, "NX"};

    ask(writes, 6, argv, answered);
}

static void check_lifetime(struct key_writes *writes)
{
    const char *argv[] = {"TTL", writes->items[0].key};

    ask(writes, 2, argv, lifetime_read);
}

static void write_count(struct key_writes *writes)
{
    char by[24];
    const char *argv[] = {"INCRBY", writes->items[0].key, by};

    (void)snprintf(by, sizeof by, "%zu", writes->count);
    if (writes->items[0].keep_s > 0)
        create_string(writes);
    ask(writes, 3, argv, answered);
    if (writes->items[0].keep_s > 0)
        check_lifetime(writes);
}

static void write_sum(struct key_writes *writes)
{
    struct amount sum = {{0}}, more;
    struct str by;

    for (size_t i = 0; i < writes->count; i++) {
        struct error ignored;
        const char *value = writes->items[i].value;

        if (amount_parse(value, strlen(value), &more, &ignored))
            amount_add(&sum, &more);
    }
    str_init(&by);
    amount_write(&sum, &by);
    if (writes->items[0].keep_s > 0)
        create_string(writes);
    ask(writes, 3, (const char *[]){"INCRBYFLOAT", writes->items[0].key, by.text}, answered);
    if (writes->items[0].keep_s > 0)
        check_lifetime(writes);
    str_release(&by);
}

/* How many of the writes from `at` on have the same value. */
static size_t same_value(const struct key_writes *writes, size_t at)
{
    size_t count = 1;

    while (at + count < writes->count &&
           strcmp(writes->items[at].value, writes->items[at + count].value) == 0)
        count++;
    return count;
}

/* The lifetime of a HyperLogLog begins anew with every write, as GitLab has it. */
static void write_unique(struct key_writes *writes)
{
    const char *argv[2 + PFADD_VALUES] = {"PFADD", writes->items[0].key};
    int argc = 2;

    for (size_t i = 0; i < writes->count; i += same_value(writes, i)) {
        if (argc == 2 + PFADD_VALUES) {
            ask(writes, argc, argv, answered);
            argc = 2;
        }
        argv[argc++] = writes->items[i].value;
    }
    ask(writes, argc, argv, answered);
    if (writes->items[0].keep_s > 0)
        set_expiry(writes);
}

static void write_total(struct key_writes *writes)
{
    size_t count;

    for (size_t i = 0; i < writes->count; i += count) {
        char by[24];

        count = same_value(writes, i);
        (void)snprintf(by, sizeof by, "%zu", count);
        ask(writes, 4,
            (const char *[]){"HINCRBY", writes->items[0].key, writes->items[i].value, by},
            answered);
    }
    if (writes->items[0].keep_s > 0)
        check_lifetime(writes);
}

static void send_writes(struct recording *recording)
{
    static void (*const send[])(struct key_writes * writes) = {
        [WRITE_COUNT] = write_count,
        [WRITE_SUM] = write_sum,
        [WRITE_UNIQUE] = write_unique,
        [WRITE_TOTAL] = write_total,
    };
    const struct event_writes *all = &recording->writes;
    size_t count;

    for (size_t i = 0; i < all->count; i += count) {
        struct key_writes *writes = ARENA_NEW(all->arena, struct key_writes);

        count = 1;
        while (i + count < all->count && strcmp(all->items[i].key, all->items[i + count].key) == 0)
            count++;
        *writes =
            (struct key_writes){.recording = recording, .items = &all->items[i], .count = count};
        (void)snprintf(writes->keep, sizeof writes->keep, "%" PRId64, all->items[i].keep_s);
        send[all->items[i].kind](writes);
    }
}

void event_recorder_record(struct event_recorder *recorder, const struct event *events,
                           size_t count, record_done *done, void *arg)
{
    struct recording *recording = memory_alloc(sizeof *recording);
    int64_t day = period_day_of(now_wall_us() / US_PER_SECOND);

    recording->recorder = recorder;
    recording->writes.arena = arena_new();
    recording->event_count = count;
    recording->failed = ARENA_ARRAY(recording->writes.arena, bool, count);
    recording->done = done;
    recording->arg = arg;
    LIST_INSERT_HEAD(&recorder->recordings, recording, link);
    for (size_t i = 0; i < count; i++)
        event_writes_add(&recording->writes, recorder->index, &events[i], i, day);
    event_writes_sort(&recording->writes);
    send_writes(recording);
}
