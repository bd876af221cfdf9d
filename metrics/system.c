#include "metrics/sources.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "metrics/system_facts.h"

#include <stdlib.h>
#include <string.h>

#define ASK_TIMEOUT_MS 5000

/* The spec of a metric. */
struct system_spec {
    const char *fact;
};

struct system_source {
    const struct source_context *context;
    const struct metric *const *metrics;
    size_t count;
    struct db *db; /* both are opened when a probe asks */
    struct redis *redis;
    struct loop_timer *opening;
};

/* One probe that runs: what needs no service is answered at once, then each service answers. */
struct asking {
    struct system_source *source;
    struct probe *probe;
    struct arena *arena;
    struct loop_timer *timer;
    struct db_query *query;
    struct redis_command *command;
    unsigned left; /* parts without an answer: local facts, database, Redis */
    int64_t began_us;
};

static void parse(const struct definition *definition, struct metric *metric, struct arena *arena,
                  struct complaints *complaints)
{
    const struct doc_node *fact = doc_get(definition->options, "fact");
    struct system_spec *spec = ARENA_NEW(arena, struct system_spec);

    if (fact != NULL && (fact->kind != DOC_SCALAR || fact->text[0] == '\0')) {
        complain(complaints, definition->file, fact->line, metric->key_path,
                 "`fact` must be the name of a fact");
        return;
    }
    spec->fact = fact != NULL ? fact->text : metric->key_path;
    metric->spec = spec;
}

static const char *fact_of(const struct metric *metric)
{
    return ((const struct system_spec *)metric->spec)->fact;
}

/* Opening and planning */

static void tell_opened(void *arg)
{
    struct system_source *source = arg;

    source->opening = NULL;
    source->context->opened(source->context->listener, source);
}

static void *open_system(const struct source_context *context, const struct metric *const *metrics,
                         size_t count)
{
    struct system_source *source = memory_alloc(sizeof *source);

    *source = (struct system_source){.context = context, .metrics = metrics, .count = count};
    source->opening = loop_after(context->loop, 0, tell_opened, source);
    return source;
}

static void close_system(void *opened)
{
    struct system_source *source = opened;

    loop_timer_cancel(source->opening);
    db_free(source->db);
    redis_free(source->redis);
    free(source);
}

static struct outcome unknown_fact(const struct source_context *context,
                                   const struct metric *metric, struct arena *arena)
{
    if (metric->elsewhere == NULL)
        return fact_outcome(context, fact_of(metric), arena);
    return outcome_without(
        STATUS_ABSENT, arena_format(arena,
                                    "It lives in GitLab's process (%s): facts.%s in the settings "
                                    "would give it.",
                                    metric->elsewhere, fact_of(metric)));
}

/* False, with the outcome, for a fact that needs no probe to know that there is none. */
static bool can_be_asked(const struct source_context *context, const struct metric *metric,
                         struct arena *arena, struct outcome *outcome)
{
    enum fact_origin origin = fact_origin(context, fact_of(metric));

    if (origin == FACT_UNKNOWN)
        *outcome = unknown_fact(context, metric, arena);
    else if (origin == FACT_DATABASE && context->settings->database_count == 0)
        *outcome = outcome_without(STATUS_OFF, "No database is configured: set databases in the "
                                               "settings.");
    else if (origin == FACT_REDIS && !redis_is_configured(&context->settings->redis))
        *outcome = outcome_without(STATUS_OFF, "No Redis is configured: set redis.address in the "
                                               "settings.");
    else
        return true;
    return false;
}

static void plan(void *opened, struct plan *plan)
{
    const struct system_source *source = opened;
    const struct metric **metrics =
        ARENA_ARRAY(plan->arena, const struct metric *, source->count + 1);
    struct outcome outcome;
    size_t count = 0;

    for (size_t i = 0; i < source->count; i++) {
        if (source->metrics[i]->spec == NULL)
            continue;
        if (can_be_asked(source->context, source->metrics[i], plan->arena, &outcome))
            metrics[count++] = source->metrics[i];
        else
            plan_refuse(plan, source->metrics[i], &outcome);
    }
    if (count > 0)
        (void)plan_add(plan, "system facts", metrics, count, NULL);
}

/* Answers */

static void asking_free(struct asking *asking)
{
    loop_timer_cancel(asking->timer);
    db_query_cancel(asking->query);
    redis_command_cancel(asking->command);
    arena_free(asking->arena);
    free(asking);
}

static void part_done(struct asking *asking)
{
    struct probe *probe = asking->probe;

    if (--asking->left > 0)
        return;
    asking_free(asking);
    probe->work = NULL;
    probe_done(probe);
}

static bool is_local(enum fact_origin origin)
{
    return origin != FACT_DATABASE && origin != FACT_REDIS;
}

static void answer_local(void *arg)
{
    struct asking *asking = arg;
    const struct source_context *context = asking->source->context;

    asking->timer = NULL;
    for (size_t i = 0; i < asking->probe->metric_count; i++) {
        const struct metric *metric = asking->probe->metrics[i];
        struct outcome outcome;

        if (!is_local(fact_origin(context, fact_of(metric))))
            continue;
        outcome = fact_outcome(context, fact_of(metric), asking->arena);
        probe_answer(asking->probe, metric, &outcome);
    }
    part_done(asking);
}

/* All metrics of this origin have the same answer. */
static void answer_all(struct asking *asking, enum fact_origin origin, struct outcome outcome)
{
    outcome.took_us = now_monotonic_us() - asking->began_us;
    for (size_t i = 0; i < asking->probe->metric_count; i++) {
        const struct metric *metric = asking->probe->metrics[i];

        if (fact_origin(asking->source->context, fact_of(metric)) == origin)
            probe_answer(asking->probe, metric, &outcome);
    }
    part_done(asking);
}

/* "15.20 (Debian 15.20-0+deb12u1)": the first word is the version. */
static void database_answered(const struct db_result *result, const struct error *err, void *arg)
{
    struct asking *asking = arg;
    struct outcome outcome;
    size_t length;

    asking->query = NULL;
    if (err != NULL) {
        outcome = outcome_from_error(err, asking->arena);
    } else if (db_rows(result) == 1) {
        const char *text = db_bytes(result, 0, 0, &length);

        outcome = outcome_of(value_text(arena_copy_bytes(asking->arena, text, strcspn(text, " "))));
    } else {
        outcome = outcome_without(STATUS_ERROR, "PostgreSQL did not tell its version.");
    }
    answer_all(asking, FACT_DATABASE, outcome);
}

static void redis_answered(const struct redis_reply *reply, const struct error *err, void *arg)
{
    static const char field[] = "redis_version:";
    struct asking *asking = arg;
    struct outcome outcome;
    const char *found;

    asking->command = NULL;
    found = err == NULL ? strstr(redis_text(reply, NULL), field) : NULL;
    if (err != NULL) {
        outcome = outcome_from_error(err, asking->arena);
    } else if (found != NULL) {
        found += sizeof field - 1;
        outcome =
            outcome_of(value_text(arena_copy_bytes(asking->arena, found, strcspn(found, "\r\n"))));
    } else {
        outcome = outcome_without(STATUS_ERROR, "Redis did not tell its version.");
    }
    answer_all(asking, FACT_REDIS, outcome);
}

static bool needs(const struct asking *asking, enum fact_origin origin)
{
    for (size_t i = 0; i < asking->probe->metric_count; i++)
        if (fact_origin(asking->source->context, fact_of(asking->probe->metrics[i])) == origin)
            return true;
    return false;
}

static void ask_database(struct asking *asking)
{
    const struct db_statement statement = {.sql = "SHOW server_version",
                                           .timeout_ms = ASK_TIMEOUT_MS};
    struct system_source *source = asking->source;

    if (source->db == NULL)
        source->db = db_new(source->context->loop, &source->context->settings->databases[0].config);
    asking->query = db_query(source->db, &statement, database_answered, asking);
    asking->left++;
}

static void ask_redis(struct asking *asking)
{
    const char *const argv[] = {"INFO", "server"};
    struct system_source *source = asking->source;

    if (source->redis == NULL)
        source->redis = redis_new(source->context->loop, &source->context->settings->redis);
    asking->command = redis_command(source->redis, 2, argv, NULL, redis_answered, asking);
    asking->left++;
}

static void begin(void *opened, struct probe *probe, const void *saved, size_t length)
{
    struct asking *asking = memory_alloc(sizeof *asking);

    (void)saved;
    (void)length;
    *asking = (struct asking){
        .source = opened,
        .probe = probe,
        .arena = arena_new(),
        .left = 1,
        .began_us = now_monotonic_us(),
    };
    probe->work = asking;
    asking->timer = loop_after(asking->source->context->loop, 0, answer_local, asking);
    if (needs(asking, FACT_DATABASE))
        ask_database(asking);
    if (needs(asking, FACT_REDIS))
        ask_redis(asking);
}

static void cancel(void *opened, struct probe *probe)
{
    (void)opened;
    if (probe->work != NULL)
        asking_free(probe->work);
    probe->work = NULL;
}

/* For people */

static void describe(const struct metric *metric, const struct source_context *context,
                     struct arena *arena, struct description *out)
{
    static const struct {
        const char *method, *service;
    } origins[] = {
        [FACT_UNKNOWN] = {"not known: facts.NAME of the settings would give it", NULL},
        [FACT_GIVEN] = {"as the settings give it under facts", NULL},
        [FACT_INSTANCE] = {"a setting of this instance", NULL},
        [FACT_SYSTEM] = {"ID and VERSION_ID of /etc/os-release", NULL},
        [FACT_RUN] = {"the time of the run", NULL},
        [FACT_CLOCK] = {"the time at which it is answered", NULL},
        [FACT_DATABASE] = {"SHOW server_version of the first database", "database"},
        [FACT_REDIS] = {"INFO server", "redis"},
    };
    enum fact_origin origin = fact_origin(context, fact_of(metric));

    *out = (struct description){
        .text = arena_format(arena, "fact %s", fact_of(metric)),
        .method = origins[origin].method,
        .service = origins[origin].service,
    };
    if (origin == FACT_UNKNOWN)
        out->gap = unknown_fact(context, metric, arena).reason;
    if (origin == FACT_DATABASE && context->settings->database_count > 0)
        out->service = arena_format(arena, "database %s", context->settings->databases[0].name);
}

static void describe_probe(void *opened, const struct probe *probe, struct arena *arena,
                           struct description *out)
{
    struct str lines;

    (void)opened;
    str_init(&lines);
    for (size_t i = 0; i < probe->metric_count; i++)
        str_add_format(&lines, "%sfact %s", i > 0 ? "\n" : "", fact_of(probe->metrics[i]));
    *out = (struct description){
        .text = arena_copy(arena, lines.text),
        .method = "facts of the settings, the system and the services",
        .brief = "facts",
    };
    str_release(&lines);
}

static const char *const data_sources[] = {"system", "license", NULL};

const struct source_ops system_source = {
    .name = "system",
    .data_sources = data_sources,
    .parse = parse,
    .open = open_system,
    .plan = plan,
    .describe = describe,
    .describe_probe = describe_probe,
    .begin = begin,
    .cancel = cancel,
    .close = close_system,
};
