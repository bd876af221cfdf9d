#include "agent/verbs/collect.h"

#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/progress.h"

#include <signal.h>

/* One collection under way. */
struct collector {
    const struct collect_request *request;
    struct collected *collected;
    struct loop *loop;
    struct progress *progress;
    struct source_settings sources; /* with the identity of this instance */
    bool finished;
    bool lost; /* the outcomes are not all in the store */
    struct error err;
};

void collect_metrics(const struct collect_request *request, struct collected *collected)
{
    const struct catalog *catalog = request->catalog;
    const struct metric **chosen =
        ARENA_ARRAY(request->call->arena, const struct metric *, catalog->count + 1);

    for (size_t i = 0; i < catalog->count; i++) {
        const struct metric *metric = catalog->metrics[i];

        if (request->selection != NULL && !selection_takes(request->selection, metric))
            continue;
        if (request->settings->categories[metric->category])
            chosen[collected->count++] = metric;
        else
            collected->not_permitted++;
    }
    collected->metrics = chosen;
}

void collect_context(const struct settings *settings, const struct catalog *catalog,
                     struct source_context *context)
{
    *context = (struct source_context){
        .settings = &settings->sources,
        .events = catalog->events,
        .event_count = catalog->event_count,
    };
}

static void progressed(void *arg, const struct run_progress *progress)
{
    struct collector *collector = arg;

    progress_note(collector->progress, progress);
}

static void finished(void *arg, struct run *run)
{
    struct collector *collector = arg;
    struct arena *arena = collector->request->call->arena;
    struct collected *collected = collector->collected;
    const struct outcome *outcomes = run_outcomes(run);
    struct outcome *copies = ARENA_ARRAY(arena, struct outcome, collected->count + 1);

    for (size_t i = 0; i < collected->count; i++)
        copies[i] = outcome_copy(&outcomes[i], arena);
    collected->outcomes = copies;
    collector->finished = true;
    if (run_journal_fault(run) != NULL) {
        collector->lost = true;
        collector->err = *run_journal_fault(run);
    }
    loop_stop(collector->loop);
}

static void interrupted(void *arg)
{
    struct collector *collector = arg;

    loop_stop(collector->loop);
}

/* Begins a stored run, or takes up the one that was broken off. */
static bool prepare_stored(const struct collect_request *request, struct store_run *stored,
                           struct error *err)
{
    int64_t now_us = now_wall_us();
    int64_t oldest_us = now_us - (int64_t)request->settings->run_deadline_s * US_PER_SECOND;
    const char *digest = request->catalog->digest;
    bool found;

    if (!store_run_resume(request->store, digest, oldest_us / US_PER_SECOND, stored, &found, err))
        return false;
    if (!found)
        return store_run_begin(request->store, now_us / US_PER_SECOND, digest, stored, err);
    verb_say(request->call, "Going on with the collection of %s, which was broken off.",
             figure_time(request->call->arena, stored->started_us));
    return true;
}

static int64_t deadline_ms(const struct collect_request *request, const struct collected *collected)
{
    int64_t whole_us = (int64_t)request->settings->run_deadline_s * US_PER_SECOND;
    int64_t gone_us = request->store != NULL ? now_wall_us() - collected->stored.started_us : 0;
    int64_t left_us = whole_us - (gone_us > 0 ? gone_us : 0);

    if (request->settings->run_deadline_s == 0)
        return 0;
    return left_us > 1000 ? left_us / 1000 : 1;
}

static void run_to_the_end(struct collector *collector)
{
    static const struct run_listener listener = {progressed, finished};
    const struct collect_request *request = collector->request;
    struct run_request asked = {
        .metrics = collector->collected->metrics,
        .count = collector->collected->count,
        .sources = request->call->sources,
        .store = request->store,
        .stored = request->store != NULL ? &collector->collected->stored : NULL,
        .deadline_ms = deadline_ms(request, collector->collected),
        .budget_s = request->settings->budget_ms / 1000.0,
        .listener = &listener,
        .arg = collector,
    };
    struct run *run;

    collect_context(request->settings, request->catalog, &asked.context);
    asked.context.settings = &collector->sources;
    asked.context.loop = collector->loop;
    asked.context.recorded_at = collector->collected->recorded_at;
    loop_on_signal(collector->loop, SIGINT, interrupted, collector);
    loop_on_signal(collector->loop, SIGTERM, interrupted, collector);
    collector->progress = progress_new(collector->loop, request->call->quiet);
    run = run_start(&asked);
    loop_run(collector->loop);
    run_free(run);
    progress_free(collector->progress);
}

int collect_run(const struct collect_request *request, struct collected *collected)
{
    struct collector collector = {
        .request = request,
        .collected = collected,
        .sources = request->settings->sources,
    };
    int64_t began_us = now_monotonic_us();
    struct error err;

    *collected = (struct collected){.recorded_at = now_wall_us() / US_PER_SECOND};
    collect_metrics(request, collected);
    if (request->store != NULL) {
        if (!prepare_stored(request, &collected->stored, &err))
            return verb_failed(EXIT_DEFERRED, "%s", err.text);
        collected->recorded_at = collected->stored.recorded_at;
        if (collector.sources.uuid == NULL)
            collector.sources.uuid = store_instance_id(request->store);
    }
    collector.loop = loop_new();
    run_to_the_end(&collector);
    loop_free(collector.loop);
    collected->took_us = now_monotonic_us() - began_us;
    if (collector.lost)
        return verb_failed(collector.err.kind == ERROR_UNAVAILABLE ? EXIT_DEFERRED
                                                                   : EXIT_UNREACHABLE,
                           "The collection could not be stored, so nothing is sealed, and the next "
                           "preview or send goes on from what was stored before: %s",
                           collector.err.text);
    if (collector.finished)
        return EXIT_DONE;
    return verb_failed(EXIT_DEFERRED, "Interrupted.%s",
                       request->store != NULL
                           ? " What was counted is kept; the next preview or send goes on from it."
                           : "");
}
