#include "metrics/sources.h"

#include "tests/support/collect.h"
#include "tests/support/definition.h"
#include "tests/support/fake_server.h"
#include "tests/support/redis_desk.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct desk desk;
static struct collect collect;

static int all_begin(void **state)
{
    (void)state;
    assert_int_equal(0, setenv("TZ", "UTC", 1));
    tzset();
    desk_open(&desk);
    ASK(&desk, "FLUSHALL");
    assert_string_equal("\"OK\"\n", desk_await(&desk));
    collect_init(&collect, &redis_source);
    collect.settings.redis = desk.config;
    return 0;
}

static int all_end(void **state)
{
    (void)state;
    collect_release(&collect);
    desk_close(&desk);
    return 0;
}

static void say(const char *command, const char *key, const char *value)
{
    ASK(&desk, command, key, value);
    if (strstr(desk_await(&desk), "REFUSED") != NULL)
        fail_msg("%s", desk.said.text);
}

static void run(const char *const *yamls)
{
    size_t count;
    const struct metric *const *metrics =
        metrics_of_texts(yamls, &redis_source, collect.arena, &count);

    collect_all(&collect, metrics, count);
}

#define RUN(...)           run((const char *const[]){__VA_ARGS__, NULL})
#define COUNTER(name, key) "data_source: redis\nkey_path: " name "\noptions: {key: '" key "'}\n"
#define UNION(name, keys)                                                                          \
    "data_source: redis_hll\nkey_path: " name "\noptions: {keys: [" keys "]}\n"
#define WEEKLY(name, frame, events)                                                                \
    "data_source: redis_hll\nkey_path: " name "\ntime_frame: " frame                               \
    "\noptions: {events: [" events "]}\n"

static void assert_said(const char *key_path, const char *expected)
{
    const char *said = collect_said(&collect, key_path);

    if (said == NULL || strstr(said, expected) == NULL)
        fail_msg("%s: %s, but not: %s", key_path, said != NULL ? said : "nothing", expected);
}

static void counters(void **state)
{
    (void)state;
    say("SET", "one", "12");
    say("SET", "USAGE_SOURCE_CODE_PUSHES", "345");
    say("SET", "text", "about 7");
    say("LPUSH", "list", "x");
    say("PFADD", "sketch", "x");
    RUN(COUNTER("a", "one"), COUNTER("b", "missing"), COUNTER("c", "text"), COUNTER("d", "list"),
        COUNTER("e", "sketch"),
        "data_source: redis\nkey_path: f\noptions: {prefix: source_code, event: pushes}\n");
    assert_said("a", "12");
    assert_said("b", "0");
    assert_said("c", "error: the key text: 'about 7' is not a whole number");
    assert_said("d", "error: the key list holds a list, not a counter");
    assert_said("e", "error: the key sketch: 'HYLL");
    assert_said("f", "345");
}

static void unions(void **state)
{
    (void)state;
    ASK(&desk, "PFADD", "a", "1", "2", "3");
    ASK(&desk, "PFADD", "b", "3", "4");
    ASK(&desk, "PFADD", "none");
    ASK(&desk, "SET", "empty", "");
    ASK(&desk, "SADD", "set", "1");
    (void)desk_await(&desk);
    RUN(UNION("ab", "a, b"), UNION("a", "a"), UNION("none", "none, missing"),
        UNION("empty", "a, empty"), UNION("set", "b, set"), UNION("gone", "missing"));
    assert_said("ab", "4");
    assert_said("a", "3");
    assert_said("none", "0");
    assert_said("gone", "0");
    assert_said("empty", "error: the key empty: the value is not a HyperLogLog of Redis");
    assert_said("set", "error: the key set holds a set, not a HyperLogLog");
    assert_string_equal("hyperloglog", collect_outcome(&collect, "ab")->method);
    assert_string_equal("0.81% (standard error)", collect_outcome(&collect, "ab")->error_bound);
}

/* Damage done to a sound HyperLogLog, sparse and dense. */
static const struct {
    const char *name;
    const char *const words[5];
    const char *says;
} damages[] = {
    {"a wrong magic", {"SETRANGE", "victim", "0", "HILL"}, "not a HyperLogLog"},
    {"an unknown encoding", {"SETRANGE", "victim", "4", "\7"}, "unknown encoding 7"},
    {"more bytes", {"APPEND", "victim", "xyz"}, "damaged"},
    {"a list instead", {"RENAME", "list", "victim"}, "holds a list"},
};

static void damaged_keys_cost_only_their_metrics(void **state)
{
    static const char *const limits[] = {"3000", "0"};

    (void)state;
    ASK(&desk, "PFADD", "sound", "1", "2");
    (void)desk_await(&desk);
    for (size_t i = 0; i < COUNT_OF(limits) * COUNT_OF(damages); i++) {
        print_message("# %s\n", damages[i / 2].name);
        ASK(&desk, "CONFIG", "SET", "hll-sparse-max-bytes", limits[i % 2]);
        ASK(&desk, "DEL", "victim");
        ASK(&desk, "PFADD", "victim", "3", "4", "5");
        ASK(&desk, "RPUSH", "list", "1");
        (void)desk_await(&desk);
        (void)desk_ask(&desk, damages[i / 2].words);
        (void)desk_await(&desk);
        RUN(UNION("a", "sound"), UNION("b", "sound, victim"), UNION("c", "victim"));
        assert_said("a", "2");
        assert_said("b", damages[i / 2].says);
        assert_said("c", damages[i / 2].says);
    }
    ASK(&desk, "CONFIG", "SET", "hll-sparse-max-bytes", "3000");
    (void)desk_await(&desk);
}

static void the_cached_count_is_not_believed(void **state)
{
    (void)state;
    ASK(&desk, "PFADD", "stale", "1", "2", "3");
    ASK(&desk, "SETRANGE", "stale", "8", "\x63\1\1\1\1\1\1\1");
    (void)desk_await(&desk);
    RUN(UNION("stale", "stale"));
    assert_said("stale", "3");
}

/* R1 and R2 of GitLab's tests: frozen at Monday 2020-06-01, which is in week 23. */
static void whole_weeks_only(void **state)
{
    (void)state;
    collect.context.recorded_at = 1590969600;
    ASK(&desk, "PFADD", "{hll_counters}_today-2020-23", "1");
    ASK(&desk, "PFADD", "{hll_counters}_e-2020-22", "1");
    ASK(&desk, "PFADD", "{hll_counters}_e-2020-19", "2");
    ASK(&desk, "PFADD", "{hll_counters}_e-2020-18", "3");
    (void)desk_await(&desk);
    RUN(WEEKLY("today", "7d", "today"), WEEKLY("week", "7d", "e"), WEEKLY("month", "28d", "e"),
        WEEKLY("both", "28d", "e, today"));
    assert_said("today", "0");
    assert_said("week", "1");
    assert_said("month", "2");
    assert_said("both", "2");
}

static uint64_t random_state;

static uint64_t random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

static void add_random(const char *key)
{
    static const uint64_t sizes[] = {1, 10, 200, 3000, 40000};
    uint64_t size = random_below(sizes[random_below(COUNT_OF(sizes))] + 1);
    uint64_t range = size + random_below(100000) + 1;
    char values[500][24];
    const char *words[COUNT_OF(values) + 3] = {"PFADD", key};

    do {
        size_t count = size < COUNT_OF(values) ? size : COUNT_OF(values);

        for (size_t i = 0; i < count; i++) {
            (void)snprintf(values[i], sizeof values[i], "%llu",
                           (unsigned long long)random_below(range));
            words[2 + i] = values[i];
        }
        words[2 + count] = NULL;
        (void)desk_ask(&desk, words);
        size -= count;
    } while (size > 0);
}

/* Random sets in up to six keys, some missing, in either encoding: always what PFCOUNT says. */
static void play_random(uint64_t seed)
{
    static const char *const names[] = {"r0", "r1", "r2", "r3", "r4", "r5"};
    static const char *const limits[] = {"0", "100", "3000", "16000"};
    const char *words[COUNT_OF(names) + 2] = {"PFCOUNT"};
    size_t count;
    char expected[32], list[64] = "";

    random_state = seed * 2654435761U + 88172645463325252U;
    count = 1 + random_below(COUNT_OF(names));
    ASK(&desk, "FLUSHALL");
    for (size_t i = 0; i < count; i++) {
        ASK(&desk, "CONFIG", "SET", "hll-sparse-max-bytes", limits[random_below(4)]);
        if (random_below(6) > 0)
            add_random(names[i]);
        words[1 + i] = names[i];
        (void)snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i > 0 ? ", " : "",
                       names[i]);
    }
    (void)desk_await(&desk);
    (void)desk_ask(&desk, words);
    assert_int_equal(1, sscanf(desk_await(&desk), "(%31[0-9])", expected));
    run((const char *const[]){
        arena_format(collect.arena, "data_source: redis_hll\noptions: {keys: [%s]}\n", list),
        NULL});
    if (strcmp(expected, collect_said(&collect, "metric")) != 0)
        fail_msg("seed %llu: PFCOUNT says %s, we say %s", (unsigned long long)seed, expected,
                 collect_said(&collect, "metric"));
}

static void random_sets_count_as_pfcount_does(void **state)
{
    const char *soak = getenv("SOAK");
    unsigned long cases = soak != NULL ? strtoul(soak, NULL, 10) : 30;

    (void)state;
    for (unsigned long seed = 1; seed <= cases; seed++)
        play_random(seed);
    ASK(&desk, "CONFIG", "SET", "hll-sparse-max-bytes", "3000");
    (void)desk_await(&desk);
}

/* 150 events in 7d and 28d: each of the 600 keys is fetched once, in groups of four. */
static void many_metrics_in_few_commands(void **state)
{
    enum { EVENTS = 150 };
    const char *yamls[2 * EVENTS + 1] = {NULL};
    static const char *const never[] = {"pfcount", "get", "keys", "scan", "eval", "pfmerge", "set"};

    (void)state;
    for (size_t i = 0; i < EVENTS; i++) {
        for (int w = 18; w <= 21; w++) {
            ASK(&desk, "PFADD", arena_format(collect.arena, "{hll_counters}_e%zu-2024-%d", i, w),
                arena_format(collect.arena, "%d", w), "1");
        }
        yamls[i] = arena_format(collect.arena, WEEKLY("w%zu", "7d", "e%zu"), i, i);
        yamls[EVENTS + i] = arena_format(collect.arena, WEEKLY("m%zu", "28d", "e%zu"), i, i);
    }
    ASK(&desk, "CONFIG", "RESETSTAT");
    (void)desk_await(&desk);
    run(yamls);
    for (size_t i = 0; i < EVENTS; i++) {
        assert_said(arena_format(collect.arena, "w%zu", i), "2");
        assert_said(arena_format(collect.arena, "m%zu", i), "5");
    }
    assert_in_range(desk_calls_of(&desk, "mget"), 150, 152);
    assert_int_equal(0, desk_calls_of(&desk, "type"));
    for (size_t i = 0; i < COUNT_OF(never); i++)
        assert_int_equal(0, desk_calls_of(&desk, never[i]));
}

static void many_counters_in_few_commands(void **state)
{
    enum { COUNTERS = 1000 };
    const char *yamls[COUNTERS + 1] = {NULL};

    (void)state;
    for (size_t i = 0; i < COUNTERS; i++) {
        const char *number = arena_format(collect.arena, "%zu", i);

        if (i % 2 == 0)
            ASK(&desk, "SET", arena_format(collect.arena, "c%zu", i), number);
        yamls[i] = arena_format(collect.arena, COUNTER("p%zu", "c%zu"), i, i);
    }
    ASK(&desk, "CONFIG", "RESETSTAT");
    (void)desk_await(&desk);
    run(yamls);
    for (size_t i = 0; i < COUNTERS; i++)
        assert_string_equal(arena_format(collect.arena, "%zu", i % 2 == 0 ? i : 0),
                            collect_said(&collect, arena_format(collect.arena, "p%zu", i)));
    assert_int_equal(10, desk_calls_of(&desk, "mget"));
    assert_int_equal(500, desk_calls_of(&desk, "type"));
}

static void a_key_that_is_not_permitted(void **state)
{
    (void)state;
    ASK(&desk, "ACL", "SETUSER", "reader", "on", ">secret", "~ok:*", "+@all");
    ASK(&desk, "SET", "ok:1", "1");
    ASK(&desk, "SET", "ok:2", "2");
    ASK(&desk, "SET", "not:3", "3");
    ASK(&desk, "PFADD", "ok:h", "1");
    (void)desk_await(&desk);
    collect.settings.redis.user = "reader";
    collect.settings.redis.password = "secret";
    RUN(COUNTER("a", "ok:1"), COUNTER("b", "not:3"), COUNTER("c", "ok:2"), COUNTER("d", "ok:none"),
        UNION("e", "ok:h, not:3"), UNION("f", "ok:h"));
    assert_said("a", "1");
    assert_said("b", "denied: the key not:3: Redis says: NOPERM");
    assert_said("c", "2");
    assert_said("d", "0");
    assert_said("e", "denied: the key not:3: Redis says: NOPERM");
    assert_said("f", "1");
    ASK(&desk, "ACL", "DELUSER", "reader");
    (void)desk_await(&desk);
}

static void redis_is_down(void **state)
{
    (void)state;
    collect.settings.redis.address = "/nowhere/redis.sock";
    RUN(COUNTER("a", "one"), UNION("b", "x, y, z, v, w"), WEEKLY("c", "7d", "e"));
    for (size_t i = 0; i < collect.count; i++) {
        assert_int_equal(STATUS_UNAVAILABLE, collect.outcomes[i].status);
        assert_non_null(strstr(collect.outcomes[i].reason, "/nowhere/redis.sock"));
    }
}

static void redis_accepts_and_says_nothing(void **state)
{
    struct fake_server *server = fake_server_new(collect.loop, NULL, false);

    (void)state;
    collect.settings.redis.address = fake_server_address(server);
    collect.settings.redis.timeout_ms = 50;
    RUN(COUNTER("a", "one"), UNION("b", "x, y, z, v, w"));
    fake_server_free(server);
    assert_int_equal(STATUS_UNAVAILABLE, collect.outcomes[0].status);
    assert_int_equal(STATUS_UNAVAILABLE, collect.outcomes[1].status);
}

static const char *port_of(const char *address)
{
    return strchr(address, ':') + 1;
}

static void redis_begins_to_listen(void *arg)
{
    ASK(&desk, "CONFIG", "SET", "port", port_of(arg));
    assert_string_equal("\"OK\"\n", desk_await(&desk));
}

static void redis_comes_back_while_we_wait(void **state)
{
    char address[32];

    (void)state;
    say("SET", "one", "12");
    collect.settings.redis.address = free_address(address);
    (void)loop_after(collect.loop, 100, redis_begins_to_listen, address);
    RUN(COUNTER("a", "one"), UNION("b", "x"));
    assert_said("a", "12");
    assert_said("b", "0");
    ASK(&desk, "CONFIG", "SET", "port", "0");
    (void)desk_await(&desk);
}

static size_t answers_before_the_cut;

/* At the first answers, when most are still missing. */
static void cut_the_connection(void *arg)
{
    (void)arg;
    answers_before_the_cut = 0;
    for (size_t i = 0; i < collect.count; i++)
        answers_before_the_cut += collect.answered[i];
    if (answers_before_the_cut == 0) {
        (void)loop_after(collect.loop, 0, cut_the_connection, NULL);
        return;
    }
    ASK(&desk, "CLIENT", "KILL", "TYPE", "normal");
    assert_string_equal("(1)\n", desk_await(&desk));
}

static void a_connection_that_breaks_loses_nothing(void **state)
{
    enum { COUNTERS = 600 };
    const char *yamls[COUNTERS + 1] = {NULL};

    (void)state;
    for (size_t i = 0; i < COUNTERS; i++) {
        const char *number = arena_format(collect.arena, "%zu", i);

        ASK(&desk, "SET", arena_format(collect.arena, "c%zu", i), number);
        yamls[i] = arena_format(collect.arena, COUNTER("p%zu", "c%zu"), i, i);
    }
    (void)desk_await(&desk);
    (void)loop_after(collect.loop, 0, cut_the_connection, NULL);
    run(yamls);
    assert_in_range(answers_before_the_cut, 1, COUNTERS - 1);
    for (size_t i = 0; i < COUNTERS; i++)
        assert_string_equal(arena_format(collect.arena, "%zu", i),
                            collect_said(&collect, arena_format(collect.arena, "p%zu", i)));
}

static void no_redis_is_configured(void **state)
{
    (void)state;
    collect.settings.redis.address = NULL;
    RUN(COUNTER("a", "one"), UNION("b", "x"));
    assert_said("a", "off: No Redis is configured: set redis.address");
    assert_said("b", "off: No Redis is configured");
    assert_int_equal(0, collect.plan.probe_count);
}

static void nothing_is_answered_after_cancel(void **state)
{
    static const char *const yamls[] = {COUNTER("a", "one"), UNION("b", "x, y"), NULL};
    size_t count;
    const struct metric *const *metrics =
        metrics_of_texts(yamls, &redis_source, collect.arena, &count);

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        collect_open(&collect, metrics, count);
        collect_plan(&collect);
        collect_begin(&collect);
        collect_cancel(&collect);
        if (turn == 1)
            loop_run(collect.loop); /* what was asked is dropped: nothing is left to wait for */
        collect_close(&collect);
        assert_null(collect_said(&collect, "a"));
        assert_null(collect_said(&collect, "b"));
    }
    collect_all(&collect, metrics, count);
    assert_said("a", "0");
}

static void a_plan_says_what_it_reads(void **state)
{
    static const char *const yamls[] = {COUNTER("a", "one"), WEEKLY("b", "7d", "e"), NULL};
    struct description description;
    size_t count;
    const struct metric *const *metrics =
        metrics_of_texts(yamls, &redis_source, collect.arena, &count);

    (void)state;
    collect_open(&collect, metrics, count);
    collect_plan(&collect);
    assert_int_equal(1, collect.plan.probe_count);
    assert_string_equal("redis keys", collect.plan.first->name);
    redis_source.describe_probe(collect.source, collect.plan.first, collect.arena, &description);
    assert_string_equal("{hll_counters}_e-2024-21\none", description.text);
    assert_string_equal("2 keys of 2 metrics, read in small batches", description.method);
    assert_string_equal("redis", description.service);
    collect_close(&collect);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, all_begin, all_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(counters),
        EACH(unions),
        EACH(damaged_keys_cost_only_their_metrics),
        EACH(the_cached_count_is_not_believed),
        EACH(whole_weeks_only),
        EACH(random_sets_count_as_pfcount_does),
        EACH(many_metrics_in_few_commands),
        EACH(many_counters_in_few_commands),
        EACH(a_key_that_is_not_permitted),
        EACH(redis_is_down),
        EACH(redis_accepts_and_says_nothing),
        EACH(redis_comes_back_while_we_wait),
        EACH(a_connection_that_breaks_loses_nothing),
        EACH(no_redis_is_configured),
        EACH(nothing_is_answered_after_cancel),
        EACH(a_plan_says_what_it_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
