/*
 * What a run writes down while it goes, so that a restart goes on from there. Written as it comes,
 * committed about once a second. After a failure nothing more is written until the end, when
 * everything is written anew: a journal is whole up to some moment, or it is not used.
 */
#ifndef AGENT_RUN_JOURNAL_H
#define AGENT_RUN_JOURNAL_H

#include "agent/answers.h"
#include "agent/io/loop.h"
#include "agent/source.h"
#include "agent/store.h"

struct run_journal {
    struct loop *loop;
    struct store *store; /* NULL: nothing is written */
    struct store_run *stored;
    struct loop_timer *flush;
    bool failed;
    struct error err; /* why, if it failed */
};

/* Takes over what a run that is resumed had written down. */
void run_journal_begin(struct run_journal *journal, struct answers *answers);

void run_journal_outcome(struct run_journal *journal, const char *key_path,
                         const struct outcome *outcome);
void run_journal_state(struct run_journal *journal, const char *probe, const void *bytes,
                       size_t length);

/* What a probe that is done took; `whole` if this process did all of it. */
void run_journal_cost(struct run_journal *journal, const struct probe *probe,
                      const struct probe_cost *cost, bool whole);

/* What a probe of the run that is resumed saved last. */
struct store_bytes run_journal_saved(struct run_journal *journal, const char *probe,
                                     struct arena *arena);

/* Stops; what is written is committed. The run stays open, to be resumed. */
void run_journal_stop(struct run_journal *journal);

/* Stops, sees that every answer is in the store, and finishes the stored run; `failed` says if not.
 */
void run_journal_finish(struct run_journal *journal, const struct answers *answers);

#endif
