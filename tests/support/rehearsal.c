#include "tests/support/rehearsal.h"

#include "tests/support/test.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_MS 300000 /* far more than it takes on a busy machine */

struct gathered {
    struct metric *metric;
    const struct probe *probe; /* of the last run; NULL: refused */
    bool answered;
    struct outcome outcome;
};

enum probe_state { PROBE_WAITING, PROBE_RUNNING, PROBE_DONE };

struct saved {
    const char *name;
    const char *bytes;
    size_t length;
    struct saved *next;
};

struct rehearsal {
    const struct source_ops *ops;
    struct source_context context;
    struct arena *arena, *plan_arena;
    struct loop *loop;
    struct loop_timer *limit;
    const struct metric **metrics;
    struct gathered *gathered;
    size_t count;
    void *source;
    struct plan plan;
    enum probe_state *states; /* one for each probe, in their order */
    size_t running;
    bool calling; /* the source is being called: it must not answer */
    struct saved *saved;
    unsigned saved_count, stop_at, progress_count;
    rehearsal_progressed *on_progress;
    void *on_progress_arg;
    bool stopped;
};

static struct gathered *find(const struct rehearsal *rehearsal, const char *key_path)
{
    for (size_t i = 0; i < rehearsal->count; i++)
        if (strcmp(rehearsal->gathered[i].metric->key_path, key_path) == 0)
            return &rehearsal->gathered[i];
    fail_msg("there is no metric %s", key_path);
    return NULL;
}

/* ---- Definitions ---- */

static const char *text_of(const struct doc_node *root, const char *key, const char *otherwise)
{
    const struct doc_node *node = doc_get(root, key);

    return node != NULL && node->kind == DOC_SCALAR ? node->text : otherwise;
}

static enum time_frame frame_of(const char *name)
{
    for (int frame = TIME_FRAME_NONE; frame <= TIME_FRAME_ALL; frame++)
        if (strcmp(time_frame_name((enum time_frame)frame), name) == 0)
            return (enum time_frame)frame;
    fail_msg("no time frame %s", name);
    return TIME_FRAME_ALL;
}

static enum value_type type_of(const char *name)
{
    for (int type = TYPE_STRING; type <= TYPE_OBJECT; type++)
        if (strcmp(value_type_name((enum value_type)type), name) == 0)
            return (enum value_type)type;
    fail_msg("no value type %s", name);
    return TYPE_NUMBER;
}

static void add_metric(struct rehearsal *rehearsal, const struct definition *definition,
                       const char *frame, bool expanded)
{
    static const char *const suffixes[] = {"", "_weekly", "_monthly", ""};
    struct metric *metric = ARENA_NEW(rehearsal->arena, struct metric);
    struct complaints complaints;

    metric->time_frame = frame_of(frame);
    metric->key_path =
        arena_format(rehearsal->arena, "%s%s", text_of(definition->root, "key_path", "?"),
                     expanded ? suffixes[metric->time_frame] : "");
    metric->value_type = type_of(text_of(definition->root, "value_type", "number"));
    metric->data_source = text_of(definition->root, "data_source", rehearsal->ops->data_sources[0]);
    metric->status = METRIC_ACTIVE;
    metric->definition = definition;
    metric->source = rehearsal->ops;
    complaints_init(&complaints, rehearsal->arena);
    rehearsal->ops->parse(definition, metric, rehearsal->arena, &complaints);
    if (complaints.count > 0)
        fail_msg("%s: %s", metric->key_path, complaints.items[0].text);
    rehearsal->metrics = arena_grow(rehearsal->arena, rehearsal->metrics, rehearsal->count,
                                    sizeof(rehearsal->metrics[0]));
    rehearsal->gathered = arena_grow(rehearsal->arena, rehearsal->gathered, rehearsal->count,
                                     sizeof(rehearsal->gathered[0]));
    rehearsal->metrics[rehearsal->count] = metric;
    rehearsal->gathered[rehearsal->count++] = (struct gathered){.metric = metric};
}

void rehearsal_define(struct rehearsal *rehearsal, const char *fields)
{
    struct definition *definition = ARENA_NEW(rehearsal->arena, struct definition);
    const struct doc_node *frames;
    struct error err;
    int line;

    definition->root = doc_parse(fields, strlen(fields), rehearsal->arena, &line, &err);
    if (definition->root == NULL)
        fail_msg("line %d: %s", line, err.text);
    definition->file =
        arena_format(rehearsal->arena, "%s.yml", text_of(definition->root, "key_path", "?"));
    definition->options = doc_get(definition->root, "options");
    definition->events = doc_get(definition->root, "events");
    definition->instrumentation_class = text_of(definition->root, "instrumentation_class", NULL);
    frames = doc_get(definition->root, "time_frame");
    if (frames == NULL || frames->kind == DOC_SCALAR) {
        add_metric(rehearsal, definition, frames != NULL ? frames->text : "all", false);
        return;
    }
    for (const struct doc_node *frame = frames->first; frame != NULL; frame = frame->next)
        add_metric(rehearsal, definition, frame->text, true);
}

/* ---- What the source says ---- */

static void answered(void *listener, struct probe *probe, const struct metric *metric,
                     const struct outcome *outcome)
{
    struct rehearsal *rehearsal = listener;
    struct gathered *gathered = find(rehearsal, metric->key_path);

    if (rehearsal->calling)
        fail_msg("%s is answered inside the call that asked", metric->key_path);
    if (gathered->answered)
        fail_msg("%s is answered twice", metric->key_path);
    assert_ptr_equal(gathered->probe, probe);
    gathered->answered = true;
    gathered->outcome = outcome_copy(outcome, rehearsal->arena);
}

static enum probe_state *state_of(const struct rehearsal *rehearsal, const struct probe *probe)
{
    size_t i = 0;

    for (const struct probe *other = rehearsal->plan.first; other != probe; other = other->next)
        i++;
    return &rehearsal->states[i];
}

static void begin_next(struct rehearsal *rehearsal);

static void done(void *listener, struct probe *probe)
{
    struct rehearsal *rehearsal = listener;

    assert_false(rehearsal->calling);
    for (size_t i = 0; i < probe->metric_count; i++)
        if (!find(rehearsal, probe->metrics[i]->key_path)->answered)
            fail_msg("%s is done without an answer to %s", probe->name,
                     probe->metrics[i]->key_path);
    *state_of(rehearsal, probe) = PROBE_DONE;
    rehearsal->running--;
    begin_next(rehearsal);
}

static struct saved *saved_of(const struct rehearsal *rehearsal, const char *name)
{
    struct saved *saved = rehearsal->saved;

    while (saved != NULL && strcmp(saved->name, name) != 0)
        saved = saved->next;
    return saved;
}

static void stop(void *arg)
{
    struct rehearsal *rehearsal = arg;

    loop_stop(rehearsal->loop);
}

static void saved(void *listener, struct probe *probe, const void *bytes, size_t length)
{
    struct rehearsal *rehearsal = listener;
    struct saved *kept = saved_of(rehearsal, probe->name);

    if (kept == NULL) {
        kept = ARENA_NEW(rehearsal->arena, struct saved);
        kept->name = arena_copy(rehearsal->arena, probe->name);
        kept->next = rehearsal->saved;
        rehearsal->saved = kept;
    }
    kept->bytes = arena_copy_bytes(rehearsal->arena, bytes, length);
    kept->length = length;
    if (++rehearsal->saved_count == rehearsal->stop_at) {
        rehearsal->stopped = true;
        (void)loop_after(rehearsal->loop, 0, stop, rehearsal);
    }
}

static void progressed(void *listener, struct probe *probe, const struct probe_progress *progress)
{
    struct rehearsal *rehearsal = listener;

    (void)probe;
    assert_false(rehearsal->calling);
    assert_true(progress->share >= 0 && progress->share <= 1);
    assert_non_null(progress->doing);
    rehearsal->progress_count++;
    if (rehearsal->on_progress != NULL)
        rehearsal->on_progress(rehearsal->progress_count, rehearsal->on_progress_arg);
}

static void cost(void *listener, struct probe *probe, const struct probe_cost *what)
{
    struct rehearsal *rehearsal = listener;

    (void)probe;
    assert_false(rehearsal->calling);
    assert_true(what->busy_us >= 0 && what->rows >= 0);
}

static void refused(void *listener, const struct metric *metric, const struct outcome *outcome)
{
    struct rehearsal *rehearsal = listener;
    struct gathered *gathered = find(rehearsal, metric->key_path);

    assert_false(gathered->answered);
    assert_int_not_equal(outcome->status, STATUS_OK);
    assert_non_null(outcome->reason);
    gathered->answered = true;
    gathered->outcome = outcome_copy(outcome, rehearsal->arena);
}

/* ---- The run ---- */

static const struct probe_listener listener = {answered, done, saved, progressed, cost};

static bool lane_is_busy(const struct rehearsal *rehearsal, unsigned lane)
{
    size_t i = 0;

    for (const struct probe *probe = rehearsal->plan.first; probe != NULL; probe = probe->next)
        if (rehearsal->states[i++] == PROBE_RUNNING && probe->lane == lane)
            return true;
    return false;
}

static void begin(struct rehearsal *rehearsal, struct probe *probe)
{
    const struct saved *kept = saved_of(rehearsal, probe->name);

    probe->ops = rehearsal->ops;
    probe->source = rehearsal->source;
    probe->to = &listener;
    probe->listener = rehearsal;
    rehearsal->running++;
    rehearsal->calling = true;
    rehearsal->ops->begin(rehearsal->source, probe, kept != NULL ? kept->bytes : NULL,
                          kept != NULL ? kept->length : 0);
    rehearsal->calling = false;
}

static void begin_next(struct rehearsal *rehearsal)
{
    size_t i = 0;

    for (struct probe *probe = rehearsal->plan.first; probe != NULL; probe = probe->next, i++) {
        if (rehearsal->states[i] != PROBE_WAITING || lane_is_busy(rehearsal, probe->lane))
            continue;
        rehearsal->states[i] = PROBE_RUNNING;
        begin(rehearsal, probe);
    }
    if (rehearsal->running == 0)
        loop_stop(rehearsal->loop);
}

static void opened(void *arg, void *source)
{
    struct rehearsal *rehearsal = arg;

    assert_false(rehearsal->calling);
    rehearsal->source = source;
    rehearsal->plan =
        (struct plan){.arena = rehearsal->plan_arena, .refused = refused, .listener = rehearsal};
    rehearsal->plan.end = &rehearsal->plan.first;
    rehearsal->ops->plan(source, &rehearsal->plan);
    for (struct probe *probe = rehearsal->plan.first; probe != NULL; probe = probe->next) {
        assert_true(probe->metric_count > 0);
        for (size_t i = 0; i < probe->metric_count; i++)
            find(rehearsal, probe->metrics[i]->key_path)->probe = probe;
    }
    rehearsal->states =
        ARENA_ARRAY(rehearsal->plan_arena, enum probe_state, rehearsal->plan.probe_count + 1);
    begin_next(rehearsal);
}

static void took_too_long(void *arg)
{
    (void)arg;
    printf("Bail out! a collection takes longer than %d ms\n", LONGEST_MS);
    (void)fflush(stdout);
    abort();
}

static void close_last(struct rehearsal *rehearsal)
{
    if (rehearsal->source == NULL)
        return;
    for (struct probe *probe = rehearsal->plan.first; probe != NULL; probe = probe->next)
        if (*state_of(rehearsal, probe) == PROBE_RUNNING)
            rehearsal->ops->cancel(rehearsal->source, probe);
    rehearsal->ops->close(rehearsal->source);
    rehearsal->source = NULL;
    rehearsal->plan = (struct plan){0};
    rehearsal->running = 0;
}

void rehearsal_run(struct rehearsal *rehearsal)
{
    (void)rehearsal_until(rehearsal, 0);
}

bool rehearsal_until(struct rehearsal *rehearsal, unsigned stop_at)
{
    void *source;

    close_last(rehearsal);
    arena_reset(rehearsal->plan_arena);
    for (size_t i = 0; i < rehearsal->count; i++)
        rehearsal->gathered[i] = (struct gathered){.metric = rehearsal->gathered[i].metric};
    rehearsal->stop_at = stop_at;
    rehearsal->saved_count = rehearsal->progress_count = 0;
    rehearsal->stopped = false;
    rehearsal->limit = loop_after(rehearsal->loop, LONGEST_MS, took_too_long, rehearsal);
    rehearsal->calling = true;
    source = rehearsal->ops->open(&rehearsal->context, rehearsal->metrics, rehearsal->count);
    rehearsal->calling = false;
    loop_run(rehearsal->loop);
    loop_timer_cancel(rehearsal->limit);
    assert_ptr_equal(source, rehearsal->source);
    for (size_t i = 0; i < rehearsal->count && !rehearsal->stopped; i++)
        if (!rehearsal->gathered[i].answered)
            fail_msg("%s has no answer", rehearsal->gathered[i].metric->key_path);
    return rehearsal->stopped;
}

/* ---- The outside ---- */

struct rehearsal *rehearsal_new(const struct source_ops *ops,
                                const struct source_settings *settings, int64_t recorded_at)
{
    struct rehearsal *rehearsal = memory_alloc(sizeof(*rehearsal));

    rehearsal->ops = ops;
    rehearsal->arena = arena_new();
    rehearsal->plan_arena = arena_new();
    rehearsal->loop = loop_new();
    rehearsal->context = (struct source_context){
        .loop = rehearsal->loop,
        .settings = settings,
        .recorded_at = recorded_at,
        .opened = opened,
        .listener = rehearsal,
    };
    return rehearsal;
}

void rehearsal_free(struct rehearsal *rehearsal)
{
    close_last(rehearsal);
    loop_free(rehearsal->loop);
    arena_free(rehearsal->plan_arena);
    arena_free(rehearsal->arena);
    free(rehearsal);
}

void rehearsal_set_deadline(struct rehearsal *rehearsal, int64_t deadline_s)
{
    rehearsal->context.deadline_s = deadline_s;
}

void rehearsal_on_progress(struct rehearsal *rehearsal, rehearsal_progressed *call, void *arg)
{
    rehearsal->on_progress = call;
    rehearsal->on_progress_arg = arg;
}

static void let_time_pass(unsigned nth, void *arg)
{
    (void)nth;
    (void)arg;
    now_advance(4 * US_PER_SECOND);
}

void rehearsal_save_always(struct rehearsal *rehearsal)
{
    rehearsal_on_progress(rehearsal, let_time_pass, NULL);
}

unsigned rehearsal_interrupt(struct rehearsal *rehearsal, unsigned stop_at)
{
    unsigned times = 0;

    while (rehearsal_until(rehearsal, stop_at))
        times++;
    return times;
}

const struct outcome *rehearsal_outcome(const struct rehearsal *rehearsal, const char *key_path)
{
    const struct gathered *gathered = find(rehearsal, key_path);

    if (!gathered->answered)
        fail_msg("%s has no outcome", key_path);
    return &gathered->outcome;
}

size_t rehearsal_probe_count(const struct rehearsal *rehearsal)
{
    return rehearsal->plan.probe_count;
}

const struct probe *rehearsal_probe_of(const struct rehearsal *rehearsal, const char *key_path)
{
    return find(rehearsal, key_path)->probe;
}

struct description rehearsal_describe(const struct rehearsal *rehearsal, const char *key_path)
{
    struct description description;

    rehearsal->ops->describe(find(rehearsal, key_path)->metric, &rehearsal->context,
                             rehearsal->arena, &description);
    return description;
}

struct description rehearsal_describe_probe(const struct rehearsal *rehearsal, const char *key_path)
{
    struct description description;

    rehearsal->ops->describe_probe(rehearsal->source, find(rehearsal, key_path)->probe,
                                   rehearsal->arena, &description);
    return description;
}

struct loop *rehearsal_loop(const struct rehearsal *rehearsal)
{
    return rehearsal->loop;
}
