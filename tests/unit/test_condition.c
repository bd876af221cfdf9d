#include "metrics/condition.h"

#include "tests/support/test.h"

#include "agent/base/str.h"

#include <string.h>

static const struct {
    const char *name;
    enum sql_shape shape;
    const char *text;
    const char *columns, *relations; /* joined by a blank */
} accepted[] = {
    {"a comparison", SQL_EXPRESSION, "state_id = 1", "state_id", ""},
    {"a column is named once", SQL_EXPRESSION, "a = 1 AND (a = 2 OR b.c IS NULL)", "a b.c", ""},
    {"blanks and lines around it go", SQL_EXPRESSION, "\n  archived \n", "archived", ""},
    {"a sub-select", SQL_EXPRESSION,
     "EXISTS (SELECT 1 FROM ci.builds b WHERE b.project_id = projects.id)",
     "b.project_id projects.id", "ci.builds"},
    {"an aggregate inside a sub-select", SQL_EXPRESSION,
     "(SELECT count(*) FROM members WHERE user_id = users.id) > 3", "user_id users.id", "members"},
    {"functions of text, numbers, times and JSON", SQL_EXPRESSION,
     "lower(name) LIKE 'a%' AND coalesce(x, 0) > abs(y) AND extract(year FROM t) = 2026 AND "
     "jsonb_array_length(j -> 'a') > 1 AND date_trunc('day', t) < now()",
     "name x y t j", ""},
    {"a keyword function", SQL_EXPRESSION, "t > CURRENT_TIMESTAMP - interval '3 days'", "t", ""},
    {"a function by its full name", SQL_EXPRESSION, "pg_catalog.upper(a) = 'B'", "a", ""},
    {"what looks like a comment in a constant", SQL_EXPRESSION, "a = '--' OR b = '/* ; ) */'",
     "a b", ""},
    {"dollar quotes", SQL_EXPRESSION, "a = $x$ -- ; ) $x$", "a", ""},
    {"two minus signs apart", SQL_EXPRESSION, "a - -1 > 0", "a", ""},
    {"a quoted name", SQL_EXPRESSION, "\"Order\" = 1", "Order", ""},
    {"lists, arrays, casts, cases", SQL_EXPRESSION,
     "a IN (1, 2) OR b = ANY(ARRAY[1]) OR c::text = 'x' OR CASE WHEN d THEN e ELSE false END",
     "a b c d e", ""},
    {"rows are compared", SQL_EXPRESSION, "(a, b) IN (SELECT c, d FROM e)", "a b c d", "e"},
    {"umlauts", SQL_EXPRESSION, "name = 'Größe' AND \"größe\" > 1", "name größe", ""},
    {"a column", SQL_COLUMN, "author_id", "author_id", ""},
    {"a qualified column", SQL_COLUMN, "projects.visibility_level", "projects.visibility_level",
     ""},
    {"a statement", SQL_STATEMENT, "SELECT count(*) FROM issues WHERE id > 3", "id", "issues"},
    {"a statement with names of its own", SQL_STATEMENT,
     "WITH x AS (SELECT a FROM b) SELECT max(a) FROM x JOIN y ON true", "a", "y b"},
    {"a statement without a table", SQL_STATEMENT, "SELECT 42", "", ""},
};

static const struct {
    const char *name;
    enum sql_shape shape;
    const char *text;
    const char *said; /* a part of the sentence */
    int line, column;
} refused[] = {
    {"nothing", SQL_EXPRESSION, " \n ", "no SQL", 0, 0},
    {"a syntax error has a place", SQL_EXPRESSION, "a = = 1", "syntax error at or near \"=\"", 1,
     5},
    {"in its own line", SQL_EXPRESSION, "a = 1\n AND b = = 1", "syntax error", 2, 10},
    {"columns count characters", SQL_EXPRESSION, "'Größe' = = 1", "syntax error", 1, 11},
    {"what is missing is missing at the end", SQL_EXPRESSION, "a = ", "syntax error", 1, 4},
    {"an open quote", SQL_EXPRESSION, "a = 'x", "unterminated quoted string", 1, 5},
    {"a UNION that ends the condition", SQL_EXPRESSION, "true) UNION SELECT (1",
     "closes a parenthesis", 1, 5},
    {"an OR that ends the condition", SQL_EXPRESSION, "true) OR (true", "closes a parenthesis", 1,
     5},
    {"a comment at the end", SQL_EXPRESSION, "true --", "comments", 1, 6},
    {"a comment in the middle", SQL_EXPRESSION, "a = /* x */ 1", "comments", 1, 5},
    {"a second statement", SQL_EXPRESSION, "true; DROP TABLE users", "';'", 1, 5},
    {"a semicolon at the end", SQL_EXPRESSION, "true;", "';'", 1, 5},
    {"an open parenthesis", SQL_EXPRESSION, "(a = 1", "never closed", 0, 0},
    {"two expressions", SQL_EXPRESSION, "a, b", "one expression", 0, 0},
    {"an alias", SQL_EXPRESSION, "a AS b", "syntax error", 1, 3},
    {"a FROM", SQL_EXPRESSION, "a FROM b", "syntax error", 1, 3},
    {"sleeping", SQL_EXPRESSION, "id = 1 OR\npg_sleep(10) IS NULL", "pg_sleep()", 2, 1},
    {"reading files", SQL_EXPRESSION, "pg_read_file('x') = ''", "pg_read_file()", 1, 1},
    {"changing settings", SQL_EXPRESSION, "set_config('a', 'b', true) = ''", "set_config()", 1, 1},
    {"reading settings", SQL_EXPRESSION, "current_setting('a') = ''", "current_setting()", 1, 1},
    {"other servers", SQL_EXPRESSION, "dblink('x', 'y') IS NULL", "dblink()", 1, 1},
    {"large objects", SQL_EXPRESSION, "lo_import('/x') > 0", "lo_import()", 1, 1},
    {"running text", SQL_EXPRESSION, "query_to_xml('x', true, true, '') IS NULL", "query_to_xml()",
     1, 1},
    {"taking a number", SQL_EXPRESSION, "nextval('s') > 0", "nextval()", 1, 1},
    {"a function of another schema", SQL_EXPRESSION, "evil.lower(a) = ''", "evil.lower()", 1, 1},
    {"a refused function inside another", SQL_EXPRESSION, "abs(random()) > 1", "random()", 1, 5},
    {"a refused function in a sub-select", SQL_EXPRESSION,
     "EXISTS (SELECT 1 FROM pg_ls_dir('.') x)", "pg_ls_dir()", 1, 23},
    {"an operator of another schema", SQL_EXPRESSION, "a OPERATOR(evil.+) 1 > 0", "operators", 0,
     0},
    {"the session's user", SQL_EXPRESSION, "a = current_user", "session", 0, 0},
    {"an aggregate outside a sub-select", SQL_EXPRESSION, "count(*) > 1", "count() may stand", 1,
     1},
    {"a window outside a sub-select", SQL_EXPRESSION, "abs(a) OVER () > 1", "OVER", 0, 0},
    {"a parameter", SQL_EXPRESSION, "a = $1", "parameter", 0, 0},
    {"locking", SQL_EXPRESSION, "EXISTS (SELECT 1 FROM a FOR UPDATE)", "FOR UPDATE", 0, 0},
    {"writing", SQL_STATEMENT, "WITH x AS (DELETE FROM a RETURNING 1) SELECT count(*) FROM x",
     "DELETE", 0, 0},
    {"a new table", SQL_STATEMENT, "SELECT 1 INTO x", "INTO", 0, 0},
    {"another database", SQL_STATEMENT, "SELECT 1 FROM x.y.z", "other databases", 0, 0},
    {"an expression for a column", SQL_COLUMN, "a + 1", "name of one column", 0, 0},
    {"all columns for a column", SQL_COLUMN, "a.*", "name of one column", 0, 0},
    {"a word of SQL for a column", SQL_COLUMN, "order", "syntax error", 1, 1},
    {"an expression for a statement", SQL_STATEMENT, "1", "one SELECT", 0, 0},
    {"EXISTS for a statement", SQL_STATEMENT, "EXISTS (SELECT 1)", "one SELECT", 0, 0},
    {"two columns", SQL_STATEMENT, "SELECT 1, 2", "one SELECT", 0, 0},
    {"all columns", SQL_STATEMENT, "SELECT * FROM a", "one SELECT", 0, 0},
    {"all columns of a table", SQL_STATEMENT, "SELECT a.* FROM a", "one SELECT", 0, 0},
    {"VALUES", SQL_STATEMENT, "VALUES (1)", "one SELECT", 0, 0},
    {"a UNION of statements", SQL_STATEMENT, "SELECT 1 UNION SELECT 2", "one SELECT", 0, 0},
};

static void add_joined(const char *const *names, size_t count, struct str *out)
{
    str_clear(out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            str_add_char(out, ' ');
        str_add(out, names[i]);
    }
}

static void test_accepted(void **state)
{
    struct str joined;

    (void)state;
    str_init(&joined);
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct arena *arena = arena_new();
        struct condition condition;
        struct condition_place place;
        struct error err = {0};

        print_message("  %s\n", accepted[i].name);
        if (!condition_parse(accepted[i].text, accepted[i].shape, arena, &condition, &place, &err))
            fail_msg("refused: %s", err.text);
        add_joined(condition.names.columns, condition.names.column_count, &joined);
        assert_string_equal(joined.text, accepted[i].columns);
        add_joined(condition.names.relations, condition.names.relation_count, &joined);
        assert_string_equal(joined.text, accepted[i].relations);
        assert_null(strchr(" \n", condition.text[0]));
        assert_null(strchr(" \n", condition.text[strlen(condition.text) - 1]));
        arena_free(arena);
    }
    str_release(&joined);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct arena *arena = arena_new();
        struct condition condition;
        struct condition_place place;
        struct error err = {0};

        print_message("  %s\n", refused[i].name);
        assert_false(
            condition_parse(refused[i].text, refused[i].shape, arena, &condition, &place, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        if (strstr(err.text, refused[i].said) == NULL)
            fail_msg("said: %s", err.text);
        if (place.line != refused[i].line || place.column != refused[i].column)
            fail_msg("at %d:%d: %s", place.line, place.column, err.text);
        arena_free(arena);
    }
}

/* Depth and length are bounded, so that no definition can exhaust the stack. */
static void test_bounds(void **state)
{
    struct arena *arena = arena_new();
    struct condition condition;
    struct condition_place place;
    struct error err = {0};
    struct str text;

    (void)state;
    str_init(&text);
    for (int i = 0; i < 4000; i++)
        str_add(&text, "NOT ");
    str_add(&text, "a");
    assert_false(condition_parse(text.text, SQL_EXPRESSION, arena, &condition, &place, &err));
    assert_non_null(strstr(err.text, "nested"));
    for (int i = 0; i < 4000; i++)
        str_add(&text, " OR a");
    assert_false(condition_parse(text.text, SQL_EXPRESSION, arena, &condition, &place, &err));
    assert_non_null(strstr(err.text, "more than"));
    str_release(&text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
