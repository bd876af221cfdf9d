#include "agent/receiver/reports.h"

enum { TIMEOUT_MS = 120000 };

/* is_new, id, row_count, digest, received_at: as of a ping. */
#define ANSWER(table)                                                                              \
    "SELECT true AS is_new, id, row_count, digest,\n"                                              \
    "  to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM fresh\n"  \
    "UNION ALL\n"                                                                                  \
    "SELECT false, id, row_count, digest,\n"                                                       \
    "  to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM " table   \
    "\n"                                                                                           \
    "WHERE digest = $4::text AND ping_id IS NOT DISTINCT FROM $3::text::uuid\n"                    \
    "  AND NOT EXISTS (SELECT FROM fresh)"

static const char metadata_sql[] =
    "WITH sent(list) AS MATERIALIZED (\n"
    "  SELECT coalesce($1::text::jsonb #> '{metadata,metrics}', '[]')),\n"
    "line AS (\n"
    "  SELECT name, time_elapsed, error FROM sent, jsonb_to_recordset(list)\n"
    "    AS m(name text, time_elapsed numeric, error text) WHERE name IS NOT NULL),\n"
    "fresh AS (\n"
    "  INSERT INTO metadata_reports (instance_id, ping_id, row_count, raw, digest)\n"
    "  SELECT $2::text, $3::text::uuid, (SELECT count(*) FROM line),\n"
    "    convert_to($1::text, 'UTF8'), $4::text\n"
    "  ON CONFLICT DO NOTHING\n"
    "  RETURNING id, instance_id, ping_id, row_count, digest, received_at),\n"
    "stored AS (\n"
    "  INSERT INTO metric_timings (report_id, instance_id, ping_id, metric_path, time_elapsed,\n"
    "    error)\n"
    "  SELECT fresh.id, fresh.instance_id, fresh.ping_id, name, time_elapsed, error\n"
    "  FROM fresh, line)\n" ANSWER("metadata_reports");

/* What a broken sender says of itself is kept as it is; only numbers become numbers. */
static const char failure_sql[] =
    "WITH sent(error) AS MATERIALIZED (SELECT $1::text::jsonb -> 'error'),\n"
    "fresh AS (\n"
    "  INSERT INTO error_reports (instance_id, ping_id, reported_at, hostname, version, message,\n"
    "    elapsed, row_count, raw, digest)\n"
    "  SELECT $2::text, $3::text::uuid, error ->> 'time', error ->> 'hostname',\n"
    "    error ->> 'version', error ->> 'message',\n"
    "    CASE jsonb_typeof(error -> 'elapsed') WHEN 'number'\n"
    "      THEN (error ->> 'elapsed')::numeric END,\n"
    "    1, convert_to($1::text, 'UTF8'), $4::text FROM sent\n"
    "  ON CONFLICT DO NOTHING\n"
    "  RETURNING id, row_count, digest, received_at)\n" ANSWER("error_reports");

static struct db_query *store(struct db *db, const char *sql, const struct intake_ping *ping,
                              const char *json, db_done *done, void *arg)
{
    const char *const params[] = {
        json,
        ping->instance_id,
        ping->ping_id[0] != '\0' ? ping->ping_id : NULL,
        ping->digest,
    };
    const struct db_statement statement = {
        .sql = sql,
        .params = params,
        .param_count = sizeof(params) / sizeof(params[0]),
        .timeout_ms = TIMEOUT_MS,
        .writes = true,
    };

    return db_query(db, &statement, done, arg);
}

struct db_query *reports_store_metadata(struct db *db, const struct intake_ping *ping,
                                        const char *json, db_done *done, void *arg)
{
    return store(db, metadata_sql, ping, json, done, arg);
}

struct db_query *reports_store_failure(struct db *db, const struct intake_ping *ping,
                                       const char *json, db_done *done, void *arg)
{
    return store(db, failure_sql, ping, json, done, arg);
}
