#include "agent/run_news.h"

#include "agent/base/clock.h"

#include <stdio.h>

enum { TELL_MS = 100 };

static int64_t left_us(const struct run_news *news)
{
    if (news->ended)
        return 0;
    if (!news->planned || news->begun_us == 0)
        return -1;
    return run_lanes_left_us(news->lanes, now_monotonic_us() - news->begun_us);
}

static void tell(void *arg)
{
    struct run_news *news = arg;
    double share = news->planned ? run_lanes_share(news->lanes) : 0;
    struct run_progress progress = {
        .metrics = news->answers->count,
        .answered = news->answers->answered,
        .failed = news->answers->failed,
        .probes = news->lanes->tasks,
        .probes_done = news->lanes->tasks_done,
        .doing = news->present != NULL ? news->doing : NULL,
        .pieces = news->pieces,
        .asked_us = news->asked_us,
        .started_us = news->started_us,
        .told_us = now_monotonic_us(),
        .left_us = left_us(news),
    };

    news->timer = NULL;
    /* A probe that was begun anew may say less than before; a bar that goes back is no help. */
    if (share > news->share)
        news->share = share;
    progress.share = news->ended ? 1 : news->share;
    news->progressed(news->arg, &progress);
}

void run_news_changed(struct run_news *news)
{
    if (news->progressed != NULL && news->timer == NULL && !news->ended)
        news->timer = loop_after(news->loop, TELL_MS, tell, news);
}

static void show(struct run_news *news, const struct run_task *task, const char *doing)
{
    news->present = task;
    news->pieces = 0;
    news->asked_us = 0;
    (void)snprintf(news->doing, sizeof(news->doing), "%s", doing != NULL ? doing : "");
}

void run_news_begun(struct run_news *news, const struct run_task *task)
{
    if (news->begun_us == 0)
        news->begun_us = now_monotonic_us();
    if (news->present == NULL)
        show(news, task, task->probe->name);
    run_news_changed(news);
}

void run_news_heard(struct run_news *news, struct run_task *task,
                    const struct probe_progress *progress)
{
    run_lanes_note(task, progress->share);
    show(news, task, progress->doing);
    news->pieces = progress->pieces;
    news->asked_us = progress->asked_us;
    run_news_changed(news);
}

void run_news_done(struct run_news *news, const struct run_task *task)
{
    if (news->present == task)
        show(news, NULL, NULL);
    run_news_changed(news);
}

void run_news_tell_last(struct run_news *news)
{
    run_news_cancel(news);
    news->ended = true;
    show(news, NULL, NULL);
    if (news->progressed != NULL)
        tell(news);
}

void run_news_cancel(struct run_news *news)
{
    loop_timer_cancel(news->timer);
    news->timer = NULL;
}
