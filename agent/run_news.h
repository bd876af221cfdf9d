/*
 * What there is to tell of a run under way: collected as it comes, told to the run's listener a few
 * times a second.
 */
#ifndef AGENT_RUN_NEWS_H
#define AGENT_RUN_NEWS_H

#include "agent/answers.h"
#include "agent/io/loop.h"
#include "agent/run_lanes.h"
#include "agent/run_progress.h"

struct run_news {
    struct loop *loop;
    run_progressed *progressed; /* NULL: nobody wants to know */
    void *arg;
    const struct answers *answers;
    const struct run_lanes *lanes;
    bool planned, ended;
    struct loop_timer *timer;
    const struct run_task *present; /* the one that is told of; NULL: none */
    char doing[96];
    unsigned pieces;
    int64_t asked_us;
    double share;                 /* told last */
    int64_t started_us, begun_us; /* of the run, and of its first probe; 0: none yet */
};

/* Something changed: it is told soon. */
void run_news_changed(struct run_news *news);

void run_news_begun(struct run_news *news, const struct run_task *task);
void run_news_heard(struct run_news *news, struct run_task *task,
                    const struct probe_progress *progress);
void run_news_done(struct run_news *news, const struct run_task *task);

/* The end: nothing is told any more but this, at once. The owner may free the run in it. */
void run_news_tell_last(struct run_news *news);
void run_news_cancel(struct run_news *news);

#endif
