/*
 * Random tables and conditions, seeded: a piece that groups first and judges after says the same as
 * one that judges each row, and as one plain statement for each column. 30 cases, or SOAK of them.
 */
#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "metrics/pass_plan.h"
#include "metrics/pass_range.h"
#include "metrics/pass_sql.h"
#include "metrics/sources.h"
#include "tests/support/chance.h"
#include "tests/support/definition.h"
#include "tests/support/rehearsal.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */
#define METRICS     120
#define PIECES      4
#define VALUES      90 /* metrics of one walk value by value: more than one mask holds */

static struct sql_desk desk;
static size_t grouped_passes, grouped_apart, judged_columns;

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options='-csearch_path=grouping'");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sql_desk_close(&desk);
    return 0;
}

/* ---- Tables ---- */

/* The facts as the catalog would say them, with what must not be grouped by among them. */
#define COLUMN(called, of_type, values)                                                            \
    {                                                                                              \
        .name = (called), .type = (of_type), .has_statistics = true, .distinct = (values),         \
        .null_share = 0.1                                                                          \
    }
static struct column_facts columns[] = {
    COLUMN("state", "int2", 4),      COLUMN("kind", "text", 8),      COLUMN("flag", "bool", 2),
    COLUMN("severity", "int4", 6),   COLUMN("day", "date", 20),      COLUMN("ratio", "numeric", 3),
    COLUMN("share", "float8", 4),    COLUMN("word", "text", 3),      COLUMN("ref", "int8", 50000),
    COLUMN("weight", "int4", 11),    COLUMN("amount", "numeric", 9), COLUMN("pause", "interval", 2),
    COLUMN("Mixed Case", "int4", 3),
};
static struct index_facts indexes[] = {
    {.column = {.name = "id", .type = "int8"}, .never_null = true, .primary = true, .unique = true},
    {.column = {.name = "made_at", .type = "timestamp"}},
};
static struct relation_facts relations[] = {
    {.name = "items",
     .exists = true,
     .kind = 'r',
     .rows = 20000000,
     .columns = columns,
     .column_count = COUNT_OF(columns),
     .indexes = indexes,
     .index_count = COUNT_OF(indexes)},
    {.name = "places",
     .exists = true,
     .kind = 'r',
     .rows = 20000000,
     .indexes = indexes,
     .index_count = 1},
};
static const struct database_facts facts = {
    .name = "main", .read = true, .relations = relations, .relation_count = COUNT_OF(relations)};

static void make_tables(void)
{
    struct str sql;

    str_init(&sql);
    sql_desk_write(&desk, "DROP SCHEMA IF EXISTS grouping CASCADE");
    sql_desk_write(&desk, "CREATE SCHEMA grouping");
    sql_desk_write(&desk, "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2',"
                          " deterministic = false)");
    sql_desk_write(&desk, "CREATE TABLE places (id bigint PRIMARY KEY, kind int, state int)");
    sql_desk_write(&desk,
                   "INSERT INTO places SELECT g, g % 5, g % 2 FROM generate_series(0, 60) g");
    sql_desk_write(
        &desk, "CREATE TABLE items (id bigint PRIMARY KEY, state smallint NOT NULL, kind text,"
               " flag boolean, severity int, day date, ratio numeric, share float8,"
               " word text COLLATE loose, ref bigint, weight int, amount numeric, pause interval,"
               " \"Mixed Case\" int, made_at timestamp NOT NULL, seen_at timestamptz)");
    str_add_format(
        &sql,
        "INSERT INTO items SELECT g, g %% 4, CASE WHEN g %% 7 > 0 THEN 'k' || g %% %ld END,"
        " CASE g %% 3 WHEN 0 THEN true WHEN 1 THEN false END, nullif((g * 31 %% 6)::int, 2),"
        " date '2026-11-01' + (g %% 20)::int, (ARRAY[1.0, 1.00, 2, NULL])[g / 5 %% 4 + 1],"
        " (ARRAY['NaN', '0', '-0', 'Infinity', NULL])[g / 3 %% %ld + 1]::float8,"
        " (ARRAY['a', 'A', 'b'])[g / 11 %% 3 + 1], CASE WHEN g %% 9 > 0 THEN g * 7919 %% 90 END,"
        " CASE WHEN g %% 5 > 0 THEN (g %% 11)::int - 4 END,"
        " CASE WHEN g %% %ld = 0 THEN 'NaN'::numeric WHEN g %% 2 = 0 THEN g / 8.0 END,"
        " (ARRAY['1 month', '30 days'])[g / 9 %% 2 + 1]::interval, (g %% 3)::int,"
        " timestamp '2026-11-21 10:00' - g %% %ld * interval '%ld minutes',"
        " CASE WHEN g %% 5 > 0 THEN timestamptz '2026-11-21 10:00+00' - g %% %ld *"
        " interval '%ld minutes' END FROM generate_series(1::bigint, %ld) g",
        below(9) + 1, below(5) + 1, below(4000) + 300, below(4000) + 1, below(60) + 1,
        below(4000) + 1, below(60) + 1, below(5) == 0 ? below(3) : below(3000));
    sql_desk_write(&desk, sql.text);
    str_release(&sql);
}

/* ---- Metrics ---- */

static const char *condition(bool joined)
{
    if (joined)
        return ONE_OF("items.state = 1", "items.flag",
                      "items.state IN (1, 2) OR items.flag IS NULL", "places.kind = 2",
                      "items.kind = 'k1' AND items.severity > 2", "\"items\".\"state\" <> 0",
                      "severity < 3", "");
    return ONE_OF("", "state = 1", "items.state = 2", "\"items\".\"state\" IN (0, 3)", "flag",
                  "NOT flag", "flag IS NULL", "kind = 'k1'", "kind LIKE 'k%' AND state < 3",
                  "kind IS NULL OR severity > 3", "severity BETWEEN 1 AND 4", "severity <> 1",
                  "day > DATE '2026-11-11'", "date_trunc('week', day) = '2026-11-09'",
                  "ratio::text = '1.00'", "ratio = 1", "share::text = '-0'", "share > 1",
                  "md5(word) < '8'", "word = 'a'", "ascii(word) = 97", "ref > 40", "ref IS NULL",
                  "\"Mixed Case\" = 1", "items.\"Mixed Case\" > 0 AND state = 1",
                  "coalesce(severity, 9) + state > 5", "pause::text = '30 days'",
                  "CASE WHEN flag THEN state = 1 ELSE severity = 3 END", "true", "NULL::boolean",
                  "ref IN (SELECT id FROM places WHERE kind = 2)", "state = ANY (ARRAY[1, 2])",
                  below(12) == 0 ? "1 / state > 0" : "state IS NOT NULL",
                  "lower(kind) = 'k2' AND length(kind) = 2");
}

static void add_where(const char *where, struct str *out)
{
    str_add(out, ", where: '");
    for (; *where != '\0'; where++)
        str_add_format(out, "%s%c", *where == '\'' ? "'" : "", *where);
    str_add_char(out, '\'');
}

static struct placed make_metric(bool joined, bool with_ids, const char *timestamp,
                                 struct arena *arena)
{
    const char *where = condition(joined), *column = ONE_OF("items.weight", "items.amount");
    const char *operation = ONE_OF("count", "count", "count", "sum", "average", "distinct_count");
    const char *frame = strcmp(timestamp, "made_at") == 0 ? "28d" : "7d";
    struct complaints complaints;
    struct placed placed = {0};
    struct str text;

    if (strcmp(operation, "distinct_count") == 0 && !with_ids)
        operation = "count";
    else if (strcmp(operation, "distinct_count") == 0)
        column = ONE_OF("items.ref", "items.weight");
    else if (strcmp(operation, "sum") == 0 && below(4) == 0)
        column = "items.share";
    str_init(&text);
    str_add_format(&text,
                   "time_frame: %s\noptions: {relation: items, operation: %s, timestamp_column: %s",
                   below(3) > 0 ? "all" : frame, operation, timestamp);
    if (strcmp(operation, "count") != 0 || below(4) == 0)
        str_add_format(&text, ", column: %s", column);
    if (*where != '\0')
        add_where(where, &text);
    str_add_format(&text, "%s}\n",
                   joined ? ", joins: [{relation: places, on: places.id = items.ref}]" : "");
    complaints_init(&complaints, arena);
    placed.metric = metric_of_text(text.text, &database_source, arena, &complaints);
    if (complaints.count > 0)
        fail_msg("%s: %s", text.text, complaints.items[0].text);
    placing_place(&placed, &facts, 1, arena);
    assert_false(placed.refused);
    str_release(&text);
    return placed;
}

/* ---- Answers ---- */

struct answer {
    int fields;
    struct error err;
    struct str text;
};

static void add_to_sum(int64_t id, void *arg)
{
    uint64_t *sum = arg;

    *sum += (uint64_t)id * (uint64_t)id + UINT64_C(1000003);
}

static void take(const struct db_result *result, const struct error *err, void *arg)
{
    struct answer *answer = arg;

    if (err != NULL)
        answer->err = *err;
    for (int i = 0; result != NULL && i < answer->fields; i++) {
        uint64_t sum = 0;
        struct error ignored;
        size_t length;

        if (db_is_null(result, 0, i))
            str_add(&answer->text, "NULL");
        else if (db_array(result, 0, i, add_to_sum, &sum, &ignored))
            str_add_format(&answer->text, "{%" PRIu64 "}", sum);
        else
            str_add(&answer->text, db_bytes(result, 0, i, &length));
        str_add_char(&answer->text, '\n');
    }
    loop_stop(desk.loop);
}

static void fetch(const char *sql, struct answer *answer)
{
    struct db_statement statement = {.sql = sql, .timeout_ms = 20000, .lock_timeout_ms = 1000};

    answer->err = (struct error){0};
    str_clear(&answer->text);
    (void)db_query(desk.db, &statement, take, answer);
    loop_run(desk.loop);
}

/* One sub-select for each column, with its filter in WHERE. */
static void add_plain(const struct pass *pass, const struct pass_piece *piece, const size_t *asked,
                      size_t count, struct str *out)
{
    struct str range;

    str_init(&range);
    str_add_format(&range, " FROM %s WHERE ", pass->parts[0].from);
    pass_range_add(pass, piece, &range);
    if (pass->parts[0].where != NULL)
        str_add_format(&range, " AND %s", pass->parts[0].where);
    str_add_format(out, "SELECT (SELECT count(*)::text%s)", range.text);
    for (size_t i = 0; i < count; i++) {
        const struct pass_column *column = &pass->columns[asked[i]];

        if (column->kind == COLUMN_IDS)
            str_add_format(out, ", (SELECT string_agg(int8send(%s), NULL)%s AND %s IS NOT NULL",
                           column->argument, range.text, column->argument);
        else
            str_add_format(out, ", (SELECT %s(%s)::text%s",
                           column->kind == COLUMN_SUM ? "sum" : "count", column->argument,
                           range.text);
        str_add_format(out, "%s%s)", column->filter != NULL ? " AND " : "",
                       column->filter != NULL ? column->filter : "");
    }
    str_release(&range);
}

static void assert_piece(const struct pass *pass, const struct pass_piece *piece,
                         const size_t *asked, size_t count)
{
    struct pass ungrouped = *pass;
    struct str sql[3];
    struct answer answers[3];

    ungrouped.grouping = NULL;
    for (size_t i = 0; i < 3; i++) {
        str_init(&sql[i]);
        str_init(&answers[i].text);
        answers[i].fields = (int)count + 1;
    }
    pass_sql_add_piece(&(struct question){pass, piece, asked, count, NULL}, &sql[0]);
    pass_sql_add_piece(&(struct question){&ungrouped, piece, asked, count, NULL}, &sql[1]);
    add_plain(pass, piece, asked, count, &sql[2]);
    for (size_t i = 0; i < 3; i++) {
        fetch(sql[i].text, &answers[i]);
        if (strcmp(answers[i].err.text, answers[0].err.text) != 0)
            fail_msg("%s\n%s\n%s\n%s", sql[0].text, answers[0].err.text, sql[i].text,
                     answers[i].err.text);
        if (answers[0].err.kind == ERROR_NONE)
            assert_true(answers[0].text.length > 0);
        if (strcmp(answers[i].text.text, answers[0].text.text) != 0)
            fail_msg("%s\n%s\n%s\n%s", sql[0].text, answers[0].text.text, sql[i].text,
                     answers[i].text.text);
    }
    for (size_t i = 0; i < 3; i++) {
        str_release(&sql[i]);
        str_release(&answers[i].text);
    }
}

static void play_pass(const struct pass *pass)
{
    size_t asked[METRICS * 2];

    if (pass->grouping == NULL)
        return;
    grouped_passes++;
    for (size_t i = 0; i < pass->column_count; i++) {
        grouped_apart += pass->grouping->judges[i].way == WAY_APART ? 1 : 0;
        judged_columns += pass->grouping->judges[i].terms != 0 ? 1 : 0;
    }
    for (size_t i = 0; i < PIECES; i++) {
        struct pass_piece piece = {.keys = {.from = below(2000), .closed = below(2) == 0}};
        size_t count = 0;

        piece.keys.to = piece.keys.from + below(3000);
        if (pass->kind == PASS_WINDOW) {
            int64_t length = pass->range.last - pass->range.first;

            piece.keys.from = pass->range.first + length / 4 * below(4);
            piece.keys.to = piece.keys.from + length / 2;
        }
        /* All, then some, as when a piece that failed is asked in parts. */
        for (size_t j = 0; j < pass->column_count; j++)
            if (i == 0 || below((long)i + 1) == 0)
                asked[count++] = j;
        if (count > 0)
            assert_piece(pass, &piece, asked, count);
    }
}

static void play(long seed)
{
    struct arena *arena = arena_new();
    struct placed placed[METRICS];
    struct pass_request request = {.placed = placed,
                                   .count = METRICS,
                                   .facts = &facts,
                                   .recorded_at = RECORDED_AT,
                                   .small_table_rows = 1000,
                                   .piece_target_ms = 250};
    struct pass_list list;
    bool joined, with_ids;

    srand48(seed);
    make_tables();
    joined = below(4) == 0;
    with_ids = below(3) == 0;
    for (size_t i = 0; i < METRICS; i++)
        placed[i] = make_metric(joined, with_ids, ONE_OF("made_at", "seen_at", "seen_at"), arena);
    list = pass_plan(&request, arena);
    for (size_t i = 0; i < list.count; i++)
        play_pass(list.passes[i]);
    arena_free(arena);
}

static long case_count(void)
{
    const char *soak = getenv("SOAK");

    return soak != NULL ? strtol(soak, NULL, 10) : 30;
}

static void test_random(void **state)
{
    long count = case_count();

    (void)state;
    for (long seed = 1; seed <= count; seed++) {
        print_message("  seed %ld\n", seed);
        play(seed);
    }
    print_message("  %zu passes by groups, %zu columns judged, %zu apart\n", grouped_passes,
                  judged_columns, grouped_apart);
    assert_true(grouped_passes >= (size_t)count / 2);
    assert_true(judged_columns > grouped_passes * 5);
    assert_true(count < 10 || grouped_apart > 0);
}

/* ---- Values of a column's own index ---- */

/* Of each column, how many values have a row that its filter lets through. */
static void add_plain_values(const struct pass *pass, const struct pass_piece *piece,
                             struct str *out)
{
    struct str range;

    str_init(&range);
    str_add(&range, " FROM items WHERE ");
    pass_range_add(pass, piece, &range);
    str_add_format(out, "SELECT (SELECT count(*)::text%s)", range.text);
    for (size_t i = 0; i < pass->column_count; i++)
        str_add_format(out, ", (SELECT count(DISTINCT items.ref)::text%s%s%s)", range.text,
                       pass->columns[i].filter != NULL ? " AND " : "",
                       pass->columns[i].filter != NULL ? pass->columns[i].filter : "");
    str_release(&range);
}

static void play_values(struct arena *arena)
{
    static const char *key_columns[] = {"items.ref"};
    struct pass_part part = {.from = "items"};
    struct pass_column asked[VALUES] = {{0}};
    struct pass pass = {
        .kind = PASS_DISTINCT,
        .key = {.type = KEY_INTEGER, .from = "items", .columns = key_columns, .column_count = 1},
        .parts = &part,
        .part_count = 1,
        .columns = asked,
        .column_count = (size_t)below(VALUES) + 1};
    struct pass_piece piece = {.keys = {.from = below(50), .closed = below(2) == 0}};
    struct answer answers[2] = {{.fields = (int)pass.column_count + 1}, {0}};
    struct str sql[2];
    size_t all[VALUES];

    piece.keys.to = piece.keys.from + below(60);
    for (size_t i = 0; i < pass.column_count; i++) {
        const char *where = condition(false);

        all[i] = i;
        asked[i] = (struct pass_column){.kind = COLUMN_COUNT, .argument = "ref"};
        if (*where != '\0')
            asked[i].filter = arena_format(arena, "(%s)", where);
    }
    answers[1].fields = answers[0].fields;
    for (size_t i = 0; i < 2; i++) {
        str_init(&sql[i]);
        str_init(&answers[i].text);
    }
    pass_sql_add_piece(&(struct question){&pass, &piece, all, pass.column_count, NULL}, &sql[0]);
    add_plain_values(&pass, &piece, &sql[1]);
    for (size_t i = 0; i < 2; i++)
        fetch(sql[i].text, &answers[i]);
    if (strcmp(answers[0].text.text, answers[1].text.text) != 0 ||
        strcmp(answers[0].err.text, answers[1].err.text) != 0)
        fail_msg("%s\n%s%s\n%s\n%s%s", sql[0].text, answers[0].text.text, answers[0].err.text,
                 sql[1].text, answers[1].text.text, answers[1].err.text);
    for (size_t i = 0; i < 2; i++) {
        str_release(&sql[i]);
        str_release(&answers[i].text);
    }
}

static void test_values(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (long seed = 1; seed <= case_count(); seed++) {
        srand48(seed);
        make_tables();
        for (size_t i = 0; i < PIECES; i++)
            play_values(arena);
    }
    arena_free(arena);
}

/* ---- By the server's own statistics ---- */

/* Each with a number between. */
static const struct {
    const char *before, *behind;
} conditions[] = {
    {"state = ", ""},
    {"flag AND state <> ", ""},
    {"kind = ''k", "''"},
    {"flag AND kind > ''k", "''"},
    {"state > ", " OR kind IS NULL"},
    {"note > ", ""},
};
#define REAL_METRICS 60

static void define_real(struct rehearsal *rehearsal, size_t index, struct str *plain)
{
    struct str yaml, where;

    str_init(&yaml);
    str_init(&where);
    str_add_format(&where, "%s%zu%s", conditions[index % COUNT_OF(conditions)].before, index / 7,
                   conditions[index % COUNT_OF(conditions)].behind);
    str_add_format(&yaml,
                   "key_path: m%zu\ntime_frame: all\n"
                   "options: {relation: many, where: '%s'%s}\n",
                   index, where.text, index % 5 == 0 ? ", operation: sum, column: note" : "");
    rehearsal_define(rehearsal, yaml.text);
    str_add_format(plain, "SELECT coalesce(%s, 0)::text FROM many WHERE ",
                   index % 5 == 0 ? "sum(note)" : "count(*)");
    for (const char *at = where.text; *at != '\0'; at++)
        if (at[0] != '\'' || at[1] != '\'')
            str_add_char(plain, *at);
    str_release(&yaml);
    str_release(&where);
}

static void assert_real(const struct rehearsal *rehearsal, size_t index, const struct str *plain)
{
    struct asked asked = ask(desk.loop, desk.db, plain->text);
    const struct outcome *outcome;
    struct str found;
    char key_path[16];

    (void)snprintf(key_path, sizeof(key_path), "m%zu", index);
    outcome = rehearsal_outcome(rehearsal, key_path);
    str_init(&found);
    assert_string_equal(asked.err.text, "");
    assert_int_equal(outcome->status, STATUS_OK);
    value_write_json(&outcome->value, &found);
    if (strcmp(found.text, asked.text) != 0)
        fail_msg("%s: %s, not %s", plain->text, asked.text, found.text);
    str_release(&found);
}

static void test_statistics(void **state)
{
    struct database_settings main_database = {.name = "main", .config = desk.config, .duty = 1};
    struct source_settings settings = {
        .databases = &main_database,
        .database_count = 1,
        .statement_timeout_ms = 15000,
        .piece_target_ms = 10,
        .small_table_rows = 100,
    };
    struct rehearsal *rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    struct str plain[REAL_METRICS];
    struct description description;

    (void)state;
    sql_desk_write(&desk, "DROP TABLE IF EXISTS many");
    sql_desk_write(
        &desk, "CREATE TABLE many AS SELECT g::bigint AS id, g % 4 AS state,"
               " CASE WHEN g % 9 > 0 THEN 'k' || g % 8 END AS kind, g % 3 = 0 AS flag, g AS note"
               " FROM generate_series(1, 90000) g");
    sql_desk_write(&desk, "ALTER TABLE many ADD PRIMARY KEY (id)");
    sql_desk_write(&desk, "ANALYZE many");
    for (size_t i = 0; i < REAL_METRICS; i++) {
        str_init(&plain[i]);
        define_real(rehearsal, i, &plain[i]);
    }
    rehearsal_run(rehearsal);
    description = rehearsal_describe_probe(rehearsal, "m0");
    assert_non_null(strstr(description.text, " GROUP BY many.state, many.flag, many.kind, "
                                             "many.kind COLLATE \"C\") AS many"));
    assert_string_equal(description.brief, "walk, grouped");
    for (size_t i = 0; i < REAL_METRICS; i++) {
        assert_real(rehearsal, i, &plain[i]);
        str_release(&plain[i]);
    }
    rehearsal_free(rehearsal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_statistics),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
