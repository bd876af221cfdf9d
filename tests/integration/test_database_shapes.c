/*
 * Random relations, metrics and sizes of pieces against plain SQL: keys of any type and of several
 * columns, none at all, partitions, views, children; every number equals a plain statement. Seeded:
 * 30 cases, or SOAK of them from SEED on.
 */
#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "metrics/sources.h"
#include "tests/support/chance.h"
#include "tests/support/rehearsal.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_AT INT64_C(1795255200) /* 2026-11-21 10:00:00 UTC */
#define LAST_7D     " BETWEEN '2026-11-12 10:00:00+00' AND '2026-11-19 10:00:00+00'"
#define LAST_28D    " BETWEEN '2026-10-22 10:00:00+00' AND '2026-11-19 10:00:00+00'"
#define METRICS     20
#define MOST_ROWS   50000

static struct sql_desk desk;
static struct database_settings databases[1];

static int set_up(void **state)
{
    (void)state;
    sql_desk_open(&desk, "options='-csearch_path=shapes'");
    databases[0] = (struct database_settings){.name = "main", .config = desk.config, .duty = 1};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sql_desk_close(&desk);
    return 0;
}

/* ---- Relations ---- */

/* What `id` is: a type, and unique values of the numbers g from 1 to 50,000. */
static const struct {
    const char *type, *value;
} ids[] = {
    {"bigint", "g"},
    {"bigint", "g * 3 - 4000"},
    {"bigint", "g + (g / 500) * 4000000000"},
    {"bigint", "(g - 600) * 180000000000000"},
    {"bigint", "9223372036854775807 - (g - 1) * g"},
    {"bigint", "'-9223372036854775808'::bigint + (g - 1) * 7"},
    {"bigint", "CASE g WHEN 1 THEN 9223372036854775807 WHEN 2 THEN '-9223372036854775808'::bigint"
               " ELSE g END"},
    {"int", "CASE WHEN g % 2 = 0 THEN g ELSE -g END"},
    {"int", "2147483647 - (g - 1) * 80000"},
    {"smallint", "g - 25000"},
    {"small", "g"},
    {"timestamp", "timestamp '2026-11-21 10:00' - g * interval '61 minutes'"},
    {"timestamp", "CASE g WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' ELSE timestamp"
                  " '1999-12-31 23:59:59.999990' + g * interval '1 microsecond' END"},
    {"timestamptz", "timestamptz '2026-11-21 10:00+00' - g * interval '17 minutes'"},
    {"date", "date '1950-01-01' + g::int"},
    {"date", "CASE g WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' ELSE date '2000-01-01' -"
             " g::int END"},
    {"uuid", "md5(g::text)::uuid"},
    {"uuid", "('00000000-0000-4000-8000-' || lpad(to_hex(g), 12, '0'))::uuid"},
    {"text", "'t' || g"},
    {"text COLLATE \"C\"", "chr(32 + (g % 900)::int) || chr(39) || chr(92) || g"},
    {"text COLLATE \"en-x-icu\"", "chr(32 + (g * 7 % 3000)::int) || 'Aa'|| g"},
    {"text", "CASE g WHEN 1 THEN '' WHEN 2 THEN E'\\n\\t' ELSE repeat(chr(128512 + (g % 50)::int),"
             " 3) || g || E'\\r\\n' END"},
    {"varchar(60)", "md5(g::text) || ' '"},
    {"char(12)", "'c' || g"},
    {"numeric", "g / 7.0"},
    {"numeric", "CASE g WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' ELSE g * 1e30 - 1e33 END"},
    {"float8", "sqrt(g::float8) - 50"},
    {"bytea", "decode(md5(g::text), 'hex')"},
    {"inet", "inet '10.0.0.0' + g"},
    {"interval", "g * interval '7 minutes'"},
    {"bit varying", "g::int::bit(32)"},
};

static const char columns[] =
    "n int NOT NULL, few smallint, author int, ref bigint, big bigint, dec numeric, f float8,"
    " flag boolean, odd boolean NOT NULL, kind mood, made_at timestamp NOT NULL,"
    " seen_at timestamptz, day date NOT NULL, token uuid, dom small, txt text NOT NULL";

static void fill(const char *relation, const char *value, long rows)
{
    sql_desk_write_format(
        &desk,
        "INSERT INTO %s SELECT %s, g %% %ld, CASE WHEN g %% 3 > 0 THEN g * g %% 5 END,"
        " CASE WHEN g %% 2 = 0 THEN 7 WHEN g %% 11 > 0 THEN g * 31 %% 900 END,"
        " CASE WHEN g %% %ld > 0 THEN g * 7919 %% %ld END,"
        " (g * 2654435761) %% 4294967296 * %ld - 5, CASE WHEN g %% 3 > 0 THEN g / %ld.0 - 7 END,"
        " CASE WHEN g %% 50 = 0 THEN g / 8.0 END,"
        " CASE g %% 4 WHEN 0 THEN true WHEN 1 THEN false END, g %% 2 = 1,"
        " CASE g %% 5 WHEN 0 THEN 'sad' WHEN 1 THEN 'so''so' WHEN 2 THEN 'glad' END::mood,"
        " timestamp '2026-11-21 10:00' - g %% %ld * interval '%ld minutes',"
        " CASE WHEN g %% 5 > 0 THEN timestamptz '2026-11-21 10:00+00' - (g * g) %% %ld *"
        " interval '%ld minutes' END, date '2026-11-21' - (g %% 70)::int,"
        " CASE WHEN g %% 7 > 0 THEN md5((g / 3)::text)::uuid END, g %% 200 + 1, 't' || g"
        " FROM generate_series(1::bigint, %ld) g",
        relation, value, below(40) + 1, below(9) + 1, below(3000) + 1,
        below(2000000000) - 1000000000, below(90) + 1, below(4000) + 1, below(60) + 1,
        below(3000) + 1, below(60) + 1, rows);
}

static const char *key_of(void)
{
    return ONE_OF(", PRIMARY KEY (id)", ", PRIMARY KEY (id)", ", PRIMARY KEY (id)", ", UNIQUE (id)",
                  ", PRIMARY KEY (id, n)", ", PRIMARY KEY (n, id)", ", PRIMARY KEY (made_at, id)",
                  ", PRIMARY KEY (odd, id)", ", PRIMARY KEY (day, n, id)", ", UNIQUE (txt, id)",
                  ", UNIQUE (txt)", ", UNIQUE (ref, id)", ", UNIQUE (kind, dom, id)", "", "");
}

static void make_table(const char *type, const char *value, long rows)
{
    sql_desk_write_format(&desk, "CREATE TABLE a (id %s NOT NULL, %s%s)", type, columns, key_of());
    fill("a", value, rows);
}

static void make_partitions(const char *type, const char *value, long rows)
{
    const char *how = ONE_OF("LIST (few)", "HASH (id)", "HASH (n, id)", "RANGE (day)");
    bool keyed = below(2) == 0;

    if (strcmp(type, "bit varying") == 0)
        how = "RANGE (day)"; /* it cannot be hashed */
    if (strcmp(how, "HASH (id)") == 0)
        sql_desk_write_format(&desk, "CREATE TABLE a (id %s NOT NULL, %s%s) PARTITION BY %s", type,
                              columns, keyed ? ", PRIMARY KEY (id)" : "", how);
    else if (strcmp(how, "RANGE (day)") == 0)
        sql_desk_write_format(&desk, "CREATE TABLE a (id %s NOT NULL, %s%s) PARTITION BY %s", type,
                              columns, keyed ? ", PRIMARY KEY (day, id)" : "", how);
    else
        sql_desk_write_format(&desk, "CREATE TABLE a (id %s NOT NULL, %s) PARTITION BY %s", type,
                              columns, how);
    if (strcmp(how, "RANGE (day)") == 0) {
        sql_desk_write(
            &desk, "CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (MINVALUE) TO ('2026-10-20')");
        sql_desk_write(
            &desk, "CREATE TABLE a2 PARTITION OF a FOR VALUES FROM ('2026-10-20') TO (MAXVALUE)");
    } else if (strcmp(how, "LIST (few)") == 0) {
        sql_desk_write(&desk, "CREATE TABLE a1 PARTITION OF a FOR VALUES IN (0, 1)");
        sql_desk_write(&desk, "CREATE TABLE a2 PARTITION OF a DEFAULT PARTITION BY HASH (n)");
        sql_desk_write(&desk,
                       "CREATE TABLE a3 PARTITION OF a2 FOR VALUES WITH (MODULUS 1, REMAINDER 0)");
    } else {
        for (int i = 0; i < 3; i++)
            sql_desk_write_format(
                &desk, "CREATE TABLE a%d PARTITION OF a FOR VALUES WITH (MODULUS 3, REMAINDER %d)",
                i, i);
    }
    fill("a", value, rows);
}

/* Children are part of their parent, whose key does not hold for them: ids come twice. They have
 * indexes of their own, without which each piece would read all of them. */
static void make_children(const char *type, const char *value, long rows)
{
    make_table(type, value, rows / 2);
    sql_desk_write(&desk, "CREATE TABLE child (LIKE a INCLUDING INDEXES) INHERITS (a)");
    fill("child", value, rows);
}

static void make_view(const char *type, const char *value, long rows)
{
    bool materialised = below(2) == 0;

    make_table(type, value, rows);
    sql_desk_write(&desk, "ALTER TABLE a RENAME TO base");
    sql_desk_write_format(&desk, "CREATE %sVIEW a AS SELECT * FROM base WHERE n <> 3",
                          materialised ? "MATERIALIZED " : "");
    if (materialised && below(2) == 0)
        sql_desk_write(&desk, "CREATE UNIQUE INDEX ON a (id)");
}

static void make_indexes(void)
{
    static const char *const indexed[] = {"seen_at", "made_at", "author, flag", "ref", "n",
                                          "token",   "txt",     "day",          "id"};

    for (size_t i = 0; i < COUNT_OF(indexed); i++)
        if (below(3) == 0)
            sql_desk_write_format(&desk, "CREATE INDEX ON %s (%s)", "a", indexed[i]);
}

/* VACUUM does not run where a transaction is, and every statement of ours is one. */
static void vacuum(void)
{
    assert_int_equal(system("psql -qXc 'VACUUM ANALYZE shapes.a'"), 0); // NOLINT(cert-env33-c)
}

static bool is_plain_view(void)
{
    return ask(desk.loop, desk.db,
               "SELECT (relkind = 'v')::int FROM pg_class WHERE oid = 'a'::regclass")
               .integer == 1;
}

static void disturb(void)
{
    if (below(2) == 0)
        sql_desk_write_format(&desk, "DELETE FROM a WHERE n %% 3 = 1");
    if (below(3) == 0)
        sql_desk_write_format(&desk,
                              "UPDATE a SET big = big + 1, flag = NOT flag WHERE n %% 4 = 2");
    if (below(4) == 0)
        sql_desk_write(&desk, "ALTER TABLE a DROP COLUMN few, ADD COLUMN few smallint DEFAULT 4");
}

static long rows_of_case(void)
{
    if (below(10) == 0)
        return below(3);
    return below(8) == 0 ? below(MOST_ROWS) : below(3000);
}

static void make_relations(void)
{
    static void (*const makers[])(const char *type, const char *value, long rows) = {
        make_table, make_table, make_table, make_table, make_partitions, make_children, make_view,
    };
    size_t maker = (size_t)below((long)COUNT_OF(makers)), id = (size_t)below((long)COUNT_OF(ids));

    sql_desk_write(&desk, "DROP SCHEMA IF EXISTS shapes CASCADE");
    sql_desk_write(&desk, "CREATE SCHEMA shapes");
    sql_desk_write(&desk, "CREATE DOMAIN small AS int CHECK (value > 0)");
    sql_desk_write(&desk, "CREATE TYPE mood AS ENUM ('sad', 'so''so', 'glad')");
    sql_desk_write(&desk, "CREATE TABLE b (id bigint PRIMARY KEY, kind int)");
    sql_desk_write_format(&desk,
                          "INSERT INTO b SELECT g * 3, g %% 4 FROM generate_series(0, 300) g");
    makers[maker](ids[id].type, ids[id].value, rows_of_case());
    print_message(" %s, %zu", ids[id].type, maker);
    if (is_plain_view())
        return;
    make_indexes();
    if (makers[maker] == make_table)
        disturb();
    if (below(2) == 0)
        sql_desk_write(&desk, "ANALYZE a");
    else if (below(2) == 0)
        vacuum();
}

/* ---- Metrics ---- */

struct random_metric {
    struct str fields, plain;
};

static const char *condition(bool joined)
{
    if (joined)
        return ONE_OF("b.kind = 1", "b.kind > 1 OR a.flag", "a.n < 5 AND b.id < 400", "",
                      "b.kind IS NULL OR a.author = 7");
    if (below(2) == 0)
        return ONE_OF("", "n = 1", "few = 4", "few IS NULL", "flag", "NOT flag", "odd AND few > 2",
                      "few IN (1, 4, NULL)", "few NOT IN (0, 1)", "(few = 1) IS NOT TRUE",
                      "kind = 'glad'", "kind <> 'so''so' OR kind IS NULL", "odd <> flag",
                      "CASE WHEN flag THEN few = 1 ELSE odd END", "author = 7",
                      "coalesce(few, 9) > 3 AND n < 12");
    return ONE_OF("n > 3 AND flag", "flag IS NULL OR n < 2", "ref IS NOT NULL", "txt LIKE '%7%'",
                  "dec > 0", "n < 0", "author <> 7", "author = 7 OR author IS NULL",
                  "NOT (ref > 50 AND flag)", "n NOT IN (1, NULL)", "day > '2026-11-01'",
                  "token::text < '8'", "dom > 3 AND author <> 7", "f < 100", "f IS NULL",
                  "ref IN (SELECT id FROM b WHERE b.kind = 2)",
                  "EXISTS (SELECT 1 FROM b WHERE b.id = a.ref AND b.kind < 3)",
                  "n = (SELECT max(kind) FROM b)", "coalesce(dec, 0) < abs(n)", "made_at > seen_at",
                  "txt ~ '(1|2)+$'", "dec = ref");
}

/* What fails on every row, or before: it costs only itself. */
static const char *fault(void)
{
    return ONE_OF("1 / (n - n) = 1", "txt::int > 5", "colour = 1", "n IN (SELECT id FROM nowhere)",
                  "sqrt(-1 - n * n) > 0", "('x' || n)::uuid = token");
}

static const char *column_for(const char *operation)
{
    if (strcmp(operation, "count") == 0)
        return ONE_OF("*", "*", "a.ref", "a.token");
    if (strstr(operation, "distinct") != NULL)
        return ONE_OF("a.n", "a.ref", "a.big", "a.dec", "a.txt", "a.id", "a.author", "a.author",
                      "a.token", "a.day", "a.flag", "a.kind", "a.f", "a.seen_at", "a.dom", "a.few");
    return ONE_OF("a.n", "a.ref", "a.big", "a.dec", "a.f", "a.few", "a.dom");
}

/* The operation in SQL: floats are added as exact decimals, and a sum of nothing is 0. */
static void add_plain_operation(struct str *plain, const char *operation, const char *column)
{
    const char *exact = strcmp(column, "a.f") == 0 ? "::numeric" : "";

    if (strcmp(operation, "sum") == 0)
        str_add_format(plain, "coalesce(sum(%s%s), 0)", column, exact);
    else if (strcmp(operation, "average") == 0)
        str_add_format(plain, "avg(%s%s)", column, exact);
    else
        str_add_format(plain, "count(%s%s)", operation[0] == 'c' ? "" : "DISTINCT ", column);
}

static void make_metric(size_t index, struct random_metric *metric)
{
    bool guilty = below(25) == 0, joined = !guilty && below(8) == 0;
    const char *where = guilty ? fault() : condition(joined), *type = ONE_OF("inner", "left");
    const char *frame = guilty ? "all" : ONE_OF("all", "all", "7d", "28d");
    const char *timestamp = ONE_OF("a.made_at", "a.seen_at");
    const char *operation = ONE_OF("count", "count", "distinct_count", "distinct_count",
                                   "estimate_distinct_count", "sum", "average");
    const char *column = column_for(operation);

    str_add_format(&metric->fields,
                   "key_path: m%zu\ntime_frame: %s\noptions:\n  relation: a\n  operation: %s\n"
                   "  timestamp_column: %s\n",
                   index, frame, operation, timestamp);
    if (*column != '*')
        str_add_format(&metric->fields, "  column: %s\n", column);
    if (*where != '\0')
        str_add_format(&metric->fields, "  where: \"%s\"\n", where);
    if (joined)
        str_add_format(&metric->fields, "  joins: [{relation: b, on: b.id = a.ref, type: %s}]\n",
                       type);
    str_add(&metric->plain, "SELECT trim_scale((");
    add_plain_operation(&metric->plain, operation, column);
    str_add(&metric->plain, ")::numeric) FROM a");
    if (joined)
        str_add_format(&metric->plain, " %s JOIN b ON b.id = a.ref", type);
    str_add_format(&metric->plain, " WHERE (%s)", *where != '\0' ? where : "true");
    if (strcmp(frame, "all") != 0)
        str_add_format(&metric->plain, " AND %s%s", timestamp,
                       strcmp(frame, "7d") == 0 ? LAST_7D : LAST_28D);
}

/* ---- Playing ---- */

static void write_found(const struct outcome *outcome, char *out, size_t size)
{
    if (outcome->status == STATUS_OK && outcome->value.kind == VALUE_COUNT)
        (void)snprintf(out, size, "%" PRId64, outcome->value.count);
    else if (outcome->status == STATUS_OK)
        (void)snprintf(out, size, "%s", outcome->value.text);
    else
        (void)snprintf(out, size, "NULL");
}

/* Where the plain statement fails, so does the metric; NULL, an average of nothing, is no value. */
static bool is_equal(const struct rehearsal *rehearsal, size_t index,
                     const struct random_metric *metric)
{
    char key_path[16], found[300];
    const struct outcome *outcome;
    const char *expected;
    struct asked asked;
    struct str sql;

    (void)snprintf(key_path, sizeof(key_path), "m%zu", index);
    outcome = rehearsal_outcome(rehearsal, key_path);
    write_found(outcome, found, sizeof(found));
    str_init(&sql);
    str_add_format(&sql, "SELECT coalesce((%s)::text, 'NULL')", metric->plain.text);
    asked = ask(desk.loop, desk.db, sql.text);
    str_release(&sql);
    expected = asked.err.kind == ERROR_NONE ? asked.text : "NULL";
    if (strcmp(found, expected) == 0 &&
        (asked.err.kind != ERROR_NONE || outcome->status == STATUS_OK ||
         outcome->status == STATUS_ABSENT))
        return true;
    print_message("  %s by \"%s\": %s %s\n  instead of %s %s: %s\n", metric->fields.text,
                  rehearsal_probe_of(rehearsal, key_path) != NULL
                      ? rehearsal_probe_of(rehearsal, key_path)->name
                      : "no probe",
                  found, outcome->reason != NULL ? outcome->reason : "", expected, asked.err.text,
                  metric->plain.text);
    return false;
}

static struct source_settings settings_of_case(void)
{
    struct source_settings settings = {
        .databases = databases,
        .database_count = 1,
        .statement_timeout_ms = 15000,
    };

    settings.piece_target_ms = (unsigned)below(4) + 1;
    settings.small_table_rows = below(4) == 0 ? 100000 : below(3) == 0 ? 1000 : -1;
    databases[0].accuracy = below(5) == 0 ? ACCURACY_FAST : ACCURACY_EXACT;
    return settings;
}

static size_t play(long seed)
{
    struct source_settings settings;
    struct random_metric metrics[METRICS];
    struct rehearsal *rehearsal;
    size_t wrong = 0;

    print_message("  seed %ld", seed);
    srand48(seed);
    settings = settings_of_case();
    make_relations();
    print_message("\n");
    rehearsal = rehearsal_new(&database_source, &settings, RECORDED_AT);
    for (size_t i = 0; i < METRICS; i++) {
        str_init(&metrics[i].fields);
        str_init(&metrics[i].plain);
        make_metric(i, &metrics[i]);
        rehearsal_define(rehearsal, metrics[i].fields.text);
    }
    rehearsal_run(rehearsal);
    for (size_t i = 0; i < METRICS; i++) {
        wrong += is_equal(rehearsal, i, &metrics[i]) ? 0 : 1;
        str_release(&metrics[i].fields);
        str_release(&metrics[i].plain);
    }
    rehearsal_free(rehearsal);
    return wrong;
}

static void test_every_number_is_that_of_plain_sql(void **state)
{
    const char *soak = getenv("SOAK"), *seed = getenv("SEED");
    long first = seed != NULL ? strtol(seed, NULL, 10) : 1;
    long count = soak != NULL ? strtol(soak, NULL, 10) : seed != NULL ? 1 : 30;
    size_t wrong = 0;

    (void)state;
    for (long i = first; i < first + count; i++)
        wrong += play(i);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_number_is_that_of_plain_sql)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
