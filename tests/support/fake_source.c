#include "tests/support/fake_source.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LANES = 16 };

struct fake_script fake_script;
struct fake_notes fake_notes;

struct fake {
    const struct source_context *context;
    const struct fake_script *script;
    const struct metric *const *metrics;
    size_t count;
    struct loop_timer *opening;
    bool lanes_busy[MOST_LANES];
};

/* A probe that runs. */
struct work {
    struct fake *fake;
    struct probe *probe;
    struct loop_timer *turn;
    size_t next;
};

static const struct fake_script good;

int64_t fake_number(const struct metric *metric)
{
    return strtoll(strchr(metric->key_path, '.') + 1, NULL, 10);
}

static void open_now(void *arg)
{
    struct fake *fake = arg;

    fake->opening = NULL;
    fake->context->opened(fake->context->listener, fake);
}

static struct fake *fake_open(const struct source_context *context,
                              const struct metric *const *metrics, size_t count,
                              const struct fake_script *script)
{
    struct fake *fake = memory_alloc(sizeof(*fake));

    *fake = (struct fake){.context = context, .script = script, .metrics = metrics, .count = count};
    fake_notes.opened++;
    fake_notes.metrics_opened += count;
    if (!script->never_opens)
        fake->opening = loop_after(context->loop, 0, open_now, fake);
    return fake;
}

static void *scripted_open(const struct source_context *context,
                           const struct metric *const *metrics, size_t count)
{
    return fake_open(context, metrics, count, &fake_script);
}

static void *good_open(const struct source_context *context, const struct metric *const *metrics,
                       size_t count)
{
    return fake_open(context, metrics, count, &good);
}

static void fake_parse(const struct definition *definition, struct metric *metric,
                       struct arena *arena, struct complaints *complaints)
{
    (void)definition;
    (void)arena;
    (void)complaints;
    metric->spec = metric;
}

static void fake_plan(void *source, struct plan *plan)
{
    static const struct outcome missing = {.status = STATUS_ABSENT, .reason = "no such thing"};
    struct fake *fake = source;
    const struct fake_script *script = fake->script;
    size_t each = script->metrics_per_probe != 0 ? script->metrics_per_probe : fake->count;
    size_t end = fake->count - script->forget_last;
    unsigned number = 0;

    fake_notes.planned++;
    for (size_t i = 0; i < script->refuse_first; i++)
        plan_refuse(plan, fake->metrics[i], &missing);
    for (size_t i = script->refuse_first; i < end; i += each) {
        size_t count = end - i < each ? end - i : each;
        const char *name = arena_format(plan->arena, "probe %s", fake->metrics[i]->key_path);
        struct probe *probe = plan_add(plan, name, fake->metrics + i, count, NULL);

        probe->lane = script->lanes != 0 ? number % script->lanes : 0;
        probe->cost_s = script->estimate != NULL ? script->estimate(number) : (double)count;
        probe->rows = script->rows;
        number++;
    }
}

static void stop(struct work *work)
{
    loop_timer_cancel(work->turn);
    work->fake->lanes_busy[work->probe->lane] = false;
    fake_notes.running--;
    free(work);
}

static void answer(const struct work *work, size_t index)
{
    const struct fake_script *script = work->fake->script;
    const struct metric *metric = work->probe->metrics[index];
    struct outcome outcome = script->outcome != NULL ? script->outcome(metric)
                                                     : outcome_of(value_count(fake_number(metric)));

    outcome.took_us = fake_number(metric) + 1;
    probe_answer(work->probe, metric, &outcome);
}

static void finish(struct work *work)
{
    struct probe *probe = work->probe;
    const struct probe_cost *cost = &work->fake->script->cost;

    stop(work);
    if (cost->busy_us > 0)
        probe_cost(probe, cost);
    probe_done(probe);
}

/* One metric a turn; the probe's name with the metric's number is its state. */
static void go_on(void *arg)
{
    struct work *work = arg;
    struct probe *probe = work->probe;
    size_t forgotten = work->fake->script->manner == FAKE_FORGETS ? 1 : 0;
    char state[128];

    work->turn = NULL;
    if (work->next + forgotten >= probe->metric_count) {
        finish(work);
        return;
    }
    answer(work, work->next++);
    (void)snprintf(state, sizeof(state), "%s", probe->name);
    probe_saved(probe, state, strlen(state));
    probe_progress(probe, &(struct probe_progress){
                              .share = (double)work->next / (double)probe->metric_count,
                              .doing = probe->name,
                          });
    work->turn = loop_after(work->fake->context->loop, 0, go_on, work);
}

static void note_begin(struct fake *fake, const struct probe *probe)
{
    if (fake_notes.begun < sizeof(fake_notes.order) / sizeof(fake_notes.order[0]))
        fake_notes.order[fake_notes.begun] = (size_t)fake_number(probe->metrics[0]);
    fake_notes.begun++;
    fake_notes.running++;
    if (fake_notes.running > fake_notes.most_running)
        fake_notes.most_running = fake_notes.running;
    if (fake->lanes_busy[probe->lane])
        fake_notes.lane_was_shared = true;
    fake->lanes_busy[probe->lane] = true;
}

static void fake_begin(void *source, struct probe *probe, const void *saved, size_t length)
{
    struct fake *fake = source;
    const struct fake_script *script = fake->script;
    struct work *work = memory_alloc(sizeof(*work));

    note_begin(fake, probe);
    if (saved != NULL) {
        fake_notes.continued++;
        if (length != strlen(probe->name) || memcmp(saved, probe->name, length) != 0)
            fake_notes.wrong_state = true;
    }
    *work = (struct work){.fake = fake, .probe = probe};
    probe->work = work;
    if (script->manner == FAKE_SILENT ||
        (script->silent_from > 0 && fake_notes.begun >= script->silent_from))
        return;
    if (script->manner != FAKE_AT_ONCE) {
        work->turn = loop_after(fake->context->loop, 0, go_on, work);
        return;
    }
    for (size_t i = 0; i < probe->metric_count; i++)
        answer(work, i);
    finish(work);
}

static void fake_cancel(void *source, struct probe *probe)
{
    (void)source;
    fake_notes.cancelled++;
    stop(probe->work);
}

static void fake_close(void *source)
{
    struct fake *fake = source;

    fake_notes.closed++;
    loop_timer_cancel(fake->opening);
    free(fake);
}

static const char *const names[] = {"fake", NULL};
static const char *const other_names[] = {"other", NULL};

const struct source_ops fake_source = {
    .name = "fake",
    .data_sources = names,
    .parse = fake_parse,
    .open = scripted_open,
    .plan = fake_plan,
    .begin = fake_begin,
    .cancel = fake_cancel,
    .close = fake_close,
};

const struct source_ops other_source = {
    .name = "other",
    .data_sources = other_names,
    .parse = fake_parse,
    .open = good_open,
    .plan = fake_plan,
    .begin = fake_begin,
    .cancel = fake_cancel,
    .close = fake_close,
};

const struct metric *const *fake_metrics(struct arena *arena, const struct source_ops *source,
                                         size_t count)
{
    const struct metric **metrics = ARENA_ARRAY(arena, const struct metric *, count);

    for (size_t i = 0; i < count; i++) {
        struct metric *metric = ARENA_NEW(arena, struct metric);

        metric->key_path = arena_format(arena, "m.%zu", i);
        metric->data_source = source != NULL ? source->name : "prometheus";
        metric->source = source;
        metrics[i] = metric;
    }
    return metrics;
}
