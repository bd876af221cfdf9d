/* Statements of walks value by value: one row for a piece, however many metrics. */
#include "metrics/pass_sql.h"

#include "tests/support/test.h"

#include <string.h>

#define MOST 130

static const char *key_columns[] = {"issues.author_id"};
static struct pass_part part = {.from = "issues"};

static struct pass pass_of(struct pass_column *columns, size_t count)
{
    return (struct pass){
        .kind = PASS_DISTINCT,
        .key = {.type = KEY_INTEGER, .from = "issues", .columns = key_columns, .column_count = 1},
        .parts = &part,
        .part_count = 1,
        .columns = columns,
        .column_count = count,
    };
}

static const struct {
    const char *name;
    const char *filters[4];
    const char *where;
    const char *sql;
} cases[] = {
    {"all values are counted by the index alone",
     {NULL},
     NULL,
     "SELECT coalesce(sum(_rows), 0)::text, count(*)::text FROM (SELECT count(*) AS _rows FROM "
     "issues WHERE issues.author_id >= :from AND issues.author_id < :to GROUP BY issues.author_id) "
     "AS value"},
    {"a bit for each filter",
     {"(a = 1)", NULL, "(b)"},
     NULL,
     "SELECT coalesce(sum(_rows), 0)::text, (count(*) FILTER (WHERE _0 & 1 <> 0))::text, "
     "count(*)::text, (count(*) FILTER (WHERE _0 & 2 <> 0))::text FROM (SELECT count(*) AS _rows, "
     "bit_or(CASE WHEN (a = 1) THEN 1 ELSE 0 END | CASE WHEN (b) THEN 2 ELSE 0 END) AS _0 FROM "
     "issues WHERE issues.author_id >= :from AND issues.author_id < :to GROUP BY issues.author_id) "
     "AS value"},
    {"what all ask for is asked of the rows",
     {NULL},
     "(c)",
     "SELECT coalesce(sum(_rows), 0)::text, count(*)::text FROM (SELECT count(*) AS _rows FROM "
     "issues WHERE issues.author_id >= :from AND issues.author_id < :to AND (c) GROUP BY "
     "issues.author_id) AS value"},
};

static void test_values(void **state)
{
    static const size_t counts[] = {1, 3, 1};
    struct str sql;

    (void)state;
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pass_column columns[4] = {{0}};
        size_t all[4] = {0, 1, 2, 3};
        struct pass pass = pass_of(columns, counts[i]);

        print_message("  %s\n", cases[i].name);
        for (size_t j = 0; j < counts[i]; j++)
            columns[j] = (struct pass_column){
                .kind = COLUMN_COUNT, .argument = "author_id", .filter = cases[i].filters[j]};
        part.where = cases[i].where;
        str_clear(&sql);
        pass_sql_add_piece(&(struct question){&pass, NULL, all, counts[i], NULL}, &sql);
        assert_string_equal(sql.text, cases[i].sql);
    }
    part.where = NULL;
    str_release(&sql);
}

/* The places of a text within another. */
static size_t count_of(const char *text, const char *part_of_it)
{
    size_t count = 0;

    for (const char *at = strstr(text, part_of_it); at != NULL; at = strstr(at + 1, part_of_it))
        count++;
    return count;
}

static void test_many_masks(void **state)
{
    struct pass_column columns[MOST];
    struct pass pass = pass_of(columns, MOST);
    size_t some[MOST], count = 0;
    struct str sql;

    (void)state;
    for (size_t i = 0; i < MOST; i++)
        columns[i] = (struct pass_column){
            .kind = COLUMN_COUNT, .argument = "author_id", .filter = i % 64 == 63 ? NULL : "(p)"};
    for (size_t i = 1; i < MOST; i++)
        some[count++] = i; /* the first has failed */
    str_init(&sql);
    pass_sql_add_piece(&(struct question){&pass, NULL, some, count, NULL}, &sql);
    assert_int_equal(count_of(sql.text, "bit_or("), 3);
    assert_int_equal(count_of(sql.text, "CASE WHEN (p) THEN "), 127);
    assert_int_equal(count_of(sql.text, "CASE WHEN (p) THEN 2305843009213693952 ELSE"), 2);
    assert_int_equal(count_of(sql.text, "THEN 4611686018427387904"), 0);
    assert_int_equal(count_of(sql.text, "_1 & 2305843009213693952 <> 0"), 1);
    assert_int_equal(count_of(sql.text, "_2 & 4 <> 0"), 1);
    assert_int_equal(count_of(sql.text, "_2 & 8 <> 0"), 0);
    assert_int_equal(count_of(sql.text, ", count(*)::text"), 2);
    str_release(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_many_masks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
