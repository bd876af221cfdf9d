/*
 * What a pass costs, as measured in microseconds a row: of 10 M rows, so that a microsecond a row
 * is ten seconds.
 */
#include "metrics/pass_cost.h"

#include "tests/support/test.h"

#define ROWS INT64_C(10000000)

static const char *key_columns[] = {"issues.id"}, *author[] = {"issues.author_id"};

static const struct {
    const char *name;
    enum pass_kind kind;
    enum key_type key;
    double visible;
    enum column_kind column;
    const char *argument, *filter, *where;
    size_t times;       /* as many such columns */
    double least, most; /* seconds */
} cases[] = {
    {"a count by an index alone", PASS_SHARED, KEY_INTEGER, 1, COLUMN_COUNT, "*", NULL, NULL, 1,
     0.7, 0.9},
    {"the key is in the index as well", PASS_SHARED, KEY_INTEGER, 1, COLUMN_COUNT, "issues.id",
     NULL, NULL, 1, 0.7, 0.9},
    {"no page is visible", PASS_SHARED, KEY_INTEGER, 0, COLUMN_COUNT, "*", NULL, NULL, 1, 2.2, 2.5},
    {"a condition reads the heap", PASS_SHARED, KEY_INTEGER, 1, COLUMN_COUNT, "*", "(a = 1)", NULL,
     1, 1.9, 2.1},
    {"so does one that all have", PASS_SHARED, KEY_INTEGER, 1, COLUMN_COUNT, "*", NULL, "(a = 1)",
     1, 1.9, 2.1},
    {"and a column", PASS_SHARED, KEY_INTEGER, 1, COLUMN_COUNT, "weight", NULL, NULL, 1, 1.9, 2.1},
    {"thirty conditions", PASS_SHARED, KEY_INTEGER, 1, COLUMN_COUNT, "*", "(a = 1)", NULL, 30, 3.5,
     5},
    {"a window", PASS_WINDOW, KEY_TIMESTAMP, 1, COLUMN_COUNT, "*", "(a = 1)", NULL, 1, 1.9, 2.1},
    {"by blocks", PASS_SHARED, KEY_BLOCK, 0, COLUMN_COUNT, "*", "(a = 1)", NULL, 1, 0.6, 0.8},
    {"by texts, in no order of the heap", PASS_SHARED, KEY_TUPLE, 1, COLUMN_COUNT, "*", "(a = 1)",
     NULL, 1, 5.5, 6.5},
    {"ids", PASS_SHARED, KEY_INTEGER, 1, COLUMN_IDS, "author_id", NULL, NULL, 1, 2.5, 3.2},
    {"three of them", PASS_SHARED, KEY_INTEGER, 1, COLUMN_IDS, "author_id", NULL, NULL, 3, 4.5,
     5.5},
    {"values of an index", PASS_DISTINCT, KEY_INTEGER, 1, COLUMN_COUNT, "author_id", NULL, NULL, 1,
     1.1, 1.4},
    {"values, when half of the pages is visible", PASS_DISTINCT, KEY_INTEGER, 0.5, COLUMN_COUNT,
     "author_id", NULL, NULL, 1, 7, 8.5},
    {"values with a condition", PASS_DISTINCT, KEY_INTEGER, 1, COLUMN_COUNT, "author_id", "(a = 1)",
     NULL, 1, 13, 15},
    {"a whole table", PASS_WHOLE, KEY_NONE, 1, COLUMN_COUNT, "*", NULL, NULL, 1, 0.6, 0.7},
    {"distinct values of a whole table", PASS_WHOLE, KEY_NONE, 1, COLUMN_DISTINCT, "title", NULL,
     NULL, 1, 3, 3.3},
    {"GitLab's estimate", PASS_SHARED, KEY_INTEGER, 1, COLUMN_BUCKETS, "author_id", NULL, NULL, 1,
     19, 21},
};

static double cost_of(size_t index, int64_t rows)
{
    const struct relation_facts relation = {.rows = rows, .visible_share = cases[index].visible};
    struct pass_part part = {.from = "issues", .where = cases[index].where};
    struct pass_column columns[30];
    struct pass pass = {
        .kind = cases[index].kind,
        .rows = rows,
        .parts = &part,
        .part_count = 1,
        .columns = columns,
        .column_count = cases[index].times,
    };

    if (cases[index].key != KEY_NONE)
        pass.key = (struct pass_key){
            .type = cases[index].key,
            .from = "issues",
            .columns = pass.kind == PASS_DISTINCT ? author : key_columns,
            .column_count = 1,
            .covers = pass.kind == PASS_DISTINCT && cases[index].filter == NULL,
        };
    for (size_t i = 0; i < cases[index].times; i++)
        columns[i] = (struct pass_column){.kind = cases[index].column,
                                          .argument = cases[index].argument,
                                          .filter = cases[index].filter};
    return pass_cost(&pass, &relation);
}

static void test_costs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double cost = cost_of(i, ROWS);

        print_message("  %s: %.2f s\n", cases[i].name, cost);
        assert_true(cost >= cases[i].least && cost <= cases[i].most);
    }
}

/* A statement costs something by itself, so that nothing is free and little is little. */
static void test_small(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double nothing = cost_of(i, 0), little = cost_of(i, 1000);

        assert_true(nothing >= 0.0001 && nothing < 0.002);
        assert_true(little > nothing && little < 0.01);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
