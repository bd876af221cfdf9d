#include "metrics/pass_range.h"

#include "tests/support/test.h"

static const char *const id[] = {"issues.id"};
static const char *const place[] = {"issues.ctid"};
static const char *const pair[] = {"notes.kind", "notes.slug"};
static const char *const three[] = {"t.a", "t.b", "t.c"};

static const struct pass by_id = {
    .key = {KEY_INTEGER, "issues", id, 1},
};
static const struct pass by_block = {
    .key = {KEY_BLOCK, "\"Odd\".issues", place, 1},
};
static const struct pass by_text = {
    .key = {KEY_TUPLE, "issues", id, 1},
};
static const struct pass by_pair = {
    .key = {KEY_TUPLE, "notes", pair, 2},
};
static const struct pass by_three = {
    .key = {KEY_TUPLE, "t", three, 3},
};
static const struct pass values = {
    .kind = PASS_DISTINCT,
    .key = {KEY_TUPLE, "issues", id, 1},
};
static const struct pass values_of_pair = {
    .kind = PASS_DISTINCT,
    .key = {KEY_TUPLE, "notes", pair, 2},
};
static const struct pass window = {
    .kind = PASS_WINDOW,
    .key = {KEY_INTEGER, "issues", id, 1},
    .has_range = true,
    .range = {3, 8},
};

static const struct {
    const char *name;
    const struct pass *pass;
    bool written; /* otherwise for people */
    struct pass_piece piece;
    const char *sql;
} pieces[] = {
    {"a number's piece is half open",
     &by_id,
     true,
     {.keys = {.from = -5, .to = 9}},
     "issues.id >= -5 AND issues.id < 9"},
    {"its last one is closed",
     &by_id,
     true,
     {.keys = {.from = 9, .to = INT64_MAX, .closed = true}},
     "issues.id >= 9 AND issues.id <= 9223372036854775807"},
    {"for people", &by_id, false, {.keys = {0}}, "issues.id >= :from AND issues.id < :to"},
    {"blocks from their first row on",
     &by_block,
     true,
     {.keys = {.from = 0, .to = 100}},
     "issues.ctid >= '(0,0)' AND issues.ctid < '(100,0)'"},
    {"the last block with all its rows",
     &by_block,
     true,
     {.keys = {.from = 100, .to = 123, .closed = true}},
     "issues.ctid >= '(100,0)' AND issues.ctid < '(124,0)'"},
    {"the largest block there is",
     &by_block,
     true,
     {.keys = {.from = 0, .to = INT64_C(4294967294), .closed = true}},
     "issues.ctid >= '(0,0)' AND issues.ctid < '(4294967295,0)'"},
    {"one text is compared by itself",
     &by_text,
     true,
     {.tuples = {.from = "it's\0", .to = "a\\b\0"}},
     "issues.id >= 'it''s' AND issues.id < E'a\\\\b'"},
    {"many are compared as a row",
     &by_pair,
     true,
     {.tuples = {.from = "5\0\0", .to = "6\0x\0", .closed = true}},
     "(notes.kind, notes.slug) >= ('5', '') AND (notes.kind, notes.slug) <= ('6', 'x')"
     " AND ((notes.kind = '5' AND notes.slug >= '')"
     " OR (notes.kind > '5' AND notes.kind < '6')"
     " OR (notes.kind = '6' AND notes.slug <= 'x'))"},
    {"what both bounds have in common is one value",
     &by_pair,
     true,
     {.tuples = {.from = "5\0a\0", .to = "5\0b\0"}},
     "notes.kind = '5' AND notes.slug >= 'a' AND notes.slug < 'b'"},
    {"a single key is asked for as such",
     &by_pair,
     true,
     {.tuples = {.from = "5\0a\0", .to = "5\0a\0", .closed = true}},
     "notes.kind = '5' AND notes.slug = 'a'"},
    {"three columns, one of them in common",
     &by_three,
     true,
     {.tuples = {.from = "1\0"
                         "2\0"
                         "3\0",
                 .to = "1\0"
                       "5\0"
                       "6\0"}},
     "t.a = '1' AND (t.b, t.c) >= ('2', '3') AND (t.b, t.c) < ('5', '6')"
     " AND ((t.b = '2' AND t.c >= '3') OR (t.b > '2' AND t.b < '5')"
     " OR (t.b = '5' AND t.c < '6'))"},
    {"a row for people",
     &by_pair,
     false,
     {.keys = {0}},
     "(notes.kind, notes.slug) >= (:from) AND (notes.kind, notes.slug) < (:to)"},
};

static void test_pieces(void **state)
{
    struct str sql;

    (void)state;
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        print_message("  %s\n", pieces[i].name);
        str_clear(&sql);
        pass_range_add(pieces[i].pass, pieces[i].written ? &pieces[i].piece : NULL, &sql);
        assert_string_equal(sql.text, pieces[i].sql);
    }
    str_release(&sql);
}

static const struct {
    const char *name;
    const struct pass *pass;
    const char *sql;
} bounds[] = {
    {"of numbers", &by_id, "SELECT min(issues.id), max(issues.id) FROM issues"},
    {"of a window", &window,
     "SELECT min(issues.id), max(issues.id) FROM issues"
     " WHERE issues.id >= 3 AND issues.id <= 8"},
    {"of blocks", &by_block,
     "SELECT 0::bigint, pg_relation_size('\"Odd\".issues'::regclass)"
     " / current_setting('block_size')::bigint - 1"},
    {"of tuples both ends of the index", &by_pair,
     "SELECT * FROM (SELECT notes.kind::text, notes.slug::text FROM notes"
     " ORDER BY notes.kind, notes.slug LIMIT 1) AS first_key,"
     " (SELECT notes.kind::text, notes.slug::text FROM notes"
     " ORDER BY notes.kind DESC, notes.slug DESC LIMIT 1) AS last_key"},
    {"values are not NULL", &values,
     "SELECT * FROM (SELECT issues.id::text FROM issues WHERE issues.id IS NOT NULL"
     " ORDER BY issues.id LIMIT 1) AS first_key,"
     " (SELECT issues.id::text FROM issues WHERE issues.id IS NOT NULL"
     " ORDER BY issues.id DESC LIMIT 1) AS last_key"},
    {"none of the columns is", &values_of_pair,
     "SELECT * FROM (SELECT notes.kind::text, notes.slug::text FROM notes"
     " WHERE notes.kind IS NOT NULL AND notes.slug IS NOT NULL"
     " ORDER BY notes.kind, notes.slug LIMIT 1) AS first_key,"
     " (SELECT notes.kind::text, notes.slug::text FROM notes"
     " WHERE notes.kind IS NOT NULL AND notes.slug IS NOT NULL"
     " ORDER BY notes.kind DESC, notes.slug DESC LIMIT 1) AS last_key"},
};

static void test_bounds(void **state)
{
    struct str sql;

    (void)state;
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        print_message("  %s\n", bounds[i].name);
        str_clear(&sql);
        pass_range_add_bounds(bounds[i].pass, &sql);
        assert_string_equal(sql.text, bounds[i].sql);
    }
    str_release(&sql);
}

static void test_what_comes_next(void **state)
{
    const struct tuple_piece one = {.from = "x\0", .to = "z\0", .ahead = 4000};
    const struct tuple_piece two = {.from = "5\0a\0", .to = "9\0'\0", .ahead = 1};
    struct str sql;

    (void)state;
    str_init(&sql);
    pass_range_add_seek(&by_id, 10, 20, &sql);
    assert_string_equal(sql.text, "SELECT min(issues.id) FROM issues"
                                  " WHERE issues.id >= 10 AND issues.id <= 20");
    str_clear(&sql);
    pass_range_add_reach(&by_text, &one, &sql);
    assert_string_equal(sql.text, "SELECT issues.id::text, issues.id = 'x' FROM issues"
                                  " WHERE issues.id >= 'x' AND issues.id <= 'z'"
                                  " ORDER BY issues.id OFFSET 4000 LIMIT 1");
    str_clear(&sql);
    pass_range_add_beyond(&by_pair, &two, &sql);
    assert_string_equal(
        sql.text, "SELECT notes.kind::text, notes.slug::text, (notes.kind, notes.slug) = ('5', 'a')"
                  " FROM notes WHERE (notes.kind, notes.slug) > ('5', 'a')"
                  " AND (notes.kind, notes.slug) <= ('9', '''')"
                  " ORDER BY notes.kind, notes.slug LIMIT 1");
    str_release(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_what_comes_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
