#include "agent/daemon_collect.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/ping.h"

#include <inttypes.h>
#include <stdlib.h>

void daemon_choose(const struct daemon *daemon, struct arena *arena, struct collection *collection)
{
    struct collection_choice choice = {
        .settings = &daemon->settings,
        .catalog = &daemon->now->catalog,
        .approvals = daemon->approvals,
    };

    collection_choose(&choice, arena, collection);
}

void daemon_break_off(struct daemon *daemon)
{
    struct collecting *collecting = daemon->collecting;

    if (collecting == NULL)
        return;
    daemon->collecting = NULL;
    run_free(collecting->run);
    arena_free(collecting->arena);
    free(collecting);
}

/* ---- Sealing ---- */

bool daemon_seal(struct daemon *daemon, struct store_run *run)
{
    const struct settings *settings = &daemon->settings;
    struct store_ping ping = {.state = ping_fate(run, settings)};
    bool leaves = ping.state == PING_WAITING;
    struct arena *arena = arena_new();
    struct error err;
    bool sealed = ping_seal(daemon->store, run, settings, arena, &ping, &err);

    arena_free(arena);
    if (!sealed) {
        daemon_troubled(daemon, TROUBLE_RUN, "What was collected could not be sealed: %s",
                        err.text);
        return err.kind == ERROR_REFUSED;
    }
    daemon_untroubled(daemon, TROUBLE_RUN);
    daemon->last_run = *run;
    log_info("agent", "ping %s, number %" PRId64 ", is sealed and %s", ping.id, ping.seq,
             leaves ? "waits to be sent" : "kept here");
    ping_trim(daemon->store, settings);
    if (leaves)
        courier_wake(daemon->courier);
    return true;
}

struct strangers {
    const struct catalog *catalog;
    const bool *categories;
    struct arena *arena;
    const char **key_paths;
    size_t count;
};

static void find_stranger(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct strangers *strangers = arg;
    const struct metric *metric = catalog_find(strangers->catalog, key_path);

    (void)outcome;
    if (metric != NULL && strangers->categories[metric->category])
        return;
    strangers->key_paths =
        arena_grow(strangers->arena, strangers->key_paths, strangers->count, sizeof(char *));
    strangers->key_paths[strangers->count++] = arena_copy(strangers->arena, key_path);
}

/* What is not permitted any more leaves the run before it is sealed. */
static bool forget_strangers(const struct daemon *daemon, int64_t run_id, struct arena *arena,
                             struct error *err)
{
    struct strangers strangers = {.catalog = &daemon->now->catalog,
                                  .categories = daemon->settings.categories,
                                  .arena = arena};

    if (!store_outcomes(daemon->store, run_id, find_stranger, &strangers, err))
        return false;
    for (size_t i = 0; i < strangers.count; i++)
        if (!store_outcome_forget(daemon->store, run_id, strangers.key_paths[i], err))
            return false;
    return true;
}

bool daemon_seal_old(struct daemon *daemon, struct store_run *run)
{
    struct arena *arena = arena_new();
    struct error err;
    bool done = forget_strangers(daemon, run->id, arena, &err);

    arena_free(arena);
    if (done)
        return daemon_seal(daemon, run);
    daemon_troubled(daemon, TROUBLE_RUN, "What was collected could not be read again: %s",
                    err.text);
    return false;
}

/* ---- Collecting ---- */

static void progressed(void *arg, const struct run_progress *progress)
{
    struct daemon *daemon = arg;

    daemon->collecting->progress = *progress;
    daemon_changed(daemon);
}

static void finished(void *arg, struct run *run)
{
    struct daemon *daemon = arg;
    const struct error *fault = run_journal_fault(run);
    struct store_run stored = daemon->collecting->stored;
    bool again = fault != NULL;

    if (fault != NULL)
        daemon_troubled(daemon, TROUBLE_RUN,
                        "What was collected could not be kept, and is tried again: %s",
                        fault->text);
    daemon_break_off(daemon);
    if (!again) {
        daemon->last_run = stored;
        again = !daemon_seal(daemon, &stored);
    }
    daemon->collected(daemon, again);
}

void daemon_collect(struct daemon *daemon, const struct store_run *stored)
{
    static const struct run_listener listener = {progressed, finished};
    struct collecting *collecting = memory_alloc(sizeof(*collecting));
    const struct settings *settings = &daemon->settings;
    struct collection collection;
    struct run_request asked;

    *collecting = (struct collecting){.arena = arena_new(), .stored = *stored};
    collecting->sources = collection_sources(settings, daemon->store);
    daemon_choose(daemon, collecting->arena, &collection);
    collecting->progress.metrics = collection.count;
    daemon->held = collection.held;
    daemon->collecting = collecting;
    asked = (struct run_request){
        .metrics = collection.metrics,
        .count = collection.count,
        .given = collection.given,
        .sources = daemon->loading.sources,
        .store = daemon->store,
        .stored = &collecting->stored,
        .deadline_ms = collection_deadline_ms(settings, stored),
        .budget_s = settings->budget_ms / 1000.0,
        .listener = &listener,
        .arg = daemon,
    };
    collection_context(settings, &daemon->now->catalog, &asked.context);
    asked.context.settings = &collecting->sources;
    asked.context.loop = daemon->loop;
    asked.context.recorded_at = stored->recorded_at;
    collecting->run = run_start(&asked);
    log_info("agent", "%s a collection of %zu metrics",
             stored->resumed ? "going on with" : "beginning", collection.count);
    daemon_changed(daemon);
}
