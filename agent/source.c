#include "agent/source.h"

void probe_answer(struct probe *probe, const struct metric *metric, const struct outcome *outcome)
{
    probe->to->answer(probe->listener, probe, metric, outcome);
}

void probe_done(struct probe *probe)
{
    probe->to->done(probe->listener, probe);
}

void probe_saved(struct probe *probe, const void *bytes, size_t length)
{
    probe->to->saved(probe->listener, probe, bytes, length);
}

void probe_progress(struct probe *probe, const struct probe_progress *progress)
{
    probe->to->progress(probe->listener, probe, progress);
}

void probe_cost(struct probe *probe, const struct probe_cost *cost)
{
    probe->to->cost(probe->listener, probe, cost);
}

struct probe *plan_add(struct plan *plan, const char *name, const struct metric *const *metrics,
                       size_t count, const void *spec)
{
    struct probe *probe = ARENA_NEW(plan->arena, struct probe);

    probe->name = name;
    probe->metrics = metrics;
    probe->metric_count = count;
    probe->spec = spec;
    *plan->end = probe;
    plan->end = &probe->next;
    plan->probe_count++;
    return probe;
}

void plan_refuse(struct plan *plan, const struct metric *metric, const struct outcome *outcome)
{
    plan->refused(plan->listener, metric, outcome);
}

const char *description_gap(const struct description *description)
{
    if (description->gap != NULL)
        return description->gap;
    return description->text == NULL || description->text[0] == '\0' ? description->method : NULL;
}
