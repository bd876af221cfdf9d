/* Plans without a server: what is counted together, and the statements of its pieces. */
#include "metrics/pass_plan.h"

#include "tests/support/planned.h"
#include "tests/support/test.h"

#include "metrics/pass_range.h"
#include "metrics/pass_sql.h"

#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */
#define MOST        8

/* ---- A catalog by hand ---- */

#define COLUMN(called, of_type)                                                                    \
    {                                                                                              \
        .name = (called), .type = (of_type)                                                        \
    }
#define INDEX(called, of_type, not_null, is_primary, is_unique)                                    \
    {                                                                                              \
        .column = COLUMN(called, of_type), .never_null = (not_null), .primary = (is_primary),      \
        .unique = (is_unique)                                                                      \
    }
#define RELATION(called, of_kind, about, with_columns, columns_there, with_indexes, indexes_there) \
    {                                                                                              \
        .name = (called), .exists = true, .kind = (of_kind), .rows = (about),                      \
        .columns = (with_columns), .column_count = (columns_there), .indexes = (with_indexes),     \
        .index_count = (indexes_there)                                                             \
    }

static struct column_facts issue_columns[] = {
    COLUMN("author_id", "int8"), COLUMN("weight", "int4"), COLUMN("title", "text"),
    COLUMN("hours", "float8"),   COLUMN("id", "int8"),
};
static struct index_facts issue_indexes[] = {
    INDEX("id", "int8", true, true, true),
    INDEX("created_at", "timestamp", false, false, false),
    INDEX("due_on", "date", false, false, false),
};
static struct column_facts uuid_columns[] = {COLUMN("id", "uuid")};
static struct index_facts uuid_indexes[] = {INDEX("id", "uuid", true, true, true)};
static struct index_facts log_indexes[] = {INDEX("at", "timestamptz", true, true, true)};
static struct index_facts project_indexes[] = {INDEX("id", "int4", true, true, true)};

static struct relation_facts relations[] = {
    RELATION("issues", 'r', 5000000, issue_columns, COUNT_OF(issue_columns), issue_indexes,
             COUNT_OF(issue_indexes)),
    RELATION("keyed_by_uuid", 'r', 900000, uuid_columns, 1, uuid_indexes, 1),
    RELATION("logs", 'r', 70000, NULL, 0, log_indexes, 1),
    RELATION("projects", 'r', 200000, NULL, 0, project_indexes, 1),
    RELATION("seen", 'v', 0, NULL, 0, NULL, 0),
    RELATION("tiny", 'r', 30, NULL, 0, NULL, 0),
    RELATION("tiny2", 'p', 40, NULL, 0, NULL, 0),
};

static const struct database_facts facts = {
    .name = "main",
    .read = true,
    .relations = relations,
    .relation_count = COUNT_OF(relations),
};

/* ---- Plans ---- */

static const struct {
    const char *name;
    const char *definitions[MOST]; /* "FRAME {options}" */
    const char *plan;              /* for each pass: its name, its metrics, a piece */
} cases[] = {
    {"metrics on one table share a walk",
     {"all {relation: issues}", "all {relation: issues, where: state_id = 1}",
      "all {relation: issues, operation: sum, column: weight}"},
     "main: issues by id: m0 m1 m2\n"
     "SELECT count(*)::text, count(*)::text, (count(*) FILTER (WHERE (state_id = 1)))::text, "
     "sum(weight)::text FROM issues WHERE issues.id >= :from AND issues.id < :to\n"},
    {"equal aggregates are asked once",
     {"all {relation: issues, where: a = 1}", "all {relation: issues, where: a = 1}",
      "all {relation: issues, where: b}"},
     "main: issues by id: m0 m1 m2\n"
     "SELECT count(*)::text, (count(*) FILTER (WHERE (a = 1)))::text, "
     "(count(*) FILTER (WHERE (b)))::text FROM issues WHERE issues.id >= :from AND "
     "issues.id < :to\n"},
    {"an average is a sum and a count",
     {"all {relation: issues, operation: average, column: weight}", "all {relation: issues}"},
     "main: issues by id: m0 m1\n"
     "SELECT count(*)::text, sum(weight)::text, count(weight)::text, count(*)::text FROM issues "
     "WHERE issues.id >= :from AND issues.id < :to\n"},
    {"where all that is asked for is that a number is there, the numbers are counted",
     {"all {relation: issues, where: weight IS NOT NULL}",
      "7d {relation: issues, timestamp_column: closed_at, where: issues.weight is not null}",
      "all {relation: issues, where: title IS NOT NULL}",
      "all {relation: issues, where: issues IS NOT NULL}"},
     "main: issues by id: m0 m1 m2 m3\n"
     "SELECT count(*)::text, count(weight)::text, (count(issues.weight) FILTER (WHERE "
     "issues.closed_at BETWEEN '2026-11-12 10:00:00+00' AND '2026-11-19 10:00:00+00'))::text, "
     "(count(*) FILTER (WHERE (title IS NOT NULL)))::text, "
     "(count(*) FILTER (WHERE (issues IS NOT NULL)))::text "
     "FROM issues WHERE issues.id >= :from AND issues.id < :to\n"},
    {"a condition that all have is asked once for all",
     {"all {relation: issues, where: a = 1}",
      "all {relation: issues, where: a = 1, operation: distinct_count, column: author_id}"},
     "main: issues by id: m0 m1\n"
     "SELECT count(*)::text, count(*)::text, string_agg(int8send(author_id), NULL) FROM "
     "issues WHERE issues.id >= :from AND issues.id < :to AND (a = 1)\n"},
    {"windows of an indexed timestamp are a walk of their own",
     {"28d {relation: issues}", "7d {relation: issues, where: a = 1}", "all {relation: issues}"},
     "main: issues by id: m2\n"
     "SELECT count(*)::text, count(*)::text FROM issues WHERE issues.id >= :from AND issues.id < "
     ":to\n"
     "main: issues by created_at, window: m0 m1\n"
     "SELECT count(*)::text, count(*)::text, (count(*) FILTER (WHERE issues.created_at >= "
     "'2026-11-12 10:00:00+00' AND (a = 1)))::text FROM issues WHERE issues.created_at >= :from "
     "AND "
     "issues.created_at < :to\n"},
    {"a window of seven days alone is no longer than that",
     {"7d {relation: issues, timestamp_column: due_on}"},
     "main: issues by due_on, window: m0\n"
     "SELECT count(*)::text, count(*)::text FROM issues WHERE issues.due_on >= :from AND "
     "issues.due_on < :to\n"},
    {"windows of another timestamp ride along",
     {"7d {relation: issues, timestamp_column: closed_at}", "all {relation: issues}"},
     "main: issues by id: m0 m1\n"
     "SELECT count(*)::text, (count(*) FILTER (WHERE issues.closed_at BETWEEN '2026-11-12 "
     "10:00:00+00' AND '2026-11-19 10:00:00+00'))::text, count(*)::text FROM issues WHERE "
     "issues.id >= :from AND issues.id < :to\n"},
    {"distinct counts of anything but whole numbers stand alone",
     {"all {relation: issues, operation: distinct_count, column: title}",
      "all {relation: issues, operation: estimate_distinct_count, column: author_id}"},
     "main: issues by id: m1\n"
     "SELECT count(*)::text, string_agg(int8send(author_id), NULL) FROM "
     "issues WHERE issues.id >= :from AND issues.id < :to\n"
     "main: m0: m0\n"
     "SELECT 0, count(DISTINCT title)::text FROM issues\n"},
    {"distinct keys are their count",
     {"all {relation: issues, operation: distinct_count, column: id}"},
     "main: issues by id: m0\n"
     "SELECT count(*)::text, count(id)::text FROM issues WHERE issues.id >= :from AND issues.id < "
     ":to\n"},
    {"floats are added as decimals",
     {"all {relation: issues, operation: sum, column: hours}"},
     "main: issues by id: m0\n"
     "SELECT count(*)::text, sum(hours::numeric)::text FROM issues WHERE issues.id >= :from AND "
     "issues.id < :to\n"},
    {"a timestamp can be the key",
     {"all {relation: logs}"},
     "main: logs by at: m0\n"
     "SELECT count(*)::text, count(*)::text FROM logs WHERE logs.at >= :from AND logs.at < :to\n"},
    {"other joins are another walk",
     {"all {relation: issues, joins: [{relation: projects, on: projects.id = project_id}]}",
      "all {relation: issues}"},
     "main: issues by id: m1\n"
     "SELECT count(*)::text, count(*)::text FROM issues WHERE issues.id >= :from AND issues.id < "
     ":to\n"
     "main: issues with projects by id (8bcd): m0\n"
     "SELECT count(*)::text, count(*)::text FROM issues INNER JOIN projects ON (projects.id = "
     "project_id) WHERE issues.id >= :from AND issues.id < :to\n"},
    {"a sub-select over a large table is apart, one over a small table is not",
     {"all {relation: issues, where: id IN (SELECT issue_id FROM projects)}",
      "all {relation: issues, where: id IN (SELECT issue_id FROM tiny)}"},
     "main: issues by id: m1\n"
     "SELECT count(*)::text, count(*)::text FROM issues WHERE issues.id >= :from AND issues.id < "
     ":to AND (id IN (SELECT issue_id FROM tiny))\n"
     "main: issues by id (8080): m0\n"
     "SELECT count(*)::text, count(*)::text FROM issues WHERE issues.id >= :from AND issues.id < "
     ":to AND (id IN (SELECT issue_id FROM projects))\n"},
    {"small tables are gathered",
     {"all {relation: tiny}", "all {relation: tiny2, where: a}", "all {relation: tiny, where: b}",
      "all {relation: tiny, operation: distinct_count, column: c}"},
     "main: small tables 1: m0 m2 m3 m1\n"
     "SELECT 0, count(*)::text, (count(*) FILTER (WHERE (b)))::text, count(DISTINCT c)::text FROM "
     "tiny\nUNION ALL SELECT 1, count(*)::text, NULL::text, NULL::text FROM tiny2 WHERE (a)\n"},
    {"what has no key is asked as a whole",
     {"all {relation: seen}", "all {relation: seen, where: a}",
      "all {relation: seen, operation: distinct_count, column: b}",
      "all {relation: keyed_by_uuid}"},
     "main: keyed_by_uuid: m3\n"
     "SELECT 0, count(*)::text FROM keyed_by_uuid\n"
     "main: seen: m0 m1\n"
     "SELECT 0, count(*)::text, (count(*) FILTER (WHERE (a)))::text FROM seen\n"
     "main: m2: m2\n"
     "SELECT 0, count(DISTINCT b)::text FROM seen\n"},
    {"statements stand alone",
     {"all {operation: sql, sql: SELECT 42}",
      "none {operation: sql, sql: SELECT max(id) FROM tiny}"},
     "main: m0: m0\n"
     "SELECT 0, value::text FROM (SELECT 42) AS answer(value) LIMIT 2\n"
     "main: m1: m1\n"
     "SELECT 0, value::text FROM (SELECT max(id) FROM tiny) AS answer(value) LIMIT 2\n"},
};

static void write_pass(const struct pass *pass, struct str *out)
{
    size_t all[MOST * 2];

    str_add_format(out, "%s:", pass->name);
    for (size_t i = 0; i < pass->item_count; i++)
        str_add_format(out, " %s", pass->items[i].metric->key_path);
    str_add_char(out, '\n');
    for (size_t i = 0; i < pass->column_count; i++)
        all[i] = i;
    pass_sql_add_piece(&(struct question){pass, NULL, all, pass->column_count, NULL}, out);
    str_add_char(out, '\n');
}

static struct pass_list plan(const char *const *definitions, struct arena *arena)
{
    struct placed *placed = ARENA_ARRAY(arena, struct placed, MOST);
    struct pass_request request = {
        .placed = placed,
        .facts = &facts,
        .recorded_at = RECORDED_AT,
        .small_table_rows = 1000,
        .piece_target_ms = 250,
    };

    for (; request.count < MOST && definitions[request.count] != NULL; request.count++)
        placed[request.count] =
            planned_place(definitions[request.count], request.count, &facts, arena);
    return pass_plan(&request, arena);
}

static void test_plans(void **state)
{
    struct str text;

    (void)state;
    str_init(&text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena *arena = arena_new();
        struct pass_list list = plan(cases[i].definitions, arena);

        print_message("  %s\n", cases[i].name);
        str_clear(&text);
        for (size_t j = 0; j < list.count; j++)
            write_pass(list.passes[j], &text);
        assert_string_equal(text.text, cases[i].plan);
        arena_free(arena);
    }
    str_release(&text);
}

static const struct {
    const char *name;
    const char *definition;
    const char *bounds, *piece, *last_piece, *seek;
} statements[] = {
    {"by a number", "all {relation: projects}",
     "SELECT min(projects.id), max(projects.id) FROM projects",
     "WHERE projects.id >= 5 AND projects.id < 9", "WHERE projects.id >= 5 AND projects.id <= 9",
     "SELECT min(projects.id) FROM projects WHERE projects.id >= 5 AND projects.id <= 100"},
    {"by a timestamp", "all {relation: logs}", "SELECT min(logs.at), max(logs.at) FROM logs",
     "WHERE logs.at >= '2000-01-01 00:00:00.000005+00' AND logs.at < '2000-01-01 "
     "00:00:00.000009+00'",
     "logs.at <= '2000-01-01 00:00:00.000009+00'",
     "SELECT min(logs.at) FROM logs WHERE logs.at >= '2000-01-01 00:00:00.000005+00' AND logs.at "
     "<= '2000-01-01 00:00:00.000100+00'"},
    {"by a window", "28d {relation: issues, timestamp_column: due_on}",
     "SELECT min(issues.due_on), max(issues.due_on) FROM issues WHERE issues.due_on >= "
     "'2026-10-22' "
     "AND issues.due_on <= '2026-11-19'",
     "WHERE issues.due_on >= '2000-01-06' AND issues.due_on < '2000-01-10'",
     "issues.due_on <= '2000-01-10'",
     "SELECT min(issues.due_on) FROM issues WHERE issues.due_on >= '2000-01-06' AND issues.due_on "
     "<= '2000-04-10'"},
};

static void assert_piece(const struct pass *pass, bool closed, const char *holds)
{
    struct pass_piece piece = {.keys = {.from = 5, .to = 9, .closed = closed}};
    struct str sql;
    size_t first = 0;

    str_init(&sql);
    pass_sql_add_piece(&(struct question){pass, &piece, &first, 1, NULL}, &sql);
    if (strstr(sql.text, holds) == NULL)
        fail_msg("%s", sql.text);
    str_release(&sql);
}

static void test_statements(void **state)
{
    struct str sql;

    (void)state;
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        struct arena *arena = arena_new();
        const char *const definitions[MOST] = {statements[i].definition};
        const struct pass *pass = plan(definitions, arena).passes[0];

        print_message("  %s\n", statements[i].name);
        str_clear(&sql);
        pass_range_add_bounds(pass, &sql);
        assert_string_equal(sql.text, statements[i].bounds);
        assert_piece(pass, false, statements[i].piece);
        assert_piece(pass, true, statements[i].last_piece);
        str_clear(&sql);
        pass_range_add_seek(pass, 5, 100, &sql);
        assert_string_equal(sql.text, statements[i].seek);
        arena_free(arena);
    }
    str_release(&sql);
}

/* Columns can be asked in any part, for those that failed are left out. */
static void test_parts_of_a_piece(void **state)
{
    static const char *const definitions[MOST] = {"all {relation: tiny}", "all {relation: tiny2}",
                                                  "all {relation: tiny, where: b}"};
    struct arena *arena = arena_new();
    const struct pass *pass = plan(definitions, arena).passes[0];
    const size_t some[] = {1, 2};
    struct str sql;

    (void)state;
    str_init(&sql);
    pass_sql_add_piece(&(struct question){pass, NULL, some, 2, NULL}, &sql);
    assert_string_equal(sql.text, "SELECT 0, (count(*) FILTER (WHERE (b)))::text FROM tiny\n"
                                  "UNION ALL SELECT 1, count(*)::text FROM tiny2");
    str_release(&sql);
    arena_free(arena);
}

/* More than one statement can hold is more than one pass. */
static void test_gathering_is_bounded(void **state)
{
    static const char *const definitions[MOST] = {"all {relation: tiny}"};
    struct arena *arena = arena_new();
    struct placed *placed = ARENA_ARRAY(arena, struct placed, 1000);
    struct pass_request request = {
        .placed = placed,
        .count = 1000,
        .facts = &facts,
        .recorded_at = RECORDED_AT,
        .small_table_rows = 1000,
        .piece_target_ms = 250,
    };
    struct pass_list list;
    size_t items = 0;

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        placed[i] = planned_place(arena_format(arena, "all {relation: tiny, where: a = %zu}", i), i,
                                  &facts, arena);
    list = pass_plan(&request, arena);
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(list.passes[i]->column_count <= 400);
        items += list.passes[i]->item_count;
    }
    assert_int_equal(items, 1000);
    assert_int_equal(plan(definitions, arena).count, 1);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_parts_of_a_piece),
        cmocka_unit_test(test_gathering_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
