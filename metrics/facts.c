#include "metrics/facts.h"

#include "metrics/facts_sql.h"
#include "metrics/patience.h"

#include "agent/base/memory.h"
#include "agent/base/str.h"

#include <stdlib.h>
#include <string.h>

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
    struct patience patience;
    struct db_query *query;
};

#define QUESTIONS 3
#define LISTS     3

struct facts_reading {
    struct db *db;
    struct arena *arena;
    struct database_facts *facts;
    facts_done *done;
    void *arg;
    const char *lists[LISTS]; /* schemas, relations, columns */
    unsigned timeout_ms;
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

/* Numbers that are no integers come as text. */
static double number_at(const struct facts_reading *reading, const struct db_result *result,
                        int row, int column)
{
    return strtod(text_at(reading, result, row, column), NULL);
}

static bool flag_at(const struct db_result *result, int row, int column, bool *flag,
                    struct error *err)
{
    int64_t number;

    if (!db_integer(result, row, column, &number, err))
        return false;
    *flag = number != 0;
    return true;
}

/* Columns 1 to 6 of both that tell of columns. */
static bool column_at(const struct facts_reading *reading, const struct db_result *result, int row,
                      struct column_facts *column, struct error *err)
{
    *column = (struct column_facts){
        .name = text_at(reading, result, row, 1),
        .type = text_at(reading, result, row, 2),
        .distinct = number_at(reading, result, row, 4),
        .null_share = number_at(reading, result, row, 5),
        .most_common = number_at(reading, result, row, 6),
    };
    return flag_at(result, row, 3, &column->has_statistics, err);
}

struct adding {
    struct arena *arena;
    struct fact_numbers *numbers;
};

static void add_number(int64_t value, void *arg)
{
    struct adding *adding = arg;
    struct fact_numbers *numbers = adding->numbers;

    numbers->values =
        arena_grow(adding->arena, numbers->values, numbers->count, sizeof(numbers->values[0]));
    numbers->values[numbers->count++] = value;
}

static bool numbers_at(const struct facts_reading *reading, const struct db_result *result, int row,
                       int column, struct fact_numbers *numbers, struct error *err)
{
    struct adding adding = {reading->arena, numbers};

    return db_array(result, row, column, add_number, &adding, err);
}

/* Rows were counted at another time than pages, and dead ones at a third. */
static double share_of(int64_t part, int64_t whole)
{
    return part < whole ? (double)part / (double)whole : whole > 0 ? 1 : 0;
}

static bool take_relation(struct facts_reading *reading, const struct db_result *result, int row,
                          struct relation_facts *relation, struct error *err)
{
    int64_t visible;

    relation->exists = true;
    relation->kind = text_at(reading, result, row, 1)[0];
    reading->facts->role = text_at(reading, result, row, 3);
    if (!db_integer(result, row, 2, &relation->rows, err) ||
        !db_integer(result, row, 4, &relation->pages, err) ||
        !db_integer(result, row, 5, &visible, err) ||
        !flag_at(result, row, 6, &reading->facts->standby, err) ||
        !flag_at(result, row, 7, &relation->has_heirs, err))
        return false;
    relation->visible_share = reading->facts->standby ? 0 : share_of(visible, relation->pages);
    return true;
}

static bool take_column(struct facts_reading *reading, const struct db_result *result, int row,
                        struct relation_facts *relation, struct error *err)
{
    struct column_facts *column;

    relation->columns = arena_grow(reading->arena, relation->columns, relation->column_count,
                                   sizeof(relation->columns[0]));
    column = &relation->columns[relation->column_count];
    if (!column_at(reading, result, row, column, err) ||
        !numbers_at(reading, result, row, 7, &column->bounds, err) ||
        !numbers_at(reading, result, row, 8, &column->common, err) ||
        !flag_at(result, row, 10, &column->domain, err))
        return false;
    relation->column_count++;
    return column->common.count == 0 ||
           numbers_at(reading, result, row, 9, &column->common_shares, err);
}

static bool begin_index(const struct facts_reading *reading, const struct db_result *result,
                        int row, struct relation_facts *relation, struct error *err)
{
    struct index_facts *index;
    int64_t key_count;

    relation->indexes = arena_grow(reading->arena, relation->indexes, relation->index_count,
                                   sizeof(relation->indexes[0]));
    index = &relation->indexes[relation->index_count];
    *index = (struct index_facts){.plain_order = true};
    if (!column_at(reading, result, row, &index->column, err) ||
        !flag_at(result, row, 8, &index->never_null, err) ||
        !flag_at(result, row, 9, &index->primary, err) ||
        !flag_at(result, row, 10, &index->unique_never_null, err) ||
        !db_integer(result, row, 11, &key_count, err))
        return false;
    index->key_count = (size_t)key_count;
    index->unique = index->unique_never_null && key_count == 1;
    relation->index_count++;
    return true;
}

static bool take_index(struct facts_reading *reading, const struct db_result *result, int row,
                       struct relation_facts *relation, struct error *err)
{
    struct index_facts *index;
    bool never_null, plain_order;
    int64_t at;

    if (!db_integer(result, row, 7, &at, err) || !flag_at(result, row, 8, &never_null, err) ||
        !flag_at(result, row, 12, &plain_order, err))
        return false;
    if (at == 1 && !begin_index(reading, result, row, relation, err))
        return false;
    index = &relation->indexes[relation->index_count - 1];
    index->columns =
        arena_grow(reading->arena, index->columns, index->column_count, sizeof(index->columns[0]));
    index->columns[index->column_count++] = text_at(reading, result, row, 1);
    if (index->column_count <= index->key_count) {
        index->unique_never_null = index->unique_never_null && never_null;
        index->plain_order = index->plain_order && plain_order;
    }
    return true;
}

static const struct question questions[QUESTIONS] = {
    {facts_relations_sql, 2, take_relation},
    {facts_columns_sql, 3, take_column},
    {facts_indexes_sql, 2, take_index},
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

static void ask(struct asked *asked);

/* Without pauses: the catalog is read in so short a time that few conflicts with recovery come. */
static bool is_asked_again(struct asked *asked, const struct error *err)
{
    const char *sqlstate = db_sqlstate(asked->reading->db);
    enum patience_step step;

    if (err->kind != ERROR_UNAVAILABLE || patience_trouble(sqlstate) == TROUBLE_AWAY)
        return false;
    step = patience_after(&asked->patience, sqlstate).step;
    if (step != PATIENCE_AGAIN && step != PATIENCE_SMALLER)
        return false;
    ask(asked);
    return true;
}

/* A number of values below nothing is a share of the rows. */
static void settle_column(struct column_facts *column, const struct relation_facts *relation)
{
    if (column->distinct < 0)
        column->distinct *= -(double)relation->rows;
    if (column->most_common <= 0 && column->distinct > 0)
        column->most_common = (1 - column->null_share) / column->distinct;
}

/* The answers come in any order. */
static void settle(struct database_facts *facts)
{
    for (size_t i = 0; i < facts->relation_count; i++) {
        struct relation_facts *relation = &facts->relations[i];

        for (size_t j = 0; j < relation->column_count; j++)
            settle_column(&relation->columns[j], relation);
        for (size_t j = 0; j < relation->index_count; j++)
            settle_column(&relation->indexes[j].column, relation);
    }
}

static void answered(const struct db_result *result, const struct error *err, void *arg)
{
    struct asked *asked = arg;
    struct facts_reading *reading = asked->reading;
    struct error wrong = {0};

    asked->query = NULL;
    if (err != NULL && is_asked_again(asked, err))
        return;
    if (result != NULL && !take_rows(asked, result, &wrong))
        err = &wrong;
    if (err != NULL && reading->facts->err.kind == ERROR_NONE)
        reading->facts->err = *err;
    if (++reading->answered < QUESTIONS)
        return;
    settle(reading->facts);
    reading->facts->server_version = db_server_version(reading->db);
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

static void ask(struct asked *asked)
{
    struct db_statement statement = {
        .sql = asked->question->sql,
        .params = asked->reading->lists,
        .param_count = asked->question->param_count,
        .timeout_ms = asked->reading->timeout_ms,
    };

    asked->query = db_query(asked->reading->db, &statement, answered, asked);
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
    struct str lists[LISTS];

    prepare(facts, request);
    *reading = (struct facts_reading){.db = db,
                                      .arena = request->arena,
                                      .facts = facts,
                                      .done = done,
                                      .arg = arg,
                                      .timeout_ms = request->timeout_ms};
    for (size_t i = 0; i < LISTS; i++) {
        str_init(&lists[i]);
        str_add_char(&lists[i], '{');
    }
    add_parts(request, &lists[0], &lists[1]);
    for (size_t i = 0; i < request->column_count; i++)
        add_element(&lists[2], request->columns[i], strlen(request->columns[i]));
    for (size_t i = 0; i < LISTS; i++) {
        str_add_char(&lists[i], '}');
        reading->lists[i] = arena_copy_bytes(reading->arena, lists[i].text, lists[i].length);
        str_release(&lists[i]);
    }
    for (size_t i = 0; i < QUESTIONS; i++) {
        reading->asked[i] = (struct asked){.reading = reading, .question = &questions[i]};
        ask(&reading->asked[i]);
    }
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

const struct column_facts *facts_column(const struct relation_facts *relation, const char *column)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (strcmp(relation->columns[i].name, column) == 0)
            return &relation->columns[i];
    return NULL;
}

const char *facts_column_type(const struct relation_facts *relation, const char *column)
{
    const struct column_facts *found = facts_column(relation, column);

    return found != NULL ? found->type : NULL;
}

enum key_type facts_indexed(const struct relation_facts *relation, const char *column)
{
    for (size_t i = 0; i < relation->index_count; i++)
        if (strcmp(relation->indexes[i].column.name, column) == 0)
            return key_type_of(relation->indexes[i].column.type);
    return KEY_NONE;
}
