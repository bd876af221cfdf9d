/* What a run leaves for the next process: the journal, written, continued, and when it fails. */
#include "agent/run.h"

#include "tests/support/play.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Stops the loop when `turns` turns have gone by. */
struct brake {
    struct loop *loop;
    size_t turns;
};

static void count_turn(void *arg)
{
    struct brake *brake = arg;

    if (brake->turns-- == 0)
        loop_stop(brake->loop);
    else
        (void)loop_after(brake->loop, 0, count_turn, brake);
}

/* A run that stops after some turns, as if the process had ended in good order. */
static void go_some_turns(struct play *play, size_t turns)
{
    struct brake brake = {.loop = play->loop, .turns = turns};

    play_start(play);
    (void)loop_after(play->loop, 0, count_turn, &brake);
    loop_run(play->loop);
}

static bool find_stored(struct play *play)
{
    bool found;

    place_open(play->place);
    play->request.store = play->place->store;
    assert_true(store_run_resume(play->place->store, digest_a, 0, &play->stored, &found,
                                 &play->place->err));
    return found;
}

static void resume_stored(struct play *play)
{
    assert_true(find_stored(play));
}

/* The process ended after the run was finished and before anybody was told. */
static void expect_finished(struct play *play)
{
    bool found;

    assert_true(store_run_unsealed(play->place->store, &play->stored, &found, &play->place->err));
    assert_true(found);
    assert_int_equal(play_stored_outcomes(play), play->request.count);
}

static void what_was_counted_is_not_counted_again(void **state)
{
    struct place *place = *state;
    const struct metric *const *metrics = fake_metrics(place->arena, &fake_source, 100);
    struct play play = play_of(state, metrics, 100);
    size_t answered;

    fake_script = (struct fake_script){.metrics_per_probe = 10};
    play_begin_stored(&play);
    go_some_turns(&play, 40);
    play_leave(&play);
    answered = play_stored_outcomes(&play);
    assert_in_range(answered, 1, 99);

    play = play_of(state, metrics, 100);
    fake_script.metrics_per_probe = 1;
    resume_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    assert_int_equal(fake_notes.metrics_opened, 100 - answered);
    assert_int_equal(play_stored_outcomes(&play), 100);
    play_leave(&play);
}

static void a_probe_goes_on_from_what_it_saved(void **state)
{
    struct place *place = *state;
    const struct metric *const *metrics = fake_metrics(place->arena, &fake_source, 2);
    struct play play = play_of(state, metrics, 2);

    fake_script = (struct fake_script){.manner = FAKE_SILENT};
    play_begin_stored(&play);
    assert_true(
        store_probe_state(place->store, play.stored.id, "probe m.0", "probe m.0", 9, &place->err));
    assert_true(store_flush(place->store, &place->err));
    fake_script = (struct fake_script){.metrics_per_probe = 1};
    resume_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    assert_int_equal(fake_notes.continued, 1);
    assert_false(fake_notes.wrong_state);
    play_leave(&play);
}

static void a_new_run_takes_nothing_over(void **state)
{
    struct place *place = *state;
    const struct metric *const *metrics = fake_metrics(place->arena, &fake_source, 10);
    struct play play = play_of(state, metrics, 10);

    fake_script = (struct fake_script){.metrics_per_probe = 2};
    play_begin_stored(&play);
    go_some_turns(&play, 6);
    play_leave(&play);
    play = play_of(state, metrics, 10);
    play_begin_stored(&play);
    play_go(&play);
    play_expect_counts(&play);
    assert_int_equal(fake_notes.metrics_opened, 10);
    assert_int_equal(fake_notes.continued, 0);
    play_leave(&play);
}

static void what_is_not_asked_for_any_more_leaves_the_journal(void **state)
{
    struct place *place = *state;
    struct outcome outcome = outcome_of(value_count(1));
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 3), 3);

    fake_script = (struct fake_script){0};
    play_begin_stored(&play);
    assert_true(store_outcome(place->store, play.stored.id, "m.1", &outcome, &place->err));
    assert_true(store_outcome(place->store, play.stored.id, "secret.a", &outcome, &place->err));
    assert_true(store_outcome(place->store, play.stored.id, "secret.b", &outcome, &place->err));
    assert_true(store_flush(place->store, &place->err));
    resume_stored(&play);
    play_go(&play);
    assert_false(play.journal_failed);
    play_leave(&play);
    place_expect(place,
                 "SELECT group_concat(key_path) FROM (SELECT key_path FROM outcomes ORDER BY 1)",
                 "m.0,m.1,m.2");
}

static void limit_files(rlim_t most)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_store_that_fails_is_told_at_the_end(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 3000), 3000);

    fake_script = (struct fake_script){.manner = FAKE_AT_ONCE};
    play_begin_stored(&play);
    limit_files(64 << 10);
    play_go(&play);
    limit_files(RLIM_INFINITY);
    play_expect_counts(&play);
    assert_true(play.journal_failed);
    play_leave(&play);
    place_open(place);
    place_expect(place, "SELECT state FROM runs", "open");
}

/* Somebody else's change fails, which takes the open journal with it; then there is room again. */
static struct place *full_place;

static struct outcome fail_in_between(const struct metric *metric)
{
    if (fake_number(metric) == 1000) {
        limit_files(32 << 10);
        assert_false(store_flush(full_place->store, &full_place->err));
        limit_files(RLIM_INFINITY);
    }
    return outcome_of(value_count(fake_number(metric)));
}

static void a_store_that_recovers_has_everything_at_the_end(void **state)
{
    struct place *place = *state;
    struct play play = play_of(state, fake_metrics(place->arena, &fake_source, 3000), 3000);

    fake_script = (struct fake_script){.outcome = fail_in_between, .manner = FAKE_AT_ONCE};
    play_begin_stored(&play);
    full_place = place;
    play_go(&play);
    play_expect_counts(&play);
    assert_false(play.journal_failed);
    assert_int_equal(play_stored_outcomes(&play), 3000);
    play_leave(&play);
}

/* Random plans, stopped at random moments until one attempt comes to its end. */
static void a_run_in_any_number_of_parts_has_the_same_outcomes(void **state)
{
    struct place *place = *state;
    const char *soak = getenv("SOAK");
    long cases = soak != NULL ? strtol(soak, NULL, 10) : 30;

    srand(20261121);
    for (long i = 0; i < cases; i++) {
        size_t count = (size_t)(rand() % 60);
        const struct metric *const *metrics = fake_metrics(place->arena, &fake_source, count);
        struct store_run stored;
        bool over = false;

        assert_true(store_run_begin(place->store, 1000, digest_a, &stored, &place->err));
        while (!over) {
            size_t turns = (size_t)(rand() % 50);
            struct play play = play_of(state, metrics, count);

            fake_script = (struct fake_script){.metrics_per_probe = (size_t)(rand() % 7),
                                               .lanes = (unsigned)(rand() % 4),
                                               .manner = rand() % 2 ? FAKE_GOOD : FAKE_AT_ONCE};
            play.stored = stored;
            go_some_turns(&play, turns);
            over = play.finished > 0;
            if (over)
                play_expect_counts(&play);
            assert_false(fake_notes.lane_was_shared || fake_notes.wrong_state);
            play_leave(&play);
            if (!over && !find_stored(&play)) {
                expect_finished(&play);
                over = true;
            }
            stored = play.stored;
        }
    }
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(what_was_counted_is_not_counted_again),
        HERE(a_probe_goes_on_from_what_it_saved),
        HERE(a_new_run_takes_nothing_over),
        HERE(what_is_not_asked_for_any_more_leaves_the_journal),
        HERE(a_store_that_fails_is_told_at_the_end),
        HERE(a_store_that_recovers_has_everything_at_the_end),
        HERE(a_run_in_any_number_of_parts_has_the_same_outcomes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
