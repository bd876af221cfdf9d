/*
 * The database source: PostgreSQL, counted in as few walks as possible. What a metric is stands in
 * database_spec.h, how metrics are grouped in pass.h, how a pass is run in pass_run.h; here they
 * are put together for one run.
 */
#include "metrics/database_spec.h"
#include "metrics/examine.h"
#include "metrics/metric_sql.h"
#include "metrics/pass_explain.h"
#include "metrics/pass_plan.h"
#include "metrics/pass_run.h"
#include "metrics/pass_sql.h"
#include "metrics/pass_words.h"
#include "metrics/sources.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"

#include <stdlib.h>
#include <string.h>

struct database {
    struct db *db;
    struct facts_reading *reading;
    struct pass_run_context context;
    struct database_source *source;
};

struct database_source {
    const struct source_context *context;
    struct arena *arena;
    struct database *databases;
    struct database_facts *facts; /* one for each */
    size_t count, facts_left;
    struct placed *placed;
    size_t placed_count;
    struct examination *examination;
    struct loop_timer *timer;
    struct pass_explains explains;
};

/* ---- Opening ---- */

static void opened(void *arg)
{
    struct database_source *source = arg;

    source->timer = NULL;
    source->examination = NULL;
    source->context->opened(source->context->listener, source);
}

static void examine(struct database_source *source)
{
    const struct source_settings *settings = source->context->settings;
    struct db **sessions = ARENA_ARRAY(source->arena, struct db *, source->count + 1);
    struct examine_request request = {
        .placed = source->placed,
        .count = source->placed_count,
        .databases = sessions,
        .facts = source->facts,
        .recorded_at = source->context->recorded_at,
        .timeout_ms = settings->statement_timeout_ms,
        .lock_timeout_ms = settings->lock_timeout_ms,
        .arena = source->arena,
    };

    for (size_t i = 0; i < source->count; i++)
        sessions[i] = source->databases[i].db;
    for (size_t i = 0; i < source->placed_count; i++) {
        struct placed *placed = &source->placed[i];

        placed->home = placing_home(placed->metric->spec, source->context->settings);
        placing_place(placed, source->facts, source->count, source->arena);
    }
    source->examination = examine_begin(&request, opened, source);
    if (source->examination == NULL)
        opened(source);
}

static void facts_came(void *arg)
{
    struct database *database = arg;

    database->reading = NULL;
    if (--database->source->facts_left == 0)
        examine(database->source);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void make_distinct(const char **names, size_t *count)
{
    size_t kept = 0;

    if (*count > 0)
        qsort(names, *count, sizeof(names[0]), compare_texts);
    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    *count = kept;
}

static void add_name(struct arena *arena, const char ***names, size_t *count, const char *name)
{
    if (name == NULL)
        return;
    *names = arena_grow(arena, *names, *count, sizeof(**names));
    (*names)[(*count)++] = name;
}

/* Those whose type or statistics matter. */
static void add_columns(struct arena *arena, struct facts_request *names,
                        const struct database_spec *spec)
{
    add_name(arena, &names->columns, &names->column_count, spec->column.name);
    add_name(arena, &names->columns, &names->column_count, spec->timestamp.name);
    for (size_t i = 0; i < spec->where_column_count; i++)
        add_name(arena, &names->columns, &names->column_count, database_spec_where_column(spec, i));
}

/* What the catalog is asked for: all relations that metrics name, and their columns. */
static struct facts_request facts_request_of(const struct database_source *source)
{
    struct facts_request names = {.timeout_ms = source->context->settings->statement_timeout_ms,
                                  .arena = source->arena};

    for (size_t i = 0; i < source->placed_count; i++) {
        const struct database_spec *spec = source->placed[i].metric->spec;

        for (size_t j = 0; j < spec->relation_count; j++)
            add_name(source->arena, &names.relations, &names.relation_count, spec->relations[j]);
        for (size_t j = 0; j < spec->other_count; j++)
            add_name(source->arena, &names.relations, &names.relation_count, spec->others[j]);
        add_columns(source->arena, &names, spec);
    }
    make_distinct(names.relations, &names.relation_count);
    make_distinct(names.columns, &names.column_count);
    return names;
}

static void read_facts(struct database_source *source)
{
    const struct source_settings *settings = source->context->settings;
    struct facts_request request = facts_request_of(source);

    source->facts_left = source->count;
    for (size_t i = 0; i < source->count; i++) {
        struct database *database = &source->databases[i];

        source->facts[i].name = settings->databases[i].name;
        source->facts[i].fast = settings->databases[i].accuracy == ACCURACY_FAST;
        database->source = source;
        database->db = db_new(source->context->loop, &settings->databases[i].config);
        database->context = (struct pass_run_context){
            .loop = source->context->loop,
            .db = database->db,
            .facts = &source->facts[i],
            .settings = settings,
            .duty = settings->databases[i].duty,
            .deadline_s = source->context->deadline_s,
        };
        database->reading =
            facts_read(database->db, &request, &source->facts[i], facts_came, database);
    }
}

static void nothing_to_read(void *arg)
{
    examine(arg);
}

static void *open_source(const struct source_context *context, const struct metric *const *metrics,
                         size_t count)
{
    struct database_source *source = memory_alloc(sizeof(*source));

    source->context = context;
    source->arena = arena_new();
    LIST_INIT(&source->explains);
    source->count = count > 0 ? context->settings->database_count : 0;
    source->databases = ARENA_ARRAY(source->arena, struct database, source->count + 1);
    source->facts = ARENA_ARRAY(source->arena, struct database_facts, source->count + 1);
    source->placed = ARENA_ARRAY(source->arena, struct placed, count + 1);
    source->placed_count = count;
    for (size_t i = 0; i < count; i++)
        source->placed[i].metric = metrics[i];
    if (source->count > 0)
        read_facts(source);
    else
        source->timer = loop_after(context->loop, 0, nothing_to_read, source);
    return source;
}

static void close_source(void *opened_source)
{
    struct database_source *source = opened_source;

    loop_timer_cancel(source->timer);
    examine_cancel(source->examination);
    pass_explain_cancel_all(&source->explains);
    for (size_t i = 0; i < source->count; i++) {
        facts_cancel(source->databases[i].reading);
        db_free(source->databases[i].db);
    }
    arena_free(source->arena);
    free(source);
}

/* ---- Planning ---- */

static void plan_passes(void *opened_source, struct plan *plan)
{
    struct database_source *source = opened_source;
    const struct source_settings *settings = source->context->settings;
    struct pass_request request = {
        .placed = source->placed,
        .count = source->placed_count,
        .facts = source->facts,
        .recorded_at = source->context->recorded_at,
        .small_table_rows = settings->small_table_rows,
        .piece_target_ms = settings->piece_target_ms,
        .compat_estimates = settings->compat_estimates,
    };
    struct pass_list list;

    for (size_t i = 0; i < source->placed_count; i++)
        if (source->placed[i].refused)
            plan_refuse(plan, source->placed[i].metric, &source->placed[i].outcome);
    list = pass_plan(&request, plan->arena);
    for (size_t i = 0; i < list.count; i++) {
        const struct pass *pass = list.passes[i];
        struct probe *probe = plan_add(plan, pass->name, pass->metrics, pass->item_count, pass);

        probe->lane = (unsigned)pass->database;
        probe->rows = pass->rows;
        probe->cost_s = pass->cost_s;
    }
}

static const char *service_of(const char *database, struct arena *arena)
{
    return database != NULL ? arena_format(arena, "database %s", database) : "database";
}

/* Each once, sorted. */
static void describe_reads(const struct database_spec *spec, struct arena *arena,
                           struct description *out)
{
    const char **names =
        ARENA_ARRAY(arena, const char *, spec->relation_count + spec->other_count + 1);

    for (size_t i = 0; i < spec->relation_count; i++)
        names[out->read_count++] = spec->relations[i];
    for (size_t i = 0; i < spec->other_count; i++)
        names[out->read_count++] = spec->others[i];
    make_distinct(names, &out->read_count);
    out->reads = names;
}

static void describe(const struct metric *metric, const struct source_context *context,
                     struct arena *arena, struct description *out)
{
    const struct database_spec *spec = metric->spec;
    const char *database = spec->database;
    bool anywhere;
    struct str sql;

    str_init(&sql);
    metric_sql_add_statement(metric, context->recorded_at, &sql);
    if (context->settings != NULL)
        database = placing_home(spec, context->settings);
    anywhere = database == NULL;
    if (database == NULL && context->settings != NULL && context->settings->database_count > 0)
        database = context->settings->databases[0].name;
    *out = (struct description){
        .text = arena_copy(arena, sql.text),
        .method = spec->operation == OPERATION_SQL
                      ? "one statement"
                      : "as this statement; in a run, shared with others",
        .service = service_of(database, arena),
        .anywhere = anywhere,
    };
    describe_reads(spec, arena, out);
    str_release(&sql);
}

static void describe_probe(void *opened_source, const struct probe *probe, struct arena *arena,
                           struct description *out)
{
    const struct database_source *source = opened_source;
    const struct pass *pass = probe->spec;
    size_t *columns = ARENA_ARRAY(arena, size_t, pass->column_count + 1);
    size_t count = pass_columns_of(pass, probe->metrics, probe->metric_count, columns);
    struct str sql;

    str_init(&sql);
    pass_sql_add_piece(&(struct question){pass, NULL, columns, count, NULL}, &sql);
    *out = (struct description){
        .text = arena_copy(arena, sql.text),
        .method = pass_words_method(pass, arena),
        .brief = pass_method(pass)->brief,
        .error_bound = pass_words_error_bound(pass),
        .unindexed =
            pass_words_unindexed(pass, probe->metric_count == 1 ? probe->metrics[0] : NULL, arena),
        .service = service_of(source->facts[pass->database].name, arena),
    };
    str_release(&sql);
}

static void explain(void *opened_source, const struct probe *probe, const struct metric *metric,
                    explain_done *done, void *arg)
{
    struct database_source *source = opened_source;
    const struct pass *pass = probe->spec;

    pass_explain_begin(&source->databases[pass->database].context, pass, metric, done, arg,
                       &source->explains);
}

/* ---- Running ---- */

static void begin(void *opened_source, struct probe *probe, const void *saved, size_t length)
{
    struct database_source *source = opened_source;
    const struct pass *pass = probe->spec;

    (void)pass_run_begin(&source->databases[pass->database].context, probe, pass, saved, length);
}

static void cancel(void *opened_source, struct probe *probe)
{
    (void)opened_source;
    pass_run_cancel(probe->work);
}

static const char *const data_sources[] = {"database", NULL};

const struct source_ops database_source = {
    .name = "database",
    .data_sources = data_sources,
    .parse = database_spec_parse,
    .open = open_source,
    .plan = plan_passes,
    .describe = describe,
    .describe_probe = describe_probe,
    .explain = explain,
    .begin = begin,
    .cancel = cancel,
    .close = close_source,
};
