#include "agent/run_sources.h"

void run_sources_init(struct run_sources *sources, struct arena *arena,
                      const struct source_ops *const *table)
{
    sources->arena = arena;
    while (table[sources->count] != NULL)
        sources->count++;
    sources->items = ARENA_ARRAY(arena, struct run_source, sources->count);
    for (size_t i = 0; i < sources->count; i++)
        sources->items[i] = (struct run_source){.ops = table[i], .all = sources};
}

static struct run_source *find_source(struct run_sources *sources, const struct source_ops *ops)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->items[i].ops == ops)
            return &sources->items[i];
    return NULL;
}

bool run_sources_assign(struct run_sources *sources, const struct metric *metric,
                        struct outcome *without)
{
    struct run_source *source = find_source(sources, metric->source);
    const char *named = metric->data_source != NULL ? metric->data_source : "";

    if (metric->not_computed != NULL) {
        *without = outcome_without(metric->source != NULL ? STATUS_ABSENT : STATUS_OFF,
                                   metric->not_computed);
        return false;
    }
    if (source == NULL) {
        *without = outcome_without(
            STATUS_OFF, arena_format(sources->arena, "this program has no source for '%s'", named));
        return false;
    }
    source->metrics = arena_grow(sources->arena, source->metrics, source->count, sizeof(void *));
    source->metrics[source->count++] = metric;
    return true;
}

static void source_opened(void *listener, void *opened)
{
    struct run_source *source = listener;

    (void)opened;
    source->ready = true;
    source->all->ready(source->all->arg);
}

void run_sources_open(struct run_sources *sources, const struct source_context *context)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct run_source *source = &sources->items[i];

        source->context = *context;
        source->context.opened = source_opened;
        source->context.listener = source;
        if (source->count > 0)
            source->opened = source->ops->open(&source->context, source->metrics, source->count);
    }
}

static void plan_source(struct run_source *source, struct plan *plan)
{
    struct probe **from = plan->end;

    source->planned = true;
    source->ops->plan(source->opened, plan);
    for (struct probe *probe = *from; probe != NULL; probe = probe->next) {
        probe->ops = source->ops;
        probe->source = source->opened;
    }
}

bool run_sources_plan(struct run_sources *sources, struct plan *plan)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->items[i].ready && !sources->items[i].planned)
            plan_source(&sources->items[i], plan);
    return run_sources_planned(sources);
}

bool run_sources_planned(const struct run_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->items[i].opened != NULL && !sources->items[i].planned)
            return false;
    return true;
}

void run_sources_close(struct run_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct run_source *source = &sources->items[i];

        if (source->opened != NULL)
            source->ops->close(source->opened);
        source->opened = NULL;
    }
}
