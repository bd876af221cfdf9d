#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "agent/verbs/collect.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/plan_show.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verbs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_WIDTH = 100 };

/* A run's plan is copied into lines before the run goes. */
struct planning {
    struct arena *arena;
    struct loop *loop;
    struct shown_plan plan;
    bool planned;
};

static const char *copy_or_null(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

static void copy_description(struct arena *arena, struct description *description)
{
    description->text = copy_or_null(arena, description->text);
    description->method = copy_or_null(arena, description->method);
    description->brief = copy_or_null(arena, description->brief);
    description->service = copy_or_null(arena, description->service);
    description->unindexed = copy_or_null(arena, description->unindexed);
}

static void note_probe(struct planning *planning, const struct probe *probe)
{
    struct arena *arena = planning->arena;
    struct shown_plan *plan = &planning->plan;
    const struct metric **metrics =
        ARENA_ARRAY(arena, const struct metric *, probe->metric_count + 1);
    struct plan_line *line;

    plan->lines = arena_grow(arena, plan->lines, plan->line_count, sizeof(*line));
    line = &plan->lines[plan->line_count++];
    *line = (struct plan_line){
        .source = probe->ops->name,
        .name = arena_copy(arena, probe->name),
        .metrics = metrics,
        .metric_count = probe->metric_count,
        .rows = probe->rows,
        .seconds = probe->cost_s,
        .measured = probe->measured,
        .left_out = probe->left_out,
    };
    for (size_t i = 0; i < probe->metric_count; i++)
        metrics[i] = probe->metrics[i];
    probe->ops->describe_probe(probe->source, probe, arena, &line->description);
    copy_description(arena, &line->description);
}

static void planned(const struct run_planned *found, void *arg)
{
    struct planning *planning = arg;

    for (const struct probe *probe = found->plan->first; probe != NULL; probe = probe->next)
        note_probe(planning, probe);
    planning->planned = true;
    loop_stop(planning->loop);
}

static void interrupted(void *arg)
{
    loop_stop(arg);
}

static void copy_outcomes(struct planning *planning, const struct run *run)
{
    size_t count = planning->plan.metric_count;
    struct outcome *outcomes = ARENA_ARRAY(planning->arena, struct outcome, count + 1);

    for (size_t i = 0; i < count; i++)
        outcomes[i] = outcome_copy(&run_outcomes(run)[i], planning->arena);
    planning->plan.outcomes = outcomes;
}

/* What earlier runs took, if there were any; the agent may be at work on the store meanwhile. */
static struct store *open_costs(const struct settings *settings, struct shown_plan *plan)
{
    struct error err;
    struct store *store = store_open_to_read(settings->state, &err);

    if (store == NULL && err.kind != ERROR_MISSING)
        plan->unmeasured =
            arena_format(plan->arena, "what earlier runs took cannot be read (%s)", err.text);
    return store;
}

static void make_plan(const struct collect_request *request, struct planning *planning)
{
    static const struct run_listener nobody = {NULL, NULL};
    struct run_request asked = {
        .metrics = planning->plan.metrics,
        .count = planning->plan.metric_count,
        .sources = request->call->sources,
        .store = request->store,
        .budget_s = planning->plan.budget_s,
        .listener = &nobody,
    };
    struct run *run;

    planning->loop = loop_new();
    collection_context(request->settings, request->catalog, &asked.context);
    asked.context.loop = planning->loop;
    asked.context.recorded_at = now_wall_us() / US_PER_SECOND;
    loop_on_signal(planning->loop, SIGINT, interrupted, planning->loop);
    loop_on_signal(planning->loop, SIGTERM, interrupted, planning->loop);
    run = run_plan_only(&asked, planned, planning);
    loop_run(planning->loop);
    copy_outcomes(planning, run);
    run_free(run);
    loop_free(planning->loop);
}

static void print_plan(const struct shown_plan *plan, bool json)
{
    struct str out;

    str_init(&out);
    if (json)
        plan_write_json(plan, &out);
    else
        plan_write_table(plan, terminal_width(STDOUT_FILENO, USUAL_WIDTH), &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
}

int verb_plan(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    struct settings settings;
    struct catalog catalog;
    struct collect_request request = {.call = call, .settings = &settings, .catalog = &catalog};
    struct collected collected = {0};
    struct planning planning = {.arena = call->arena, .plan.arena = call->arena};

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    permission_assume(&settings);
    collect_metrics(&request, &collected);
    planning.plan.metrics = collected.metrics;
    planning.plan.metric_count = collected.count;
    planning.plan.budget_s = settings.budget_ms / 1000.0;
    request.store = open_costs(&settings, &planning.plan);
    make_plan(&request, &planning);
    store_close(request.store);
    if (!planning.planned)
        return verb_failed(EXIT_DEFERRED, "Interrupted.");
    print_plan(&planning.plan, format != NULL && strcmp(format, "json") == 0);
    return EXIT_DONE;
}
