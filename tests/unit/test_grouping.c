/* Which conditions are judged by groups of rows, and the statements that ask so. */
#include "metrics/grouping.h"

#include "tests/support/test.h"

#include "metrics/pass_cost.h"
#include "metrics/pass_plan.h"
#include "metrics/pass_sql.h"
#include "metrics/pass_state.h"
#include "metrics/sources.h"
#include "tests/support/definition.h"

#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */
#define MOST        80

/* ---- A catalog by hand ---- */

#define COLUMN(called, of_type, values)                                                            \
    {                                                                                              \
        .name = (called), .type = (of_type), .has_statistics = (values) > 0, .distinct = (values)  \
    }

static struct column_facts columns[] = {
    COLUMN("state_id", "int2", 4),    COLUMN("confidential", "bool", 2),
    COLUMN("kind", "text", 8),        COLUMN("severity", "int4", 6),
    COLUMN("author_id", "int8", 2e5), COLUMN("ratio", "numeric", 3),
    COLUMN("share", "float8", 3),     COLUMN("pause", "interval", 3),
    COLUMN("label", "citext", 3),     COLUMN("never_analysed", "int4", 0),
    COLUMN("_own", "int4", 2),        COLUMN("weight", "int4", 10),
    COLUMN("day", "date", 900),       COLUMN("Odd Name", "int4", 2),
};
static struct index_facts indexes[] = {
    {.column = {.name = "id", .type = "int8"}, .never_null = true, .primary = true, .unique = true},
    {.column = {.name = "created_at", .type = "timestamp"}},
};
static struct relation_facts relations[] = {
    {.name = "ci.issues",
     .exists = true,
     .kind = 'r',
     .rows = 9000000,
     .columns = columns,
     .column_count = COUNT_OF(columns),
     .indexes = indexes,
     .index_count = COUNT_OF(indexes)},
    {.name = "issues",
     .exists = true,
     .kind = 'r',
     .rows = 9000000,
     .columns = columns,
     .column_count = COUNT_OF(columns),
     .indexes = indexes,
     .index_count = COUNT_OF(indexes)},
    {.name = "labels",
     .exists = true,
     .kind = 'r',
     .rows = 30,
     .indexes = indexes,
     .index_count = 1},
};
static const struct database_facts facts = {
    .name = "main", .read = true, .relations = relations, .relation_count = COUNT_OF(relations)};

/* ---- One metric among many on state_id ---- */

struct scene {
    struct arena *arena;
    struct placed placed[MOST];
    size_t count;
};

static void add(struct scene *plan, const char *yaml)
{
    struct complaints complaints;
    struct placed *placed = &plan->placed[plan->count++];

    complaints_init(&complaints, plan->arena);
    *placed =
        (struct placed){.metric = metric_of_text(yaml, &database_source, plan->arena, &complaints)};
    if (complaints.count > 0)
        fail_msg("%s: %s", yaml, complaints.items[0].text);
    placing_place(placed, &facts, 1, plan->arena);
    assert_false(placed->refused);
}

static void add_option(struct scene *plan, const char *relation, const char *joins,
                       const char *options)
{
    const char *frame = strncmp(options, "28d ", 4) == 0  ? "28d"
                        : strncmp(options, "7d ", 3) == 0 ? "7d"
                                                          : "all";

    if (strcmp(frame, "all") != 0)
        options += strlen(frame) + 1;
    add(plan, arena_format(plan->arena, "time_frame: %s\noptions: {relation: %s%s%s%s}", frame,
                           relation, joins, *options != '\0' ? ", " : "", options));
}

/* As many as make grouping worth it, of every sort. */
static void add_many(struct scene *plan, const char *relation, const char *joins, size_t count)
{
    const char *reference = strchr(relation, '.') != NULL ? strchr(relation, '.') + 1 : relation;

    for (size_t i = 0; i < count; i++)
        add_option(plan, relation, joins,
                   arena_format(plan->arena, "where: %s.state_id = %zu", reference, i));
}

static const struct pass *pass_of(struct scene *plan)
{
    struct pass_request request = {.placed = plan->placed,
                                   .count = plan->count,
                                   .facts = &facts,
                                   .recorded_at = RECORDED_AT,
                                   .small_table_rows = 1000,
                                   .piece_target_ms = 250};
    struct pass_list list = pass_plan(&request, plan->arena);

    return list.passes[0];
}

#define CASE(its_name, its_options, its_way, its_judge, its_term)                                  \
    .name = (its_name), .options = (its_options), .way = (its_way), .judge = (its_judge),          \
    .term = (its_term)
static const struct {
    const char *name;
    const char *options;
    enum pass_way way;
    const char *judge; /* of the groups */
    const char *term;  /* that only this metric needs, or NULL */
    const char *joins, *relation;
    size_t times; /* so many metrics need the term; 0: 20 */
} cases[] = {
    {CASE("a condition on a column that others need", "where: state_id > 2", WAY_JUDGED,
          "(state_id > 2)", NULL)},
    {CASE("a qualified column", "where: issues.state_id > 2", WAY_JUDGED, "(issues.state_id > 2)",
          NULL)},
    {CASE("all rows", "", WAY_JUDGED, NULL, NULL)},
    {CASE("two columns", "where: state_id > 2 AND severity = 1", WAY_JUDGED,
          "(state_id > 2 AND severity = 1)", "issues.severity")},
    {CASE("a flag", "where: NOT confidential", WAY_JUDGED, "(NOT confidential)",
          "issues.confidential")},
    {CASE("a text, which may be equal by its collation only", "where: kind LIKE 'a%'", WAY_JUDGED,
          "(kind LIKE 'a%')", "issues.kind")},
    {CASE("a name that must be quoted", "where: 1 = \"Odd Name\"", WAY_JUDGED, "(1 = \"Odd Name\")",
          "issues.\"Odd Name\"")},
    {CASE("a column without statistics", "where: never_analysed = 1", WAY_WITHIN, NULL, NULL)},
    {CASE("a column that the catalog does not have", "where: nobody_knows = 1", WAY_WITHIN, NULL,
          NULL)},
    {CASE("too many values", "where: author_id = 1", WAY_WITHIN, NULL, NULL)},
    {CASE("too many groups with the others", "where: day > now() AND severity = 1 AND kind = 'a'",
          WAY_WITHIN, NULL, NULL)},
    {CASE("numbers that are equal and print differently", "where: \"ratio::text = '1.0'\"",
          WAY_WITHIN, NULL, NULL)},
    {CASE("floats", "where: share > 0", WAY_WITHIN, NULL, NULL)},
    {CASE("intervals", "where: pause > '1 day'", WAY_WITHIN, NULL, NULL)},
    {CASE("texts of an extension", "where: label = 'a'", WAY_WITHIN, NULL, NULL)},
    {CASE("a name like ours", "where: _own = 1", WAY_WITHIN, NULL, NULL)},
    {CASE("a sub-select", "where: state_id IN (SELECT id FROM labels)", WAY_WITHIN, NULL, NULL)},
    {CASE("another's column", "where: labels.state_id = 1", WAY_WITHIN, NULL, NULL)},
    {CASE("the whole row", "where: issues IS NOT NULL", WAY_WITHIN, NULL, NULL)},
    {CASE("all columns", "where: issues.* IS NOT NULL", WAY_WITHIN, NULL, NULL)},
    {CASE("a column of the system's", "where: \"xmin::text = '5'\"", WAY_WITHIN, NULL, NULL)},
    {CASE("a sum", "operation: sum, column: weight, where: state_id = 1", WAY_JUDGED,
          "(state_id = 1)", NULL)},
    {CASE("a sum of floats, which is one of decimals",
          "operation: sum, column: share, where: state_id = 1", WAY_WITHIN, NULL, NULL)},
    {CASE("ids", "operation: distinct_count, column: author_id, where: state_id = 1", WAY_APART,
          NULL, NULL)},
    {CASE("a window of another timestamp", "7d timestamp_column: closed_at", WAY_JUDGED, "_w1",
          "(issues.closed_at BETWEEN '2026-11-12 10:00:00+00' AND '2026-11-19 10:00:00+00')")},
    {CASE("a window and a condition", "7d timestamp_column: closed_at, where: state_id = 1",
          WAY_JUDGED, "_w1 AND (state_id = 1)",
          "(issues.closed_at BETWEEN '2026-11-12 10:00:00+00' AND '2026-11-19 10:00:00+00')")},
    {CASE("one column for one metric does not pay", "where: kind = 'a'", WAY_WITHIN, NULL, NULL),
     .times = 1},
    {CASE("in a join what is qualified", "where: issues.severity = 1", WAY_JUDGED,
          "(issues.severity = 1)", "issues.severity"),
     .joins = ", joins: [{relation: labels, on: labels.id = issues.author_id}]"},
    {CASE("in a join what is not", "where: severity = 1", WAY_WITHIN, NULL, NULL),
     .joins = ", joins: [{relation: labels, on: labels.id = issues.author_id}]"},
    {CASE("with a schema", "where: issues.severity = 1", WAY_JUDGED, "(issues.severity = 1)",
          "issues.severity"),
     .relation = "ci.issues"},
    {CASE("the schema named in the condition, too", "where: ci.issues.severity = 1", WAY_WITHIN,
          NULL, NULL),
     .relation = "ci.issues"},
};

static void check_case(size_t index)
{
    const char *relation = cases[index].relation != NULL ? cases[index].relation : "issues";
    const char *joins = cases[index].joins != NULL ? cases[index].joins : "";
    size_t times = cases[index].times != 0 ? cases[index].times : 20;
    struct scene plan = {.arena = arena_new()};
    const struct pass_judge *judge;
    const struct pass *pass;

    add_many(&plan, relation, joins, 40);
    add_option(&plan, relation, joins, cases[index].options);
    for (size_t i = 1; i < times && cases[index].way == WAY_JUDGED; i++)
        add_option(&plan, relation, joins,
                   arena_format(plan.arena, "%s%s AND %zu = %zu", cases[index].options,
                                strstr(cases[index].options, "where") != NULL ? ""
                                : *cases[index].options == '\0'               ? "where: true"
                                                                              : ", where: true",
                                i, i));
    pass = pass_of(&plan);
    assert_non_null(pass->grouping);
    assert_string_equal(pass->grouping->alias, "issues");
    judge = &pass->grouping->judges[pass->items[40].column];
    assert_int_equal(judge->way, cases[index].way);
    assert_string_equal(judge->sql != NULL ? judge->sql : "none",
                        cases[index].judge != NULL ? cases[index].judge : "none");
    assert_string_equal(pass->grouping->terms[0].sql, "issues.state_id");
    if (cases[index].term != NULL) {
        assert_int_equal(judge->terms & 2, 2);
        assert_string_equal(pass->grouping->terms[1].sql, cases[index].term);
    }
    arena_free(plan.arena);
}

static void test_conditions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("  %s\n", cases[i].name);
        check_case(i);
    }
}

/* ---- Whether it pays ---- */

static void test_pays(void **state)
{
    static const struct {
        const char *name;
        size_t metrics, ids;
        bool grouped;
    } sizes[] = {
        {"one", 1, 0, false},
        {"three", 3, 0, false},
        {"thirty", 30, 0, true},
        {"seventy", 70, 0, true},
        {"thirty beside ids do not pay for a second scan", 25, 1, false},
        {"seventy beside ids do", 70, 1, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct scene plan = {.arena = arena_new()};
        struct pass pass;
        double grouped;

        print_message("  %s\n", sizes[i].name);
        add_many(&plan, "issues", "", sizes[i].metrics);
        for (size_t j = 0; j < sizes[i].ids; j++)
            add_option(&plan, "issues", "", "operation: distinct_count, column: author_id");
        pass = *pass_of(&plan);
        assert_true((pass.grouping != NULL) == sizes[i].grouped);
        grouped = pass_cost(&pass, &relations[1]);
        assert_true(grouped == pass.cost_s);
        pass.grouping = NULL;
        assert_true(pass_cost(&pass, &relations[1]) >= grouped);
        arena_free(plan.arena);
    }
}

static void test_not_walked(void **state)
{
    struct scene plan = {.arena = arena_new()};
    struct pass pass;

    (void)state;
    add_many(&plan, "issues", "", 50);
    pass = *pass_of(&plan);
    pass.grouping = NULL;
    grouping_choose(&pass, NULL, plan.arena);
    assert_null(pass.grouping);
    pass.kind = PASS_WHOLE;
    grouping_choose(&pass, &relations[1], plan.arena);
    assert_null(pass.grouping);
    arena_free(plan.arena);
}

/* ---- Statements ---- */

static const struct {
    const char *name;
    size_t columns[4], count;
    const char *sql;
} statements[] = {
    {"a count",
     {1},
     1,
     "SELECT coalesce(sum(_rows), 0)::text, coalesce(sum(_rows) FILTER (WHERE (issues.state_id = "
     "1)), 0)::text FROM (SELECT issues.state_id, count(*) AS _rows FROM issues WHERE issues.id >= "
     ":from AND issues.id < :to GROUP BY issues.state_id) AS issues"},
    {"sums that share the groups' own",
     {61, 62, 63},
     3,
     "SELECT coalesce(sum(_rows), 0)::text, (sum(_61) FILTER (WHERE (state_id = 1)))::text, "
     "(sum(_61) FILTER (WHERE (kind = 'a')))::text, coalesce(sum(_63) FILTER (WHERE (kind = 'a')), "
     "0)::text FROM (SELECT issues.state_id, issues.kind, count(*) AS _rows, sum(weight) AS _61, "
     "count(weight) AS _63 FROM issues WHERE issues.id >= :from AND issues.id < :to GROUP BY "
     "issues.state_id, issues.kind, issues.kind COLLATE \"C\") AS issues"},
    {"what is judged row by row, within the groups",
     {1, 64},
     2,
     "SELECT coalesce(sum(_rows), 0)::text, coalesce(sum(_rows) FILTER (WHERE (issues.state_id = "
     "1)), 0)::text, coalesce(sum(_64), 0)::text FROM (SELECT issues.state_id, count(*) AS _rows, "
     "count(*) FILTER (WHERE (ratio > 1)) AS _64 FROM issues WHERE issues.id >= :from AND "
     "issues.id < :to GROUP BY issues.state_id) AS issues"},
    {"ids, of a second scan",
     {1, 65},
     2,
     "SELECT g._rows, g._1, a._65 FROM (SELECT coalesce(sum(_rows), 0)::text AS _rows, "
     "coalesce(sum(_rows) FILTER (WHERE (issues.state_id = 1)), 0)::text AS _1 FROM (SELECT "
     "issues.state_id, count(*) AS _rows FROM issues WHERE issues.id >= :from AND issues.id < :to "
     "GROUP BY issues.state_id) AS issues) AS g, (SELECT string_agg(int8send(author_id), NULL) AS "
     "_65 "
     "FROM issues WHERE issues.id >= :from AND issues.id < :to) AS a"},
    {"ids alone need no groups",
     {65},
     1,
     "SELECT count(*)::text, string_agg(int8send(author_id), NULL) FROM issues WHERE "
     "issues.id >= :from AND issues.id < :to"},
    {"nor does what is judged row by row",
     {64},
     1,
     "SELECT count(*)::text, (count(*) FILTER (WHERE (ratio > 1)))::text FROM issues WHERE "
     "issues.id >= :from AND issues.id < :to"},
};

static void test_statements(void **state)
{
    struct scene plan = {.arena = arena_new()};
    const struct pass *pass;
    struct str sql;

    (void)state;
    add_many(&plan, "issues", "", 60);
    for (size_t i = 0; i < 1; i++)
        add_option(&plan, "issues", "", "where: kind = 'a'");
    add_option(&plan, "issues", "", "operation: sum, column: weight, where: state_id = 1");
    add_option(&plan, "issues", "", "operation: average, column: weight, where: kind = 'a'");
    add_option(&plan, "issues", "", "where: ratio > 1");
    add_option(&plan, "issues", "", "operation: distinct_count, column: author_id");
    for (size_t i = 0; i < 10; i++)
        add_option(&plan, "issues", "", arena_format(plan.arena, "where: kind > 'a%zu'", i));
    pass = pass_of(&plan);
    assert_non_null(pass->grouping);
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        print_message("  %s\n", statements[i].name);
        str_clear(&sql);
        pass_sql_add_piece(
            &(struct question){pass, NULL, statements[i].columns, statements[i].count, NULL}, &sql);
        assert_string_equal(sql.text, statements[i].sql);
    }
    str_release(&sql);
    arena_free(plan.arena);
}

/* A walk goes on also if newer statistics have changed their mind about grouping. */
static void test_goes_on(void **state)
{
    struct stride_limits limits = {.aim_us = 1000, .most_bytes = 1000, .rows = 9000000};
    struct walk_range range = {1, 9000000};
    struct scene plan = {.arena = arena_new()};
    struct pass_state saved, loaded;
    struct pass pass, plain;
    struct str bytes;

    (void)state;
    add_many(&plan, "issues", "", 50);
    plain = pass = *pass_of(&plan);
    assert_non_null(pass.grouping);
    plain.grouping = NULL;
    pass_state_init(&saved, &pass, &limits);
    walk_begin(&saved.walk.keys, &range, &limits);
    saved.walk.bounded = true;
    saved.tallies[7].count = 77;
    str_init(&bytes);
    pass_state_save(&saved, &bytes);
    pass_state_init(&loaded, &plain, &limits);
    assert_true(pass_state_load(&loaded, bytes.text, bytes.length));
    assert_int_equal(loaded.tallies[7].count, 77);
    plain.columns[7].filter = "(state_id = 70)";
    assert_false(pass_state_load(&loaded, bytes.text, bytes.length));
    pass_state_release(&saved);
    pass_state_release(&loaded);
    str_release(&bytes);
    arena_free(plan.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions), cmocka_unit_test(test_pays),
        cmocka_unit_test(test_not_walked), cmocka_unit_test(test_statements),
        cmocka_unit_test(test_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
