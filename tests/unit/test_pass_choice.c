/* What the catalog says, and how metrics are counted because of it; without a server. */
#include "metrics/pass_choice.h"

#include "tests/support/planned.h"
#include "tests/support/test.h"

#include "metrics/pass_plan.h"
#include "metrics/pass_words.h"

#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */
#define MANY        5000000
#define MOST        6

/* ---- A catalog by hand ---- */

#define EVEN(called, of_type)                                                                      \
    {                                                                                              \
        .name = (called), .type = (of_type), .has_statistics = true, .distinct = MANY / 10,        \
        .most_common = 0.00001                                                                     \
    }
#define SKEWED(called, of_type)                                                                    \
    {                                                                                              \
        .name = (called), .type = (of_type), .has_statistics = true, .distinct = MANY / 10,        \
        .most_common = 0.5                                                                         \
    }
#define UNKNOWN(called, of_type)                                                                   \
    {                                                                                              \
        .name = (called), .type = (of_type)                                                        \
    }
#define COLUMNS(...)                                                                               \
    .columns = (const char *[]){__VA_ARGS__},                                                      \
    .column_count = COUNT_OF(((const char *[]){__VA_ARGS__})), .plain_order = true
#define PRIMARY(first, keys, ...)                                                                  \
    {                                                                                              \
        .column = first, .never_null = true, .primary = true, .unique = (keys) == 1,               \
        .unique_never_null = true, .key_count = (keys), COLUMNS(__VA_ARGS__)                       \
    }
#define OTHER(first, keys, ...)                                                                    \
    {                                                                                              \
        .column = first, .key_count = (keys), COLUMNS(__VA_ARGS__)                                 \
    }
#define NEVER_NULL(first, keys, ...)                                                               \
    {                                                                                              \
        .column = first, .never_null = true, .key_count = (keys), COLUMNS(__VA_ARGS__)             \
    }

#define DAY_US INT64_C(86400000000)
#define NOW_US ((RECORDED_AT - INT64_C(946684800)) * 1000000)

/* A tenth of the rows came in each of the last ten hundreds of days. */
static int64_t thousand_days[] = {
    NOW_US - 1000 * DAY_US,
    NOW_US - 900 * DAY_US,
    NOW_US - 800 * DAY_US,
    NOW_US - 700 * DAY_US,
    NOW_US - 600 * DAY_US,
    NOW_US - 500 * DAY_US,
    NOW_US - 400 * DAY_US,
    NOW_US - 300 * DAY_US,
    NOW_US - 200 * DAY_US,
    NOW_US - 100 * DAY_US,
    NOW_US,
};

static struct column_facts issue_columns[] = {
    UNKNOWN("author_id", "int8"),
    UNKNOWN("editor_id", "int8"),
    UNKNOWN("closer_id", "int8"),
    UNKNOWN("mover_id", "int8"),
    UNKNOWN("title", "text"),
    UNKNOWN("iid", "uuid"),
    UNKNOWN("body", "text"),
    UNKNOWN("state_id", "int2"),
    UNKNOWN("due_on", "date"),
    UNKNOWN("closed_at", "timestamp"),
    {.name = "created_at",
     .type = "timestamp",
     .has_statistics = true,
     .bounds = {thousand_days, COUNT_OF(thousand_days)}},
};
static struct index_facts issue_indexes[] = {
    PRIMARY(EVEN("id", "int8"), 1, "id"),
    OTHER(EVEN("author_id", "int8"), 1, "author_id", "state_id", "closed_at"),
    OTHER(EVEN("editor_id", "int8"), 1, "editor_id"),
    OTHER(SKEWED("closer_id", "int8"), 1, "closer_id", "state_id"),
    OTHER(EVEN("iid", "uuid"), 2, "iid", "title"),
    OTHER(SKEWED("body", "text"), 1, "body"),
    OTHER(UNKNOWN("title", "text"), 1, "title"),
    OTHER(EVEN("due_on", "date"), 1, "due_on"),
    OTHER(EVEN("created_at", "timestamp"), 1, "created_at"),
};
static struct column_facts bare_columns[] = {UNKNOWN("id", "int8")};
static struct index_facts event_indexes[] = {
    NEVER_NULL(EVEN("project_id", "int8"), 1, "project_id")};
static struct index_facts skewed_indexes[] = {
    NEVER_NULL(SKEWED("project_id", "int8"), 1, "project_id")};
static struct index_facts unknown_indexes[] = {
    NEVER_NULL(UNKNOWN("project_id", "int8"), 1, "project_id")};
static struct index_facts label_indexes[] = {PRIMARY(UNKNOWN("id", "uuid"), 1, "id")};
static struct index_facts member_indexes[] = {
    PRIMARY(SKEWED("source_id", "int8"), 2, "source_id", "user_id")};
static struct index_facts note_indexes[] = {
    PRIMARY(EVEN("project_id", "int8"), 2, "project_id", "id")};
static struct index_facts token_indexes[] = {PRIMARY(UNKNOWN("a", "int4"), 2, "a", "b")};
static struct index_facts path_indexes[] = {
    PRIMARY(UNKNOWN("a", "text"), 3, "a", "b", "c"),
    {.column = UNKNOWN("path", "text"),
     .never_null = true,
     .unique = true,
     .unique_never_null = true,
     .key_count = 1,
     COLUMNS("path", "extra")},
};
static struct index_facts odd_indexes[] = {{.column = UNKNOWN("path", "text"),
                                            .never_null = true,
                                            .primary = true,
                                            .unique = true,
                                            .unique_never_null = true,
                                            .key_count = 1,
                                            .columns = (const char *[]){"path"},
                                            .column_count = 1}};
static struct index_facts null_indexes[] = {OTHER(EVEN("id", "int8"), 1, "id")};

#define RELATION(called, of_kind, about)                                                           \
    .name = (called), .exists = true, .kind = (of_kind), .rows = (about)
#define INDEXES(list) .indexes = (list), .index_count = COUNT_OF(list)

static struct relation_facts relations[] = {
    {RELATION("ancestors", 'r', MANY), .has_heirs = true},
    {RELATION("bare", 'r', MANY), .columns = bare_columns, .column_count = 1},
    {RELATION("events", 'r', MANY), INDEXES(event_indexes)},
    {RELATION("events_skewed", 'r', MANY), INDEXES(skewed_indexes)},
    {RELATION("events_unknown", 'r', MANY), INDEXES(unknown_indexes)},
    {RELATION("events_unknown_parted", 'p', MANY), INDEXES(unknown_indexes)},
    {RELATION("issues", 'r', MANY), INDEXES(issue_indexes), .columns = issue_columns,
     .column_count = COUNT_OF(issue_columns), .visible_share = 1, .pages = MANY / 60},
    {RELATION("labels", 'r', MANY), INDEXES(label_indexes)},
    {RELATION("members", 'r', MANY), INDEXES(member_indexes)},
    {RELATION("members_few", 'r', 90000), INDEXES(member_indexes)},
    {RELATION("notes", 'r', MANY), INDEXES(note_indexes)},
    {RELATION("nullable", 'r', MANY), INDEXES(null_indexes)},
    {RELATION("odd", 'r', MANY), INDEXES(odd_indexes)},
    {RELATION("parted", 'p', MANY)},
    {RELATION("paths", 'r', MANY), INDEXES(path_indexes)},
    {RELATION("seen", 'v', 0)},
    {RELATION("stored", 'm', MANY)},
    {RELATION("tokens", 'r', MANY), INDEXES(token_indexes)},
    {RELATION("tokens_parted", 'p', MANY), INDEXES(token_indexes)},
};

enum server { NEW, OLD, STANDBY, DIRTY, FAST, OLD_FAST };

static const struct database_facts *facts_of(enum server server, struct arena *arena)
{
    struct database_facts *facts = ARENA_NEW(arena, struct database_facts);
    struct relation_facts *own = ARENA_ARRAY(arena, struct relation_facts, COUNT_OF(relations));

    memcpy(own, relations, sizeof(relations));
    for (size_t i = 0; i < COUNT_OF(relations); i++)
        own[i].visible_share = server == STANDBY ? 0 : server == DIRTY ? 0.9 : own[i].visible_share;
    *facts = (struct database_facts){
        .name = "main",
        .read = true,
        .standby = server == STANDBY,
        .server_version = server == OLD || server == OLD_FAST ? 130012 : 150004,
        .fast = server == FAST || server == OLD_FAST,
        .relations = own,
        .relation_count = COUNT_OF(relations),
    };
    return facts;
}

/* ---- Plans ---- */

static const struct {
    const char *name;
    enum server server;
    const char *definitions[MOST];
    const char *plan; /* for each pass: its name, how its key is walked, its metrics */
} cases[] = {
    {"a key that begins with a number is walked by it",
     NEW,
     {"all {relation: notes}"},
     "main: notes by project_id, integer: m0\n"},
    {"but not if one of its values holds most rows",
     NEW,
     {"all {relation: members}"},
     "main: members by source_id, user_id, tuple: m0\n"},
    {"a table smaller than a piece is never skewed",
     NEW,
     {"all {relation: members_few}"},
     "main: members_few by source_id, integer: m0\n"},
    {"without statistics nobody knows",
     NEW,
     {"all {relation: tokens}"},
     "main: tokens by a, b, tuple: m0\n"},
    {"nor of a partitioned table",
     NEW,
     {"all {relation: tokens_parted}"},
     "main: tokens_parted by a, b, tuple: m0\n"},
    {"a uuid", NEW, {"all {relation: labels}"}, "main: labels by id, tuple: m0\n"},
    {"the shortest key is compared fastest",
     NEW,
     {"all {relation: paths}"},
     "main: paths by path, tuple: m0\n"},
    {"an index that sorts in another way is none",
     NEW,
     {"all {relation: odd}"},
     "main: odd by blocks, block: m0\n"},
    {"an index that is not unique is as exact",
     NEW,
     {"all {relation: events}"},
     "main: events by project_id, integer: m0\n"},
    {"skewed ones are left alone",
     NEW,
     {"all {relation: events_skewed}"},
     "main: events_skewed by blocks, block: m0\n"},
    {"and those that may be skewed",
     NEW,
     {"all {relation: events_unknown}"},
     "main: events_unknown by blocks, block: m0\n"},
    {"unless there is no other way",
     OLD,
     {"all {relation: events_unknown}", "all {relation: events_unknown_parted}"},
     "main: events_unknown by project_id, integer: m0\n"
     "main: events_unknown_parted by project_id, integer: m1\n"},
    {"rows without a key would be missed",
     NEW,
     {"all {relation: nullable}"},
     "main: nullable by blocks, block: m0\n"},
    {"tables without a key go by blocks, materialised views as well",
     NEW,
     {"all {relation: bare, where: a}", "all {relation: stored}", "all {relation: bare}"},
     "main: bare by blocks, block: m0 m2\nmain: stored by blocks, block: m1\n"},
    {"what has no blocks of its own is one statement",
     NEW,
     {"all {relation: parted}", "all {relation: ancestors}", "all {relation: seen}"},
     "main: ancestors: m1\nmain: parted: m0\nmain: seen: m2\n"},
    {"older servers read the whole table for a range of blocks",
     OLD,
     {"all {relation: bare}", "all {relation: stored}"},
     "main: bare: m0\nmain: stored: m1\n"},
    {"a database that is to be fast goes by blocks, but for windows and what has none",
     FAST,
     {"all {relation: issues}", "all {relation: issues, where: a}", "7d {relation: issues}",
      "all {relation: tokens_parted}"},
     "main: issues by blocks, block: m0 m1\nmain: tokens_parted by a, b, tuple: m3\n"
     "main: issues by created_at, window, timestamp: m2\n"},
    {"an older server goes by keys all the same",
     OLD_FAST,
     {"all {relation: issues}"},
     "main: issues by id, integer: m0\n"},
    {"joins are walked by any key of the driving relation",
     NEW,
     {"all {relation: labels, joins: [{relation: seen, on: a = b}]}",
      "all {relation: bare, joins: [{relation: seen, on: a = b}]}"},
     "main: bare with seen by blocks (c48d), block: m1\n"
     "main: labels with seen by id (bdf8), tuple: m0\n"},
    {"numbers ride where there is no key but blocks",
     NEW,
     {"all {relation: bare, operation: distinct_count, column: id}"},
     "main: bare by blocks, block: m0\n"},

    {"distinct numbers alone are walked by their values",
     NEW,
     {"all {relation: issues, operation: distinct_count, column: author_id}",
      "all {relation: issues, operation: distinct_count, column: author_id, where: state_id = 1}"},
     "main: issues by author_id, values, integer: m0 m1; otherwise main: issues by id: m0 m1\n"},
    {"a window that the index has, too",
     NEW,
     {"7d {relation: issues, operation: distinct_count, column: author_id, timestamp_column: "
      "closed_at}"},
     "main: issues by author_id, values, integer: m0; otherwise main: issues by id: m0\n"},
    {"two columns are two walks",
     NEW,
     {"all {relation: issues, operation: distinct_count, column: author_id}",
      "all {relation: issues, operation: distinct_count, column: editor_id}"},
     "main: issues by author_id, values, integer: m0; otherwise main: issues by id: m0\n"
     "main: issues by editor_id, values, integer: m1; otherwise main: issues by id: m1\n"},
    {"they ride where the table is read in any case",
     NEW,
     {"all {relation: issues, where: weight > 3}",
      "all {relation: issues, operation: sum, column: weight}",
      "all {relation: issues, operation: distinct_count, column: author_id}"},
     "main: issues by id, integer: m0 m1 m2\n"},
    {"and where the condition is not in the index",
     NEW,
     {"all {relation: issues, operation: distinct_count, column: editor_id, where: state_id = 1}"},
     "main: issues by id, integer: m0\n"},
    {"and where the window is not",
     NEW,
     {"7d {relation: issues, operation: distinct_count, column: editor_id, timestamp_column: "
      "closed_at}"},
     "main: issues by id, integer: m0\n"},
    {"and where they are skewed",
     NEW,
     {"all {relation: issues, operation: distinct_count, column: closer_id}"},
     "main: issues by id, integer: m0\n"},
    {"and where they have no index",
     NEW,
     {"all {relation: issues, operation: distinct_count, column: mover_id}"},
     "main: issues by id, integer: m0\n"},
    {"and where pages are not visible to all",
     DIRTY,
     {"all {relation: issues, operation: distinct_count, column: author_id}"},
     "main: issues by id, integer: m0\n"},
    {"and on a standby",
     STANDBY,
     {"all {relation: issues, operation: distinct_count, column: author_id}"},
     "main: issues by id, integer: m0\n"},
    {"and beside a sub-select, and in joins",
     NEW,
     {"all {relation: issues, operation: distinct_count, column: author_id, where: state_id IN "
      "(SELECT state_id FROM notes)}",
      "all {relation: issues, operation: distinct_count, column: issues.author_id, joins: "
      "[{relation: seen, on: a = b}]}"},
     "main: issues by id (a438), integer: m0\nmain: issues with seen by id (2ddc), integer: m1\n"},
    {"those of an indexed window are walked by that",
     NEW,
     {"28d {relation: issues, operation: distinct_count, column: author_id}"},
     "main: issues by created_at, window, timestamp: m0\n"},

    {"texts go by their values, uuids and dates as well, also where the table is read",
     STANDBY,
     {"all {relation: issues, operation: distinct_count, column: title, where: weight > 3}",
      "all {relation: issues, operation: distinct_count, column: iid}",
      "all {relation: issues, operation: distinct_count, column: due_on}",
      "7d {relation: issues, operation: distinct_count, column: title, timestamp_column: "
      "closed_at}"},
     "main: issues by due_on, values, date: m2\nmain: issues by iid, values, tuple: m1\n"
     "main: issues by title, values, tuple: m0 m3\n"},
    {"but not skewed ones, or those of a small window",
     NEW,
     {"all {relation: issues, operation: distinct_count, column: body}",
      "28d {relation: issues, operation: distinct_count, column: title}"},
     "main: m0: m0\nmain: m1: m1\n"},
};

static const char *const types[] = {
    [KEY_INTEGER] = ", integer", [KEY_TIMESTAMP] = ", timestamp", [KEY_DATE] = ", date",
    [KEY_BLOCK] = ", block",     [KEY_TUPLE] = ", tuple",
};

static void write_items(const struct pass *pass, struct str *out)
{
    for (size_t i = 0; i < pass->item_count; i++)
        str_add_format(out, " %s", pass->items[i].metric->key_path);
}

static void write_pass(const struct pass *pass, struct str *out)
{
    str_add_format(out, "%s%s:", pass->name,
                   pass->key.type != KEY_NONE ? types[pass->key.type] : "");
    write_items(pass, out);
    if (pass->otherwise != NULL) {
        str_add_format(out, "; otherwise %s:", pass->otherwise->name);
        write_items(pass->otherwise, out);
    }
    str_add_char(out, '\n');
}

static struct pass_list plan(const char *const *definitions, enum server server,
                             struct arena *arena)
{
    struct placed *placed = ARENA_ARRAY(arena, struct placed, MOST);
    struct pass_request request = {
        .placed = placed,
        .facts = facts_of(server, arena),
        .recorded_at = RECORDED_AT,
        .small_table_rows = 1000,
        .piece_target_ms = 250,
    };

    for (; request.count < MOST && definitions[request.count] != NULL; request.count++)
        placed[request.count] =
            planned_place(definitions[request.count], request.count, request.facts, arena);
    return pass_plan(&request, arena);
}

static void test_choices(void **state)
{
    struct str text;

    (void)state;
    str_init(&text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena *arena = arena_new();
        struct pass_list list = plan(cases[i].definitions, cases[i].server, arena);

        print_message("# %s\n", cases[i].name);
        str_clear(&text);
        for (size_t j = 0; j < list.count; j++)
            write_pass(list.passes[j], &text);
        assert_string_equal(text.text, cases[i].plan);
        arena_free(arena);
    }
    str_release(&text);
}

static void test_covering_indexes(void **state)
{
    static const char *const alone[MOST] = {
        "all {relation: issues, operation: distinct_count, column: iid, where: title > 'm'}"};
    static const char *const with_others[MOST] = {
        "all {relation: issues, operation: distinct_count, column: iid}",
        "all {relation: issues, operation: distinct_count, column: iid, where: weight > 3}"};
    struct arena *arena = arena_new();

    (void)state;
    assert_true(plan(alone, NEW, arena).passes[0]->key.covers);
    assert_false(plan(with_others, NEW, arena).passes[0]->key.covers);
    arena_free(arena);
}

/* What the statements are made of. */
static void test_passes_by_values(void **state)
{
    static const char *const definitions[MOST] = {
        "all {relation: issues, operation: distinct_count, column: author_id}",
        "all {relation: issues, operation: distinct_count, column: author_id, where: state_id = "
        "1}"};
    struct arena *arena = arena_new();
    const struct pass *pass = plan(definitions, NEW, arena).passes[0];

    (void)state;
    assert_int_equal(pass->kind, PASS_DISTINCT);
    assert_true(pass->key.covers);
    assert_int_equal(pass->key.column_count, 1);
    assert_string_equal(pass->key.columns[0], "issues.author_id");
    assert_int_equal(pass->column_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pass->columns[i].kind, COLUMN_COUNT);
        assert_string_equal(pass->columns[i].argument, "author_id");
        assert_int_equal(pass->otherwise->columns[i].kind, COLUMN_IDS);
        assert_ptr_equal(pass->items[i].metric, pass->otherwise->items[i].metric);
    }
    assert_null(pass->columns[0].filter);
    assert_string_equal(pass->columns[1].filter, "(state_id = 1)");
    assert_null(pass->otherwise->otherwise);
    arena_free(arena);
}

static void test_keys_of_several_columns(void **state)
{
    static const char *const members[MOST] = {"all {relation: members}"};
    static const char *const bare[MOST] = {"all {relation: bare}"};
    struct arena *arena = arena_new();
    const struct pass *pass = plan(members, NEW, arena).passes[0];

    (void)state;
    assert_int_equal(pass->key.column_count, 2);
    assert_string_equal(pass->key.columns[0], "members.source_id");
    assert_string_equal(pass->key.columns[1], "members.user_id");
    pass = plan(bare, NEW, arena).passes[0];
    assert_int_equal(pass->key.column_count, 1);
    assert_string_equal(pass->key.columns[0], "bare.ctid");
    arena_free(arena);
}

/* ---- Rows ---- */

static const struct {
    const char *name;
    const char *definitions[MOST];
    int64_t rows;
} estimates[] = {
    {"a walk reads all rows", {"all {relation: issues}"}, MANY},
    {"seven days of a thousand", {"7d {relation: issues}"}, 35000},
    {"the longer window holds the shorter one",
     {"7d {relation: issues}", "28d {relation: issues, where: a}",
      "7d {relation: issues, where: b}"},
     140000},
    {"without statistics it is a rule of thumb",
     {"7d {relation: issues, timestamp_column: due_on}"},
     MANY / 20},
    {"distinct texts of a window",
     {"28d {relation: issues, operation: distinct_count, column: body}"},
     140000},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(estimates); i++) {
        struct arena *arena = arena_new();

        print_message("# %s\n", estimates[i].name);
        assert_int_equal(plan(estimates[i].definitions, NEW, arena).passes[0]->rows,
                         estimates[i].rows);
        arena_free(arena);
    }
}

/* ---- Shares ---- */

static int64_t numbers[] = {0, 100, 200, 300, 400};
static int64_t equal[] = {5, 5};
static int64_t common[] = {7, 1000}, common_shares[] = {200000000, 300000000};

#define NUMBERS(list)                                                                              \
    {                                                                                              \
        (list), COUNT_OF(list)                                                                     \
    }

static const struct {
    const char *name;
    struct column_facts column;
    int64_t first, last;
    double share; /* below 0: unknown */
} shares[] = {
    {"no statistics", {.name = "at"}, 0, 9, -1},
    {"nothing but NULLs", {.has_statistics = true, .null_share = 1}, 0, 9, 0},
    {"a part of a bucket", {.has_statistics = true, .bounds = NUMBERS(numbers)}, 150, 175, 0.0625},
    {"over several", {.has_statistics = true, .bounds = NUMBERS(numbers)}, 50, 350, 0.75},
    {"before the first", {.has_statistics = true, .bounds = NUMBERS(numbers)}, -90, -10, 0},
    {"behind the last as densely",
     {.has_statistics = true, .bounds = NUMBERS(numbers)},
     350,
     450,
     0.25},
    {"all of it behind the last",
     {.has_statistics = true, .bounds = NUMBERS(numbers)},
     900,
     950,
     0.125},
    {"never more than all", {.has_statistics = true, .bounds = NUMBERS(numbers)}, 0, 99999, 1},
    {"without NULLs",
     {.has_statistics = true, .null_share = 0.5, .bounds = NUMBERS(numbers)},
     100,
     200,
     0.125},
    {"one value twice", {.has_statistics = true, .bounds = NUMBERS(equal)}, 5, 9, 1},
    {"common values alone",
     {.has_statistics = true, .common = NUMBERS(common), .common_shares = NUMBERS(common_shares)},
     0,
     99,
     0.2},
    {"common values and others",
     {.has_statistics = true,
      .bounds = NUMBERS(numbers),
      .common = NUMBERS(common),
      .common_shares = NUMBERS(common_shares)},
     0,
     100,
     0.325},
    {"the ends of all times",
     {.has_statistics = true, .bounds = {(int64_t[]){INT64_MIN, 0, INT64_MAX}, 3}},
     0,
     1,
     0},
};

static void test_shares(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        double share = -1;

        print_message("# %s\n", shares[i].name);
        assert_int_equal(
            facts_share_between(&shares[i].column, shares[i].first, shares[i].last, &share),
            shares[i].share >= 0);
        assert_true(share > shares[i].share - 1e-6 && share < shares[i].share + 1e-6);
    }
}

/* ---- Words ---- */

static const struct {
    const char *name;
    const char *definitions[MOST];
    const char *method, *error_bound, *unindexed;
} words[] = {
    {"a walk",
     {"all {relation: issues}"},
     "one walk over issues by id, piece by piece",
     NULL,
     NULL},
    {"several columns",
     {"all {relation: members}"},
     "one walk over members by source_id, user_id, piece by piece",
     NULL,
     NULL},
    {"ids of several columns",
     {"all {relation: issues, operation: distinct_count, column: closer_id}",
      "all {relation: issues, operation: distinct_count, column: mover_id}"},
     "one walk over issues by id, piece by piece; the ids of a row come in one number where they "
     "fit",
     NULL,
     NULL},
    {"a window",
     {"7d {relation: issues}"},
     "one walk over the window of issues by created_at, piece by piece",
     NULL,
     NULL},
    {"values",
     {"all {relation: issues, operation: distinct_count, column: iid}"},
     "one walk over issues by the values of iid, piece by piece",
     NULL,
     NULL},
    {"timestamps without an index",
     {"7d {relation: issues, timestamp_column: closed_at}", "all {relation: issues}",
      "28d {relation: issues, timestamp_column: closed_at}"},
     "one walk over issues by id, piece by piece",
     NULL,
     "issues.closed_at has no index, so 7d and 28d metrics read the whole table"},
    {"blocks",
     {"all {relation: bare}"},
     "one walk over bare by its blocks, piece by piece",
     "rows moved by updates during the walk may be missed or counted twice",
     "bare has no primary key: it is walked by its blocks, and its counts are not exact while rows "
     "change"},
    {"no blocks",
     {"all {relation: parted}"},
     "one statement",
     NULL,
     "parted has no primary key: it is counted in one statement"},
    {"distinct values without an index",
     {"all {relation: labels, operation: distinct_count, column: name}"},
     "one statement",
     NULL,
     "labels.name has no index that fits, so its distinct count is one statement"},
    {"a view", {"all {relation: seen}"}, "one statement", NULL, NULL},
};

static void assert_words(const char *is, const char *expected)
{
    assert_string_equal(is != NULL ? is : "nothing", expected != NULL ? expected : "nothing");
}

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct arena *arena = arena_new();
        const struct pass *pass = plan(words[i].definitions, NEW, arena).passes[0];

        print_message("# %s\n", words[i].name);
        assert_words(pass_words_method(pass, arena), words[i].method);
        assert_words(pass_words_error_bound(pass), words[i].error_bound);
        assert_words(pass_words_unindexed(pass, NULL, arena), words[i].unindexed);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_covering_indexes),
        cmocka_unit_test(test_passes_by_values),
        cmocka_unit_test(test_keys_of_several_columns),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
