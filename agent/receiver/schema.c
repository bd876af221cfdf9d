#include "agent/receiver/schema.h"

#include "agent/base/clock.h"
#include "agent/base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { TIMEOUT_MS = 60000, LOCK_TIMEOUT_MS = 10000, DAYS_A_WEEK = 7, SECONDS_A_DAY = 86400 };

/* 1970-01-01 was a Thursday: its week began three days earlier. */
enum { DAYS_BEFORE_EPOCH = 3 };

/*
 * One statement, made of three parts, is one transaction. The constraint on `digest` makes the
 * database itself vouch for the raw bytes. The notices of IF NOT EXISTS would fill the log at every
 * start.
 */
static const char pings_sql[] =
    "DO $schema$ BEGIN\n"
    "SET LOCAL client_min_messages = warning;\n"
    "PERFORM pg_advisory_xact_lock(hashtext('service-ping receive'));\n"
    "IF current_setting('server_encoding') <> 'UTF8' THEN\n"
    "  RAISE EXCEPTION 'the database is not encoded in UTF8; make one that is, for "
    "service-ping receive';\n"
    "END IF;\n"
    "CREATE TABLE IF NOT EXISTS pings (\n"
    "  ping_id uuid PRIMARY KEY,\n"
    "  id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,\n"
    "  instance_id text NOT NULL,\n"
    "  seq bigint,\n"
    "  previous_ping_id uuid,\n"
    "  recorded_at timestamptz NOT NULL,\n"
    "  received_at timestamptz NOT NULL DEFAULT now(),\n"
    "  agent_version text,\n"
    "  definitions_digest text,\n"
    "  schema_version bigint,\n"
    "  row_count bigint NOT NULL,\n"
    "  raw bytea NOT NULL,\n"
    "  digest text NOT NULL CHECK (digest = encode(sha256(raw), 'hex'))\n"
    ");\n"
    "CREATE INDEX IF NOT EXISTS pings_by_instance ON pings (instance_id, recorded_at DESC);\n"
    "CREATE TABLE IF NOT EXISTS ping_metrics (\n"
    "  instance_id text NOT NULL,\n"
    "  ping_id uuid NOT NULL,\n"
    "  recorded_at timestamptz NOT NULL,\n"
    "  metric_path text NOT NULL,\n"
    "  value_kind text NOT NULL,\n"
    "  value_num numeric,\n"
    "  value_text text,\n"
    "  value_json jsonb,\n"
    "  status text NOT NULL,\n"
    "  reason text,\n"
    "  method text,\n"
    "  error_bound text\n"
    ") PARTITION BY RANGE (recorded_at);\n"
    "CREATE INDEX IF NOT EXISTS ping_metrics_by_path\n"
    "  ON ping_metrics (metric_path, instance_id, recorded_at DESC);\n"
    "CREATE INDEX IF NOT EXISTS ping_metrics_by_ping ON ping_metrics (ping_id);\n"
    "CREATE TABLE IF NOT EXISTS dead_letters (\n"
    "  received_at timestamptz NOT NULL DEFAULT now(),\n"
    "  reason text NOT NULL,\n"
    "  raw bytea NOT NULL,\n"
    "  digest text NOT NULL,\n"
    "  times bigint NOT NULL DEFAULT 1,\n"
    "  last_received_at timestamptz NOT NULL DEFAULT now(),\n"
    "  PRIMARY KEY (digest, reason)\n"
    ");\n";

static const char reports_sql[] =
    "CREATE TABLE IF NOT EXISTS metadata_reports (\n"
    "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "  instance_id text NOT NULL,\n"
    "  ping_id uuid,\n"
    "  received_at timestamptz NOT NULL DEFAULT now(),\n"
    "  row_count bigint NOT NULL,\n"
    "  raw bytea NOT NULL,\n"
    "  digest text NOT NULL CHECK (digest = encode(sha256(raw), 'hex'))\n"
    ");\n"
    "CREATE UNIQUE INDEX IF NOT EXISTS metadata_reports_once\n"
    "  ON metadata_reports (digest, coalesce(ping_id::text, ''));\n"
    "CREATE TABLE IF NOT EXISTS metric_timings (\n"
    "  report_id bigint NOT NULL,\n"
    "  instance_id text NOT NULL,\n"
    "  ping_id uuid,\n"
    "  metric_path text NOT NULL,\n"
    "  time_elapsed numeric,\n"
    "  error text\n"
    ");\n"
    "CREATE INDEX IF NOT EXISTS metric_timings_by_path ON metric_timings (metric_path);\n"
    "CREATE INDEX IF NOT EXISTS metric_timings_by_ping ON metric_timings (ping_id);\n"
    "CREATE TABLE IF NOT EXISTS error_reports (\n"
    "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "  instance_id text NOT NULL,\n"
    "  ping_id uuid,\n"
    "  received_at timestamptz NOT NULL DEFAULT now(),\n"
    "  reported_at text,\n"
    "  hostname text,\n"
    "  version text,\n"
    "  message text,\n"
    "  elapsed numeric,\n"
    "  row_count bigint NOT NULL,\n"
    "  raw bytea NOT NULL,\n"
    "  digest text NOT NULL CHECK (digest = encode(sha256(raw), 'hex'))\n"
    ");\n"
    "CREATE UNIQUE INDEX IF NOT EXISTS error_reports_once\n"
    "  ON error_reports (digest, coalesce(ping_id::text, ''));\n";

static const char views_sql[] =
    "CREATE OR REPLACE VIEW latest_pings AS\n"
    "  SELECT DISTINCT ON (instance_id) instance_id, ping_id, id, seq, recorded_at, received_at,\n"
    "    agent_version, definitions_digest, row_count\n"
    "  FROM pings ORDER BY instance_id, recorded_at DESC, received_at DESC;\n"
    "CREATE OR REPLACE VIEW latest_metrics AS\n"
    "  SELECT m.* FROM latest_pings l\n"
    "  JOIN ping_metrics m ON m.ping_id = l.ping_id AND m.recorded_at = l.recorded_at;\n"
    "CREATE OR REPLACE VIEW coverage AS\n"
    "  SELECT metric_path, count(*) AS instances, count(*) FILTER (WHERE status = 'ok') AS ok,\n"
    "    round(100.0 * count(*) FILTER (WHERE status = 'ok') / count(*), 2) AS percent_ok,\n"
    "    (SELECT count(*) FROM latest_pings) - count(*) AS not_reported,\n"
    "    mode() WITHIN GROUP (ORDER BY status) FILTER (WHERE status <> 'ok') AS usual_gap\n"
    "  FROM latest_metrics GROUP BY metric_path;\n"
    "CREATE OR REPLACE VIEW metric_months AS\n"
    "  SELECT month, metric_path, count(*) AS instances,\n"
    "    count(*) FILTER (WHERE status = 'ok') AS ok, sum(value_num) AS total FROM (\n"
    "      SELECT DISTINCT ON (metric_path, instance_id, date_trunc('month', recorded_at))\n"
    "        metric_path, date_trunc('month', recorded_at) AS month, status, value_num\n"
    "      FROM ping_metrics\n"
    "      WHERE recorded_at >= date_trunc('month', now()) - interval '5 months'\n"
    "      ORDER BY metric_path, instance_id, date_trunc('month', recorded_at),\n"
    "        recorded_at DESC) newest\n"
    "  GROUP BY month, metric_path;\n"
    "CREATE OR REPLACE VIEW silent_instances AS\n"
    "  SELECT instance_id, ping_id AS last_ping_id, seq AS last_seq,\n"
    "    recorded_at AS last_recorded_at, received_at AS last_received_at,\n"
    "    now() - received_at AS silent_for\n"
    "  FROM latest_pings WHERE received_at < now() - interval '9 days';\n"
    "END $schema$";

struct db_query *schema_create(struct db *db, db_done *done, void *arg)
{
    struct db_statement statement = {
        .timeout_ms = TIMEOUT_MS,
        .lock_timeout_ms = LOCK_TIMEOUT_MS,
        .writes = true,
    };
    struct db_query *query;
    struct str sql;

    str_init(&sql);
    str_add_format(&sql, "%s%s%s", pings_sql, reports_sql, views_sql);
    statement.sql = sql.text;
    query = db_query(db, &statement, done, arg);
    str_release(&sql);
    return query;
}

int64_t schema_week(int64_t wall_us)
{
    const int64_t week_us = (int64_t)DAYS_A_WEEK * SECONDS_A_DAY * US_PER_SECOND;
    int64_t since = wall_us + (int64_t)DAYS_BEFORE_EPOCH * SECONDS_A_DAY * US_PER_SECOND;

    return since / week_us - (since % week_us < 0 ? 1 : 0);
}

static void week_start(int64_t week, struct tm *utc)
{
    time_t seconds = (time_t)((week * DAYS_A_WEEK - DAYS_BEFORE_EPOCH) * SECONDS_A_DAY);

    (void)gmtime_r(&seconds, utc);
}

struct db_query *schema_create_week(struct db *db, int64_t week, db_done *done, void *arg)
{
    struct db_statement statement = {
        .timeout_ms = TIMEOUT_MS, .lock_timeout_ms = LOCK_TIMEOUT_MS, .writes = true};
    char name[32], from[32], to[32], sql[512];
    struct tm start = {0}, end = {0};

    week_start(week, &start);
    week_start(week + 1, &end);
    (void)strftime(name, sizeof(name), "ping_metrics_%Gw%V", &start);
    (void)strftime(from, sizeof(from), "%Y-%m-%d 00:00:00+00", &start);
    (void)strftime(to, sizeof(to), "%Y-%m-%d 00:00:00+00", &end);
    (void)snprintf(sql, sizeof(sql),
                   "DO $week$ BEGIN\n"
                   "SET LOCAL client_min_messages = warning;\n"
                   "PERFORM pg_advisory_xact_lock(hashtext('service-ping receive'));\n"
                   "CREATE TABLE IF NOT EXISTS %s PARTITION OF ping_metrics\n"
                   "  FOR VALUES FROM ('%s') TO ('%s');\n"
                   "END $week$",
                   name, from, to);
    statement.sql = sql;
    return db_query(db, &statement, done, arg);
}
