#include "metrics/sources.h"

#include "tests/support/collect.h"
#include "tests/support/definition.h"
#include "tests/support/redis_desk.h"
#include "tests/support/test.h"

#include "agent/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 2024-06-01 12:00 UTC is a Saturday of week 22; the Monday after, 22 is the last whole week. */
#define SATURDAY INT64_C(1717243200)
#define MONDAY   (SATURDAY + 2 * INT64_C(86400))

static struct desk desk;
static struct collect collect;

static int all_begin(void **state)
{
    (void)state;
    assert_int_equal(0, setenv("TZ", "UTC", 1));
    tzset();
    now_stop_at(SATURDAY * US_PER_SECOND);
    desk_open(&desk);
    ASK(&desk, "FLUSHALL");
    assert_string_equal("\"OK\"\n", desk_await(&desk));
    collect_init(&collect, &events_source);
    collect.settings.redis = desk.config;
    collect.context.recorded_at = MONDAY;
    return 0;
}

static int all_end(void **state)
{
    (void)state;
    collect_release(&collect);
    desk_close(&desk);
    return 0;
}

static const struct metric *const *load(const char *const *yamls, size_t *count)
{
    return metrics_of_texts(yamls, &events_source, collect.arena, count);
}

static void read_all(const char *const *yamls)
{
    size_t count;
    const struct metric *const *metrics = load(yamls, &count);

    collect_all(&collect, metrics, count);
}

#define READ(...)                   read_all((const char *const[]){__VA_ARGS__, NULL})
#define METRIC(name, frame, events) "key_path: " name "\ntime_frame: " frame "\nevents:\n" events

static void assert_said(const char *key_path, const char *expected)
{
    const char *said = collect_said(&collect, key_path);

    if (said == NULL || strstr(said, expected) == NULL)
        fail_msg("%s: %s, but not: %s", key_path, said != NULL ? said : "nothing", expected);
}

/* What Redis says to words in one text, separated by blanks. */
static const char *redis_says(const char *text)
{
    const char *words[8] = {NULL};
    char *copy = arena_copy(collect.arena, text), *rest = copy;

    for (size_t i = 0; i < 7 && (words[i] = strsep(&rest, " ")) != NULL; i++)
        continue;
    (void)desk_ask(&desk, words);
    return desk_await(&desk);
}

#define assert_redis(expected, command) assert_string_equal(expected "\n", redis_says(command))

/* Writing */

static struct {
    size_t recorded, calls;
    bool failed;
    struct error err;
} told;

static void told_recorded(size_t recorded, const bool *lost, const struct error *err, void *arg)
{
    (void)lost;
    told.calls++;
    told.recorded = recorded;
    told.failed = err != NULL;
    if (err != NULL)
        told.err = *err;
    loop_stop(arg);
}

static void record(const struct event *events, size_t count)
{
    memset(&told, 0, sizeof told);
    events_source.record(collect.source, events, count, told_recorded, collect.loop);
    assert_int_equal(0, told.calls); /* never inside the call */
    run_guarded(collect.loop);
    assert_int_equal(1, told.calls);
}

static void record_sound(const struct event *events, size_t count)
{
    record(events, count);
    if (told.failed)
        fail_msg("%s", told.err.text);
    assert_int_equal(count, told.recorded);
}

static void open_for(const char *const *yamls)
{
    size_t count;
    const struct metric *const *metrics = load(yamls, &count);

    collect_open(&collect, metrics, count);
}

#define OPEN(...) open_for((const char *const[]){__VA_ARGS__, NULL})
#define LABEL(text)                                                                                \
    .properties = &(const struct event_property){"label", text, false}, .property_count = 1
#define VALUE(text)                                                                                \
    .properties = &(const struct event_property){"value", text, true}, .property_count = 1

/* T1 and T2 of GitLab's tests: counters as GitLab wrote them. */
static void totals_written_by_gitlab(void **state)
{
    static const char *const sets[] = {
        "SET {event_counters}_e-2024-22 2",   "SET {event_counters}_e-2024-21 3",
        "SET {event_counters}_e-2024-23 10",  "SET {event_counters}_e 10",
        "SET {event_counters}_f-2024-22 4",   "SET {event_counters}_f 2",
        "SET {event_counters}_e-2024-18 1000"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        (void)redis_says(sets[i]);
    READ(METRIC("all", "all", "- name: e\n"), METRIC("week", "7d", "- name: e\n"),
         METRIC("month", "28d", "- name: e\n"), METRIC("both", "28d", "- name: e\n- name: f\n"),
         METRIC("both_all", "all", "- name: e\n- name: f\n"), METRIC("none", "none", "- name: e\n"),
         METRIC("missing", "28d", "- name: e\n  filter: {label: x}\n"));
    assert_said("all", "10");
    assert_said("week", "2");
    assert_said("month", "5");
    assert_said("both", "9");
    assert_said("both_all", "12");
    assert_said("none", "10");
    assert_said("missing", "0");
}

static void sums_written_by_gitlab(void **state)
{
    (void)state;
    (void)redis_says("INCRBYFLOAT {event_sums}_e-operator:sum(value)-2024-22 11.1");
    (void)redis_says("INCRBYFLOAT {event_sums}_e-operator:sum(value)-2024-21 20.2");
    (void)redis_says("INCRBYFLOAT {event_sums}_e-operator:sum(value) 31.0");
    (void)redis_says("SET {event_sums}_bad-operator:sum(value) much");
    READ(METRIC("month", "28d", "- {name: e, operator: sum(value)}\n"),
         METRIC("all", "all", "- {name: e, operator: sum(value)}\n"),
         METRIC("bad", "all", "- {name: bad, operator: sum(value)}\n"));
    assert_string_equal("31.3", collect_said(&collect, "month"));
    assert_string_equal("31", collect_said(&collect, "all"));
    assert_said("bad", "error: the key {event_sums}_bad-operator:sum(value): 'much' is not");
}

/* T5 of GitLab's tests */
static void totals_by_value_written_by_gitlab(void **state)
{
    (void)state;
    (void)redis_says("HSET {hll_counters}_e-operator:total-label-2024-22 label1 3 label2 5");
    (void)redis_says("HSET {hll_counters}_e-operator:total-label-2024-21 label2 2 label3 7");
    (void)redis_says("SET {hll_counters}_wrong-operator:total-label-2024-22 1");
    (void)redis_says("HSET {hll_counters}_text-operator:total-label-2024-22 label1 many");
    READ(METRIC("totals", "28d", "- {name: e, operator: total, unique: label}\n"),
         METRIC("nothing", "7d", "- {name: none, operator: total, unique: label}\n"),
         METRIC("wrong", "7d", "- {name: wrong, operator: total, unique: label}\n"),
         METRIC("text", "7d", "- {name: text, operator: total, unique: label}\n"));
    assert_string_equal("{\"label\":{\"label1\":3,\"label2\":7,\"label3\":7}}",
                        collect_said(&collect, "totals"));
    assert_string_equal("{\"label\":{}}", collect_said(&collect, "nothing"));
    assert_said("wrong", "holds a string, not a hash of totals");
    assert_said("text", "field 'label1': 'many' is not a whole number");
}

static void uniques_written_by_gitlab(void **state)
{
    (void)state;
    (void)redis_says("PFADD {hll_counters}_e-user-2024-22 1 2 3");
    (void)redis_says("PFADD {hll_counters}_e-user-2024-20 3 4");
    (void)redis_says("PFADD {hll_counters}_f-project-2024-21 4 5");
    READ(METRIC("week", "7d", "- {name: e, unique: user.id}\n"),
         METRIC("month", "28d", "- {name: e, unique: user.id}\n"),
         METRIC("union", "28d", "- {name: e, unique: user.id}\n- {name: f, unique: project.id}\n"));
    assert_said("week", "3");
    assert_said("month", "4");
    assert_said("union", "5");
    assert_string_equal("hyperloglog", collect_outcome(&collect, "union")->method);
}

#define ALL_KINDS                                                                                  \
    METRIC("users", "7d", "- {name: e, unique: user.id}\n"),                                       \
        METRIC("users_28", "28d", "- {name: e, unique: user.id}\n"),                               \
        METRIC("npm", "all", "- {name: e, filter: {label: npm}}\n"),                               \
        METRIC("labels", "7d", "- {name: e, unique: label}\n"),                                    \
        METRIC("by_label", "7d", "- {name: e, unique: label, operator: total}\n"),                 \
        METRIC("sum", "7d", "- {name: e, operator: sum(value)}\n"),                                \
        METRIC("sum_all", "all", "- {name: e, operator: sum(value)}\n"),                           \
        METRIC("count", "7d", "- {name: e}\n"), METRIC("count_all", "all", "- {name: e}\n"),       \
        METRIC("spaced", "7d", "- {name: e, unique: user.id, filter: {label: 'a b'}}\n")

static void events_are_counted_under_gitlabs_keys(void **state)
{
    const struct event events[] = {
        {.name = "e", .user = "1", LABEL("npm")},
        {.name = "e", .user = "2", LABEL("npm")},
        {.name = "e", .user = "2", LABEL("rpm")},
        {.name = "e", LABEL("a b")},
        {.name = "e", .user = "9", LABEL("a b")},
        {.name = "e", VALUE("16.17")},
        {.name = "e", VALUE("0.13")},
        {.name = "other"},
    };

    (void)state;
    OPEN(ALL_KINDS);
    record_sound(events, COUNT_OF(events));
    collect_close(&collect);
    assert_redis("\"7\"", "GET {event_counters}_e");
    assert_redis("\"7\"", "GET {event_counters}_e-2024-22");
    assert_redis("\"1\"", "GET {event_counters}_other");
    assert_redis("\"1\"", "GET {event_counters}_other-2024-22");
    assert_redis("\"2\"", "GET {event_counters}_e-filter:[label:npm]");
    assert_redis("(3)", "PFCOUNT {hll_counters}_e-user-2024-22");
    assert_redis("(3)", "PFCOUNT {hll_counters}_e-label-2024-22");
    assert_redis("\"16.3\"", "GET {event_sums}_e-operator:sum(value)");
    assert_redis("\"16.3\"", "GET {event_sums}_e-operator:sum(value)-2024-22");
    assert_redis("\"1\"", "HGET {hll_counters}_e-operator:total-label-2024-22 rpm");
}

static void what_was_recorded_is_read(void **state)
{
    const struct event events[] = {
        {.name = "e", .user = "1", LABEL("npm")},
        {.name = "e", .user = "2", LABEL("npm")},
        {.name = "e", .user = "2", LABEL("rpm")},
        {.name = "e", LABEL("a b")},
        {.name = "e", .user = "9", LABEL("a b")},
        {.name = "e", VALUE("16.17")},
        {.name = "e", VALUE("-0.17")},
    };

    (void)state;
    OPEN(ALL_KINDS);
    for (size_t i = 0; i < COUNT_OF(events); i++)
        record_sound(&events[i], 1);
    collect_close(&collect);
    READ(ALL_KINDS);
    assert_string_equal("3", collect_said(&collect, "users"));
    assert_string_equal("3", collect_said(&collect, "users_28"));
    assert_string_equal("2", collect_said(&collect, "npm"));
    assert_string_equal("3", collect_said(&collect, "labels"));
    assert_string_equal("{\"label\":{\"a b\":2,\"npm\":2,\"rpm\":1}}",
                        collect_said(&collect, "by_label"));
    assert_string_equal("16", collect_said(&collect, "sum"));
    assert_string_equal("16", collect_said(&collect, "sum_all"));
    assert_string_equal("7", collect_said(&collect, "count"));
    assert_string_equal("7", collect_said(&collect, "count_all"));
    assert_string_equal("1", collect_said(&collect, "spaced"));
}

#define SIX_WEEKS 3628800

/* The server's clock runs on, so a key may be some seconds old. */
static void assert_lifetime(long seconds, const char *key)
{
    long left;

    assert_int_equal(
        1, sscanf(redis_says(arena_format(collect.arena, "TTL %s", key)), "(%ld)", &left));
    assert_in_range(left, seconds - 60, seconds);
}

/* R11 of GitLab's tests, and what a crash between INCR and EXPIRE left. */
static void dated_keys_live_six_weeks(void **state)
{
    const struct event event = {.name = "e", .user = "1", LABEL("npm")};

    (void)state;
    (void)redis_says("SET {event_counters}_e-2024-22 40 EX 1000");
    (void)redis_says("PFADD {hll_counters}_e-user-2024-22 1 2");
    (void)redis_says("EXPIRE {hll_counters}_e-user-2024-22 1000");
    (void)redis_says("SET {event_sums}_e-operator:sum(value)-2024-22 2");
    OPEN(ALL_KINDS);
    record_sound(&event, 1);
    record_sound(&(struct event){.name = "e", VALUE("1")}, 1);
    record_sound(&(struct event){.name = "new"}, 1);
    collect_close(&collect);
    assert_redis("\"42\"", "GET {event_counters}_e-2024-22");
    assert_lifetime(1000, "{event_counters}_e-2024-22");
    assert_lifetime(SIX_WEEKS, "{event_counters}_new-2024-22");
    assert_redis("(-1)", "TTL {event_counters}_new");
    assert_lifetime(SIX_WEEKS, "{hll_counters}_e-user-2024-22");
    assert_lifetime(SIX_WEEKS, "{hll_counters}_e-operator:total-label-2024-22");
    assert_redis("\"3\"", "GET {event_sums}_e-operator:sum(value)-2024-22");
    assert_lifetime(SIX_WEEKS, "{event_sums}_e-operator:sum(value)-2024-22");
    assert_redis("(-1)", "TTL {event_sums}_e-operator:sum(value)");
    assert_redis("(-1)", "TTL {event_counters}_e-filter:[label:npm]");
}

static void the_week_is_the_one_of_the_moment(void **state)
{
    (void)state;
    OPEN(METRIC("m", "7d", "- name: e\n"));
    record_sound(&(struct event){.name = "e"}, 1);
    now_advance(2 * INT64_C(86400) * US_PER_SECOND);
    record_sound(&(struct event){.name = "e"}, 1);
    collect_close(&collect);
    assert_redis("\"1\"", "GET {event_counters}_e-2024-22");
    assert_redis("\"1\"", "GET {event_counters}_e-2024-23");
    assert_redis("\"2\"", "GET {event_counters}_e");
}

/* T6 and R10 of GitLab's tests: a batch raises each key once. */
static void a_batch_is_a_few_commands(void **state)
{
    enum { MANY = 1000 };
    static struct event events[MANY];
    static char users[MANY][8];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(users[i], sizeof users[i], "%zu", i / 2);
        events[i] = (struct event){.name = "e", .user = users[i]};
    }
    OPEN(METRIC("users", "7d", "- {name: e, unique: user.id}\n"));
    (void)redis_says("CONFIG RESETSTAT");
    record_sound(events, MANY);
    collect_close(&collect);
    assert_int_equal(2, desk_calls_of(&desk, "incrby"));
    assert_int_equal(2, desk_calls_of(&desk, "pfadd"));
    assert_int_equal(1, desk_calls_of(&desk, "expire"));
    assert_redis("\"1000\"", "GET {event_counters}_e");
    READ(METRIC("users", "7d", "- {name: e, unique: user.id}\n"));
    assert_string_equal(arena_format(collect.arena, "(%s)\n", collect_said(&collect, "users")),
                        redis_says("PFCOUNT {hll_counters}_e-user-2024-22"));
    assert_in_range(collect_outcome(&collect, "users")->value.count, 480, 520);
}

static void a_key_of_another_type_fails_its_events_only(void **state)
{
    const struct event events[] = {{.name = "e", .user = "1"}, {.name = "e"}, {.name = "f"}};

    (void)state;
    (void)redis_says("RPUSH {hll_counters}_e-user-2024-22 x");
    OPEN(METRIC("users", "7d", "- {name: e, unique: user.id}\n"));
    record(events, COUNT_OF(events));
    assert_int_equal(2, told.recorded);
    assert_true(told.failed);
    assert_int_equal(ERROR_REFUSED, told.err.kind);
    assert_non_null(strstr(told.err.text, "the key {hll_counters}_e-user-2024-22: "));
    collect_close(&collect);
    assert_redis("\"2\"", "GET {event_counters}_e");
}

static void redis_is_down(void **state)
{
    (void)state;
    collect.settings.redis.address = "/nowhere/redis.sock";
    OPEN(METRIC("users", "7d", "- {name: e, unique: user.id}\n"));
    record(&(struct event){.name = "e", .user = "1"}, 1);
    assert_int_equal(0, told.recorded);
    assert_int_equal(ERROR_UNAVAILABLE, told.err.kind);
    collect_close(&collect);
}

static void no_redis_is_configured(void **state)
{
    (void)state;
    collect.settings.redis.address = NULL;
    OPEN(METRIC("users", "7d", "- {name: e, unique: user.id}\n"));
    record(&(struct event){.name = "e", .user = "1"}, 1);
    assert_int_equal(0, told.recorded);
    assert_int_equal(ERROR_UNAVAILABLE, told.err.kind);
    assert_non_null(strstr(told.err.text, "redis.address"));
    collect_plan(&collect);
    assert_said("users", "off: No Redis is configured");
    collect_close(&collect);
}

static void an_empty_batch_and_a_close_in_between(void **state)
{
    const struct event event = {.name = "e"};

    (void)state;
    OPEN(METRIC("m", "7d", "- name: e\n"));
    record_sound(&event, 0);
    memset(&told, 0, sizeof told);
    events_source.record(collect.source, &event, 1, told_recorded, collect.loop);
    events_source.record(collect.source, &event, 0, told_recorded, collect.loop);
    collect_close(&collect);
    loop_run(collect.loop);
    assert_int_equal(0, told.calls);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, all_begin, all_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(totals_written_by_gitlab),
        EACH(sums_written_by_gitlab),
        EACH(totals_by_value_written_by_gitlab),
        EACH(uniques_written_by_gitlab),
        EACH(events_are_counted_under_gitlabs_keys),
        EACH(what_was_recorded_is_read),
        EACH(dated_keys_live_six_weeks),
        EACH(the_week_is_the_one_of_the_moment),
        EACH(a_batch_is_a_few_commands),
        EACH(a_key_of_another_type_fails_its_events_only),
        EACH(redis_is_down),
        EACH(no_redis_is_configured),
        EACH(an_empty_batch_and_a_close_in_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
