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

static bool takes(const void *selection, const struct metric *metric)
{
    return selection == NULL || selection_takes(selection, metric);
}

void collect_metrics(const struct collect_request *request, struct collected *collected)
{
    struct collection_choice choice = {
        .settings = request->settings,
        .catalog = request->catalog,
        .approvals = request->approvals,
        .takes = takes,
        .arg = request->selection,
    };
    struct collection collection;

    collection_choose(&choice, request->call->arena, &collection);
    collected->metrics = collection.metrics;
    collected->given = collection.given;
    collected->count = collection.count;
    collected->not_permitted = collection.not_permitted;
    collected->held = collection.held;
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

static void run_to_the_end(struct collector *collector)
{
    static const struct run_listener listener = {progressed, finished};
    const struct collect_request *request = collector->request;
    struct run_request asked = {
        .metrics = collector->collected->metrics,
        .count = collector->collected->count,
        .given = collector->collected->given,
        .sources = request->call->sources,
        .store = request->store,
        .stored = request->store != NULL ? &collector->collected->stored : NULL,
        .deadline_ms = collection_deadline_ms(
            request->settings, request->store != NULL ? &collector->collected->stored : NULL),
        .budget_s = request->settings->budget_ms / 1000.0,
        .listener = &listener,
        .arg = collector,
    };
    struct run *run;

    collection_context(request->settings, request->catalog, &asked.context);
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
        .sources = collection_sources(request->settings, request->store),
    };
    int64_t began_us = now_monotonic_us();
    struct error err;

    *collected = (struct collected){.recorded_at = now_wall_us() / US_PER_SECOND};
    collect_metrics(request, collected);
    if (request->store != NULL) {
        if (!collection_begin(request->store, request->settings, request->catalog,
                              &collected->stored, &err))
            return verb_failed(EXIT_DEFERRED, "%s", err.text);
        if (collected->stored.resumed)
            verb_say(request->call, "Going on with the collection of %s, which was broken off.",
                     figure_time(request->call->arena, collected->stored.started_us));
        collected->recorded_at = collected->stored.recorded_at;
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
