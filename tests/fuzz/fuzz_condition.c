/* What passes the check stays between the parentheses that it is put into, whatever it is. */
#include "metrics/condition.h"

#include "agent/base/str.h"

#include <pg_query.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const frames[][2] = {
    [SQL_EXPRESSION] = {"SELECT 7 FROM t WHERE x AND (", "\n)"},
    [SQL_COLUMN] = {"SELECT 7 FROM t WHERE x AND count(", ") > 1"},
    [SQL_STATEMENT] = {"SELECT 7 FROM t WHERE x AND (", "\n) > 1"},
};

/* Whether the statement begins as if the text were a plain name: nothing has escaped. */
static void assert_kept_inside(const char *text, enum sql_shape shape)
{
    static const char kept[] =
        "{\"version\":150001,\"stmts\":[{\"stmt\":{\"SelectStmt\":{\"targetList\":[{"
        "\"ResTarget\":{\"val\":{\"A_Const\":{\"ival\":{\"ival\":7},\"location\":7}},"
        "\"location\":7}}],\"fromClause\":[{\"RangeVar\":{\"relname\":\"t\",\"inh\":"
        "true,\"relpersistence\":\"p\",\"location\":14}}],\"whereClause\":{"
        "\"BoolExpr\":{\"boolop\":\"AND_EXPR\",\"args\":[{\"ColumnRef\":{\"fields\":["
        "{\"String\":{\"sval\":\"x\"}}],\"location\":22}},";
    static const char end[] = "\"limitOption\":\"LIMIT_OPTION_DEFAULT\",\"op\":\"SETOP_NONE\"}}}]}";
    PgQueryParseResult result;
    struct str statement;

    str_init(&statement);
    str_add(&statement, frames[shape][0]);
    str_add(&statement, text);
    str_add(&statement, frames[shape][1]);
    result = pg_query_parse(statement.text);
    if (result.error != NULL || strncmp(result.parse_tree, kept, sizeof(kept) - 1) != 0 ||
        strlen(result.parse_tree) < sizeof(end) ||
        strcmp(result.parse_tree + strlen(result.parse_tree) - sizeof(end) + 1, end) != 0)
        abort();
    pg_query_free_parse_result(result);
    str_release(&statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct condition condition;
    struct condition_place place;
    struct error err = {0};
    struct arena *arena;
    char *text;

    if (size < 1 || size > 4000)
        return 0;
    arena = arena_new();
    text = arena_copy_bytes(arena, data + 1, size - 1);
    if (condition_parse(text, (enum sql_shape)(data[0] % 3), arena, &condition, &place, &err))
        assert_kept_inside(condition.text, (enum sql_shape)(data[0] % 3));
    else if (err.kind != ERROR_INVALID || err.text[0] == '\0')
        abort();
    arena_free(arena);
    return 0;
}
