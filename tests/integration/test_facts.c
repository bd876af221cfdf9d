/* What the catalog of a real PostgreSQL says, and what it keeps to itself. */
#include "metrics/facts.h"

#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "tests/support/asking.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct loop *loop;
static struct db_config config = {.name = "main"};
static struct db *db;

static const char *const schema[] = {
    "DROP SCHEMA IF EXISTS facts CASCADE",
    "CREATE SCHEMA facts",
    "SET search_path = facts",
    "CREATE DOMAIN whole AS bigint",
    "CREATE TABLE issues (id whole PRIMARY KEY, author_id int, title text, state_id smallint,"
    " created_at timestamptz NOT NULL, closed_at timestamp, due_on date, secret int)",
    "INSERT INTO issues SELECT g, CASE WHEN g % 4 = 0 THEN NULL WHEN g % 4 = 1 THEN 7 ELSE g END,"
    " 'title ' || g, g % 3, now() - g * interval '1 hour', now() - g * interval '30 minutes',"
    " current_date - g / 100, g FROM generate_series(1, 10000) g",
    "INSERT INTO issues VALUES (0, 1, 'x', 1, 'infinity', '-infinity', 'infinity', 1),"
    " (-1, 1, 'x', 1, '-infinity', 'infinity', '0044-03-15 BC', 1)",
    "CREATE INDEX ON issues (author_id) INCLUDE (state_id, created_at)",
    "CREATE INDEX ON issues (lower(title))",
    "CREATE INDEX ON issues (state_id) WHERE author_id > 5",
    "CREATE INDEX ON issues USING hash (author_id)",
    "CREATE INDEX ON issues (title text_pattern_ops)",
    "CREATE INDEX ON issues (closed_at DESC, id)",
    "CREATE UNIQUE INDEX ON issues (due_on, lower(title), id)",
    "CREATE TABLE pairs (a uuid, b text, c int, PRIMARY KEY (b, a) INCLUDE (c))",
    "CREATE TABLE parted (id bigint, at date, n int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
    "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
    "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')"
    " PARTITION BY RANGE (at)",
    "CREATE TABLE parted_3 PARTITION OF parted_2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
    "INSERT INTO parted SELECT g, date '2020-01-01' + g % 700, g % 10 FROM generate_series(1, 7000)"
    " g",
    "CREATE TABLE fresh (id bigint PRIMARY KEY, n int)",
    "INSERT INTO fresh SELECT g, g FROM generate_series(1, 30000) g",
    "CREATE TABLE ancestor (id int PRIMARY KEY)",
    "CREATE TABLE heir () INHERITS (ancestor)",
    "INSERT INTO heir SELECT generate_series(1, 2000)",
    "CREATE TABLE dirty (id int PRIMARY KEY, n int) WITH (autovacuum_enabled = off)",
    "INSERT INTO dirty SELECT g, 0 FROM generate_series(1, 22600) g",
    "CREATE VIEW seen AS SELECT id FROM issues",
    "CREATE TABLE empty (id int PRIMARY KEY, at timestamptz)",
    "CREATE TABLE broken (id int, n int NOT NULL)",
    "INSERT INTO broken VALUES (1, 1), (1, 1)",
    "DROP ROLE IF EXISTS facts_reader",
    "CREATE ROLE facts_reader",
    "GRANT USAGE ON SCHEMA facts TO facts_reader",
    "GRANT SELECT (id, author_id) ON issues TO facts_reader",
};

/* ---- Reading ---- */

static const char *relations[] = {"facts.ancestor", "facts.broken", "facts.dirty", "facts.empty",
                                  "facts.fresh",    "facts.issues", "facts.pairs", "facts.parted",
                                  "facts.seen",     "nowhere"};
static const char *columns[] = {"at", "author_id", "closed_at", "created_at", "due_on",
                                "id", "n",         "secret",    "title"};

static void came(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static struct database_facts read_as(struct db *session, struct arena *arena)
{
    struct database_facts facts = {.name = "main"};
    const struct facts_request request = {
        .relations = relations,
        .relation_count = COUNT_OF(relations),
        .columns = columns,
        .column_count = COUNT_OF(columns),
        .timeout_ms = 5000,
        .arena = arena,
    };

    (void)facts_read(session, &request, &facts, came, NULL);
    loop_run(loop);
    assert_string_equal(facts.err.text, "");
    assert_true(facts.read);
    return facts;
}

static struct arena *arena;
static struct database_facts facts;

/* Each alone, for VACUUM and CREATE INDEX CONCURRENTLY do not go in a transaction. */
static const char *const alone[] = {
    "psql -Xqc 'VACUUM ANALYZE facts.issues' -c 'VACUUM ANALYZE facts.dirty'"
    " -c 'VACUUM ANALYZE facts.empty' -c 'ANALYZE facts.parted' -c 'ANALYZE facts.ancestor'",
    "psql -Xqc 'CREATE UNIQUE INDEX CONCURRENTLY ON facts.broken (id)' 2>/dev/null || :",
};

static void write_sql(const char *sql)
{
    struct asked asked = ask_statement(
        loop, db, &(struct db_statement){.sql = sql, .timeout_ms = 20000, .writes = true});

    if (asked.err.kind != ERROR_NONE)
        fail_msg("%s: %s", sql, asked.err.text);
}

static int set_up(void **state)
{
    struct str sql;

    (void)state;
    config.conninfo = getenv("TEST_DATABASE");
    if (config.conninfo == NULL) {
        (void)fputs("run it under tests/support/with-services\n", stderr);
        return -1;
    }
    loop = loop_new();
    db = db_new(loop, &config);
    str_init(&sql);
    str_add(&sql, "DO $do$ BEGIN\n");
    for (size_t i = 0; i < COUNT_OF(schema); i++)
        str_add_format(&sql, "%s;\n", schema[i]);
    str_add(&sql, "END $do$");
    write_sql(sql.text);
    str_release(&sql);
    /* A session tells the statistics what it wrote when it ends. */
    db_free(db);
    db = db_new(loop, &config);
    ask_until(loop, db, "SELECT pg_stat_get_live_tuples('facts.dirty'::regclass) > 0");
    for (size_t i = 0; i < COUNT_OF(alone); i++)
        if (system(alone[i]) != 0) /* NOLINT(cert-env33-c): a test's own words */
            return -1;
    arena = arena_new();
    facts = read_as(db, arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_free(db);
    loop_free(loop);
    arena_free(arena);
    return 0;
}

/* ---- Looking up ---- */

static const struct relation_facts *relation(const char *name)
{
    const struct relation_facts *found = facts_relation(&facts, name);

    if (found == NULL)
        fail_msg("%s is not there", name);
    return found;
}

static const struct column_facts *column(const char *of, const char *name)
{
    const struct column_facts *found = facts_column(relation(of), name);

    if (found == NULL)
        fail_msg("%s.%s is not there", of, name);
    return found;
}

/* ---- Relations ---- */

static const struct {
    const char *name, *relation;
    char kind;
    int64_t least, most; /* rows */
    double least_visible, most_visible;
} sizes[] = {
    {"an analysed table", "facts.issues", 'r', 10002, 10002, 1, 1},
    {"a table that was never analysed is judged by its size", "facts.fresh", 'r', 4000, 60000, 0,
     0},
    {"a partitioned one has the rows of all partitions", "facts.parted", 'p', 7000, 7000, 0, 0},
    {"one with heirs has theirs", "facts.ancestor", 'r', 500, 4000, 0, 0},
    {"a view has no rows of its own", "facts.seen", 'v', 0, 0, 0, 0},
    {"an empty one", "facts.empty", 'r', 0, 0, 0, 0},
};

static void tells_relations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const struct relation_facts *found = relation(sizes[i].relation);

        print_message("# %s\n", sizes[i].name);
        assert_int_equal(found->kind, sizes[i].kind);
        assert_in_range(found->rows, sizes[i].least, sizes[i].most);
        assert_true(found->visible_share >= sizes[i].least_visible &&
                    found->visible_share <= sizes[i].most_visible);
        assert_true(found->rows == 0 || found->pages > 0);
    }
    assert_null(facts_relation(&facts, "nowhere"));
    assert_true(relation("facts.ancestor")->has_heirs);
    assert_false(relation("facts.parted")->has_heirs);
    assert_false(facts.standby);
    assert_true(facts.server_version >= 120000);
    assert_string_equal(facts.role, "postgres");
}

static void dead_rows_lower_the_visible_share(void **state)
{
    double share;

    (void)state;
    assert_true(relation("facts.dirty")->visible_share > 0.99);
    write_sql("UPDATE facts.dirty SET n = 1 WHERE id % 452 = 0");
    ask_until(loop, db, "SELECT pg_stat_get_dead_tuples('facts.dirty'::regclass) > 0");
    facts = read_as(db, arena);
    share = relation("facts.dirty")->visible_share;
    print_message("# %.3f of the pages\n", share);
    assert_true(share > 0.2 && share < 0.8);
}

/* ---- Columns ---- */

static void tells_statistics(void **state)
{
    const struct column_facts *author = column("facts.issues", "author_id");

    (void)state;
    assert_true(author->has_statistics);
    assert_true(author->distinct > 4500 && author->distinct < 5500);
    assert_true(fabs(author->most_common - 0.25) < 0.01);
    assert_true(fabs(author->null_share - 0.25) < 0.01);
    assert_string_equal(column("facts.issues", "id")->type, "int8");
    assert_true(fabs(column("facts.issues", "id")->distinct - 10002) < 1);
    assert_true(column("facts.issues", "id")->most_common < 0.001);
    assert_true(column("facts.parted", "n")->has_statistics);
    assert_true(fabs(column("facts.parted", "n")->most_common - 0.1) < 0.02);
    assert_false(column("facts.fresh", "n")->has_statistics);
    assert_false(column("facts.empty", "at")->has_statistics);
    assert_null(facts_column(relation("facts.issues"), "state_id"));
}

static void tells_only_what_the_role_may_read(void **state)
{
    struct db_config reading = {.name = "main"};
    struct arena *own = arena_new();
    struct database_facts before = facts;
    struct db *session;

    (void)state;
    write_sql("ALTER ROLE facts_reader LOGIN");
    reading.conninfo = arena_format(own, "%s user=facts_reader", config.conninfo);
    session = db_new(loop, &reading);
    facts = read_as(session, own);
    assert_string_equal(facts.role, "facts_reader");
    assert_int_equal(relation("facts.issues")->rows, 10002);
    assert_true(column("facts.issues", "author_id")->has_statistics);
    assert_false(column("facts.issues", "secret")->has_statistics);
    assert_string_equal(column("facts.issues", "secret")->type, "int4");
    assert_int_equal(relation("facts.pairs")->index_count, 1);
    db_free(session);
    arena_free(own);
    facts = before;
}

/* ---- Indexes ---- */

static const struct {
    const char *name, *relation;
    const char *columns; /* of the index, "|" behind those of its key */
    const char *type;    /* of the first */
    bool primary, unique, never_null, unique_never_null, plain_order;
} indexes[] = {
    {"a primary key of a domain", "facts.issues", "id|", "int8", true, true, true, true, true},
    {"included columns", "facts.issues", "author_id|state_id,created_at", "int4", false, false,
     false, false, true},
    {"operators of its own", "facts.issues", "title|", "text", false, false, false, false, false},
    {"directions that differ", "facts.issues", "closed_at,id|", "timestamp", false, false, false,
     false, false},
    {"an expression behind the first column", "facts.issues", "due_on,,id|", "date", false, false,
     false, false, false},
    {"a composite key", "facts.pairs", "b,a|c", "text", true, false, true, true, true},
    {"that of a partitioned table", "facts.parted", "id,at|", "int8", true, false, true, true,
     true},
    {"a key that does not hold for heirs", "facts.ancestor", "id|", "int4", true, false, true,
     false, true},
};

static const struct index_facts *index_of(const struct relation_facts *of, const char *listed)
{
    struct str list;

    str_init(&list);
    for (size_t i = 0; i < of->index_count; i++) {
        const struct index_facts *index = &of->indexes[i];

        str_clear(&list);
        for (size_t j = 0; j < index->column_count; j++)
            str_add_format(&list, "%s%s%s", j > 0 && j != index->key_count ? "," : "",
                           j == index->key_count ? "|" : "", index->columns[j]);
        str_add(&list, index->key_count == index->column_count ? "|" : "");
        if (strcmp(list.text, listed) == 0) {
            str_release(&list);
            return index;
        }
    }
    str_release(&list);
    fail_msg("no index on %s", listed);
    return NULL;
}

static void tells_indexes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(indexes); i++) {
        const struct index_facts *index =
            index_of(relation(indexes[i].relation), indexes[i].columns);

        print_message("# %s\n", indexes[i].name);
        assert_string_equal(index->column.type, indexes[i].type);
        assert_int_equal(index->primary, indexes[i].primary);
        assert_int_equal(index->unique, indexes[i].unique);
        assert_int_equal(index->never_null, indexes[i].never_null);
        assert_int_equal(index->unique_never_null, indexes[i].unique_never_null);
        assert_int_equal(index->plain_order, indexes[i].plain_order);
    }
    /* Expressions first, conditions, other methods, and what could not be built: none of them. */
    assert_int_equal(relation("facts.issues")->index_count, 5);
    assert_int_equal(relation("facts.broken")->index_count, 0);
    assert_true(
        index_of(relation("facts.issues"), "author_id|state_id,created_at")->column.most_common >
        0.2);
}

/* ---- Windows ---- */

static const struct {
    const char *column, *sql;
    enum key_type type;
} moments[] = {
    {"created_at", "created_at BETWEEN now() - interval '9 days' AND now() - interval '2 days'",
     KEY_TIMESTAMP},
    {"created_at", "created_at BETWEEN now() - interval '30 days' AND now() - interval '2 days'",
     KEY_TIMESTAMP},
    {"closed_at", "closed_at BETWEEN now() - interval '9 days' AND now() - interval '2 days'",
     KEY_TIMESTAMP},
    {"due_on", "due_on BETWEEN now() - interval '9 days' AND now() - interval '2 days'", KEY_DATE},
    {"due_on", "due_on BETWEEN now() - interval '30 days' AND now() - interval '2 days'", KEY_DATE},
};

static void knows_windows_within_a_factor_of_two(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        const char *sql = arena_format(arena,
                                       "SELECT extract(epoch FROM now())::bigint * 1000000 + "
                                       "count(*) FROM facts.issues WHERE %s",
                                       moments[i].sql);
        struct asked asked = ask(loop, db, sql);
        int64_t now = asked.integer / 1000000, days = strstr(sql, "'30 days'") != NULL ? 30 : 9;
        double rows = (double)(asked.integer % 1000000), share;

        assert_string_equal(asked.err.text, "");
        assert_true(facts_share_between(column("facts.issues", moments[i].column),
                                        key_of_time(moments[i].type, now - days * 86400),
                                        key_of_time(moments[i].type, now - INT64_C(2) * 86400),
                                        &share));
        print_message("# %s, %d days: %.0f rows, estimated %.0f\n", moments[i].column, (int)days,
                      rows, share * 10002);
        assert_true(share * 10002 < rows * 2 && share * 10002 > rows / 2);
    }
}

/* A table that is being rebuilt must not hold us up. */
static void waits_for_no_lock(void **state)
{
    static const char lock[] =
        "DO $do$ BEGIN LOCK TABLE facts.fresh, facts.issues, facts.parted IN ACCESS EXCLUSIVE MODE;"
        " PERFORM pg_sleep(15); END $do$";
    const struct db_statement statement = {.sql = lock, .timeout_ms = 20000, .writes = true};
    struct db *other = db_new(loop, &config);
    struct asking asking = {.loop = loop, .db = other};

    (void)state;
    (void)db_query(other, &statement, asking_done, &asking);
    ask_until(loop, db,
              "SELECT count(*) >= 5 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted");
    facts = read_as(db, arena);
    assert_int_equal(relation("facts.issues")->rows, 10002);
    assert_int_equal(relation("facts.parted")->rows, 7000);
    assert_true(relation("facts.fresh")->rows > 1000000);
    db_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_relations),
        cmocka_unit_test(tells_statistics),
        cmocka_unit_test(tells_only_what_the_role_may_read),
        cmocka_unit_test(tells_indexes),
        cmocka_unit_test(knows_windows_within_a_factor_of_two),
        cmocka_unit_test(dead_rows_lower_the_visible_share),
        cmocka_unit_test(waits_for_no_lock),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
