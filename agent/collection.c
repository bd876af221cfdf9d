#include "agent/collection.h"

#include "agent/base/clock.h"

static const struct outcome *const outcomes_of[] = {
    [APPROVAL_GIVEN] = &(const struct outcome){.status = STATUS_OK},
    [APPROVAL_NEW] =
        &(const struct outcome){
            .status = STATUS_HELD,
            .reason = "this definition is new since the admin approved what is counted here; "
                      "'service-ping accept' lets it be counted",
        },
    [APPROVAL_CHANGED] =
        &(const struct outcome){
            .status = STATUS_HELD,
            .reason = "this definition says something else than what the admin approved; "
                      "'service-ping diff' shows it, 'service-ping accept' lets it be counted",
        },
};

static const struct outcome *given(const struct collection_choice *choice,
                                   const struct metric *metric)
{
    return outcomes_of[approvals_state(choice->approvals, metric)];
}

void collection_choose(const struct collection_choice *choice, struct arena *arena,
                       struct collection *collection)
{
    const struct catalog *catalog = choice->catalog;
    const struct metric **chosen = ARENA_ARRAY(arena, const struct metric *, catalog->count + 1);
    struct outcome *outcomes = ARENA_ARRAY(arena, struct outcome, catalog->count + 1);

    *collection = (struct collection){.metrics = chosen, .given = outcomes};
    for (size_t i = 0; i < catalog->count; i++) {
        const struct metric *metric = catalog->metrics[i];

        if (choice->takes != NULL && !choice->takes(choice->arg, metric))
            continue;
        if (!choice->settings->categories[metric->category]) {
            collection->not_permitted++;
            continue;
        }
        chosen[collection->count] = metric;
        outcomes[collection->count] = *given(choice, metric);
        if (outcomes[collection->count++].status == STATUS_HELD)
            collection->held++;
    }
}

void collection_context(const struct settings *settings, const struct catalog *catalog,
                        struct source_context *context)
{
    *context = (struct source_context){
        .settings = &settings->sources,
        .deadline_s = settings->run_deadline_s,
        .events = catalog->events,
        .event_count = catalog->event_count,
    };
}

struct source_settings collection_sources(const struct settings *settings,
                                          const struct store *store)
{
    struct source_settings sources = settings->sources;

    if (sources.uuid == NULL && store != NULL)
        sources.uuid = store_instance_id(store);
    return sources;
}

bool collection_resume(struct store *store, const struct settings *settings,
                       const struct catalog *catalog, struct store_run *stored, bool *found,
                       struct error *err)
{
    int64_t oldest = now_wall_us() / US_PER_SECOND - (int64_t)settings->run_deadline_s;

    return store_run_resume(store, catalog->digest, oldest, stored, found, err);
}

bool collection_begin(struct store *store, const struct settings *settings,
                      const struct catalog *catalog, struct store_run *stored, struct error *err)
{
    bool found;

    if (!collection_resume(store, settings, catalog, stored, &found, err))
        return false;
    return found ||
           store_run_begin(store, now_wall_us() / US_PER_SECOND, catalog->digest, stored, err);
}

int64_t collection_deadline_ms(const struct settings *settings, const struct store_run *stored)
{
    int64_t whole_us = (int64_t)settings->run_deadline_s * US_PER_SECOND;
    int64_t gone_us = stored != NULL ? now_wall_us() - stored->started_us : 0;
    int64_t left_us = whole_us - (gone_us > 0 ? gone_us : 0);

    if (settings->run_deadline_s == 0)
        return 0;
    return left_us > 1000 ? left_us / 1000 : 1;
}
