#include "agent/run_journal.h"

#include "agent/base/log.h"

enum { FLUSH_MS = 1000 };

/* Said once: what follows a first failure is the same failure. */
static void check(struct run_journal *journal, bool done, const struct error *err)
{
    if (done)
        return;
    if (!journal->failed) {
        log_error("run", "nothing more is noted until the end of this run: %s", err->text);
        journal->err = *err;
    }
    journal->failed = true;
}

static bool is_writing(const struct run_journal *journal)
{
    return journal->store != NULL && !journal->failed;
}

static void flush_now(struct run_journal *journal)
{
    struct error err;

    if (is_writing(journal))
        check(journal, store_flush(journal->store, &err), &err);
}

static void flush_due(void *arg)
{
    struct run_journal *journal = arg;

    journal->flush = NULL;
    flush_now(journal);
}

static void flush_soon(struct run_journal *journal)
{
    if (journal->flush == NULL)
        journal->flush = loop_after(journal->loop, FLUSH_MS, flush_due, journal);
}

/* What a run that is resumed takes over, and what it must not: key paths that are not asked for any
 * more, because a category or a definition was switched off since, and what was held, because it
 * may have been accepted. */
struct taken {
    struct answers *answers;
    const char **strangers; /* in the arena of the answers */
    size_t count;
};

static void take_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct taken *taken = arg;
    struct arena *arena = taken->answers->arena;
    size_t index;

    if (outcome->status != STATUS_HELD && answers_find(taken->answers, key_path, &index)) {
        answers_note(taken->answers, index, outcome);
        return;
    }
    taken->strangers = arena_grow(arena, taken->strangers, taken->count, sizeof(char *));
    taken->strangers[taken->count++] = arena_copy(arena, key_path);
}

static bool take_all(struct run_journal *journal, struct answers *answers, struct error *err)
{
    struct taken taken = {.answers = answers};

    if (!store_outcomes(journal->store, journal->stored->id, take_outcome, &taken, err))
        return false;
    for (size_t i = 0; i < taken.count; i++)
        if (!store_outcome_forget(journal->store, journal->stored->id, taken.strangers[i], err))
            return false;
    return store_flush(journal->store, err);
}

void run_journal_begin(struct run_journal *journal, struct answers *answers)
{
    struct error err;

    if (journal->store != NULL && journal->stored->resumed)
        check(journal, take_all(journal, answers, &err), &err);
}

void run_journal_outcome(struct run_journal *journal, const char *key_path,
                         const struct outcome *outcome)
{
    struct error err;

    if (!is_writing(journal))
        return;
    check(journal, store_outcome(journal->store, journal->stored->id, key_path, outcome, &err),
          &err);
    flush_soon(journal);
}

void run_journal_state(struct run_journal *journal, const char *probe, const void *bytes,
                       size_t length)
{
    struct error err;

    if (!is_writing(journal))
        return;
    check(journal,
          store_probe_state(journal->store, journal->stored->id, probe, bytes, length, &err), &err);
    flush_soon(journal);
}

void run_journal_cost(struct run_journal *journal, const struct probe *probe,
                      const struct probe_cost *cost, bool whole)
{
    struct store_cost stored = {
        .busy_us = cost->busy_us,
        .rows_read = cost->rows,
        .rows_expected = probe->rows,
    };
    struct error err;

    if (!is_writing(journal))
        return;
    check(journal,
          store_probe_cost(journal->store, journal->stored->id, probe->name, &stored, whole, &err),
          &err);
    flush_soon(journal);
}

struct store_bytes run_journal_saved(struct run_journal *journal, const char *probe,
                                     struct arena *arena)
{
    struct store_bytes saved = {0};
    struct error err;

    if (is_writing(journal) && journal->stored->resumed)
        check(journal,
              store_probe_saved(journal->store, journal->stored->id, probe, arena, &saved, &err),
              &err);
    return saved;
}

void run_journal_stop(struct run_journal *journal)
{
    loop_timer_cancel(journal->flush);
    journal->flush = NULL;
    flush_now(journal);
}

static void count_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    size_t *count = arg;

    (void)key_path;
    (void)outcome;
    ++*count;
}

static bool write_all(struct run_journal *journal, const struct answers *answers, struct error *err)
{
    for (size_t i = 0; i < answers->count; i++)
        if (!store_outcome(journal->store, journal->stored->id, answers->metrics[i]->key_path,
                           &answers->outcomes[i], err))
            return false;
    return store_flush(journal->store, err);
}

/* Somebody else's failed change of the store may have taken journalled outcomes with it. */
static bool make_whole(struct run_journal *journal, const struct answers *answers,
                       struct error *err)
{
    size_t stored = 0;

    if (!journal->failed &&
        !store_outcomes(journal->store, journal->stored->id, count_outcome, &stored, err))
        return false;
    return stored == answers->count || write_all(journal, answers, err);
}

void run_journal_finish(struct run_journal *journal, const struct answers *answers)
{
    run_journal_stop(journal);
    if (journal->store == NULL)
        return;
    journal->failed = !make_whole(journal, answers, &journal->err) ||
                      !store_run_finish(journal->store, journal->stored, &journal->err);
    if (journal->failed)
        log_error("run", "the outcomes of this run could not be kept: %s", journal->err.text);
}
