/*
 * What 3,000 HyperLogLog metrics over four weekly keys and 3,000 counters cost Redis: our source
 * beside the same as pipelined PFCOUNT and GET, a hundred in flight. The values must be equal.
 * Run it under with-services (make bench B=redis). Server time is /proc/PID/schedstat of Redis.
 */
#include "metrics/sources.h"

#include "tests/support/collect.h"
#include "tests/support/definition.h"

#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "agent/io/redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { METRICS = 3000, WEEKS = 4, DEPTH = 100, FIRST_WEEK = 18, TURNS = 5, VALUES = 500 };

struct figures {
    double wall_ms, server_ms, client_ms;
};

struct bench {
    struct loop *loop;
    struct redis_config config;
    struct redis *redis;
    long server;       /* its process id */
    size_t asked, all; /* of the baseline's commands */
    size_t in_flight;
    bool counters;
    int64_t *values;
    size_t answered;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "redis: %s\n", what);
    exit(1);
}

/* Filling */

static uint64_t random_state = 88172645463325252U;

static uint64_t random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

static void settled(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct bench *bench = arg;

    (void)reply;
    if (err != NULL)
        fail(err->text);
    if (--bench->in_flight == 0)
        loop_stop(bench->loop);
}

static void await(struct bench *bench)
{
    if (bench->in_flight > 0)
        loop_run(bench->loop);
}

static void ask(struct bench *bench, int argc, const char *const *argv)
{
    (void)redis_command(bench->redis, argc, argv, NULL, settled, bench);
    bench->in_flight++;
}

static void key_name(char out[64], size_t metric, size_t week)
{
    (void)snprintf(out, 64, "{hll_counters}_event_%zu-2024-%zu", metric, week);
}

/* 40 % of the events have 10 to 100 users a week, 30 % to 1,000, 20 % to 3,000, 10 % 20,000. */
static size_t users_of(size_t metric)
{
    size_t kind = metric % 10;

    if (kind < 4)
        return 10 + random_below(90);
    if (kind < 7)
        return 100 + random_below(900);
    return kind < 9 ? 1000 + random_below(2000) : 20000;
}

static void fill_key(struct bench *bench, const char *key, size_t users, uint64_t range)
{
    char values[VALUES][24];
    const char *argv[VALUES + 2] = {"PFADD", key};

    while (users > 0) {
        size_t count = users < VALUES ? users : VALUES;

        for (size_t i = 0; i < count; i++) {
            (void)snprintf(values[i], sizeof values[i], "%" PRIu64, random_below(range));
            argv[2 + i] = values[i];
        }
        ask(bench, (int)count + 2, argv);
        users -= count;
    }
}

static void fill(struct bench *bench)
{
    char key[64], value[24];

    for (size_t m = 0; m < METRICS; m++) {
        for (size_t w = 0; w < WEEKS; w++) {
            key_name(key, m, FIRST_WEEK + w);
            fill_key(bench, key, users_of(m), m % 2 == 0 ? 50000 : 200000);
        }
        (void)snprintf(key, sizeof key, "COUNTER_%zu", m);
        (void)snprintf(value, sizeof value, "%" PRIu64, random_below(1000000));
        ask(bench, 3, (const char *[]){"SET", key, value});
        await(bench);
    }
}

/* Measuring */

static void pid_read(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct bench *bench = arg;
    const char *found = err == NULL ? strstr(redis_text(reply, NULL), "process_id:") : NULL;

    if (found == NULL)
        fail("the server does not tell its process");
    bench->server = strtol(found + strlen("process_id:"), NULL, 10);
    loop_stop(bench->loop);
}

static double server_ms(const struct bench *bench)
{
    char path[64];
    uint64_t spent_ns = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%ld/schedstat", bench->server);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%" SCNu64, &spent_ns) != 1)
        fail("no /proc/PID/schedstat");
    (void)fclose(file);
    return (double)spent_ns / 1e6;
}

static struct figures now(const struct bench *bench)
{
    struct timespec cpu;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return (struct figures){
        .wall_ms = (double)now_monotonic_us() / 1e3,
        .server_ms = server_ms(bench),
        .client_ms = (double)cpu.tv_sec * 1e3 + (double)cpu.tv_nsec / 1e6,
    };
}

static struct figures since(const struct bench *bench, struct figures before)
{
    struct figures after = now(bench);

    return (struct figures){after.wall_ms - before.wall_ms, after.server_ms - before.server_ms,
                            after.client_ms - before.client_ms};
}

/* The baseline: a hundred commands, and the next hundred when all are answered. */

static void ask_more(struct bench *bench);

static void value_read(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct bench *bench = arg;

    if (err != NULL)
        fail(err->text);
    bench->values[bench->answered++] =
        bench->counters ? strtoll(redis_text(reply, NULL), NULL, 10) : redis_integer(reply);
    if (bench->answered == bench->all)
        loop_stop(bench->loop);
    else if (bench->answered == bench->asked)
        ask_more(bench);
}

static void ask_more(struct bench *bench)
{
    for (size_t i = 0; i < DEPTH && bench->asked < bench->all; i++, bench->asked++) {
        char keys[WEEKS][64];
        const char *argv[WEEKS + 1] = {bench->counters ? "GET" : "PFCOUNT"};

        for (size_t w = 0; w < WEEKS; w++) {
            key_name(keys[w], bench->asked, FIRST_WEEK + w);
            argv[1 + w] = keys[w];
        }
        if (bench->counters)
            (void)snprintf(keys[0], sizeof keys[0], "COUNTER_%zu", bench->asked);
        (void)redis_command(bench->redis, bench->counters ? 2 : WEEKS + 1, argv, NULL, value_read,
                            bench);
    }
}

static struct figures baseline(struct bench *bench, bool counters, int64_t *values)
{
    struct figures before = now(bench);

    bench->counters = counters;
    bench->values = values;
    bench->asked = 0;
    bench->answered = 0;
    bench->all = METRICS;
    ask_more(bench);
    loop_run(bench->loop);
    return since(bench, before);
}

/* Ours */

static const struct metric *const *load(struct arena *arena, bool counters, size_t *count)
{
    static const char *yamls[METRICS + 1];

    for (size_t i = 0; i < METRICS; i++)
        yamls[i] = counters ? arena_format(arena,
                                           "data_source: redis\nkey_path: m%zu\n"
                                           "options: {key: COUNTER_%zu}\n",
                                           i, i)
                            : arena_format(arena,
                                           "data_source: redis_hll\nkey_path: m%zu\n"
                                           "time_frame: 28d\noptions: {events: [event_%zu]}\n",
                                           i, i);
    return metrics_of_texts(yamls, &redis_source, arena, count);
}

static struct figures ours(struct bench *bench, bool counters, const int64_t *expected)
{
    struct arena *arena = arena_new();
    struct collect collect;
    size_t count;
    const struct metric *const *metrics = load(arena, counters, &count);
    struct figures before, spent;

    collect_init(&collect, &redis_source);
    collect.settings.redis = bench->config;
    before = now(bench);
    collect_all(&collect, metrics, count);
    spent = since(bench, before);
    for (size_t i = 0; i < count; i++)
        if (collect.outcomes[i].status != STATUS_OK ||
            collect.outcomes[i].value.count != expected[i])
            fail("a value differs from what Redis itself says");
    collect_release(&collect);
    arena_free(arena);
    return spent;
}

static int compare_server(const void *a, const void *b)
{
    double left = ((const struct figures *)a)->server_ms;
    double right = ((const struct figures *)b)->server_ms;

    return (left > right) - (left < right);
}

static struct figures median(struct figures turns[TURNS])
{
    qsort(turns, TURNS, sizeof turns[0], compare_server);
    return turns[TURNS / 2];
}

static void print(const char *what, struct figures figures)
{
    (void)printf("%-34s wall %7.1f ms   server %7.1f ms   client %7.1f ms\n", what, figures.wall_ms,
                 figures.server_ms, figures.client_ms);
}

static void compare(struct bench *bench, bool counters)
{
    static int64_t values[METRICS];
    struct figures theirs[TURNS], mine[TURNS], a, b;

    for (size_t i = 0; i < TURNS; i++) {
        theirs[i] = baseline(bench, counters, values);
        mine[i] = ours(bench, counters, values);
    }
    a = median(theirs);
    b = median(mine);
    print(counters ? "3,000 counters, pipelined GET" : "3,000 unions, pipelined PFCOUNT", a);
    print(counters ? "3,000 counters, this program" : "3,000 unions, this program", b);
    (void)printf("ratio of server time %.2f, of wall time %.2f; all values equal\n",
                 b.server_ms / a.server_ms, b.wall_ms / a.wall_ms);
}

int main(void)
{
    struct bench bench = {.config.address = getenv("TEST_REDIS")};

    if (bench.config.address == NULL)
        fail("run this under tests/support/with-services");
    (void)setenv("TZ", "UTC", 1);
    tzset();
    bench.loop = loop_new();
    bench.redis = redis_new(bench.loop, &bench.config);
    (void)redis_command(bench.redis, 2, (const char *[]){"INFO", "server"}, NULL, pid_read, &bench);
    loop_run(bench.loop);
    fill(&bench);
    compare(&bench, false);
    compare(&bench, true);
    redis_free(bench.redis);
    loop_free(bench.loop);
    return 0;
}
