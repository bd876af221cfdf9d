/* What runs learn from each other about costs, and what a budget leaves out of them. */
#include "agent/run_costs.h"

#include "agent/base/clock.h"
#include "agent/run.h"
#include "agent/run_lanes.h"
#include "tests/support/play.h"
#include "tests/support/test.h"

#include <string.h>

/* Calibration. */

static const struct {
    const char *name;
    struct store_cost then;
    int64_t rows; /* estimated now */
    double cost_s;
} calibrations[] = {
    {"as many rows as then", {2000000, 100, 100}, 100, 2},
    {"twice as many", {2000000, 100, 100}, 200, 4},
    {"half as many", {2000000, 100, 100}, 50, 1},
    {"the estimate is always ten times too large", {2000000, 100, 1000}, 2000, 4},
    {"the estimate was worth nothing then", {2000000, 1000000, 10}, 1000000, 2},
    {"the estimate is worth nothing now", {2000000, 1000000, 0}, 0, 2},
    {"what was read is not known", {2000000, 0, 100}, 300, 6},
    {"nothing is known of rows", {2000000, 0, 0}, 300, 2},
    {"there was nothing to read then", {100, 0, 0}, 5, 0.0001},
};

static void time_grows_with_the_rows(void **state)
{
    struct place *place = *state;
    struct store_run run;

    assert_true(store_run_begin(place->store, 1000, digest_a, &run, &place->err));
    for (size_t i = 0; i < COUNT_OF(calibrations); i++) {
        struct probe other = {.name = "never seen", .cost_s = 7, .rows = 3};
        struct probe probe = {
            .name = "main: a by id", .cost_s = 0.5, .rows = calibrations[i].rows, .next = &other};

        print_message("%s\n", calibrations[i].name);
        assert_true(store_probe_cost(place->store, run.id, probe.name, &calibrations[i].then, true,
                                     &place->err));
        run_costs_measure(&probe, place->store);
        assert_true(probe.measured);
        assert_float_equal(probe.cost_s, calibrations[i].cost_s, 1e-9);
        assert_false(other.measured);
        assert_true(other.cost_s == 7);
    }
}

/* Ten metrics in five probes. */
static struct play five_probes(void **state)
{
    struct place *place = *state;

    return play_of(state, fake_metrics(place->arena, &fake_source, 10), 10);
}

static void what_a_run_took_the_next_one_plans_with(void **state)
{
    struct place *place = *state;
    struct play play = five_probes(state);

    fake_script = (struct fake_script){.metrics_per_probe = 2, .rows = 50, .cost = {3000000, 60}};
    play_begin_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    play_leave(&play);
    place_expect(place,
                 "SELECT count(*) || ' ' || sum(busy_us) || ' ' || sum(rows_read) || ' ' ||"
                 " sum(rows_expected) || ' ' || min(probe) FROM costs",
                 "5 15000000 300 250 probe m.0");
    place_expect(place, "SELECT '' || busy_us FROM runs", "15000000");
}

static struct outcome is_absent(const struct metric *metric)
{
    if (fake_number(metric) < 4)
        return outcome_without(STATUS_ABSENT, "no such table");
    if (fake_number(metric) < 6)
        return outcome_without(STATUS_TIMEOUT, "too slow");
    return outcome_of(value_count(fake_number(metric)));
}

static void a_probe_that_met_no_table_says_nothing_of_its_cost(void **state)
{
    struct place *place = *state;
    struct play play = five_probes(state);

    fake_script =
        (struct fake_script){.metrics_per_probe = 2, .outcome = is_absent, .cost = {1000000, 0}};
    play_begin_stored(&play);
    play_go(&play);
    play_leave(&play);
    place_expect(place, "SELECT group_concat(probe) FROM costs", "probe m.4,probe m.6,probe m.8");
    place_expect(place, "SELECT '' || busy_us FROM runs", "5000000");
}

static void a_probe_that_went_on_says_nothing_of_its_whole_cost(void **state)
{
    struct place *place = *state;
    struct play play = five_probes(state);
    bool found;

    fake_script = (struct fake_script){.metrics_per_probe = 2, .cost = {1000000, 0}};
    play_begin_stored(&play);
    assert_true(
        store_probe_state(place->store, play.stored.id, "probe m.4", "probe m.4", 9, &place->err));
    assert_true(store_flush(place->store, &place->err));
    assert_true(store_run_resume(place->store, digest_a, 0, &play.stored, &found, &place->err));
    play_go(&play);
    assert_int_equal(fake_notes.continued, 1);
    play_leave(&play);
    place_expect(place, "SELECT group_concat(probe) FROM costs",
                 "probe m.0,probe m.2,probe m.6,probe m.8");
    place_expect(place, "SELECT '' || busy_us FROM runs", "5000000");
}

/* The budget. */

/* Probe 0 costs five seconds, probe 4 one. */
static double falling(size_t probe)
{
    return 5 - (double)probe;
}

static void expect_left_out(const struct play *play, const bool left_out[5])
{
    assert_int_equal(play->finished, 1);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(play->outcomes[i].status, left_out[i / 2] ? STATUS_BUDGET : STATUS_OK);
}

static void the_budget_leaves_the_most_expensive_out(void **state)
{
    static const bool left_out[] = {true, true, false, false, false};
    static const size_t order[] = {8, 6, 4};
    struct play play = five_probes(state);

    fake_script = (struct fake_script){.metrics_per_probe = 2, .estimate = falling};
    play.request.budget_s = 7;
    play_begin_stored(&play);
    play_go(&play);
    expect_left_out(&play, left_out);
    assert_string_equal(play.outcomes[0].reason,
                        "the pass 'probe m.0' takes about 5.0 s of the database's time, and "
                        "plan.budget of 7.0 s has 1.0 s left");
    assert_int_equal(fake_notes.begun, 3);
    assert_memory_equal(fake_notes.order, order, sizeof(order));
    assert_int_equal(play_stored_outcomes(&play), 10);
    assert_int_equal(play.last.probes, 3);
    play_leave(&play);
}

static void without_a_budget_the_order_is_the_plans(void **state)
{
    static const size_t order[] = {0, 2, 4, 6, 8};
    struct play play = five_probes(state);

    fake_script = (struct fake_script){.metrics_per_probe = 2, .estimate = falling};
    play_begin_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    assert_memory_equal(fake_notes.order, order, sizeof(order));
    play_leave(&play);
}

/* All fit by their estimates, but each takes three seconds. */
static void what_was_really_spent_counts(void **state)
{
    static const bool left_out[] = {true, true, false, false, false};
    struct play play = five_probes(state);

    fake_script =
        (struct fake_script){.metrics_per_probe = 2, .estimate = falling, .cost = {4000000, 0}};
    play.request.budget_s = 15;
    play_begin_stored(&play);
    play_go(&play);
    expect_left_out(&play, left_out);
    assert_string_equal(play.outcomes[0].reason,
                        "the pass 'probe m.0' takes about 5.0 s of the database's time, and "
                        "plan.budget of 15 s has 3.0 s left");
    assert_int_equal(play.last.probes, 3);
    assert_int_equal(play.last.probes_done, 3);
    play_leave(&play);
}

static void probes_side_by_side_do_not_share_what_is_left(void **state)
{
    static const bool left_out[] = {true, false, false, false, false};
    struct play play = five_probes(state);

    fake_script = (struct fake_script){.metrics_per_probe = 2, .lanes = 5, .estimate = falling};
    play.request.budget_s = 10;
    play_begin_stored(&play);
    play_go(&play);
    expect_left_out(&play, left_out);
    play_leave(&play);
}

static double nothing(size_t probe)
{
    (void)probe;
    return 0;
}

static void what_costs_nothing_is_never_left_out(void **state)
{
    struct play play = five_probes(state);

    fake_script = (struct fake_script){.metrics_per_probe = 2, .estimate = nothing};
    play.request.budget_s = 0.001;
    play_begin_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    play_leave(&play);
}

static void a_resumed_run_has_spent_already(void **state)
{
    static const bool left_out[] = {true, true, true, true, false};
    static const struct store_cost before = {.busy_us = 6000000};
    struct place *place = *state;
    struct play play = five_probes(state);
    bool found;

    fake_script = (struct fake_script){.metrics_per_probe = 2, .estimate = falling};
    play.request.budget_s = 7;
    play_begin_stored(&play);
    assert_true(
        store_probe_cost(place->store, play.stored.id, "another", &before, true, &place->err));
    assert_true(store_run_resume(place->store, digest_a, 0, &play.stored, &found, &place->err));
    assert_true(found);
    assert_int_equal(play.stored.busy_us, 6000000);
    play_go(&play);
    expect_left_out(&play, left_out);
    play_leave(&play);
}

/* The plan alone. */

static void look_at_plan(const struct run_planned *plan, void *arg)
{
    size_t *left_out = arg;

    for (const struct probe *probe = plan->plan->first; probe != NULL; probe = probe->next) {
        assert_true(probe->measured == (strcmp(probe->name, "probe m.8") == 0));
        *left_out += probe->left_out ? 1 : 0;
    }
}

static void the_plan_alone_is_calibrated_and_within_the_budget(void **state)
{
    static const struct store_cost dear = {.busy_us = 60000000};
    struct place *place = *state;
    struct play play = five_probes(state);
    size_t left_out = 0;

    fake_script = (struct fake_script){.metrics_per_probe = 2, .estimate = falling};
    play_begin_stored(&play);
    assert_true(
        store_probe_cost(place->store, play.stored.id, "probe m.8", &dear, true, &place->err));
    assert_true(store_flush(place->store, &place->err));
    play.request.store = store_open_to_read(place->folder, &place->err);
    assert_non_null(play.request.store);
    play.request.listener = NULL;
    play.request.budget_s = 14;
    play.run = run_plan_only(&play.request, look_at_plan, &left_out);
    loop_run(play.loop);
    assert_int_equal(left_out, 1);
    assert_int_equal(run_outcomes(play.run)[8].status, STATUS_BUDGET);
    assert_null(run_outcomes(play.run)[0].reason);
    assert_int_equal(fake_notes.begun, 0);
    store_close(play.request.store);
    play_leave(&play);
}

/* How much longer it takes. */

enum { MOST_PROBES = 4 };

static const struct {
    const char *name;
    struct {
        unsigned lane;
        double cost_s, share, from; /* share 1: it is done; below 0: it was not begun */
    } probes[MOST_PROBES];          /* ended by one without a cost */
    int64_t elapsed_s, left_s;
} paces[] = {
    {"half is done", {{0, 10, 1, 0}, {0, 10, -1, 0}}, 30, 30},
    {"half of one probe is done", {{0, 10, 0.5, 0}}, 20, 20},
    {"it is too early", {{0, 10, 0.5, 0}}, 2, -1},
    {"too little is done", {{0, 100, 0.04, 0}}, 60, -1},
    {"what an earlier process did took none of this time", {{0, 10, 0.75, 0.5}}, 20, 20},
    {"an earlier process did nearly all", {{0, 100, 0.98, 0.9}}, 8, 2},
    {"the longest lane decides", {{0, 10, 0.5, 0}, {1, 30, 0.5, 0}}, 20, 20},
    {"the slowest lane decides", {{0, 10, 0.5, 0}, {1, 30, 0.25, 0}}, 20, 60},
    {"a lane that is done has nothing left", {{0, 10, 1, 0}, {1, 30, 0.25, 0}}, 20, 60},
    {"one large lane tells nothing yet", {{0, 10, 0.5, 0}, {1, 30, 0.01, 0}}, 20, -1},
    {"one negligible lane tells nothing yet", {{0, 10, 0.5, 0}, {1, 0.01, 0, 0}}, 20, 20},
    {"nothing was begun", {{0, 10, -1, 0}}, 20, -1},
    {"all is done", {{0, 10, 1, 0}}, 20, -1},
};

static void the_pace_so_far_tells_what_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paces); i++) {
        struct run_lanes lanes = {.arena = arena_new()};
        struct probe probes[MOST_PROBES] = {{.name = NULL}};
        struct run_task *task;
        size_t count = 0;

        print_message("%s\n", paces[i].name);
        for (; count < MOST_PROBES && paces[i].probes[count].cost_s > 0; count++) {
            probes[count].lane = paces[i].probes[count].lane;
            probes[count].cost_s = paces[i].probes[count].cost_s;
            run_lanes_add(&lanes, NULL, &probes[count]);
        }
        for (bool some = true; some;) {
            some = false;
            while ((task = run_lanes_take_finished(&lanes)) != NULL)
                some = true;
            while (!(paces[i].probes[0].share < 0) &&
                   (task = run_lanes_take_next(&lanes)) != NULL) {
                size_t at = (size_t)(task->probe - probes);

                some = true;
                task->continued = paces[i].probes[at].from > 0;
                if (task->continued)
                    run_lanes_note(task, paces[i].probes[at].from);
                if (paces[i].probes[at].share >= 0)
                    run_lanes_note(task, paces[i].probes[at].share);
                task->finished = paces[i].probes[at].share >= 1;
            }
        }
        assert_int_equal(run_lanes_left_us(&lanes, paces[i].elapsed_s * US_PER_SECOND),
                         paces[i].left_s < 0 ? -1 : paces[i].left_s * US_PER_SECOND);
        arena_free(lanes.arena);
    }
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(time_grows_with_the_rows),
        HERE(what_a_run_took_the_next_one_plans_with),
        HERE(a_probe_that_met_no_table_says_nothing_of_its_cost),
        HERE(a_probe_that_went_on_says_nothing_of_its_whole_cost),
        HERE(the_budget_leaves_the_most_expensive_out),
        HERE(without_a_budget_the_order_is_the_plans),
        HERE(what_was_really_spent_counts),
        HERE(probes_side_by_side_do_not_share_what_is_left),
        HERE(what_costs_nothing_is_never_left_out),
        HERE(a_resumed_run_has_spent_already),
        HERE(the_plan_alone_is_calibrated_and_within_the_budget),
        cmocka_unit_test(the_pace_so_far_tells_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
