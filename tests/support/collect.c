#include "tests/support/collect.h"

#include "agent/io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1717243200)
#define GUARD_MS    30000

static void broken(const char *what, const char *whom)
{
    (void)fprintf(stderr, "the contract of sources is broken: %s: %s\n", whom, what);
    exit(1);
}

static void hang(void *arg)
{
    (void)arg;
    broken("nothing happened for 30 s", "run");
}

static void run_loop(struct collect *collect)
{
    struct loop_timer *guard = loop_after(collect->loop, GUARD_MS, hang, NULL);

    loop_run(collect->loop);
    loop_timer_cancel(guard);
}

static void opened(void *listener, void *source)
{
    struct collect *collect = listener;

    if (collect->source != NULL && source != collect->source)
        broken("opened as somebody else", collect->ops->name);
    loop_stop(collect->loop);
}

void collect_init(struct collect *collect, const struct source_ops *ops)
{
    *collect = (struct collect){.loop = loop_new(), .arena = arena_new(), .ops = ops};
    collect->settings.piece_target_ms = 250;
    collect->settings.statement_timeout_ms = 15000;
    collect->context = (struct source_context){
        .loop = collect->loop,
        .settings = &collect->settings,
        .recorded_at = RECORDED_AT,
        .opened = opened,
        .listener = collect,
    };
}

void collect_release(struct collect *collect)
{
    loop_free(collect->loop);
    arena_free(collect->arena);
}

static void note(struct collect *collect, const struct metric *metric,
                 const struct outcome *outcome)
{
    for (size_t i = 0; i < collect->count; i++) {
        if (collect->metrics[i] != metric)
            continue;
        if (collect->answered[i])
            broken("answered twice", metric->key_path);
        collect->answered[i] = true;
        collect->outcomes[i] = outcome_copy(outcome, collect->arena);
        return;
    }
    broken("answered, but nobody asked", metric->key_path);
}

static void refused(void *listener, const struct metric *metric, const struct outcome *outcome)
{
    note(listener, metric, outcome);
}

static void answer(void *listener, struct probe *probe, const struct metric *metric,
                   const struct outcome *outcome)
{
    (void)probe;
    note(listener, metric, outcome);
}

static void done(void *listener, struct probe *probe)
{
    struct collect *collect = listener;

    (void)probe;
    if (--collect->probes_left == 0)
        loop_stop(collect->loop);
}

static void saved(void *listener, struct probe *probe, const void *bytes, size_t length)
{
    (void)listener;
    (void)probe;
    (void)bytes;
    (void)length;
}

static void progress(void *listener, struct probe *probe, const struct probe_progress *far)
{
    (void)listener;
    (void)probe;
    (void)far;
}

static void cost(void *listener, struct probe *probe, const struct probe_cost *what)
{
    (void)listener;
    (void)probe;
    (void)what;
}

static const struct probe_listener hears = {answer, done, saved, progress, cost};

void collect_open(struct collect *collect, const struct metric *const *metrics, size_t count)
{
    collect->metrics = metrics;
    collect->count = count;
    collect->outcomes = ARENA_ARRAY(collect->arena, struct outcome, count + 1);
    collect->answered = ARENA_ARRAY(collect->arena, bool, count + 1);
    collect->source = collect->ops->open(&collect->context, metrics, count);
    run_loop(collect);
}

void collect_plan(struct collect *collect)
{
    collect->plan = (struct plan){.arena = collect->arena, .refused = refused, .listener = collect};
    collect->plan.end = &collect->plan.first;
    collect->ops->plan(collect->source, &collect->plan);
    collect->probes_left = collect->plan.probe_count;
}

void collect_begin(struct collect *collect)
{
    for (struct probe *probe = collect->plan.first; probe != NULL; probe = probe->next) {
        probe->ops = collect->ops;
        probe->source = collect->source;
        probe->to = &hears;
        probe->listener = collect;
        collect->ops->begin(collect->source, probe, NULL, 0);
    }
}

void collect_await(struct collect *collect)
{
    if (collect->probes_left > 0)
        run_loop(collect);
    for (size_t i = 0; i < collect->count; i++)
        if (!collect->answered[i] && collect->metrics[i]->spec != NULL)
            broken("never answered", collect->metrics[i]->key_path);
}

void collect_cancel(struct collect *collect)
{
    for (struct probe *probe = collect->plan.first; probe != NULL; probe = probe->next)
        collect->ops->cancel(collect->source, probe);
}

void collect_close(struct collect *collect)
{
    collect->ops->close(collect->source);
    collect->source = NULL;
}

void collect_all(struct collect *collect, const struct metric *const *metrics, size_t count)
{
    collect_open(collect, metrics, count);
    collect_plan(collect);
    collect_begin(collect);
    collect_await(collect);
    collect_close(collect);
}

const struct outcome *collect_outcome(const struct collect *collect, const char *key_path)
{
    for (size_t i = 0; i < collect->count; i++)
        if (strcmp(collect->metrics[i]->key_path, key_path) == 0 && collect->answered[i])
            return &collect->outcomes[i];
    return NULL;
}

const char *collect_said(struct collect *collect, const char *key_path)
{
    const struct outcome *outcome = collect_outcome(collect, key_path);
    const char *text;
    struct str json;

    if (outcome == NULL)
        return NULL;
    if (outcome->status != STATUS_OK)
        return arena_format(collect->arena, "%s: %s", status_name(outcome->status),
                            outcome->reason);
    str_init(&json);
    value_write_json(&outcome->value, &json);
    text = arena_copy(collect->arena, json.text);
    str_release(&json);
    return text;
}
