#include "tests/support/play.h"

#include "tests/support/require.h"

static const struct source_ops *const sources[] = {&fake_source, &other_source, NULL};

static void progressed(void *arg, const struct run_progress *progress)
{
    struct play *play = arg;

    REQUIRE(progress->share >= play->last.share && progress->share <= 1);
    REQUIRE(progress->answered >= play->last.answered);
    play->last = *progress;
    play->last.doing = NULL;
    if (++play->progressed == play->free_after) {
        run_free(play->run);
        play->run = NULL;
    }
}

static void finished(void *arg, struct run *run)
{
    struct play *play = arg;
    const struct outcome *outcomes = run_outcomes(run);

    REQUIRE(run == play->run);
    play->finished++;
    play->journal_failed = run_journal_fault(run) != NULL;
    play->outcomes = ARENA_ARRAY(play->place->arena, struct outcome, play->request.count);
    for (size_t i = 0; i < play->request.count; i++)
        play->outcomes[i] = outcome_copy(&outcomes[i], play->place->arena);
    if (play->free_at_end) {
        run_free(run);
        play->run = NULL;
    }
}

static const struct run_listener listener = {.progressed = progressed, .finished = finished};

struct play play_of(void **state, const struct metric *const *metrics, size_t count)
{
    struct play play = {.place = *state, .loop = loop_new()};

    fake_notes = (struct fake_notes){0};
    play.request = (struct run_request){
        .metrics = metrics,
        .count = count,
        .sources = sources,
        .context = {.loop = play.loop, .recorded_at = 1000},
        .store = play.place->store,
        .listener = &listener,
    };
    return play;
}

void play_begin_stored(struct play *play)
{
    REQUIRE(store_run_begin(play->place->store, 1000, digest_a, &play->stored, &play->place->err));
}

void play_start(struct play *play)
{
    play->request.stored = &play->stored;
    play->request.arg = play;
    play->run = run_start(&play->request);
    REQUIRE(play->finished + play->progressed == 0);
}

/* Until nothing is left to wait for. */
void play_go(struct play *play)
{
    play_start(play);
    loop_run(play->loop);
}

void play_leave(struct play *play)
{
    run_free(play->run);
    play->run = NULL;
    REQUIRE(fake_notes.closed == fake_notes.opened);
    REQUIRE(fake_notes.running == 0);
    loop_free(play->loop);
}

void play_expect_counts(const struct play *play)
{
    REQUIRE(play->finished == 1);
    for (size_t i = 0; i < play->request.count; i++) {
        REQUIRE(play->outcomes[i].status == STATUS_OK);
        REQUIRE(play->outcomes[i].value.count == fake_number(play->request.metrics[i]));
        REQUIRE(play->outcomes[i].took_us == play->outcomes[i].value.count + 1);
    }
}

static void count_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    size_t *count = arg;

    REQUIRE(key_path[0] == 'm');
    REQUIRE(outcome->status <= STATUS_OFF);
    ++*count;
}

size_t play_stored_outcomes(struct play *play)
{
    size_t count = 0;

    REQUIRE(store_outcomes(play->place->store, play->stored.id, count_outcome, &count,
                           &play->place->err));
    return count;
}
