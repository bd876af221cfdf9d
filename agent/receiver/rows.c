#include "agent/receiver/rows.h"

#include "agent/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 120000, NUMBER_SIZE = 24 };

/*
 * `node` walks down the document and stops at what is no object, and at the paths that are metrics
 * as a whole. `line` joins what service_ping says about them: a value that has a status of its own
 * (null, or a fallback like -1) is no value. GitLab's bare form says failure by -1 alone.
 */
static const char store_sql[] =
    "WITH RECURSIVE sent(body) AS MATERIALIZED (SELECT $1::text::jsonb),\n"
    "own(meta) AS MATERIALIZED (SELECT body -> 'service_ping' FROM sent),\n"
    "whole(path) AS MATERIALIZED (\n"
    "  SELECT path FROM own, jsonb_array_elements_text(CASE jsonb_typeof(meta -> 'objects')\n"
    "    WHEN 'array' THEN meta -> 'objects' ELSE '[]' END) AS path WHERE path IS NOT NULL),\n"
    "node(path, value, opens) AS (\n"
    "  SELECT key, value,\n"
    "    jsonb_typeof(value) = 'object' AND key NOT IN (SELECT path FROM whole)\n"
    "  FROM sent, jsonb_each(body) WHERE key <> 'service_ping'\n"
    "  UNION ALL\n"
    "  SELECT node.path || '.' || child.key, child.value,\n"
    "    jsonb_typeof(child.value) = 'object'\n"
    "      AND node.path || '.' || child.key NOT IN (SELECT path FROM whole)\n"
    "  FROM node, jsonb_each(CASE WHEN opens THEN node.value ELSE '{}' END) AS child),\n"
    "leaf AS (SELECT path, value FROM node WHERE NOT opens),\n"
    "gap AS (\n"
    "  SELECT DISTINCT ON (key_path) key_path, status, reason\n"
    "  FROM own, jsonb_to_recordset(CASE jsonb_typeof(meta -> 'not_ok')\n"
    "    WHEN 'array' THEN meta -> 'not_ok' ELSE '[]' END)\n"
    "    AS g(key_path text, status text, reason text)\n"
    "  WHERE key_path IS NOT NULL AND status IS NOT NULL),\n"
    "note AS (\n"
    "  SELECT DISTINCT ON (key_path) key_path, method, error_bound\n"
    "  FROM own, jsonb_to_recordset(CASE jsonb_typeof(meta -> 'notes')\n"
    "    WHEN 'array' THEN meta -> 'notes' ELSE '[]' END)\n"
    "    AS n(key_path text, method text, error_bound text)\n"
    "  WHERE key_path IS NOT NULL),\n"
    "judged AS (\n"
    "  SELECT coalesce(leaf.path, gap.key_path) AS path, leaf.value,\n"
    "    CASE WHEN gap.status IS NOT NULL THEN gap.status\n"
    "      WHEN jsonb_typeof(leaf.value) = 'null' THEN 'absent'\n"
    "      WHEN own.meta IS NULL AND leaf.value = '-1' THEN 'error'\n"
    "      ELSE 'ok' END AS status,\n"
    "    CASE WHEN gap.status IS NOT NULL THEN gap.reason\n"
    "      WHEN jsonb_typeof(leaf.value) = 'null' THEN 'null, without a reason'\n"
    "      WHEN own.meta IS NULL AND leaf.value = '-1' THEN 'the fallback -1' END AS reason\n"
    "  FROM own, leaf FULL JOIN gap ON gap.key_path = leaf.path),\n"
    "line AS (\n"
    "  SELECT path, status, reason, CASE WHEN status = 'ok' THEN value END AS value\n"
    "  FROM judged),\n"
    "fresh AS (\n"
    "  INSERT INTO pings (ping_id, instance_id, seq, previous_ping_id, recorded_at,\n"
    "    agent_version, definitions_digest, schema_version, digest, row_count, raw)\n"
    "  SELECT $2::text::uuid, $3::text, $4::text::bigint, $5::text::uuid, $6::text::timestamptz,\n"
    "    $7::text, $8::text, $9::text::bigint, $10::text, (SELECT count(*) FROM line),\n"
    "    convert_to($1::text, 'UTF8')\n"
    "  ON CONFLICT (ping_id) DO NOTHING\n"
    "  RETURNING id, ping_id, instance_id, recorded_at, received_at, digest, row_count),\n"
    "stored AS (\n"
    "  INSERT INTO ping_metrics (instance_id, ping_id, recorded_at, metric_path, value_kind,\n"
    "    value_num, value_text, value_json, status, reason, method, error_bound)\n"
    "  SELECT fresh.instance_id, fresh.ping_id, fresh.recorded_at, path,\n"
    "    CASE jsonb_typeof(value) WHEN 'string' THEN 'text' WHEN 'boolean' THEN 'flag'\n"
    "      WHEN 'object' THEN 'json' WHEN 'array' THEN 'json'\n"
    "      WHEN 'number' THEN CASE scale(value::numeric) WHEN 0 THEN 'count' ELSE 'decimal' END\n"
    "      ELSE 'none' END,\n"
    "    CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric\n"
    "      WHEN 'boolean' THEN value::boolean::integer END,\n"
    "    CASE WHEN jsonb_typeof(value) IN ('string', 'boolean') THEN value #>> '{}' END,\n"
    "    CASE WHEN jsonb_typeof(value) IN ('object', 'array') THEN value END,\n"
    "    status, reason,\n"
    "    CASE WHEN status = 'ok' THEN coalesce(note.method, 'exact') END, note.error_bound\n"
    "  FROM fresh, line LEFT JOIN note ON note.key_path = line.path)\n"
    "SELECT true AS is_new, id, row_count, digest,\n"
    "  to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM fresh\n"
    "UNION ALL\n"
    "SELECT false, id, row_count, digest,\n"
    "  to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM pings\n"
    "WHERE ping_id = $2::text::uuid AND NOT EXISTS (SELECT FROM fresh)";

static const char bury_sql[] =
    "INSERT INTO dead_letters (reason, raw, digest)\n"
    "SELECT $1::text, raw, encode(sha256(raw), 'hex') FROM (SELECT $2::bytea AS raw) letter\n"
    "ON CONFLICT (digest, reason) DO UPDATE SET times = dead_letters.times + 1,\n"
    "  last_received_at = now()";

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static const char *number_or_null(int64_t number, char out[NUMBER_SIZE])
{
    (void)snprintf(out, NUMBER_SIZE, "%" PRId64, number);
    return number != 0 ? out : NULL;
}

struct db_query *rows_store(struct db *db, const struct intake_ping *ping, const char *json,
                            db_done *done, void *arg)
{
    char seq[NUMBER_SIZE], version[NUMBER_SIZE], recorded_at[TIME_TEXT_SIZE];
    const char *const params[] = {
        json,
        ping->ping_id,
        ping->instance_id,
        number_or_null(ping->seq, seq),
        or_null(ping->previous_ping_id),
        time_text(ping->recorded_us, recorded_at),
        or_null(ping->agent_version),
        or_null(ping->definitions_digest),
        number_or_null(ping->schema_version, version),
        ping->digest,
    };
    const struct db_statement statement = {
        .sql = store_sql,
        .params = params,
        .param_count = sizeof(params) / sizeof(params[0]),
        .timeout_ms = TIMEOUT_MS,
        .writes = true,
    };

    return db_query(db, &statement, done, arg);
}

bool rows_receipt(const struct db_result *result, const struct intake_ping *ping,
                  struct rows_receipt *receipt, struct error *err)
{
    int64_t fresh;
    size_t length;

    if (db_rows(result) != 1)
        return error_set(err, ERROR_UNAVAILABLE, "The ping is being stored by somebody else.");
    if (!db_integer(result, 0, 0, &fresh, err) || !db_integer(result, 0, 1, &receipt->id, err) ||
        !db_integer(result, 0, 2, &receipt->rows, err))
        return false;
    receipt->fresh = fresh != 0;
    (void)snprintf(receipt->digest, sizeof(receipt->digest), "%s", db_bytes(result, 0, 3, &length));
    (void)snprintf(receipt->received_at, sizeof(receipt->received_at), "%s",
                   db_bytes(result, 0, 4, &length));
    receipt->same = strcmp(receipt->digest, ping->digest) == 0;
    return true;
}

/* bytea as text: "\x" and two hex digits a byte. */
static void add_hex(const unsigned char *bytes, size_t length, struct str *out)
{
    static const char digits[] = "0123456789abcdef";

    str_add(out, "\\x");
    for (size_t i = 0; i < length; i++) {
        str_add_char(out, digits[bytes[i] >> 4]);
        str_add_char(out, digits[bytes[i] & 15]);
    }
}

struct db_query *rows_bury(struct db *db, const char *reason, const void *bytes, size_t length,
                           db_done *done, void *arg)
{
    struct db_statement statement = {
        .sql = bury_sql, .param_count = 2, .timeout_ms = TIMEOUT_MS, .writes = true};
    const char *params[2] = {reason};
    struct db_query *query;
    struct str hex;

    str_init(&hex);
    add_hex(bytes, length, &hex);
    params[1] = hex.text;
    statement.params = params;
    query = db_query(db, &statement, done, arg);
    str_release(&hex);
    return query;
}
