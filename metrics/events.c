#include "metrics/sources.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "metrics/aggregate.h"
#include "metrics/event_check.h"
#include "metrics/event_recorder.h"
#include "metrics/event_rule.h"
#include "metrics/key_source.h"
#include "metrics/key_spec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* A batch that cannot be written at all; its caller is told from the loop. */
struct refusal {
    LIST_ENTRY(refusal) link;
    struct loop_timer *timer;
    bool unconfigured;
    record_done *done;
    void *arg;
};

struct events_source {
    struct key_source *keys;
    const struct source_context *context;
    struct loop *loop;
    const struct metric *const *metrics;
    size_t count;
    struct event_recorder *recorder; /* NULL until the first batch */
    LIST_HEAD(refusal_list, refusal) refusals;
};

/* Parsing */

static enum key_fold fold_of(const struct event_rule *rule)
{
    if (rule->operation == OPERATION_SUM)
        return FOLD_SUM;
    if (rule->unique == NULL)
        return FOLD_COUNT;
    return rule->operation == OPERATION_TOTAL ? FOLD_TOTALS : FOLD_UNION;
}

static const char *identifier_of(const struct event_rule *rule, struct arena *arena)
{
    size_t length = event_identifier_length(rule);

    return length > 0 ? arena_copy_bytes(arena, rule->unique, length) : NULL;
}

static struct key_spec *spec_of(const struct event_rules *rules, struct arena *arena)
{
    struct key_spec *spec = key_spec_new(arena, fold_of(&rules->items[0]), rules->count);
    struct str stem;

    spec->rules = *rules;
    spec->named = true;
    str_init(&stem);
    for (size_t i = 0; i < rules->count; i++) {
        str_clear(&stem);
        event_key_stem(&rules->items[i], &stem);
        key_spec_add(spec, arena_copy(arena, stem.text), identifier_of(&rules->items[i], arena));
    }
    str_release(&stem);
    return spec;
}

/* GitLab's own classes of internal events are what it derives from `events:` anyway. */
static bool is_derived_class(const char *name)
{
    static const char *const derived[] = {"TotalCountMetric", "TotalSumMetric", "UniqueCountMetric",
                                          "UniqueTotalsMetric"};

    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++)
        if (strcmp(name, derived[i]) == 0)
            return true;
    return false;
}

static void parse(const struct definition *definition, struct metric *metric, struct arena *arena,
                  struct complaints *complaints)
{
    struct rule_critic critic = {.complaints = complaints, .metric = metric};
    const char *name = definition->instrumentation_class;
    struct event_rules rules;
    struct key_spec *spec;

    if (aggregate_is_meant(definition)) {
        metric->spec = aggregate_read(&critic, arena);
        return;
    }
    if (name != NULL && !is_derived_class(name)) {
        metric->not_computed = arena_format(
            arena, "%s is code of GitLab's process; its definition does not say what it counts",
            name);
        return;
    }
    if (doc_is_null(definition->events)) {
        rule_complain(&critic, definition->root, "data_source internal_events needs `events`");
        return;
    }
    if (!event_rules_read(&critic, arena, &rules))
        return;
    spec = spec_of(&rules, arena);
    spec->weekly = metric->time_frame == TIME_FRAME_7D || metric->time_frame == TIME_FRAME_28D;
    if (!spec->weekly && rules.items[0].unique != NULL)
        rule_complain(&critic, doc_get(definition->root, "time_frame"),
                      "unique events are counted by week: the time frame must be 7d or 28d");
    else
        metric->spec = spec;
}

/* The opened source */

static void *open_events(const struct source_context *context, const struct metric *const *metrics,
                         size_t count)
{
    struct events_source *source = memory_alloc(sizeof *source);

    source->keys = key_source_open(context, metrics, count);
    source->context = context;
    source->loop = context->loop;
    source->metrics = metrics;
    source->count = count;
    LIST_INIT(&source->refusals);
    key_source_open_as(source->keys, source);
    return source;
}

static void plan(void *opened, struct plan *plan)
{
    key_source_plan(((struct events_source *)opened)->keys, plan);
}

static void describe_probe(void *opened, const struct probe *probe, struct arena *arena,
                           struct description *out)
{
    key_source_describe_probe(((struct events_source *)opened)->keys, probe, arena, out);
}

static void begin(void *opened, struct probe *probe, const void *saved, size_t length)
{
    key_source_begin(((struct events_source *)opened)->keys, probe, saved, length);
}

static void cancel(void *opened, struct probe *probe)
{
    key_source_cancel(((struct events_source *)opened)->keys, probe);
}

static void close_events(void *opened)
{
    struct events_source *source = opened;
    struct refusal *refusal, *next;

    for (refusal = LIST_FIRST(&source->refusals); refusal != NULL; refusal = next) {
        next = LIST_NEXT(refusal, link);
        loop_timer_cancel(refusal->timer);
        free(refusal);
    }
    key_source_close(source->keys); /* first: it drops the commands that belong to the recorder */
    event_recorder_free(source->recorder);
    free(source);
}

/* Writing */

static void tell_refusal(void *arg)
{
    struct refusal *refusal = arg;
    bool unconfigured = refusal->unconfigured;
    record_done *done = refusal->done;
    void *done_arg = refusal->arg;
    struct error err;

    LIST_REMOVE(refusal, link);
    free(refusal);
    (void)error_set(&err, ERROR_UNAVAILABLE, "%s", key_source_off);
    done(0, NULL, unconfigured ? &err : NULL, done_arg);
}

static void refuse(struct events_source *source, bool unconfigured, record_done *done, void *arg)
{
    struct refusal *refusal = memory_alloc(sizeof *refusal);

    *refusal = (struct refusal){.unconfigured = unconfigured, .done = done, .arg = arg};
    LIST_INSERT_HEAD(&source->refusals, refusal, link);
    refusal->timer = loop_after(source->loop, 0, tell_refusal, refusal);
}

static void record(void *opened, const struct event *events, size_t count, record_done *done,
                   void *arg)
{
    struct events_source *source = opened;
    struct redis *redis = key_source_redis(source->keys);

    if (redis == NULL || count == 0) {
        refuse(source, redis == NULL, done, arg);
        return;
    }
    if (source->recorder == NULL)
        source->recorder =
            event_recorder_new(redis, source->context, source->metrics, source->count);
    event_recorder_record(source->recorder, events, count, done, arg);
}

static const char *const data_sources[] = {"internal_events", NULL};

const struct source_ops events_source = {
    .name = "events",
    .data_sources = data_sources,
    .parse = parse,
    .open = open_events,
    .plan = plan,
    .describe = key_source_describe,
    .describe_probe = describe_probe,
    .begin = begin,
    .cancel = cancel,
    .close = close_events,
    .record = record,
    .check_event = event_check,
};
