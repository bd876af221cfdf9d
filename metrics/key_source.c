#include "metrics/key_source.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "metrics/key_question.h"
#include "metrics/key_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char key_source_off[] = "No Redis is configured: set redis.address in the settings.";

struct key_source {
    const struct source_context *context;
    const struct metric *const *metrics;
    size_t count;
    void *outer; /* whom `opened` is called with */
    struct redis *redis;
    struct loop_timer *opening;
};

/* The spec of the probe. */
struct key_work {
    const struct key_question *questions;
    size_t count;
};

/* Metrics of the same event become neighbours: their last key is of the same week. */
static int compare_questions(const void *a, const void *b)
{
    const struct key_question *left = a, *right = b;
    int order = strcmp(left->keys[left->count - 1], right->keys[right->count - 1]);

    if (left->fold != right->fold)
        return left->fold < right->fold ? -1 : 1;
    return order != 0 ? order : strcmp(left->metric->key_path, right->metric->key_path);
}

/* A metric that no list explains is refused. */
static struct key_work *make_work(const struct key_source *source, struct plan *plan)
{
    const struct outcome unknown = outcome_without(STATUS_ABSENT, key_question_unknown);
    struct key_question *questions = ARENA_ARRAY(plan->arena, struct key_question, source->count);
    struct key_work *work = ARENA_NEW(plan->arena, struct key_work);

    for (size_t i = 0; i < source->count; i++) {
        if (source->metrics[i]->spec == NULL)
            continue;
        if (key_question_make(source->metrics[i], source->context, plan->arena,
                              &questions[work->count]))
            work->count++;
        else
            plan_refuse(plan, source->metrics[i], &unknown);
    }
    if (work->count > 0)
        qsort(questions, work->count, sizeof questions[0], compare_questions);
    work->questions = questions;
    return work;
}

static void refuse_all(const struct key_source *source, struct plan *plan)
{
    const struct outcome off = outcome_without(STATUS_OFF, key_source_off);

    for (size_t i = 0; i < source->count; i++)
        if (source->metrics[i]->spec != NULL)
            plan_refuse(plan, source->metrics[i], &off);
}

void key_source_plan(void *opened, struct plan *plan)
{
    const struct key_source *source = opened;
    const struct metric **metrics;
    const struct key_work *work;

    if (!redis_is_configured(&source->context->settings->redis)) {
        refuse_all(source, plan);
        return;
    }
    work = make_work(source, plan);
    if (work->count == 0)
        return;
    metrics = ARENA_ARRAY(plan->arena, const struct metric *, work->count);
    for (size_t i = 0; i < work->count; i++)
        metrics[i] = work->questions[i].metric;
    (void)plan_add(plan, arena_format(plan->arena, "%s keys", metrics[0]->source->name), metrics,
                   work->count, work);
}

/* Opening and closing */

static void tell_opened(void *arg)
{
    struct key_source *source = arg;

    source->opening = NULL;
    source->context->opened(source->context->listener, source->outer);
}

/* Nothing is connected yet: a run without such metrics, or a plan, needs no Redis. */
void *key_source_open(const struct source_context *context, const struct metric *const *metrics,
                      size_t count)
{
    struct key_source *source = memory_alloc(sizeof *source);

    *source = (struct key_source){.context = context, .metrics = metrics, .count = count};
    source->outer = source;
    source->opening = loop_after(context->loop, 0, tell_opened, source);
    return source;
}

void key_source_open_as(struct key_source *source, void *outer)
{
    source->outer = outer;
}

struct redis *key_source_redis(struct key_source *source)
{
    const struct redis_config *config = &source->context->settings->redis;

    if (source->redis == NULL && redis_is_configured(config))
        source->redis = redis_new(source->context->loop, config);
    return source->redis;
}

void key_source_close(void *opened)
{
    struct key_source *source = opened;

    loop_timer_cancel(source->opening);
    redis_free(source->redis);
    free(source);
}

/* Probes */

static void question_answered(const struct key_question *question, const struct outcome *outcome,
                              void *arg)
{
    probe_answer(arg, question->metric, outcome);
}

static void reader_ended(void *arg)
{
    struct probe *probe = arg;

    probe->work = NULL;
    probe_done(probe);
}

/* It takes a second or two, so nothing is saved: a resumed run reads what has no answer yet. */
void key_source_begin(void *opened, struct probe *probe, const void *saved, size_t length)
{
    struct key_source *source = opened;
    const struct key_work *work = probe->spec;
    const struct key_listener listener = {question_answered, reader_ended, probe};

    (void)saved;
    (void)length;
    probe->work = key_reader_begin(source->context->loop, key_source_redis(source), work->questions,
                                   work->count, &listener);
}

void key_source_cancel(void *opened, struct probe *probe)
{
    (void)opened;
    key_reader_cancel(probe->work);
    probe->work = NULL;
}

/* For people */

static void add_keys(const struct key_question *question, struct str *out)
{
    for (size_t i = 0; i < question->count; i++) {
        str_add(out, question->keys[i]);
        str_add_char(out, '\n');
    }
}

static const char *take_lines(struct str *lines, struct arena *arena)
{
    const char *text;

    if (lines->length > 0)
        str_truncate(lines, lines->length - 1);
    text = arena_copy(arena, lines->text);
    str_release(lines);
    return text;
}

/* "-2026-47" or "2026-325-": the time of a series, which another run has another one of. */
static bool is_time(const char *text, const char *form)
{
    for (; *form != '\0'; text++, form++)
        if (*form == '0' ? isdigit((unsigned char)*text) == 0 : *text != *form)
            return false;
    return true;
}

/* As a pattern of Redis' for all times. Of GitLab's families the braces say which one it is. */
static void add_pattern(const char *key, struct str *out)
{
    const char *family = key[0] == '{' ? strchr(key, '}') : NULL;
    size_t length = strlen(key), end = length;
    size_t at = is_time(key, "0000-000-") ? strlen("0000-000") : 0;

    if (family != NULL) {
        str_add_format(out, "%.*s%s*", (int)(family + 1 - key), key, family[1] == '_' ? "_" : "");
        return;
    }
    if (length > strlen("-0000-00") && is_time(key + length - strlen("-0000-00"), "-0000-00"))
        end = length - strlen("0000-00");
    str_add(out, at > 0 ? "*" : "");
    for (; at < end; at++) {
        if (strchr("*?[]\\", key[at]) != NULL)
            str_add_char(out, '\\');
        str_add_char(out, key[at]);
    }
    str_add(out, end < length ? "*" : "");
}

static void describe_reads(const struct key_question *question, struct arena *arena,
                           struct description *out)
{
    const char **patterns = ARENA_ARRAY(arena, const char *, question->count);
    struct str pattern;

    str_init(&pattern);
    for (size_t i = 0; i < question->count; i++) {
        str_clear(&pattern);
        add_pattern(question->keys[i], &pattern);
        if (out->read_count == 0 || strcmp(patterns[out->read_count - 1], pattern.text) != 0)
            patterns[out->read_count++] = arena_copy(arena, pattern.text);
    }
    out->reads = patterns;
    str_release(&pattern);
}

void key_source_describe(const struct metric *metric, const struct source_context *context,
                         struct arena *arena, struct description *out)
{
    static const char *const methods[] = {
        [FOLD_UNION] = "the hyperloglog union of these keys, estimated as PFCOUNT does",
        [FOLD_INTERSECTION] = "the intersection of the hyperloglog unions of each event's keys",
        [FOLD_COUNT] = "the sum of these counters",
        [FOLD_SUM] = "the exact sum of these decimals",
        [FOLD_TOTALS] = "these hashes, added field by field",
    };
    bool known;
    struct key_question question;
    struct str lines;

    known = key_question_make(metric, context, arena, &question);
    str_init(&lines);
    add_keys(&question, &lines);
    *out = (struct description){
        .text = take_lines(&lines, arena),
        .method = known ? methods[question.fold] : key_question_unknown,
        .error_bound = known ? key_fold_error_bound(question.fold) : NULL,
        .service = "redis",
    };
    if (known)
        describe_reads(&question, arena, out);
}

/* Whether the probe, which may be a copy with fewer metrics than were planned, names this one. */
static bool is_named(const struct probe *probe, const struct key_work *work,
                     const struct metric *metric)
{
    bool found = probe->metric_count == work->count;

    for (size_t i = 0; i < probe->metric_count && !found; i++)
        found = probe->metrics[i] == metric;
    return found;
}

void key_source_describe_probe(void *opened, const struct probe *probe, struct arena *arena,
                               struct description *out)
{
    const struct key_work *work = probe->spec;
    bool estimated = false;
    size_t keys = 0;
    struct str lines;

    (void)opened;
    str_init(&lines);
    for (size_t i = 0; i < work->count; i++) {
        if (!is_named(probe, work, work->questions[i].metric))
            continue;
        add_keys(&work->questions[i], &lines);
        keys += work->questions[i].count;
        estimated = estimated || key_fold_error_bound(work->questions[i].fold) != NULL;
    }
    *out = (struct description){
        .text = take_lines(&lines, arena),
        .brief = "in batches",
        .method = arena_format(arena, "%zu keys of %zu metrics, read in small batches", keys,
                               probe->metric_count),
        .error_bound = estimated ? key_fold_error_bound(FOLD_UNION) : NULL,
        .service = "redis",
    };
}
