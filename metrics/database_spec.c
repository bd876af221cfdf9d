#include "metrics/database_spec.h"

#include "metrics/condition.h"

#include <string.h>

/* One definition being read. Everything wrong is complained about; only then is there no spec. */
struct reading {
    const struct definition *definition;
    struct metric *metric;
    struct arena *arena;
    struct complaints *complaints;
    struct database_spec *spec;
    size_t complaint_count;
};

struct option {
    const char *name;
    void (*take)(struct reading *reading, const struct doc_node *node);
    bool with_sql; /* whether it may stand beside `sql` */
};

#define COMPLAIN(reading, line, ...)                                                               \
    complain((reading)->complaints, (reading)->definition->file, (line),                           \
             (reading)->metric->key_path, __VA_ARGS__)

/* ---- Texts ---- */

/* The text of a scalar that is not empty, or NULL after a complaint. */
static const char *text_of(struct reading *reading, const struct doc_node *node)
{
    if (node->kind == DOC_SCALAR && !doc_is_null(node) && node->text[0] != '\0')
        return node->text;
    COMPLAIN(reading, node->line, "'%s' must be a text that is not empty",
             node->key != NULL ? node->key : "options");
    return NULL;
}

/* A block text ("|") begins in the line after its key; any other text stands in the key's line. */
static int line_of(const struct doc_node *node, int line_in_text)
{
    if (line_in_text <= 0)
        return node->line;
    if (!node->plain && strchr(node->text, '\n') != NULL)
        return node->line + line_in_text;
    return node->line + line_in_text - 1;
}

/* SQL of a definition, parsed once for all of its time frames. */
struct parsed_sql {
    const struct doc_node *node;
    struct condition condition;
    const struct parsed_sql *next;
};

static const struct parsed_sql *find_parsed(const struct reading *reading,
                                            const struct doc_node *node)
{
    const void **room = reading->definition->parsed;
    const struct parsed_sql *parsed = room != NULL ? *room : NULL;

    while (parsed != NULL && parsed->node != node)
        parsed = parsed->next;
    return parsed;
}

static void keep_parsed(struct reading *reading, const struct doc_node *node,
                        const struct condition *condition)
{
    const void **room = reading->definition->parsed;
    struct parsed_sql *parsed;

    if (room == NULL)
        return;
    parsed = ARENA_NEW(reading->arena, struct parsed_sql);
    *parsed = (struct parsed_sql){node, *condition, *room};
    *room = parsed;
}

static void complain_of_sql(struct reading *reading, const struct doc_node *node,
                            const struct condition_place *place, const struct error *err)
{
    int line = line_of(node, place->line);

    if (place->column > 0)
        COMPLAIN(reading, line, "'%s': %s (character %d of this line of it)", node->key, err->text,
                 place->column);
    else
        COMPLAIN(reading, line, "'%s': %s", node->key, err->text);
}

static bool parse_sql(struct reading *reading, const struct doc_node *node, enum sql_shape shape,
                      struct condition *condition)
{
    const struct parsed_sql *parsed = find_parsed(reading, node);
    const char *text = text_of(reading, node);
    struct condition_place place;
    struct error err;

    if (parsed != NULL)
        *condition = parsed->condition;
    if (parsed != NULL || text == NULL)
        return parsed != NULL;
    if (!condition_parse(text, shape, reading->arena, condition, &place, &err)) {
        complain_of_sql(reading, node, &place, &err);
        return false;
    }
    keep_parsed(reading, node, condition);
    return true;
}

/* "name" or "schema.name". */
static const char *relation_of(struct reading *reading, const struct doc_node *node)
{
    const char *text = text_of(reading, node), *point;

    if (text == NULL)
        return NULL;
    point = strchr(text, '.');
    if (point == NULL || (point > text && point[1] != '\0' && strchr(point + 1, '.') == NULL))
        return text;
    COMPLAIN(reading, node->line,
             "'%s' must be the name of a table or view, or schema.name, not '%s'", node->key, text);
    return NULL;
}

static void add_name(struct arena *arena, const char ***names, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*names)[i], name) == 0)
            return;
    *names = arena_grow(arena, *names, *count, sizeof(**names));
    (*names)[(*count)++] = name;
}

static void note_others(struct reading *reading, const struct condition *condition)
{
    struct database_spec *spec = reading->spec;

    for (size_t i = 0; i < condition->names.relation_count; i++)
        add_name(reading->arena, &spec->others, &spec->other_count, condition->names.relations[i]);
}

const char *database_spec_where_column(const struct database_spec *spec, size_t index)
{
    const char *point = strrchr(spec->where_columns[index], '.');

    return point != NULL ? point + 1 : spec->where_columns[index];
}

const char *database_spec_reference(const char *relation, struct arena *arena)
{
    const char *point = strchr(relation, '.'), *reference;
    struct str quoted;

    str_init(&quoted);
    db_quote_name(point != NULL ? point + 1 : relation, &quoted);
    reference = arena_copy(arena, quoted.text);
    str_release(&quoted);
    return reference;
}

/* ---- Options ---- */

static void take_relation(struct reading *reading, const struct doc_node *node)
{
    reading->spec->relation = relation_of(reading, node);
}

static void take_operation(struct reading *reading, const struct doc_node *node)
{
    static const char *const names[] = {
        [OPERATION_COUNT] = "count",
        [OPERATION_DISTINCT] = "distinct_count",
        [OPERATION_ESTIMATE] = "estimate_distinct_count",
        [OPERATION_SUM] = "sum",
        [OPERATION_AVERAGE] = "average",
        [OPERATION_SQL] = "sql",
    };
    const char *text = text_of(reading, node);

    if (text == NULL)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) != 0)
            continue;
        reading->spec->operation = (enum operation)i;
        return;
    }
    COMPLAIN(reading, node->line,
             "'operation' must be count, distinct_count, estimate_distinct_count, sum, average or "
             "sql, not '%s'",
             text);
}

/* "users.id" is the column id of users. */
static void take_name(struct reading *reading, const struct doc_node *node,
                      struct column_name *column)
{
    struct condition condition;
    const char *name, *point;

    if (!parse_sql(reading, node, SQL_COLUMN, &condition))
        return;
    name = condition.names.columns[0];
    point = strrchr(name, '.');
    *column = (struct column_name){.sql = condition.text, .name = name};
    if (point == NULL)
        return;
    column->relation = arena_copy_bytes(reading->arena, name, (size_t)(point - name));
    column->name = point + 1;
}

static void take_column(struct reading *reading, const struct doc_node *node)
{
    take_name(reading, node, &reading->spec->column);
}

static void take_timestamp(struct reading *reading, const struct doc_node *node)
{
    take_name(reading, node, &reading->spec->timestamp);
}

static void take_where(struct reading *reading, const struct doc_node *node)
{
    struct condition condition;

    if (!parse_sql(reading, node, SQL_EXPRESSION, &condition))
        return;
    reading->spec->where = condition.text;
    reading->spec->where_columns = condition.names.columns;
    reading->spec->where_column_count = condition.names.column_count;
    note_others(reading, &condition);
}

static void take_sql(struct reading *reading, const struct doc_node *node)
{
    struct condition condition;

    if (!parse_sql(reading, node, SQL_STATEMENT, &condition))
        return;
    reading->spec->sql = condition.text;
    note_others(reading, &condition);
}

static void take_database(struct reading *reading, const struct doc_node *node)
{
    reading->spec->database = text_of(reading, node);
}

/* Read after all others, because FROM begins with the relation. */
static void take_joins(struct reading *reading, const struct doc_node *node)
{
    reading->spec->joined = true;
    if (node->kind != DOC_LIST || node->count == 0)
        COMPLAIN(reading, node->line, "'joins' must be a list of {relation, on, type}");
}

static const struct option options[] = {
    {"relation", take_relation, false},
    {"operation", take_operation, true},
    {"column", take_column, false},
    {"where", take_where, false},
    {"joins", take_joins, false},
    {"timestamp_column", take_timestamp, false},
    {"sql", take_sql, true},
    {"database", take_database, true},
};

static const struct option *find_option(const char *name)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

/* ---- Joins ---- */

static void check_join_keys(struct reading *reading, const struct doc_node *join)
{
    for (const struct doc_node *node = join->first; node != NULL; node = node->next)
        if (strcmp(node->key, "relation") != 0 && strcmp(node->key, "on") != 0 &&
            strcmp(node->key, "type") != 0)
            COMPLAIN(reading, node->line, "a join has relation, on and type, but no '%s'",
                     node->key);
}

static const char *join_word(struct reading *reading, const struct doc_node *join)
{
    const struct doc_node *type = doc_get(join, "type");
    const char *text = type != NULL ? text_of(reading, type) : "inner";

    if (text == NULL || strcmp(text, "inner") == 0)
        return "INNER JOIN";
    if (strcmp(text, "left") != 0)
        COMPLAIN(reading, type->line, "the 'type' of a join must be inner or left, not '%s'", text);
    return "LEFT JOIN";
}

static void add_join(struct reading *reading, const struct doc_node *join, struct str *from)
{
    const struct doc_node *relation = doc_get(join, "relation"), *on = doc_get(join, "on");
    struct condition condition;
    const char *name;

    if (relation == NULL || on == NULL) {
        COMPLAIN(reading, join->line, "a join needs 'relation' and 'on'");
        return;
    }
    check_join_keys(reading, join);
    name = relation_of(reading, relation);
    if (!parse_sql(reading, on, SQL_EXPRESSION, &condition) || name == NULL)
        return;
    note_others(reading, &condition);
    add_name(reading->arena, &reading->spec->relations, &reading->spec->relation_count, name);
    str_add_format(from, " %s ", join_word(reading, join));
    db_quote_name(name, from);
    str_add_format(from, " ON (%s)", condition.text);
}

static void read_from(struct reading *reading)
{
    struct database_spec *spec = reading->spec;
    const struct doc_node *joins = doc_get(reading->definition->options, "joins");
    struct str from;

    if (spec->relation == NULL)
        return;
    str_init(&from);
    db_quote_name(spec->relation, &from);
    add_name(reading->arena, &spec->relations, &spec->relation_count, spec->relation);
    for (const struct doc_node *join = joins != NULL ? joins->first : NULL; join != NULL;
         join = join->next)
        add_join(reading, join, &from);
    spec->from = arena_copy(reading->arena, from.text);
    str_release(&from);
}

/* ---- The whole ---- */

/* A timestamp without a qualifier is the driving relation's, also where a join has one as well. */
static void settle_timestamp(struct reading *reading)
{
    struct column_name *timestamp = &reading->spec->timestamp;
    const char *reference;

    if (timestamp->sql == NULL)
        *timestamp = (struct column_name){.sql = "created_at", .name = "created_at"};
    if (timestamp->relation != NULL || reading->spec->relation == NULL)
        return;
    reference = database_spec_reference(reading->spec->relation, reading->arena);
    timestamp->relation = reading->spec->relation;
    timestamp->sql = arena_format(reading->arena, "%s.%s", reference, timestamp->sql);
}

static void check_sql(struct reading *reading)
{
    const struct doc_node *nodes = reading->definition->options;
    enum time_frame frame = reading->metric->time_frame;

    if (doc_get(nodes, "sql") == NULL)
        COMPLAIN(reading, nodes->line, "operation sql needs 'sql', one SELECT of one value");
    for (const struct doc_node *node = nodes->first; node != NULL; node = node->next) {
        const struct option *option = find_option(node->key);

        if (option != NULL && !option->with_sql)
            COMPLAIN(reading, node->line, "'%s' has no place beside operation sql", node->key);
    }
    if (frame == TIME_FRAME_7D || frame == TIME_FRAME_28D)
        COMPLAIN(reading, nodes->line,
                 "operation sql cannot be put into a window: 'time_frame' must be all or none");
}

static void check_relation(struct reading *reading)
{
    const struct doc_node *nodes = reading->definition->options;
    const struct doc_node *sql = doc_get(nodes, "sql");

    if (sql != NULL)
        COMPLAIN(reading, sql->line, "'sql' needs 'operation: sql'");
    else if (doc_get(nodes, "relation") == NULL)
        COMPLAIN(reading, nodes->line, "'relation' is missing: the table or view to count");
    if (reading->spec->operation != OPERATION_COUNT && doc_get(nodes, "column") == NULL)
        COMPLAIN(reading, nodes->line, "this operation needs 'column'");
    if (reading->metric->value_type != TYPE_NUMBER)
        COMPLAIN(reading, nodes->line,
                 "this operation gives a number: 'value_type' must be number, not %s",
                 value_type_name(reading->metric->value_type));
}

static void read_options(struct reading *reading)
{
    for (const struct doc_node *node = reading->definition->options->first; node != NULL;
         node = node->next) {
        const struct option *option = find_option(node->key);

        if (option != NULL)
            option->take(reading, node);
        else
            COMPLAIN(reading, node->line, "the database source has no option '%s'", node->key);
    }
    read_from(reading);
    settle_timestamp(reading);
    if (reading->spec->operation == OPERATION_SQL)
        check_sql(reading);
    else
        check_relation(reading);
}

/* Whether the definition tells us anything: GitLab's own name a class instead, or nothing at all.
 */
static bool is_for_us(const struct definition *definition)
{
    const struct doc_node *nodes = definition->options;
    bool names_class = definition->instrumentation_class != NULL;

    if (nodes == NULL || nodes->kind != DOC_MAP)
        return nodes != NULL && !names_class;
    if (doc_get(nodes, "relation") != NULL || doc_get(nodes, "sql") != NULL)
        return true;
    return !names_class &&
           (doc_get(nodes, "operation") != NULL || doc_get(nodes, "column") != NULL);
}

static const char *why_not_computed(const struct definition *definition, struct arena *arena)
{
    if (definition->instrumentation_class == NULL)
        return "The definition does not say which relation to count (options.relation).";
    return arena_format(arena,
                        "The class %s is not known here; options.relation would say what to count.",
                        definition->instrumentation_class);
}

void database_spec_parse(const struct definition *definition, struct metric *metric,
                         struct arena *arena, struct complaints *complaints)
{
    struct reading reading = {definition, metric, arena, complaints, NULL, complaints->count};

    if (!is_for_us(definition)) {
        metric->not_computed = why_not_computed(definition, arena);
        return;
    }
    if (definition->options->kind != DOC_MAP) {
        COMPLAIN(&reading, definition->options->line, "'options' must be a map");
        return;
    }
    reading.spec = ARENA_NEW(arena, struct database_spec);
    read_options(&reading);
    if (complaints->count == reading.complaint_count)
        metric->spec = reading.spec;
}
