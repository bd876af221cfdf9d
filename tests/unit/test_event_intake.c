/* Events gathered into batches for a source that writes as slowly as the test wants. */
#include "tests/support/test.h"

#include "agent/base/clock.h"
#include "agent/event_intake.h"
#include "agent/io/loop.h"

#include <string.h>

/* The source: a batch lies here until the test has it recorded. */
static struct {
    struct source_context context;
    size_t opened, closed, batches, count; /* count: of the batch that lies here; 0: none */
    const char *first;
    record_done *done;
    void *arg;
} writer;

static void open_now(void *arg)
{
    (void)arg;
    writer.context.opened(writer.context.listener, &writer);
}

static void *open_writer(const struct source_context *context, const struct metric *const *metrics,
                         size_t count)
{
    (void)metrics;
    (void)count;
    writer.context = *context;
    writer.opened++;
    (void)loop_after(context->loop, 0, open_now, NULL);
    return &writer;
}

static void close_writer(void *source)
{
    (void)source;
    writer.closed++;
    writer.count = 0;
}

static void record(void *source, const struct event *events, size_t count, record_done *done,
                   void *arg)
{
    (void)source;
    assert_int_equal(0, writer.count); /* one batch at a time */
    writer.batches++;
    writer.count = count;
    writer.first = events[0].name;
    writer.done = done;
    writer.arg = arg;
}

static bool check_event(const struct source_context *context, const struct event *event,
                        struct error *err)
{
    (void)context;
    return strcmp(event->name, "unknown") != 0 ||
           error_set(err, ERROR_INVALID, "nobody knows '%s'", event->name);
}

static const struct source_ops ops = {.name = "writer",
                                      .open = open_writer,
                                      .close = close_writer,
                                      .record = record,
                                      .check_event = check_event};

static void recorded(const bool *lost, const struct error *err)
{
    size_t count = writer.count;

    assert_int_not_equal(0, count);
    writer.count = 0;
    writer.done(err == NULL ? count : 0, lost, err, writer.arg);
}

/* Who brings events */
struct caller {
    struct event events[4];
    size_t told, recorded;
    bool lost[4], failed;
    size_t count;
};

static void told(size_t count, const bool *lost, const struct error *err, void *arg)
{
    struct caller *caller = arg;

    caller->told++;
    caller->recorded = count;
    caller->failed = err != NULL;
    for (size_t i = 0; lost != NULL && i < caller->count; i++)
        caller->lost[i] = lost[i];
}

static struct loop *loop;
static struct event_intake *intake;
static struct settings settings;
static struct catalog catalog;

#define IDLE_MS 60000

static int begin(void **state)
{
    (void)state;
    now_stop_at(INT64_C(1700000000) * US_PER_SECOND);
    memset(&writer, 0, sizeof(writer));
    settings = (struct settings){0};
    loop = loop_new();
    loop_by_moved_clock(loop);
    intake = event_intake_new(loop, &ops, &settings, &catalog, IDLE_MS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    event_intake_free(intake);
    loop_free(loop);
    assert_int_equal(writer.opened, writer.closed);
    return 0;
}

static void bring(struct caller *caller, const char *name, size_t count)
{
    *caller = (struct caller){.count = count};
    for (size_t i = 0; i < count; i++)
        caller->events[i].name = name;
    event_intake_record(intake, caller->events, count, told, caller);
}

static void let_open(void)
{
    loop_turn(loop);
}

static void what_comes_meanwhile_is_one_batch(void **state)
{
    struct caller callers[4];

    (void)state;
    assert_int_equal(0, writer.opened);
    bring(&callers[0], "a", 1);
    bring(&callers[1], "b", 2);
    assert_int_equal(1, writer.opened);
    assert_int_equal(0, writer.batches);
    let_open();
    assert_int_equal(3, writer.count);
    bring(&callers[2], "c", 3);
    bring(&callers[3], "d", 1);
    assert_int_equal(1, writer.batches);
    recorded(NULL, NULL);
    assert_int_equal(2, writer.batches);
    assert_int_equal(4, writer.count);
    assert_string_equal("c", writer.first);
    assert_int_equal(1, callers[0].recorded);
    assert_int_equal(2, callers[1].recorded);
    assert_int_equal(0, callers[2].told);
    recorded(NULL, NULL);
    assert_int_equal(3, callers[2].recorded);
    assert_int_equal(1, callers[3].recorded);
    for (size_t i = 0; i < COUNT_OF(callers); i++) {
        assert_int_equal(1, callers[i].told);
        assert_false(callers[i].failed);
    }
}

static void each_hears_of_its_own_losses(void **state)
{
    static const bool lost[] = {false, true, false, false, true, true};
    struct caller callers[4];
    struct error err;

    (void)state;
    bring(&callers[0], "a", 2);
    bring(&callers[1], "b", 2);
    bring(&callers[2], "c", 2);
    let_open();
    (void)error_set(&err, ERROR_REFUSED, "no");
    recorded(lost, &err);
    assert_int_equal(1, callers[0].recorded);
    assert_true(callers[0].failed && !callers[0].lost[0] && callers[0].lost[1]);
    assert_int_equal(2, callers[1].recorded);
    assert_false(callers[1].failed);
    assert_int_equal(0, callers[2].recorded);
    assert_true(callers[2].failed && callers[2].lost[0] && callers[2].lost[1]);
    bring(&callers[3], "d", 1);
    recorded(NULL, &err);
    assert_true(callers[3].failed);
    assert_int_equal(0, callers[3].recorded);
}

static void pass(int64_t ms)
{
    int64_t until_us = now_monotonic_us() + ms * 1000;

    while (loop_skip(loop, until_us - now_monotonic_us()))
        continue;
}

static void an_idle_source_is_closed(void **state)
{
    struct caller caller;

    (void)state;
    bring(&caller, "a", 1);
    let_open();
    /* It is not idle while a batch is on its way. */
    pass(3 * IDLE_MS);
    assert_true(event_intake_is_open(intake));
    recorded(NULL, NULL);
    assert_true(event_intake_is_open(intake));
    pass(IDLE_MS / 2);
    assert_true(event_intake_is_open(intake));
    pass(2 * IDLE_MS);
    assert_false(event_intake_is_open(intake));
    assert_int_equal(1, writer.closed);
    bring(&caller, "a", 1);
    let_open();
    assert_int_equal(2, writer.opened);
    recorded(NULL, NULL);
    assert_int_equal(1, caller.recorded);
}

static void events_are_checked_before(void **state)
{
    const struct event unknown = {.name = "unknown"}, known = {.name = "known"};
    struct error err;

    (void)state;
    settings.event_rate = 2;
    assert_false(event_intake_allows(intake, &unknown, &err));
    assert_int_equal(ERROR_INVALID, err.kind);
    assert_true(event_intake_allows(intake, &known, &err));
    assert_true(event_intake_allows(intake, &known, &err));
    assert_false(event_intake_allows(intake, &known, &err));
    assert_int_equal(ERROR_UNAVAILABLE, err.kind);
    assert_int_equal(0, writer.opened);
}

static void new_settings_cut_off_what_is_in_flight_only(void **state)
{
    struct caller first, second;
    struct settings newer = {0};

    (void)state;
    bring(&first, "a", 1);
    let_open();
    bring(&second, "b", 1);
    event_intake_use(intake, &newer, &catalog);
    assert_true(first.failed);
    assert_int_equal(0, second.told);
    assert_int_equal(2, writer.opened);
    let_open();
    assert_ptr_equal(&newer.sources, writer.context.settings);
    recorded(NULL, NULL);
    assert_int_equal(1, second.recorded);
    assert_int_equal(1, first.told);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_comes_meanwhile_is_one_batch),
        CASE(each_hears_of_its_own_losses),
        CASE(an_idle_source_is_closed),
        CASE(events_are_checked_before),
        CASE(new_settings_cut_off_what_is_in_flight_only),
    };

    return cmocka_run_group_tests_name("intake of events", tests, NULL, NULL);
}
