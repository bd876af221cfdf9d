#include "metrics/sql_examine.h"

#include "metrics/sql_rules.h"
#include "metrics/sql_tree.h"

#include <stdlib.h>
#include <string.h>

/*
 * Depths of the tree of "SELECT (x)", in frames:
 * {stmts: [{stmt: {SelectStmt: {targetList: [{ResTarget: {val: {NODE: ...
 * 1        2   3  4      5           6          7 8           9    10    and of a statement's own
 * SELECT {SubLink: {subselect: {SelectStmt: {targetList: [{ResTarget: {val: {ColumnRef: {fields:
 * [{A_Star 10        11          12           13         14 15         16     17         18     19
 * 20
 */
enum {
    DEPTH_STATEMENT = 3,
    DEPTH_OUTER = 5,
    DEPTH_TARGET = 7,
    DEPTH_RESULT = 8,
    DEPTH_NODE = 10,
    DEPTH_INNER = 12,
    DEPTH_INNER_TARGET = 14,
    DEPTH_INNER_STAR = 20,
};

struct examiner {
    struct tree_reader reader;
    enum sql_shape shape;
    struct arena *arena;
    struct sql_names *names;
    struct str name, schema, relation; /* being read */
    const char **locals;               /* names of WITH, which are no relations */
    size_t local_count;
    size_t selects; /* that are open; the outermost is ours */
    const char *culprit;
    struct error *err;
};

static bool refuse(struct examiner *examiner, const char *sentence)
{
    return error_set(examiner->err, ERROR_INVALID, "%s", sentence);
}

static bool refuse_shape(struct examiner *examiner)
{
    static const char *const sentences[] = {
        [SQL_EXPRESSION] = "this must be one expression that is true or false, nothing around it",
        [SQL_COLUMN] = "this must be the name of one column, such as author_id or users.id",
        [SQL_STATEMENT] = "this must be one SELECT of one column, without UNION or VALUES",
    };

    return refuse(examiner, sentences[examiner->shape]);
}

static void add_name(struct arena *arena, const char ***names, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*names)[i], name) == 0)
            return;
    *names = arena_grow(arena, *names, *count, sizeof(**names));
    (*names)[(*count)++] = arena_copy(arena, name);
}

static bool take_function(struct examiner *examiner)
{
    enum sql_function kind = sql_function(examiner->name.text);

    if (kind == FUNCTION_PLAIN || (kind == FUNCTION_AGGREGATE && examiner->selects > 1))
        return true;
    examiner->culprit = arena_copy(examiner->arena, examiner->name.text);
    if (kind == FUNCTION_AGGREGATE)
        return error_set(examiner->err, ERROR_INVALID, "%s() may stand in a sub-select only",
                         examiner->name.text);
    return error_set(examiner->err, ERROR_INVALID,
                     "the function %s() is not one of those that definitions may call",
                     examiner->name.text);
}

static bool take_column(struct examiner *examiner)
{
    struct sql_names *names = examiner->names;

    add_name(examiner->arena, &names->columns, &names->column_count, examiner->name.text);
    return true;
}

static bool take_operator(struct examiner *examiner)
{
    const char *point = strchr(examiner->name.text, '.');

    if (point == NULL || point == examiner->name.text ||
        strncmp(examiner->name.text, "pg_catalog.", 11) == 0)
        return true;
    return refuse(examiner, "operators of other schemas than pg_catalog are not allowed");
}

/* The lists of words that mean something to us: in which node, under which key. */
static const struct word_list {
    const char *node, *key;
    bool (*take)(struct examiner *examiner);
} word_lists[] = {
    {"ColumnRef", "fields", take_column},
    {"FuncCall", "funcname", take_function},
    {"A_Expr", "name", take_operator},
};

/* The list whose words begin `levels` above the newest frame, or NULL. */
static const struct word_list *word_list_at(const struct tree_reader *reader, size_t levels)
{
    struct tree_word key = tree_above(reader, levels), node = tree_above(reader, levels + 1);

    for (size_t i = 0; i < sizeof(word_lists) / sizeof(word_lists[0]); i++)
        if (tree_word_is(key, word_lists[i].key) && tree_word_is(node, word_lists[i].node))
            return &word_lists[i];
    return NULL;
}

static void add_word(struct examiner *examiner)
{
    if (examiner->name.length > 0)
        str_add_char(&examiner->name, '.');
}

/* Set operations and clauses of the outer SELECT can only come from text that left its place. */
static bool check_outer(struct examiner *examiner, size_t depth)
{
    const struct tree_reader *reader = &examiner->reader;
    const struct tree_frame *parent = depth > 1 ? &reader->frames[depth - 2] : NULL;

    if (depth == DEPTH_STATEMENT && parent->count > 1)
        return refuse(examiner, "more than one statement");
    if (depth == DEPTH_OUTER + 1 && !tree_word_is(reader->key, "targetList"))
        return refuse_shape(examiner);
    if (depth == DEPTH_TARGET && parent->count > 1)
        return refuse_shape(examiner);
    if (depth == DEPTH_RESULT + 1 && !tree_word_is(reader->key, "val"))
        return refuse_shape(examiner);
    return true;
}

static bool check_node_shape(struct examiner *examiner, size_t depth)
{
    static const char *const nodes[] = {
        [SQL_COLUMN] = "ColumnRef",
        [SQL_STATEMENT] = "SubLink",
    };
    const struct tree_reader *reader = &examiner->reader;

    if (depth == DEPTH_NODE && examiner->shape == SQL_EXPRESSION)
        return !tree_word_is(reader->key, "RowExpr") || refuse_shape(examiner);
    if (depth == DEPTH_NODE)
        return tree_word_is(reader->key, nodes[examiner->shape]) || refuse_shape(examiner);
    if (examiner->shape == SQL_COLUMN)
        return !tree_word_is(reader->key, "A_Star") || refuse_shape(examiner);
    if (examiner->shape != SQL_STATEMENT)
        return true;
    if (depth == DEPTH_INNER_TARGET && tree_word_is(tree_above(reader, 1), "targetList") &&
        reader->frames[depth - 2].count > 1)
        return refuse_shape(examiner);
    if (depth == DEPTH_INNER + 1 && tree_word_is(reader->key, "valuesLists"))
        return refuse_shape(examiner);
    return depth != DEPTH_INNER_STAR || !tree_word_is(reader->key, "A_Star") ||
           !tree_word_is(tree_above(reader, 7), "targetList") || refuse_shape(examiner);
}

static bool check_node(struct examiner *examiner, struct tree_word node)
{
    const char *refused = sql_node_refused(node);

    if (refused == NULL)
        return true;
    return error_set(examiner->err, ERROR_INVALID, "%s is not allowed in SQL of definitions",
                     refused);
}

static bool opened(struct examiner *examiner)
{
    const struct tree_reader *reader = &examiner->reader;
    struct tree_word key = reader->key;
    bool is_node = key.length > 0 && key.text[0] >= 'A' && key.text[0] <= 'Z';

    if (!check_outer(examiner, reader->depth) || !check_node_shape(examiner, reader->depth))
        return false;
    if (is_node && !check_node(examiner, key))
        return false;
    if (tree_word_is(key, "intoClause"))
        return refuse(examiner, "INTO is not allowed in SQL of definitions");
    if (tree_word_is(key, "over") && examiner->selects == 1)
        return refuse(examiner, "OVER may stand in a sub-select only");
    examiner->selects += tree_word_is(key, "SelectStmt") ? 1 : 0;
    if (tree_word_is(key, "A_Star") && word_list_at(reader, 2) != NULL) {
        add_word(examiner);
        str_add_char(&examiner->name, '*');
    } else if (word_list_at(reader, 0) != NULL) {
        str_clear(&examiner->name);
    }
    return true;
}

static void take_relation(struct examiner *examiner)
{
    struct sql_names *names = examiner->names;

    if (examiner->schema.length > 0)
        str_add_char(&examiner->schema, '.');
    str_add(&examiner->schema, examiner->relation.text);
    add_name(examiner->arena, &names->relations, &names->relation_count, examiner->schema.text);
    str_clear(&examiner->schema);
    str_clear(&examiner->relation);
}

static bool closed(struct examiner *examiner)
{
    const struct tree_reader *reader = &examiner->reader;
    struct tree_word key = tree_above(reader, 0);
    const struct word_list *list = word_list_at(reader, 0);

    examiner->selects -= tree_word_is(key, "SelectStmt") ? 1 : 0;
    if (tree_word_is(key, "RangeVar"))
        take_relation(examiner);
    return list == NULL || list->take(examiner);
}

/* The scalars that must have one value where they stand, or where they stand at all. */
static bool check_scalar(struct examiner *examiner)
{
    const struct tree_reader *reader = &examiner->reader;
    struct tree_word key = reader->key, value = reader->value;
    bool outer = reader->depth == DEPTH_OUTER;
    bool inner = reader->depth == DEPTH_INNER && examiner->shape == SQL_STATEMENT;

    if ((outer || inner) && tree_word_is(key, "op") && !tree_word_is(value, "SETOP_NONE"))
        return refuse_shape(examiner);
    if (outer && !tree_word_is(key, "op") && !tree_word_is(value, "LIMIT_OPTION_DEFAULT"))
        return refuse_shape(examiner);
    if (reader->depth == DEPTH_RESULT && !tree_word_is(key, "location"))
        return refuse_shape(examiner);
    if (reader->depth == DEPTH_NODE && examiner->shape == SQL_STATEMENT &&
        tree_word_is(key, "subLinkType") && !tree_word_is(value, "EXPR_SUBLINK"))
        return refuse_shape(examiner);
    if (tree_word_is(key, "catalogname"))
        return refuse(examiner, "relations of other databases cannot be named");
    return true;
}

/* current_user and its kin say nothing that a metric may depend on; dates and times do. */
static bool check_value_function(struct examiner *examiner)
{
    struct tree_word value = examiner->reader.value;

    if (memmem(value.text, value.length, "TIME", 4) != NULL ||
        memmem(value.text, value.length, "DATE", 4) != NULL)
        return true;
    return refuse(examiner, "users, schemas and catalogs of the session are not allowed here");
}

static bool scalar(struct examiner *examiner)
{
    const struct tree_reader *reader = &examiner->reader;
    struct tree_word frame = tree_above(reader, 0);

    if (!check_scalar(examiner))
        return false;
    if (tree_word_is(frame, "SQLValueFunction") && tree_word_is(reader->key, "op"))
        return check_value_function(examiner);
    if (tree_word_is(frame, "String") && word_list_at(reader, 2) != NULL) {
        add_word(examiner);
        tree_add_text(reader->value, &examiner->name);
    } else if (tree_word_is(reader->key, "schemaname")) {
        tree_add_text(reader->value, &examiner->schema);
    } else if (tree_word_is(reader->key, "relname")) {
        tree_add_text(reader->value, &examiner->relation);
    } else if (tree_word_is(reader->key, "ctename")) {
        struct str name;

        str_init(&name);
        tree_add_text(reader->value, &name);
        add_name(examiner->arena, &examiner->locals, &examiner->local_count, name.text);
        str_release(&name);
    }
    return true;
}

static bool walk(struct examiner *examiner)
{
    for (;;) {
        bool good = true;

        switch (tree_next(&examiner->reader)) {
        case TREE_OPEN:
            good = opened(examiner);
            break;
        case TREE_CLOSE:
            good = closed(examiner);
            break;
        case TREE_SCALAR:
            good = scalar(examiner);
            break;
        case TREE_END:
            return true;
        case TREE_TOO_DEEP:
            return refuse(examiner, "too deeply nested");
        }
        if (!good)
            return false;
    }
}

/* What WITH names is not a relation. */
static void drop_locals(const struct examiner *examiner)
{
    struct sql_names *names = examiner->names;
    size_t kept = 0;

    for (size_t i = 0; i < names->relation_count; i++) {
        bool local = false;

        for (size_t j = 0; j < examiner->local_count; j++)
            local = local || strcmp(names->relations[i], examiner->locals[j]) == 0;
        if (!local)
            names->relations[kept++] = names->relations[i];
    }
    names->relation_count = kept;
}

bool sql_examine(const char *json, enum sql_shape shape, struct arena *arena,
                 struct sql_names *names, const char **culprit, struct error *err)
{
    struct examiner examiner = {.shape = shape, .arena = arena, .names = names, .culprit = ""};
    bool good;

    examiner.err = err;
    *names = (struct sql_names){0};
    str_init(&examiner.name);
    str_init(&examiner.schema);
    str_init(&examiner.relation);
    tree_begin(&examiner.reader, json);
    good = walk(&examiner);
    drop_locals(&examiner);
    *culprit = examiner.culprit;
    str_release(&examiner.name);
    str_release(&examiner.schema);
    str_release(&examiner.relation);
    return good;
}
