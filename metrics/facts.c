#include "metrics/facts.h"

#include "agent/base/memory.h"
#include "agent/base/str.h"

#include <stdlib.h>
#include <string.h>

/*
 * Names are two parallel lists, schemas ('' for none) and names. The number of a relation in them
 * is the first column of every answer. A relation without a schema is the one that the session
 * sees.
 */
#define WANTED                                                                                     \
    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted(schema, name, place) "          \
    "JOIN pg_catalog.pg_class c ON c.relname = wanted.name AND c.relkind IN "                      \
    "('r', 'p', 'v', 'm', 'f') "                                                                   \
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND CASE WHEN wanted.schema = '' "   \
    "THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = wanted.schema END "

#define BASE_TYPE                                                                                  \
    "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "                                             \
    "LEFT JOIN pg_catalog.pg_type base ON t.typtype = 'd' AND base.oid = t.typbasetype "

/*
 * A table that was never vacuumed nor analysed has no figures; then its size is asked for, and 60
 * rows a page assumed. A partitioned table has the rows of its partitions.
 */
static const char relations_sql[] =
    "SELECT wanted.place, c.relkind::text, parts.rows::bigint, current_user::text " WANTED
    "CROSS JOIN LATERAL (SELECT sum(CASE WHEN part.relkind NOT IN ('r', 'm') THEN 0 "
    "WHEN part.relpages > 0 THEN greatest(part.reltuples, 0) "
    "ELSE pg_catalog.pg_relation_size(part.oid) / 8192.0 * 60 END) AS rows "
    "FROM pg_catalog.pg_class part WHERE part.oid = ANY(CASE WHEN c.relkind = 'p' THEN "
    "ARRAY(SELECT relid FROM pg_catalog.pg_partition_tree(c.oid))::oid[] ELSE ARRAY[c.oid] END)"
    ") AS parts";

static const char columns_sql[] =
    "SELECT wanted.place, a.attname::text, coalesce(base.typname, t.typname)::text " WANTED
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "AND NOT a.attisdropped AND a.attname = ANY($3::text[]) " BASE_TYPE;

static const char indexes_sql[] =
    "SELECT wanted.place, a.attname::text, coalesce(base.typname, t.typname)::text, "
    "a.attnotnull, i.indisprimary, i.indisunique AND i.indnkeyatts = 1 " WANTED
    "JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisvalid AND i.indisready "
    "AND i.indpred IS NULL "
    "JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid "
    "JOIN pg_catalog.pg_am am ON am.oid = ic.relam AND am.amname = 'btree' "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] " BASE_TYPE
    "ORDER BY wanted.place, i.indisprimary DESC, i.indexrelid";

struct facts_reading;

struct question {
    const char *sql;
    int param_count;
    bool (*take)(struct facts_reading *reading, const struct db_result *result, int row,
                 struct relation_facts *relation, struct error *err);
};

struct asked {
    struct facts_reading *reading;
    const struct question *question;
    struct db_query *query;
};

#define QUESTIONS 3

struct facts_reading {
    struct arena *arena;
    struct database_facts *facts;
    facts_done *done;
    void *arg;
    struct asked asked[QUESTIONS];
    size_t answered;
};

static const char *text_at(const struct facts_reading *reading, const struct db_result *result,
                           int row, int column)
{
    size_t length;
    const char *bytes = db_bytes(result, row, column, &length);

    return arena_copy_bytes(reading->arena, bytes, length);
}

static struct column_facts column_at(const struct facts_reading *reading,
                                     const struct db_result *result, int row)
{
    return (struct column_facts){
        .name = text_at(reading, result, row, 1),
        .type = text_at(reading, result, row, 2),
    };
}

static bool take_relation(struct facts_reading *reading, const struct db_result *result, int row,
                          struct relation_facts *relation, struct error *err)
{
    relation->exists = true;
    relation->kind = text_at(reading, result, row, 1)[0];
    reading->facts->role = text_at(reading, result, row, 3);
    return db_integer(result, row, 2, &relation->rows, err);
}

static bool take_column(struct facts_reading *reading, const struct db_result *result, int row,
                        struct relation_facts *relation, struct error *err)
{
    (void)err;
    relation->columns = arena_grow(reading->arena, relation->columns, relation->column_count,
                                   sizeof(relation->columns[0]));
    relation->columns[relation->column_count++] = column_at(reading, result, row);
    return true;
}

static bool take_index(struct facts_reading *reading, const struct db_result *result, int row,
                       struct relation_facts *relation, struct error *err)
{
    int64_t never_null, primary, unique;

    if (!db_integer(result, row, 3, &never_null, err) ||
        !db_integer(result, row, 4, &primary, err) || !db_integer(result, row, 5, &unique, err))
        return false;
    relation->indexes = arena_grow(reading->arena, relation->indexes, relation->index_count,
                                   sizeof(relation->indexes[0]));
    relation->indexes[relation->index_count++] = (struct index_facts){
        .column = column_at(reading, result, row),
        .never_null = never_null != 0,
        .primary = primary != 0,
        .unique = unique != 0,
    };
    return true;
}

static const struct question questions[QUESTIONS] = {
    {relations_sql, 2, take_relation},
    {columns_sql, 3, take_column},
    {indexes_sql, 2, take_index},
};

static bool take_rows(const struct asked *asked, const struct db_result *result, struct error *err)
{
    struct database_facts *facts = asked->reading->facts;

    for (int row = 0; row < db_rows(result); row++) {
        int64_t place;

        if (!db_integer(result, row, 0, &place, err))
            return false;
        if (place < 1 || (size_t)place > facts->relation_count)
            return error_set(err, ERROR_INVALID, "the catalog names a relation not asked for");
        if (!asked->question->take(asked->reading, result, row, &facts->relations[place - 1], err))
            return false;
    }
    return true;
}

static void answered(const struct db_result *result, const struct error *err, void *arg)
{
    struct asked *asked = arg;
    struct facts_reading *reading = asked->reading;
    struct error wrong = {0};

    asked->query = NULL;
    if (result != NULL && !take_rows(asked, result, &wrong))
        err = &wrong;
    if (err != NULL && reading->facts->err.kind == ERROR_NONE)
        reading->facts->err = *err;
    if (++reading->answered < QUESTIONS)
        return;
    reading->facts->read = reading->facts->err.kind == ERROR_NONE;
    reading->done(reading->arg);
    free(reading);
}

/* ---- Asking ---- */

static void add_element(struct str *list, const char *text, size_t length)
{
    str_add(list, list->length > 1 ? ",\"" : "\"");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            str_add_char(list, '\\');
        str_add_char(list, text[i]);
    }
    str_add_char(list, '"');
}

static void add_parts(const struct facts_request *request, struct str *schemas,
                      struct str *relations)
{
    for (size_t i = 0; i < request->relation_count; i++) {
        const char *name = request->relations[i], *point = strchr(name, '.');

        add_element(schemas, name, point != NULL ? (size_t)(point - name) : 0);
        name = point != NULL ? point + 1 : name;
        add_element(relations, name, strlen(name));
    }
}

static void ask(struct facts_reading *reading, struct db *db, const char *const *params,
                unsigned timeout_ms)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        struct db_statement statement = {
            .sql = questions[i].sql,
            .params = params,
            .param_count = questions[i].param_count,
            .timeout_ms = timeout_ms,
        };

        reading->asked[i] = (struct asked){.reading = reading, .question = &questions[i]};
        reading->asked[i].query = db_query(db, &statement, answered, &reading->asked[i]);
    }
}

static void prepare(struct database_facts *facts, const struct facts_request *request)
{
    facts->relation_count = request->relation_count;
    facts->relations = ARENA_ARRAY(request->arena, struct relation_facts, request->relation_count);
    for (size_t i = 0; i < request->relation_count; i++)
        facts->relations[i].name = request->relations[i];
}

struct facts_reading *facts_read(struct db *db, const struct facts_request *request,
                                 struct database_facts *facts, facts_done *done, void *arg)
{
    struct facts_reading *reading = memory_alloc(sizeof(*reading));
    struct str lists[3];

    prepare(facts, request);
    *reading =
        (struct facts_reading){.arena = request->arena, .facts = facts, .done = done, .arg = arg};
    for (size_t i = 0; i < 3; i++) {
        str_init(&lists[i]);
        str_add_char(&lists[i], '{');
    }
    add_parts(request, &lists[0], &lists[1]);
    for (size_t i = 0; i < request->column_count; i++)
        add_element(&lists[2], request->columns[i], strlen(request->columns[i]));
    for (size_t i = 0; i < 3; i++)
        str_add_char(&lists[i], '}');
    ask(reading, db, (const char *const[]){lists[0].text, lists[1].text, lists[2].text},
        request->timeout_ms);
    for (size_t i = 0; i < 3; i++)
        str_release(&lists[i]);
    return reading;
}

void facts_cancel(struct facts_reading *reading)
{
    if (reading == NULL)
        return;
    for (size_t i = 0; i < QUESTIONS; i++)
        db_query_cancel(reading->asked[i].query);
    free(reading);
}

/* ---- Looking up ---- */

static int compare_names(const void *left, const void *right)
{
    const struct relation_facts *a = left, *b = right;

    return strcmp(a->name, b->name);
}

const struct relation_facts *facts_relation(const struct database_facts *facts, const char *name)
{
    const struct relation_facts wanted = {.name = name}, *found = NULL;

    if (facts->read && facts->relation_count > 0)
        found = bsearch(&wanted, facts->relations, facts->relation_count, sizeof(wanted),
                        compare_names);
    return found != NULL && found->exists ? found : NULL;
}

const char *facts_column_type(const struct relation_facts *relation, const char *column)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (strcmp(relation->columns[i].name, column) == 0)
            return relation->columns[i].type;
    return NULL;
}

/*
 * A primary key of one number is best. Rows whose key is NULL would be missed, so that is ruled
 * out; keys that stand in several rows (the first of several columns) are fine.
 */
static int fitness(const struct index_facts *index)
{
    if (!index->never_null || key_type_of(index->column.type) == KEY_NONE)
        return 0;
    return (index->primary ? 8 : 0) + (index->unique ? 4 : 0) +
           (key_type_of(index->column.type) == KEY_INTEGER ? 1 : 0);
}

const struct index_facts *facts_key(const struct relation_facts *relation)
{
    const struct index_facts *best = NULL;

    for (size_t i = 0; i < relation->index_count; i++) {
        const struct index_facts *index = &relation->indexes[i];

        if ((index->primary || index->unique) && fitness(index) > 0 &&
            (best == NULL || fitness(index) > fitness(best)))
            best = index;
    }
    return best;
}

enum key_type facts_indexed(const struct relation_facts *relation, const char *column)
{
    for (size_t i = 0; i < relation->index_count; i++)
        if (strcmp(relation->indexes[i].column.name, column) == 0)
            return key_type_of(relation->indexes[i].column.type);
    return KEY_NONE;
}
