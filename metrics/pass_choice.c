#include "metrics/pass_choice.h"

#include "metrics/period.h"

#include <string.h>

/* Rows that a statement may count, for each millisecond of a piece's target. */
#define ROWS_PER_MS 500
/* Of a table's rows those in a window, by rule of thumb; the walk finds out. */
#define WINDOW_SHARE 20
/* Counting the distinct texts of so many pieces' rows in one statement takes some seconds. */
#define WHOLE_PIECES 8
/* Below it, walking an index would read most of the table's pages, each many times. */
#define NEARLY_ALL_VISIBLE 0.95
/* A condition with more columns is taken to need one that the index has not. */
#define MOST_NEEDED 32

int64_t pass_request_rows(const struct pass_request *request)
{
    return (int64_t)request->piece_target_ms * ROWS_PER_MS;
}

static bool is_table(const struct relation_facts *relation)
{
    return strchr("rpm", relation->kind) != NULL;
}

static bool are_small(const struct pass_request *request, const struct placed *placed,
                      const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct relation_facts *relation =
            facts_relation(&request->facts[placed->database], names[i]);

        if (relation == NULL || !is_table(relation) || relation->rows > request->small_table_rows)
            return false;
    }
    return true;
}

static bool is_distinct(const struct database_spec *spec)
{
    return spec->operation == OPERATION_DISTINCT || spec->operation == OPERATION_ESTIMATE;
}

/* By buckets, which any walk can fill. */
static bool is_estimate(const struct pass_request *request, const struct database_spec *spec)
{
    return request->compat_estimates && spec->operation == OPERATION_ESTIMATE;
}

/* "users" names the relation "users" and "public.users". */
static bool is_named(const char *relation, const char *name)
{
    const char *point = strchr(relation, '.');

    return strcmp(relation, name) == 0 || (point != NULL && strcmp(point + 1, name) == 0);
}

/* The operation's column: of the relation that qualifies it, or of the only one. */
static const struct column_facts *column_of(const struct pass_request *request,
                                            const struct placed *placed)
{
    static const struct column_facts unknown = {.type = ""};
    const struct database_spec *spec = placed->spec;
    const struct column_facts *found = NULL;

    for (size_t i = 0; i < spec->relation_count && spec->column.sql != NULL; i++) {
        const struct relation_facts *relation =
            facts_relation(&request->facts[placed->database], spec->relations[i]);
        const struct column_facts *column = NULL;

        if (relation != NULL &&
            (spec->column.relation == NULL || is_named(spec->relations[i], spec->column.relation)))
            column = facts_column(relation, spec->column.name);
        found = column != NULL ? column : found;
    }
    return found != NULL ? found : &unknown;
}

static const char *column_type(const struct pass_request *request, const struct placed *placed)
{
    return column_of(request, placed)->type;
}

static bool is_unique_key(const struct placed *placed)
{
    const struct relation_facts *relation = placed->relation;

    if (placed->spec->joined || placed->spec->column.name == NULL)
        return false;
    for (size_t i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].unique &&
            strcmp(relation->indexes[i].column.name, placed->spec->column.name) == 0)
            return true;
    return false;
}

/* A window is walked by its timestamp, if that belongs to the driving relation and is indexed. */
static enum key_type window_key(const struct placed *placed)
{
    const struct column_name *timestamp = &placed->spec->timestamp;
    enum time_frame frame = placed->metric->time_frame;
    enum key_type type;

    if ((frame != TIME_FRAME_7D && frame != TIME_FRAME_28D) ||
        !is_named(placed->spec->relation, timestamp->relation))
        return KEY_NONE;
    type = facts_indexed(placed->relation, timestamp->name);
    return type == KEY_INTEGER ? KEY_NONE : type;
}

/* Of a metric whose window has the key. */
static int64_t rows_of_window(const struct pass_request *request, const struct placed *placed,
                              enum key_type key)
{
    const struct relation_facts *relation = placed->relation;
    const struct column_facts *column = facts_column(relation, placed->spec->timestamp.name);
    struct period_window window;
    double share;

    (void)period_window(placed->metric->time_frame, request->recorded_at, &window);
    if (column != NULL && facts_share_between(column, key_of_time(key, window.from),
                                              key_of_time(key, window.to), &share))
        return (int64_t)((double)relation->rows * share);
    return relation->rows / WINDOW_SHARE;
}

static struct walked_key_request key_request(const struct pass_request *request,
                                             const struct placed *placed)
{
    return (struct walked_key_request){
        .relation = placed->relation,
        .piece_rows = pass_request_rows(request),
        .server_version = request->facts[placed->database].server_version,
        .fast = request->facts[placed->database].fast,
    };
}

static void choose_walk(const struct pass_request *request, struct pass_choice *choice)
{
    const struct placed *placed = choice->placed;
    struct walked_key_request wanted = key_request(request, placed);
    enum key_type window = window_key(placed);

    if (window != KEY_NONE) {
        choice->kind = PASS_WINDOW;
        choice->key = (struct walked_key){
            .type = window, .columns = &placed->spec->timestamp.name, .column_count = 1};
        choice->rows = rows_of_window(request, placed, window);
        return;
    }
    choice->key = walked_key_choose(&wanted);
    if (choice->key.type != KEY_NONE)
        choice->kind = PASS_SHARED;
}

/*
 * A sub-select over more than a small table is computed anew in every statement. Apart, with its
 * condition in WHERE, the planner can make a join of it.
 */
static const char *apart_from(const struct pass_request *request, const struct placed *placed)
{
    const struct database_spec *spec = placed->spec;

    return are_small(request, placed, spec->others, spec->other_count) ? NULL : spec->where;
}

static bool is_whole_number(const char *type)
{
    return key_type_of(type) == KEY_INTEGER;
}

static bool is_float(const char *type)
{
    return strcmp(type, "float4") == 0 || strcmp(type, "float8") == 0;
}

/* What an index must hold so that the table itself need not be read. False: too many to tell. */
static bool needed_columns(const struct placed *placed, const char *needed[MOST_NEEDED],
                           size_t *count)
{
    const struct database_spec *spec = placed->spec;
    enum time_frame frame = placed->metric->time_frame;

    *count = 0;
    if (spec->where_column_count >= MOST_NEEDED)
        return false;
    for (size_t i = 0; i < spec->where_column_count; i++)
        needed[(*count)++] = database_spec_where_column(spec, i);
    if (frame == TIME_FRAME_7D || frame == TIME_FRAME_28D)
        needed[(*count)++] = spec->timestamp.name;
    return true;
}

/* The key for the values of the operation's column, from an index alone or from the table, too. */
static struct walked_key values_key(const struct pass_request *request,
                                    const struct pass_choice *choice, bool index_only)
{
    const struct database_spec *spec = choice->placed->spec;
    struct walked_key_request wanted = key_request(request, choice->placed);
    const char *needed[MOST_NEEDED];
    size_t count;

    if (spec->joined || choice->apart != NULL || spec->column.name == NULL ||
        (!needed_columns(choice->placed, needed, &count) && index_only))
        return (struct walked_key){.type = KEY_NONE};
    return walked_key_of_values(&wanted, spec->column.name, needed, index_only ? count : 0);
}

/* It rides in a walk; whether walking the values is cheaper, is seen when all that ride are known.
 */
static void choose_ids(const struct pass_request *request, struct pass_choice *choice)
{
    const struct placed *placed = choice->placed;
    struct walked_key values = values_key(request, choice, true);
    const struct column_facts *column = column_of(request, placed);

    choose_walk(request, choice);
    choice->distinct_by_ids = choice->kind != PASS_WHOLE;
    choice->ids_type = column->domain ? column->type : NULL;
    if (choice->kind == PASS_SHARED && values.type != KEY_NONE &&
        placed->relation->visible_share >= NEARLY_ALL_VISIBLE) {
        choice->other_key = values;
        choice->covered = true;
    }
}

/* What cannot ride: by the values, or in one statement that may have an index for its window. */
static void choose_values(const struct pass_request *request, struct pass_choice *choice)
{
    const struct placed *placed = choice->placed;
    struct walked_key values = values_key(request, choice, false);
    bool covered = values_key(request, choice, true).type != KEY_NONE;
    enum key_type window = window_key(placed);

    choice->apart = placed->metric->key_path;
    if (window != KEY_NONE) {
        choice->rows = rows_of_window(request, placed, window);
        if (choice->rows <= WHOLE_PIECES * pass_request_rows(request))
            return;
    }
    if (values.type == KEY_NONE)
        return;
    choice->kind = PASS_DISTINCT;
    choice->covered = covered;
    choice->key = values;
    choice->rows = placed->relation->rows;
    choice->apart = NULL;
}

struct pass_choice pass_choose(const struct pass_request *request, const struct placed *placed)
{
    const struct database_spec *spec = placed->spec;
    struct pass_choice choice = {.placed = placed, .kind = PASS_WHOLE};
    bool distinct = is_distinct(spec) && !is_estimate(request, spec);
    const char *type;

    choice.apart = placed->metric->key_path;
    if (spec->operation == OPERATION_SQL)
        return choice;
    type = column_type(request, placed);
    choice.rows = placed->relation->rows;
    choice.sum_of_float = is_float(type);
    choice.estimated = is_estimate(request, spec);
    choice.distinct_is_count = distinct && is_unique_key(placed);
    choice.apart = apart_from(request, placed);
    if (are_small(request, placed, spec->relations, spec->relation_count)) {
        choice.kind = choice.apart == NULL ? PASS_GATHERED : PASS_WHOLE;
        return choice;
    }
    if (!distinct || choice.distinct_is_count)
        choose_walk(request, &choice);
    else if (is_whole_number(type))
        choose_ids(request, &choice);
    if (distinct && !choice.distinct_is_count && choice.kind == PASS_WHOLE)
        choose_values(request, &choice);
    return choice;
}
