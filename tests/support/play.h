/* One run over the fake source, as a test sees it. */
#ifndef TESTS_SUPPORT_PLAY_H
#define TESTS_SUPPORT_PLAY_H

#include "agent/io/loop.h"
#include "agent/run.h"
#include "tests/support/fake_source.h"
#include "tests/support/place.h"

struct play {
    struct place *place;
    struct loop *loop;
    struct run *run;
    struct store_run stored;
    struct outcome *outcomes; /* copies of the end */
    struct run_request request;
    size_t finished, progressed, planned;
    size_t free_after; /* run_free inside this progress call; 0: never */
    bool free_at_end;  /* run_free inside `finished` */
    bool journal_failed;
    struct run_progress last;
};

/* *state is a struct place. The request may be changed until play_start. */
struct play play_of(void **state, const struct metric *const *metrics, size_t count);
void play_begin_stored(struct play *play);
void play_start(struct play *play);
void play_go(struct play *play); /* starts, and runs until nothing is left to wait for */

/* Frees all, and ends the program if the source was not closed or still has a probe running. */
void play_leave(struct play *play);

/* Ends the program unless the run finished once with every metric's own number. */
void play_expect_counts(const struct play *play);
size_t play_stored_outcomes(struct play *play);

#endif
