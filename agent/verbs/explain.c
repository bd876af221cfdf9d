#include "agent/base/clock.h"
#include "agent/base/words.h"
#include "agent/io/loop.h"
#include "agent/verbs/collect.h"
#include "agent/verbs/explain_show.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80 };

/* Where this instance would count the metric, and the server's plan: asked in a loop of its own. */
struct explaining {
    struct explained *explained;
    struct loop *loop;
    struct run *run;
    const struct metric *const *metrics;
    size_t count;
    bool unreachable, interrupted;
};

/* ---- The definition ---- */

static void describe_origin(const struct verb_call *call, const struct source_context *context,
                            struct explained *explained)
{
    const struct metric *metric = explained->metric;

    if (metric->source == NULL || metric->spec == NULL) {
        explained->gap = metric->not_computed != NULL
                             ? metric->not_computed
                             : "No source of this build knows its data_source.";
        return;
    }
    metric->source->describe(metric, context, call->arena, &explained->origin);
    explained->gap = description_gap(&explained->origin);
    if (explained->gap != NULL)
        explained->origin.text = NULL;
}

/* A removed metric is not in the catalog, but its note is. */
static bool say_removed(const struct catalog *catalog, const char *key_path)
{
    for (size_t i = 0; i < catalog->note_count; i++) {
        const struct catalog_note *note = &catalog->notes[i];

        if (note->key_path == NULL || strcmp(note->key_path, key_path) != 0 ||
            strncmp(note->text, "overrides", strlen("overrides")) == 0)
            continue;
        (void)verb_failed(EXIT_USAGE, "%s is not collected: it %s, says %s.", key_path, note->text,
                          note->file);
        return true;
    }
    return false;
}

static const struct metric *find(const struct verb_call *call, const struct catalog *catalog,
                                 const char *key_path)
{
    const struct metric *metric = catalog_find(catalog, key_path);
    struct nearest nearest;

    if (metric != NULL)
        return metric;
    if (say_removed(catalog, key_path))
        return NULL;
    nearest_init(&nearest, key_path);
    for (size_t i = 0; i < catalog->count; i++)
        nearest_try(&nearest, catalog->metrics[i]->key_path);
    (void)verb_failed(EXIT_USAGE, "No definition in force has the key path '%s'%s", key_path,
                      nearest.found != NULL ? nearest_hint(&nearest, call->arena)
                                            : "; 'service-ping metrics' lists those there are.");
    return NULL;
}

/* ---- The plan ---- */

static const char *copy_or_null(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

static void explained_by_server(const char *lines, const struct error *err, void *arg)
{
    struct explaining *explaining = arg;
    struct explained *explained = explaining->explained;

    if (err == NULL)
        explained->server_plan = arena_copy(explained->arena, lines);
    else
        explained->not_known =
            arena_format(explained->arena, "The server did not tell its plan: %s", err->text);
    explaining->unreachable = err != NULL && err->kind == ERROR_UNAVAILABLE;
    loop_stop(explaining->loop);
}

static const struct probe *probe_of(const struct plan *plan, const struct metric *metric)
{
    for (const struct probe *probe = plan->first; probe != NULL; probe = probe->next)
        for (size_t i = 0; i < probe->metric_count; i++)
            if (probe->metrics[i] == metric)
                return probe;
    return NULL;
}

static void note_pass(struct explained *explained, const struct probe *probe)
{
    struct arena *arena = explained->arena;
    struct explained_pass *pass = &explained->pass;
    struct description *description = &pass->description;
    struct probe part = *probe;

    part.metrics = &explained->metric;
    part.metric_count = 1;
    *pass = (struct explained_pass){
        .name = arena_copy(arena, probe->name),
        .is_method = probe->ops->explain != NULL,
        .others = probe->metric_count - 1,
        .rows = probe->rows,
        .seconds = probe->cost_s,
    };
    probe->ops->describe_probe(probe->source, &part, arena, description);
    description->text = copy_or_null(arena, description->text);
    description->method = copy_or_null(arena, description->method);
    description->error_bound = copy_or_null(arena, description->error_bound);
    description->service = copy_or_null(arena, description->service);
    description->unindexed = copy_or_null(arena, description->unindexed);
}

/* The metric is not in the plan: what is wrong is its outcome, unless nobody could be asked. */
static void note_refusal(struct explaining *explaining)
{
    struct explained *explained = explaining->explained;
    const struct outcome *outcomes = run_outcomes(explaining->run);

    for (size_t i = 0; i < explaining->count; i++) {
        const char *reason = outcomes[i].reason != NULL ? outcomes[i].reason : "it is not planned";

        if (explaining->metrics[i] != explained->metric)
            continue;
        explaining->unreachable = outcomes[i].status == STATUS_UNAVAILABLE;
        if (explaining->unreachable)
            explained->not_known = arena_format(
                explained->arena, "How this instance would count it is not known: %s", reason);
        else
            explained->gap =
                arena_format(explained->arena, "%s: %s", status_name(outcomes[i].status), reason);
    }
}

static void planned(const struct run_planned *found, void *arg)
{
    struct explaining *explaining = arg;
    struct explained *explained = explaining->explained;
    const struct probe *probe = probe_of(found->plan, explained->metric);

    if (probe != NULL)
        note_pass(explained, probe);
    else
        note_refusal(explaining);
    if (probe != NULL && probe->ops->explain != NULL)
        probe->ops->explain(probe->source, probe, explained->metric, explained_by_server,
                            explaining);
    else
        loop_stop(explaining->loop);
}

static void interrupted(void *arg)
{
    struct explaining *explaining = arg;

    explaining->interrupted = true;
    loop_stop(explaining->loop);
}

/* Passes are of one source, so that its metrics alone give the same ones as all do. */
static void choose_metrics(const struct collect_request *request, struct explaining *explaining)
{
    const struct source_ops *source = explaining->explained->metric->source;
    struct collected all = {0};
    const struct metric **chosen;

    collect_metrics(request, &all);
    chosen = ARENA_ARRAY(request->call->arena, const struct metric *, all.count + 1);
    for (size_t i = 0; i < all.count; i++)
        if (all.metrics[i]->source == source)
            chosen[explaining->count++] = all.metrics[i];
    explaining->metrics = chosen;
}

static void ask(const struct collect_request *request, const struct source_context *context,
                struct explaining *explaining)
{
    static const struct run_listener nobody = {NULL, NULL};
    struct run_request asked = {
        .sources = request->call->sources,
        .context = *context,
        .listener = &nobody,
    };

    choose_metrics(request, explaining);
    asked.metrics = explaining->metrics;
    asked.count = explaining->count;
    explaining->loop = loop_new();
    asked.context.loop = explaining->loop;
    loop_on_signal(explaining->loop, SIGINT, interrupted, explaining);
    loop_on_signal(explaining->loop, SIGTERM, interrupted, explaining);
    explaining->run = run_plan_only(&asked, planned, explaining);
    loop_run(explaining->loop);
    run_free(explaining->run);
    loop_free(explaining->loop);
}

/* ---- All of it ---- */

static void print(const struct explained *explained, const char *format)
{
    struct str out;

    str_init(&out);
    if (format != NULL && strcmp(format, "json") == 0)
        explain_write_json(explained, &out);
    else
        explain_write_text(explained, terminal_width(STDOUT_FILENO, USUAL_WIDTH), &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
}

static int explain(const struct collect_request *request, const char *format, bool offline)
{
    const struct metric *metric = find(request->call, request->catalog, request->call->argv[0]);
    struct explained explained = {.metric = metric, .arena = request->call->arena};
    struct explaining explaining = {.explained = &explained};
    struct source_context context;

    if (metric == NULL)
        return EXIT_USAGE;
    collection_context(request->settings, request->catalog, &context);
    context.recorded_at = now_wall_us() / US_PER_SECOND;
    describe_origin(request->call, &context, &explained);
    if (explained.gap == NULL && !request->settings->categories[metric->category])
        explained.gap = arena_format(explained.arena,
                                     "%s metrics are not permitted, so it is not collected: "
                                     "'service-ping consent' shows what is.",
                                     data_category_name(metric->category));
    else if (explained.gap == NULL && !offline)
        ask(request, &context, &explaining);
    if (explaining.interrupted)
        return verb_failed(EXIT_DEFERRED, "Interrupted.");
    print(&explained, format);
    return explaining.unreachable ? EXIT_UNREACHABLE : EXIT_DONE;
}

int verb_explain(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    bool offline = verb_option(call, "--offline") != NULL;
    struct settings settings;
    struct catalog catalog;
    const struct collect_request request = {
        .call = call, .settings = &settings, .catalog = &catalog};

    if (!verb_arguments(call, 1, 1))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    permission_assume(&settings);
    return explain(&request, format, offline);
}
