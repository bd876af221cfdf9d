#include "metrics/database_spec.h"

#include "tests/support/test.h"

#include <string.h>

/* The options stand from line 2 on. */
static void parse(const char *options, enum time_frame frame, const char *class,
                  struct metric *metric, struct complaints *complaints)
{
    struct arena *arena = complaints->arena;
    const char *text = arena_format(arena, "options:\n%s", options);
    struct definition *definition = ARENA_NEW(arena, struct definition);
    struct error err;
    int line;

    definition->file = "counts.yml";
    definition->root = doc_parse(text, strlen(text), arena, &line, &err);
    assert_non_null(definition->root);
    definition->options = doc_get(definition->root, "options");
    if (doc_is_null(definition->options))
        definition->options = NULL;
    definition->instrumentation_class = class;
    *metric =
        (struct metric){.key_path = "counts.x", .value_type = TYPE_NUMBER, .time_frame = frame};
    metric->definition = definition;
    database_spec_parse(definition, metric, arena, complaints);
}

static const struct {
    const char *name;
    const char *options;
    enum operation operation;
    const char *from, *where, *column, *timestamp;
} accepted[] = {
    {"a table is counted", "  relation: issues\n", OPERATION_COUNT, "issues", NULL, NULL,
     "issues.created_at"},
    {"a schema and names that need quotes", "  relation: ci.Builds\n", OPERATION_COUNT,
     "ci.\"Builds\"", NULL, NULL, "\"Builds\".created_at"},
    {"a condition of several lines", "  relation: issues\n  where: |\n    a = 1\n    AND b = 2\n",
     OPERATION_COUNT, "issues", "a = 1\nAND b = 2", NULL, "issues.created_at"},
    {"a distinct count", "  {relation: issues, operation: distinct_count, column: author_id}\n",
     OPERATION_DISTINCT, "issues", NULL, "author_id", "issues.created_at"},
    {"a sum with a timestamp of its own",
     "  {relation: t, operation: sum, column: t.n, timestamp_column: t.closed_at}\n", OPERATION_SUM,
     "t", NULL, "t.n", "t.closed_at"},
    {"joins",
     "  relation: issues\n  joins:\n  - {relation: projects, on: projects.id = project_id}\n"
     "  - {relation: ci.x, on: true, type: left}\n",
     OPERATION_COUNT,
     "issues INNER JOIN projects ON (projects.id = project_id) LEFT JOIN ci.x ON (true)", NULL,
     NULL, "issues.created_at"},
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct arena *arena = arena_new();
        struct complaints complaints;
        const struct database_spec *spec;
        struct metric metric;

        print_message("  %s\n", accepted[i].name);
        complaints_init(&complaints, arena);
        parse(accepted[i].options, TIME_FRAME_28D, "DatabaseMetric", &metric, &complaints);
        if (complaints.count > 0)
            fail_msg("%s", complaints.items[0].text);
        spec = metric.spec;
        assert_non_null(spec);
        assert_null(metric.not_computed);
        assert_int_equal(spec->operation, accepted[i].operation);
        assert_string_equal(spec->from, accepted[i].from);
        if (accepted[i].where == NULL)
            assert_null(spec->where);
        else
            assert_string_equal(spec->where, accepted[i].where);
        if (accepted[i].column != NULL)
            assert_string_equal(spec->column.sql, accepted[i].column);
        assert_string_equal(spec->timestamp.sql, accepted[i].timestamp);
        arena_free(arena);
    }
}

static const struct {
    const char *name;
    const char *options;
    enum time_frame frame;
    int line;
    const char *said;
} refused[] = {
    {"options that are a text", "  yes\n", TIME_FRAME_ALL, 2, "must be a map"},
    {"no relation", "  operation: count\n", TIME_FRAME_ALL, 2, "'relation' is missing"},
    {"an empty relation", "  relation: ''\n", TIME_FRAME_ALL, 2, "not empty"},
    {"a relation of three parts", "  relation: a.b.c\n", TIME_FRAME_ALL, 2, "schema.name"},
    {"an unknown operation", "  relation: a\n  operation: median\n", TIME_FRAME_ALL, 3,
     "not 'median'"},
    {"an unknown option", "  relation: a\n  wher: b\n", TIME_FRAME_ALL, 3, "no option 'wher'"},
    {"a sum of nothing", "  {relation: a, operation: sum}\n", TIME_FRAME_ALL, 2, "needs 'column'"},
    {"a column that is none", "  relation: a\n  column: b + 1\n", TIME_FRAME_ALL, 3,
     "name of one column"},
    {"a syntax error", "  relation: a\n  where: b = = 1\n", TIME_FRAME_ALL, 3,
     "syntax error at or near \"=\" (character 5"},
    {"a syntax error in the second line of a block",
     "  relation: a\n  where: |\n    b = 1\n    AND c = = 1\n", TIME_FRAME_ALL, 5, "character 9"},
    {"a break out", "  relation: a\n  where: \"true) UNION SELECT (1\"\n", TIME_FRAME_ALL, 3,
     "closes a parenthesis"},
    {"a function that sleeps", "  relation: a\n  where: pg_sleep(1) IS NULL\n", TIME_FRAME_ALL, 3,
     "pg_sleep()"},
    {"joins that are no list", "  relation: a\n  joins: b\n", TIME_FRAME_ALL, 3, "must be a list"},
    {"a join without a condition", "  relation: a\n  joins:\n  - relation: b\n", TIME_FRAME_ALL, 4,
     "needs 'relation' and 'on'"},
    {"a join of another type", "  relation: a\n  joins:\n  - {relation: b, on: x, type: full}\n",
     TIME_FRAME_ALL, 4, "inner or left, not 'full'"},
    {"a join with more", "  relation: a\n  joins:\n  - {relation: b, on: x, as: c}\n",
     TIME_FRAME_ALL, 4, "no 'as'"},
    {"a statement beside a relation", "  {operation: sql, sql: SELECT 1, relation: a}\n",
     TIME_FRAME_ALL, 2, "'relation' has no place"},
    {"a statement without the operation", "  sql: SELECT 1\n", TIME_FRAME_ALL, 2,
     "needs 'operation: sql'"},
    {"the operation without a statement", "  operation: sql\n", TIME_FRAME_ALL, 2, "needs 'sql'"},
    {"a statement in a window", "  {operation: sql, sql: SELECT 1}\n", TIME_FRAME_7D, 2, "window"},
    {"two columns of a statement", "  {operation: sql, sql: \"SELECT 1, 2\"}\n", TIME_FRAME_ALL, 2,
     "one SELECT"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct arena *arena = arena_new();
        struct complaints complaints;
        struct metric metric;

        print_message("  %s\n", refused[i].name);
        complaints_init(&complaints, arena);
        parse(refused[i].options, refused[i].frame, NULL, &metric, &complaints);
        assert_null(metric.spec);
        assert_true(complaints.count > 0);
        if (strstr(complaints.items[0].text, refused[i].said) == NULL)
            fail_msg("said: %s", complaints.items[0].text);
        assert_int_equal(complaints.items[0].line, refused[i].line);
        assert_string_equal(complaints.items[0].file, "counts.yml");
        assert_string_equal(complaints.items[0].key_path, "counts.x");
        arena_free(arena);
    }
}

/* All that is wrong is said at once. */
static void test_all_complaints(void **state)
{
    struct arena *arena = arena_new();
    struct complaints complaints;
    struct metric metric;

    (void)state;
    complaints_init(&complaints, arena);
    parse("  operation: sum\n  where: a b\n  colour: 1\n", TIME_FRAME_ALL, NULL, &metric,
          &complaints);
    assert_int_equal(complaints.count, 4);
    arena_free(arena);
}

static const struct {
    const char *name;
    const char *options, *class;
    const char *said;
} not_ours[] = {
    {"a class of GitLab's", "  {batch_size: 100}\n", "CountIssuesMetric", "CountIssuesMetric"},
    {"a class without options", "", "CountIssuesMetric", "CountIssuesMetric"},
    {"neither class nor options", "", NULL, "options.relation"},
};

static void test_not_computed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(not_ours); i++) {
        struct arena *arena = arena_new();
        struct complaints complaints;
        struct metric metric;

        print_message("  %s\n", not_ours[i].name);
        complaints_init(&complaints, arena);
        parse(not_ours[i].options, TIME_FRAME_ALL, not_ours[i].class, &metric, &complaints);
        assert_int_equal(complaints.count, 0);
        assert_null(metric.spec);
        assert_non_null(strstr(metric.not_computed, not_ours[i].said));
        arena_free(arena);
    }
}

static void test_names(void **state)
{
    struct arena *arena = arena_new();
    struct complaints complaints;
    const struct database_spec *spec;
    struct metric metric;

    (void)state;
    complaints_init(&complaints, arena);
    parse("  relation: issues\n  column: projects.visibility\n"
          "  where: id IN (SELECT issue_id FROM moves)\n"
          "  joins: [{relation: projects, on: projects.id = project_id}]\n",
          TIME_FRAME_ALL, NULL, &metric, &complaints);
    assert_int_equal(complaints.count, 0);
    spec = metric.spec;
    assert_int_equal(spec->relation_count, 2);
    assert_string_equal(spec->relations[0], "issues");
    assert_string_equal(spec->relations[1], "projects");
    assert_int_equal(spec->other_count, 1);
    assert_string_equal(spec->others[0], "moves");
    assert_string_equal(spec->column.relation, "projects");
    assert_string_equal(spec->column.name, "visibility");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_all_complaints), cmocka_unit_test(test_not_computed),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
