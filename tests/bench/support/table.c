#include "tests/bench/support/table.h"

#include "tests/bench/support/meter.h"
#include "tests/bench/support/server.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define USUAL_ROWS 20000000

/*
 * Everything follows from the id by hashes, so that two machines load the same. Ids have gaps of
 * 5 %. The authors' share of the rows falls steeply (2 million for 20 million rows; 2 % have none),
 * and so does that of those who closed, who moreover have low ids.
 */
static const char *const load[] = {
    "CREATE FUNCTION h(bigint, int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS "
    "$$SELECT (hashint8extended($1, $2) & 9007199254740991)::float8 / 9007199254740992.0$$",
    "BEGIN",
    "CREATE TABLE issues (id bigint NOT NULL, author_id bigint, project_id bigint NOT NULL, "
    "closed_by_id bigint, milestone_id bigint, iid int, state_id smallint NOT NULL, "
    "confidential boolean NOT NULL, weight int, issue_type smallint NOT NULL, "
    "created_at timestamp NOT NULL, updated_at timestamp, closed_at timestamp, title text)",
    "INSERT INTO issues SELECT g, "
    "CASE WHEN h(g, 1) >= 0.02 THEN 1 + (floor(n / 10 * power(h(g, 2), 3))::bigint * 1000003) % "
    "(n / 10) END, "
    "1 + floor(n / 40 * power(h(g, 3), 2.5))::bigint, "
    "CASE WHEN h(g, 4) < 0.6 THEN 1 + floor(n / 10 * power(h(g, 5), 3))::bigint END, "
    "CASE WHEN h(g, 6) < 0.15 THEN 1 + floor(n / 100 * h(g, 7))::bigint END, "
    "g % 5000, CASE WHEN h(g, 4) < 0.6 THEN 2 ELSE 1 END, h(g, 8) < 0.05, "
    "CASE WHEN h(g, 9) < 0.2 THEN floor(h(g, 10) * 10)::int END, "
    "CASE WHEN h(g, 11) < 0.8 THEN 0 WHEN h(g, 11) < 0.95 THEN 1 ELSE 2 END, "
    "t - interval '2920 days' * (1 - g / (n / 0.95)), t - interval '2920 days' * h(g, 12), "
    "CASE WHEN h(g, 4) < 0.6 THEN t - interval '2920 days' * h(g, 13) END, "
    "'Issue title ' || substr(md5(g::text), 1, 8 + g % 16) "
    "FROM (SELECT current_setting('bench.rows')::bigint AS n, now() AT TIME ZONE 'UTC' AS t) AS c "
    "CROSS JOIN LATERAL generate_series(1, (n / 0.95)::int) AS g WHERE h(g, 0) < 0.95",
    "ALTER TABLE issues ADD PRIMARY KEY (id)",
    "CREATE INDEX ON issues (created_at)",
    "CREATE INDEX ON issues (author_id)",
    "CREATE INDEX ON issues (project_id)",
    "CREATE INDEX ON issues (closed_by_id)",
    "DO $$ BEGIN FOR i IN 1..200 LOOP "
    "EXECUTE format('CREATE TABLE small_%s (id bigint PRIMARY KEY, name text)', i); "
    "EXECUTE format('INSERT INTO small_%s SELECT g, md5(g::text) FROM generate_series(1, %s) g', i,"
    " floor(10000 * power(h(i, 1), 2.4))::int); "
    "END LOOP; END $$",
    "COMMIT",
    "VACUUM (ANALYZE)",
    NULL,
};

static const char *const load_odd[] = {
    "SET max_parallel_workers_per_gather = 0",
    "BEGIN",
    "CREATE TABLE sparse AS SELECT id / 5 + id * 50 / current_setting('bench.rows')::bigint * "
    "1000000000 AS id, author_id, state_id, confidential, weight, created_at, title FROM issues "
    "WHERE id % 5 = 0 ORDER BY id",
    "CREATE TABLE skewed AS SELECT id / 5 AS id, CASE WHEN h(id, 14) < 0.5 THEN 1 ELSE author_id "
    "END AS author_id, state_id, confidential, weight, created_at, title FROM issues "
    "WHERE id % 5 = 0 ORDER BY id",
    "ALTER TABLE sparse ADD PRIMARY KEY (id)",
    "ALTER TABLE skewed ADD PRIMARY KEY (id)",
    "CREATE INDEX ON sparse (author_id)",
    "CREATE INDEX ON skewed (author_id)",
    "CREATE INDEX ON sparse (created_at)",
    "CREATE INDEX ON skewed (created_at)",
    "COMMIT",
    "VACUUM (ANALYZE) sparse, skewed",
    NULL,
};

int64_t table_rows(void)
{
    const char *rows = getenv("ROWS");

    return rows != NULL ? strtoll(rows, NULL, 10) : USUAL_ROWS;
}

static void run_all(const char *const *statements)
{
    PGconn *session = server_open(BENCH_DATABASE);
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "SET bench.rows = %" PRId64, table_rows());
    server_do(session, sql);
    server_do(session, "SET maintenance_work_mem = '1GB'");
    for (size_t i = 0; statements[i] != NULL; i++)
        server_do(session, statements[i]);
    PQfinish(session);
}

static bool is_there(const char *database, const char *question)
{
    PGconn *session = server_open(database);
    bool there = server_number(session, question) > 0;

    PQfinish(session);
    return there;
}

static void load_all(const char *const *statements, const char *what)
{
    double began = wall_clock_s();

    run_all(statements);
    (void)fprintf(stderr, "%s of %" PRId64 " rows loaded in %.0f s\n", what, table_rows(),
                  wall_clock_s() - began);
}

void table_need(void)
{
    if (is_there("postgres",
                 "SELECT count(*) FROM pg_database WHERE datname = '" BENCH_DATABASE "'"))
        return;
    server_do_in("postgres", "CREATE DATABASE " BENCH_DATABASE);
    load_all(load, "tables");
}

void table_need_odd(void)
{
    table_need();
    if (!is_there(BENCH_DATABASE, "SELECT count(*) FROM pg_class WHERE relname = 'skewed'"))
        load_all(load_odd, "sparse and skewed tables");
}
