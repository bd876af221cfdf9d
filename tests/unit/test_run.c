/*
 * Whole runs over a source that follows a script: what it answers, forgets, never answers; time
 * running out, and the owner letting go at any moment.
 */
#include "agent/run.h"

#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "tests/support/play.h"
#include "tests/support/test.h"

#include <string.h>

/* The ordinary case. */

static void four_thousand_metrics_are_answered_and_kept(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 4000), 4000);

    fake_script = (struct fake_script){.metrics_per_probe = 7, .lanes = 3};
    play_begin_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    assert_false(play.journal_failed);
    assert_int_equal(play_stored_outcomes(&play), 4000);
    assert_true(play.stored.finished_us > 0);
    assert_int_equal(fake_notes.begun, (4000 + 6) / 7);
    assert_int_equal(fake_notes.most_running, 3);
    assert_false(fake_notes.lane_was_shared);
    assert_int_equal(play.last.answered, 4000);
    assert_int_equal(play.last.probes_done, fake_notes.begun);
    assert_true(play.last.share == 1.0);
    play_leave(&play);
    place_expect(place, "SELECT state || (SELECT count(*) FROM probes) FROM runs", "finished0");
}

static void a_run_needs_no_store(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 10), 10);

    fake_script = (struct fake_script){0};
    play.request.store = NULL;
    play_go(&play);
    play_expect_counts(&play);
    assert_false(play.journal_failed);
    play_leave(&play);
}

static void a_run_of_nothing_ends(void **state)
{
    struct play play = play_of(state, NULL, 0);

    play_begin_stored(&play);
    play_go(&play);
    assert_int_equal(play.finished, 1);
    assert_int_equal(fake_notes.opened, 0);
    play_leave(&play);
}

/* One lane or many, small probes or one large: the same outcomes. */
static const struct {
    const char *name;
    size_t metrics_per_probe;
    unsigned lanes;
    enum fake_manner manner;
    size_t most_running;
} shapes[] = {
    {"one probe answers all", 0, 1, FAKE_GOOD, 1},
    {"a probe for each metric, one after the other", 1, 1, FAKE_GOOD, 1},
    {"a probe for each metric, side by side", 1, 16, FAKE_GOOD, 16},
    {"probes that are done inside begin, one lane", 1, 1, FAKE_AT_ONCE, 1},
    {"probes that are done inside begin, many lanes", 3, 4, FAKE_AT_ONCE, 1},
};

static void the_shape_of_the_plan_changes_no_outcome(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 100), 100);

        fake_script = (struct fake_script){.metrics_per_probe = shapes[i].metrics_per_probe,
                                           .lanes = shapes[i].lanes,
                                           .manner = shapes[i].manner};
        play_begin_stored(&play);
        play_go(&play);
        play_expect_counts(&play);
        if (fake_notes.most_running != shapes[i].most_running || fake_notes.lane_was_shared)
            fail_msg("%s", shapes[i].name);
        play_leave(&play);
    }
}

/* What has no value. */

static struct outcome every_status(const struct metric *metric)
{
    int64_t number = fake_number(metric) % (STATUS_OFF + 1);

    return number == STATUS_OK ? outcome_of(value_text("fine"))
                               : outcome_without((enum outcome_status)number, "because");
}

static void a_metric_that_fails_stops_no_other(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 90), 90);

    fake_script = (struct fake_script){.metrics_per_probe = 10, .outcome = every_status};
    play_begin_stored(&play);
    play_go(&play);
    assert_int_equal(play.finished, 1);
    for (size_t i = 0; i < 90; i++) {
        assert_int_equal(play.outcomes[i].status, i % (STATUS_OFF + 1));
        if (play.outcomes[i].status != STATUS_OK)
            assert_string_equal(play.outcomes[i].reason, "because");
    }
    assert_int_equal(play.last.failed, 80);
    play_leave(&play);
}

/* Outcomes that could not stand in a payload, and what becomes of them. */
static const struct {
    const char *name;
    struct value value;
    enum outcome_status status;
    const char *reason;
} values[] = {
    {"a decimal is a number", {VALUE_DECIMAL, 0, "-31.30e+2", false}, STATUS_OK, NULL},
    {"zero is a number", {VALUE_DECIMAL, 0, "0", false}, STATUS_OK, NULL},
    {"not a number",
     {VALUE_DECIMAL, 0, "NaN", false},
     STATUS_ERROR,
     "the answer is not a number: NaN"},
    {"infinity",
     {VALUE_DECIMAL, 0, "-Infinity", false},
     STATUS_ERROR,
     "the answer is not a number: -Infinity"},
    {"no digits", {VALUE_DECIMAL, 0, "", false}, STATUS_ERROR, "the answer is not a number: "},
    {"no whole part",
     {VALUE_DECIMAL, 0, ".5", false},
     STATUS_ERROR,
     "the answer is not a number: .5"},
    {"no fraction",
     {VALUE_DECIMAL, 0, "5.", false},
     STATUS_ERROR,
     "the answer is not a number: 5."},
    {"no power", {VALUE_DECIMAL, 0, "5e", false}, STATUS_ERROR, "the answer is not a number: 5e"},
    {"a leading zero",
     {VALUE_DECIMAL, 0, "05", false},
     STATUS_ERROR,
     "the answer is not a number: 05"},
    {"more than a number",
     {VALUE_DECIMAL, 0, "5,\"x\":6", false},
     STATUS_ERROR,
     "the answer is not a number: 5,\"x\":6"},
    {"an object", {VALUE_JSON, 0, "{\"a\":1}", false}, STATUS_OK, NULL},
    {"a list", {VALUE_JSON, 0, "[]", false}, STATUS_OK, NULL},
    {"half an object",
     {VALUE_JSON, 0, "{\"a\":", false},
     STATUS_ERROR,
     "the answer is not a JSON object or list: {\"a\":"},
    {"two documents",
     {VALUE_JSON, 0, "{} {}", false},
     STATUS_ERROR,
     "the answer is not a JSON object or list: {} {}"},
    {"a bare text",
     {VALUE_JSON, 0, "\"a\"", false},
     STATUS_ERROR,
     "the answer is not a JSON object or list: \"a\""},
    {"nothing", {VALUE_NONE, 0, NULL, false}, STATUS_ERROR, "the source gave no value"},
};

static struct outcome value_from_table(const struct metric *metric)
{
    return outcome_of(values[fake_number(metric)].value);
}

static void what_cannot_stand_in_a_payload_is_an_error(void **state)
{
    struct place *place = *state;
    size_t count = COUNT_OF(values);
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, count), count);

    fake_script = (struct fake_script){.outcome = value_from_table};
    play_begin_stored(&play);
    play_go(&play);
    for (size_t i = 0; i < count; i++) {
        if (play.outcomes[i].status != values[i].status)
            fail_msg("%s", values[i].name);
        if (values[i].reason != NULL)
            assert_string_equal(play.outcomes[i].reason, values[i].reason);
    }
    play_leave(&play);
}

static void a_metric_without_an_answer_is_an_error(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 20), 20);

    fake_script = (struct fake_script){.metrics_per_probe = 10, .manner = FAKE_FORGETS};
    play_begin_stored(&play);
    play_go(&play);
    for (size_t i = 0; i < 20; i++) {
        bool forgotten = i % 10 == 9;

        assert_int_equal(play.outcomes[i].status, forgotten ? STATUS_ERROR : STATUS_OK);
        if (forgotten)
            assert_string_equal(play.outcomes[i].reason, "the source gave no answer");
    }
    play_leave(&play);
}

static void plan_may_refuse_and_may_forget(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 20), 20);

    fake_script = (struct fake_script){.refuse_first = 5, .forget_last = 5};
    play_begin_stored(&play);
    play_go(&play);
    for (size_t i = 0; i < 20; i++) {
        enum outcome_status expected = STATUS_OK;

        if (i < 5)
            expected = STATUS_ABSENT;
        else if (i >= 15)
            expected = STATUS_ERROR;
        assert_int_equal(play.outcomes[i].status, expected);
    }
    assert_string_equal(play.outcomes[0].reason, "no such thing");
    assert_string_equal(play.outcomes[19].reason, "the source gave no answer");
    play_leave(&play);
}

static void what_has_no_source_is_off_and_what_is_not_computed_is_absent(void **state)
{
    static const struct source_ops *const fewer[] = {&other_source, NULL};
    struct place *place = *state;
    struct metric unknown = {.key_path = "m.1", .data_source = "prometheus"};
    struct metric without = {.key_path = "m.2", .not_computed = "nobody ever wrote it"};
    struct metric missing = {
        .key_path = "m.3", .source = &fake_source, .not_computed = "this class is not known"};
    struct metric elsewhere = {
        .key_path = "m.4", .source = &fake_source, .data_source = "database"};
    const struct metric *const metrics[] = {&unknown, &without, &missing, &elsewhere};
    static const struct {
        enum outcome_status status;
        const char *reason;
    } expected[] = {
        {STATUS_OFF, "this program has no source for 'prometheus'"},
        {STATUS_OFF, "nobody ever wrote it"},
        {STATUS_ABSENT, "this class is not known"},
        {STATUS_OFF, "this program has no source for 'database'"},
    };
    struct play play = play_of(state, metrics, COUNT_OF(metrics));

    fake_script = (struct fake_script){0};
    play.request.sources = fewer;
    play_begin_stored(&play);
    play_go(&play);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(play.outcomes[i].status, expected[i].status);
        assert_string_equal(play.outcomes[i].reason, expected[i].reason);
    }
    assert_int_equal(fake_notes.opened, 0);
    assert_int_equal(play_stored_outcomes(&play), 4);
    assert_non_null(place);
    play_leave(&play);
}

static void what_is_given_is_not_asked_for(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 3), 3);
    const struct outcome given[] = {{.status = STATUS_OK},
                                    {.status = STATUS_HELD, .reason = "not accepted"},
                                    {.status = STATUS_OK}};

    fake_script = (struct fake_script){0};
    play.request.given = given;
    play_begin_stored(&play);
    play_go(&play);
    assert_int_equal(play.outcomes[1].status, STATUS_HELD);
    assert_string_equal(play.outcomes[1].reason, "not accepted");
    assert_int_equal(play.outcomes[0].value.count, 0);
    assert_int_equal(play.outcomes[2].value.count, 2);
    assert_int_equal(fake_notes.metrics_opened, 2);
    assert_int_equal(play_stored_outcomes(&play), 3);
    play_leave(&play);
}

/* Time. */

enum { DEADLINE_MS = 60000 };

/* All that can be answered is, before the clock comes to the deadline. */
static void go_past_the_deadline(struct play *play)
{
    now_stop_at(INT64_C(1795255200) * US_PER_SECOND);
    loop_by_moved_clock(play->loop);
    play_go(play);
    assert_int_equal(play->finished, 0);
    while (play->finished == 0) {
        assert_true(loop_skip(play->loop, DEADLINE_MS * INT64_C(1000)));
        loop_run(play->loop);
    }
}

static void at_the_deadline_what_is_unanswered_is_a_timeout(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 40), 40);

    fake_script = (struct fake_script){.metrics_per_probe = 10, .silent_from = 3};
    play.request.deadline_ms = DEADLINE_MS;
    play_begin_stored(&play);
    go_past_the_deadline(&play);
    assert_int_equal(play.finished, 1);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(play.outcomes[i].status, i < 20 ? STATUS_OK : STATUS_TIMEOUT);
    assert_non_null(strstr(play.outcomes[39].reason, "time for the whole collection was up"));
    assert_int_equal(fake_notes.cancelled, 1);
    assert_int_equal(fake_notes.begun, 3);
    assert_int_equal(play_stored_outcomes(&play), 40);
    play_leave(&play);
}

static void a_source_that_never_opens_costs_its_own_metrics(void **state)
{
    struct place *place = *state;
    const struct metric *metrics[20] = {NULL};
    struct play play = play_of(state, metrics, COUNT_OF(metrics));

    for (size_t i = 0; i < COUNT_OF(metrics); i++)
        metrics[i] = fake_metrics(place->arena, i % 2 == 0 ? &fake_source : &other_source, 20)[i];
    fake_script = (struct fake_script){.never_opens = true};
    play.request.deadline_ms = DEADLINE_MS;
    play_begin_stored(&play);
    go_past_the_deadline(&play);
    for (size_t i = 0; i < COUNT_OF(metrics); i++)
        assert_int_equal(play.outcomes[i].status, i % 2 == 0 ? STATUS_TIMEOUT : STATUS_OK);
    assert_int_equal(fake_notes.planned, 1);
    play_leave(&play);
}

/* Letting go. */

static void the_run_may_be_freed_in_every_call_of_its_listener(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 10), 10);

    fake_script = (struct fake_script){.silent_from = 1};
    play.free_after = 1;
    play_begin_stored(&play);
    play_go(&play);
    assert_int_equal(play.finished, 0);
    assert_int_equal(fake_notes.cancelled, 1);
    play_leave(&play);

    /* In the last progress call, when the end is decided already. */
    play = play_of(state, fake_metrics(place->arena, &fake_source, 10), 10);
    fake_script = (struct fake_script){.manner = FAKE_AT_ONCE};
    play.free_after = 1;
    play_begin_stored(&play);
    play_go(&play);
    assert_int_equal(play.progressed, 1);
    assert_int_equal(play.finished, 0);
    play_leave(&play);

    play = play_of(state, fake_metrics(place->arena, &fake_source, 10), 10);
    play.free_at_end = true;
    play_begin_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    play_leave(&play);
}

static void a_run_may_be_freed_before_anything_happened(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 10), 10);

    fake_script = (struct fake_script){0};
    play.request.deadline_ms = 1000;
    play_begin_stored(&play);
    play_start(&play);
    play_leave(&play);
    assert_int_equal(fake_notes.closed, 1);
    assert_int_equal(play.finished, 0);
    run_free(NULL);
}

/* The plan alone. */

struct seen_plan {
    struct loop *loop;
    size_t times, probes;
    bool opened;
};

static void planned(const struct run_planned *plan, void *arg)
{
    struct seen_plan *seen = arg;

    seen->times++;
    seen->probes = plan->plan->probe_count;
    seen->opened = plan->opened[0] != NULL && plan->opened[1] == NULL;
    for (const struct probe *probe = plan->plan->first; probe != NULL; probe = probe->next)
        assert_true(probe->ops == &fake_source && probe->source == plan->opened[0]);
}

static void the_plan_alone_begins_nothing(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 100), 100);
    struct seen_plan seen = {.loop = play.loop};

    fake_script = (struct fake_script){.metrics_per_probe = 10, .refuse_first = 5};
    play.request.store = NULL;
    play.request.listener = NULL;
    play.run = run_plan_only(&play.request, planned, &seen);
    assert_int_equal(seen.times, 0);
    loop_run(play.loop);
    assert_int_equal(seen.times, 1);
    assert_int_equal(seen.probes, 10);
    assert_true(seen.opened);
    assert_int_equal(fake_notes.begun, 0);
    assert_int_equal(run_outcomes(play.run)[0].status, STATUS_ABSENT);
    assert_null(run_outcomes(play.run)[5].reason);
    play_leave(&play);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(four_thousand_metrics_are_answered_and_kept),
        HERE(a_run_needs_no_store),
        HERE(a_run_of_nothing_ends),
        HERE(the_shape_of_the_plan_changes_no_outcome),
        HERE(a_metric_that_fails_stops_no_other),
        HERE(what_cannot_stand_in_a_payload_is_an_error),
        HERE(a_metric_without_an_answer_is_an_error),
        HERE(plan_may_refuse_and_may_forget),
        HERE(what_has_no_source_is_off_and_what_is_not_computed_is_absent),
        HERE(what_is_given_is_not_asked_for),
        HERE(at_the_deadline_what_is_unanswered_is_a_timeout),
        HERE(a_source_that_never_opens_costs_its_own_metrics),
        HERE(the_run_may_be_freed_in_every_call_of_its_listener),
        HERE(a_run_may_be_freed_before_anything_happened),
        HERE(the_plan_alone_begins_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
