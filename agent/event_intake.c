#include "agent/event_intake.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/event_rate.h"
#include "agent/io/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BATCH_MOST 10000 /* events; one more lot may exceed it */

/* What one caller brought. */
struct lot {
    STAILQ_ENTRY(lot) link;
    const struct event *events;
    size_t count;
    record_done *done;
    void *arg;
};

STAILQ_HEAD(lots, lot);

struct event_intake {
    struct loop *loop;
    const struct source_ops *ops;
    const struct catalog *catalog;
    const struct settings *settings;
    struct source_context context;
    struct event_rate *rate; /* NULL: full again */
    void *source;            /* NULL: closed */
    bool ready;              /* it has said that it is open */
    struct lots waiting, recording;
    struct event *batch; /* of all that is being recorded */
    size_t batch_room;
    struct loop_timer *idle;
    int64_t idle_ms, used_us;
};

static record_done recorded;

const struct source_ops *event_intake_writer(const struct source_ops *const *sources)
{
    for (size_t i = 0; sources[i] != NULL; i++)
        if (sources[i]->record != NULL)
            return sources[i];
    return NULL;
}

static void set_context(struct event_intake *intake, const struct settings *settings,
                        const struct catalog *catalog)
{
    intake->settings = settings;
    intake->catalog = catalog;
    intake->context.settings = &settings->sources;
    intake->context.events = catalog->events;
    intake->context.event_count = catalog->event_count;
}

/* Gathers waiting lots into one batch, up to BATCH_MOST events. */
static size_t gather(struct event_intake *intake)
{
    size_t count = 0;
    struct lot *lot;

    while ((lot = STAILQ_FIRST(&intake->waiting)) != NULL && count < BATCH_MOST) {
        STAILQ_REMOVE_HEAD(&intake->waiting, link);
        STAILQ_INSERT_TAIL(&intake->recording, lot, link);
        if (count + lot->count > intake->batch_room) {
            intake->batch_room = 2 * (count + lot->count);
            intake->batch =
                memory_resize(intake->batch, intake->batch_room * sizeof(intake->batch[0]));
        }
        memcpy(&intake->batch[count], lot->events, lot->count * sizeof(lot->events[0]));
        count += lot->count;
    }
    return count;
}

static void record_next(struct event_intake *intake)
{
    size_t count;

    if (!intake->ready || !STAILQ_EMPTY(&intake->recording) || STAILQ_EMPTY(&intake->waiting))
        return;
    count = gather(intake);
    intake->ops->record(intake->source, intake->batch, count, recorded, intake);
}

static void tell(const struct lot *lot, const bool *lost, const struct error *err)
{
    size_t whole = lost == NULL && err == NULL ? lot->count : 0;
    bool failed = lost == NULL && err != NULL;

    for (size_t i = 0; lost != NULL && i < lot->count; i++) {
        whole += !lost[i];
        failed |= lost[i];
    }
    lot->done(whole, lost, failed ? err : NULL, lot->arg);
}

static void move_all(struct lots *to, struct lots *from)
{
    struct lot *lot;

    while ((lot = STAILQ_FIRST(from)) != NULL) {
        STAILQ_REMOVE_HEAD(from, link);
        STAILQ_INSERT_TAIL(to, lot, link);
    }
}

/* The next batch is sent first, so that Redis works while answers are written. */
static void recorded(size_t count, const bool *lost, const struct error *err, void *arg)
{
    struct event_intake *intake = arg;
    struct lots told = STAILQ_HEAD_INITIALIZER(told);
    struct lot *lot;

    (void)count;
    move_all(&told, &intake->recording);
    intake->used_us = now_monotonic_us();
    record_next(intake);
    while ((lot = STAILQ_FIRST(&told)) != NULL) {
        STAILQ_REMOVE_HEAD(&told, link);
        tell(lot, lost, err);
        lost += lost != NULL ? lot->count : 0;
        free(lot);
    }
}

static void close_source(struct event_intake *intake)
{
    loop_timer_cancel(intake->idle);
    intake->idle = NULL;
    if (intake->source != NULL)
        intake->ops->close(intake->source);
    intake->source = NULL;
    intake->ready = false;
    event_rate_free(intake->rate);
    intake->rate = NULL;
    free(intake->batch);
    intake->batch = NULL;
    intake->batch_room = 0;
}

/* A second without events fills the rate up again, so forgetting it changes nothing. */
static void look_whether_idle(void *arg)
{
    struct event_intake *intake = arg;
    int64_t idle_ms = (now_monotonic_us() - intake->used_us) / 1000;
    bool busy = !STAILQ_EMPTY(&intake->recording) || !STAILQ_EMPTY(&intake->waiting);

    intake->idle = NULL;
    if (!busy && idle_ms >= intake->idle_ms) {
        close_source(intake);
        memory_give_back();
    } else {
        intake->idle = loop_after(intake->loop, busy ? intake->idle_ms : intake->idle_ms - idle_ms,
                                  look_whether_idle, intake);
    }
}

static void opened(void *listener, void *source)
{
    struct event_intake *intake = listener;

    (void)source;
    intake->ready = true;
    record_next(intake);
}

/* All metrics are given: those of other sources may count events as well. */
static void open_source(struct event_intake *intake)
{
    intake->context.recorded_at = now_wall_us() / US_PER_SECOND;
    intake->used_us = now_monotonic_us();
    intake->source =
        intake->ops->open(&intake->context, intake->catalog->metrics, intake->catalog->count);
    if (intake->idle_ms > 0)
        intake->idle = loop_after(intake->loop, intake->idle_ms, look_whether_idle, intake);
}

struct event_intake *event_intake_new(struct loop *loop, const struct source_ops *writer,
                                      const struct settings *settings,
                                      const struct catalog *catalog, int64_t idle_ms)
{
    struct event_intake *intake = memory_alloc(sizeof(*intake));

    intake->loop = loop;
    intake->ops = writer;
    intake->idle_ms = idle_ms;
    intake->context = (struct source_context){.loop = loop, .opened = opened, .listener = intake};
    set_context(intake, settings, catalog);
    STAILQ_INIT(&intake->waiting);
    STAILQ_INIT(&intake->recording);
    return intake;
}

static void drop(struct lots *lots)
{
    struct lot *lot;

    while ((lot = STAILQ_FIRST(lots)) != NULL) {
        STAILQ_REMOVE_HEAD(lots, link);
        free(lot);
    }
}

void event_intake_free(struct event_intake *intake)
{
    if (intake == NULL)
        return;
    close_source(intake);
    drop(&intake->recording);
    drop(&intake->waiting);
    free(intake);
}

void event_intake_use(struct event_intake *intake, const struct settings *settings,
                      const struct catalog *catalog)
{
    struct lots cut = STAILQ_HEAD_INITIALIZER(cut);
    struct error err;
    struct lot *lot;

    close_source(intake);
    set_context(intake, settings, catalog);
    move_all(&cut, &intake->recording);
    if (!STAILQ_EMPTY(&intake->waiting))
        open_source(intake);
    (void)error_set(&err, ERROR_UNAVAILABLE,
                    "The settings were loaded anew while the events were being recorded, so it is "
                    "not known whether they were counted.");
    while ((lot = STAILQ_FIRST(&cut)) != NULL) {
        STAILQ_REMOVE_HEAD(&cut, link);
        tell(lot, NULL, &err);
        free(lot);
    }
}

bool event_intake_allows(struct event_intake *intake, const struct event *event, struct error *err)
{
    if (intake->rate == NULL)
        intake->rate = event_rate_new(intake->settings->event_rate);
    return intake->ops->check_event(&intake->context, event, err) &&
           event_rate_take(intake->rate, event->name, now_monotonic_us(), err);
}

void event_intake_record(struct event_intake *intake, const struct event *events, size_t count,
                         record_done *done, void *arg)
{
    struct lot *lot = memory_alloc(sizeof(*lot));

    *lot = (struct lot){.events = events, .count = count, .done = done, .arg = arg};
    STAILQ_INSERT_TAIL(&intake->waiting, lot, link);
    if (intake->source == NULL)
        open_source(intake);
    else
        record_next(intake);
}

bool event_intake_is_open(const struct event_intake *intake)
{
    return intake->source != NULL;
}
