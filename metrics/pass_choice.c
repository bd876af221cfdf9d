#include "metrics/pass_choice.h"

#include <string.h>

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

/* "users" names the relation "users" and "public.users". */
static bool is_named(const char *relation, const char *name)
{
    const char *point = strchr(relation, '.');

    return strcmp(relation, name) == 0 || (point != NULL && strcmp(point + 1, name) == 0);
}

/* The type of the operation's column: of the relation that qualifies it, or of the only one. */
static const char *column_type(const struct pass_request *request, const struct placed *placed)
{
    const struct database_spec *spec = placed->spec;
    const char *found = NULL;

    for (size_t i = 0; i < spec->relation_count && spec->column.sql != NULL; i++) {
        const struct relation_facts *relation =
            facts_relation(&request->facts[placed->database], spec->relations[i]);
        const char *type = NULL;

        if (relation != NULL &&
            (spec->column.relation == NULL || is_named(spec->relations[i], spec->column.relation)))
            type = facts_column_type(relation, spec->column.name);
        found = type != NULL ? type : found;
    }
    return found != NULL ? found : "";
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

static void choose_walk(struct pass_choice *choice)
{
    const struct placed *placed = choice->placed;
    const struct index_facts *key = facts_key(placed->relation);
    enum key_type window = window_key(placed);

    if (window != KEY_NONE) {
        choice->kind = PASS_WINDOW;
        choice->key = placed->spec->timestamp.name;
        choice->key_type = window;
    } else if (key != NULL) {
        choice->kind = PASS_SHARED;
        choice->key = key->column.name;
        choice->key_type = key_type_of(key->column.type);
    }
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

struct pass_choice pass_choose(const struct pass_request *request, const struct placed *placed)
{
    const struct database_spec *spec = placed->spec;
    struct pass_choice choice = {.placed = placed, .kind = PASS_WHOLE};
    const char *type;

    choice.apart = placed->metric->key_path;
    if (spec->operation == OPERATION_SQL)
        return choice;
    type = column_type(request, placed);
    choice.sum_of_float = is_float(type);
    choice.distinct_is_count = is_distinct(spec) && is_unique_key(placed);
    choice.apart = apart_from(request, placed);
    if (are_small(request, placed, spec->relations, spec->relation_count)) {
        choice.kind = choice.apart == NULL ? PASS_GATHERED : PASS_WHOLE;
        return choice;
    }
    choice.distinct_by_ids =
        is_distinct(spec) && !choice.distinct_is_count && is_whole_number(type);
    if (!is_distinct(spec) || choice.distinct_is_count || choice.distinct_by_ids)
        choose_walk(&choice);
    if (choice.kind != PASS_WHOLE)
        return choice;
    choice.distinct_by_ids = false;
    if (is_distinct(spec) && !choice.distinct_is_count)
        choice.apart = placed->metric->key_path;
    return choice;
}
