/* The receiver as senders meet it: over HTTP, with a real PostgreSQL behind it. */
#include "tests/support/test.h"

#include "agent/base/clock.h"
#include "agent/base/digest.h"
#include "agent/base/gzip.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/io/db.h"
#include "agent/io/http_client.h"
#include "agent/io/loop.h"
#include "agent/receiver/receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_US (INT64_C(1795255200) * US_PER_SECOND) /* 2026-11-21 10:00 UTC */

enum { PATIENCE_MS = 30000 };

/* A sender, the receiver, and an analyst's session beside it, on one loop. */
struct desk {
    struct loop *loop;
    struct receiver *receiver;
    struct http_client *client;
    struct db *db;
    struct db_config receives, asks;
    struct http_config http;
    int status;
    bool retry_after;
    struct str body; /* of the newest answer */
    struct str cell; /* of the newest query */
};

static struct desk desk;

static void too_late(void *arg)
{
    (void)arg;
    fail_msg("nothing came for %d ms", PATIENCE_MS);
}

static void wait_for_answer(void)
{
    struct loop_timer *patience = loop_after(desk.loop, PATIENCE_MS, too_late, NULL);

    loop_run(desk.loop);
    loop_timer_cancel(patience);
}

static void answered(const struct http_response *response, const struct error *err, void *arg)
{
    (void)arg;
    if (err != NULL)
        fail_msg("%s", err->text);
    desk.status = response->status;
    desk.retry_after = response->retry_after != NULL;
    str_clear(&desk.body);
    str_add_bytes(&desk.body, response->body, response->length);
    loop_stop(desk.loop);
}

static int ask(const char *method, const char *path, const char *const *headers, const void *body,
               size_t length)
{
    char url[128];
    struct http_request request = {
        .method = method, .url = url, .headers = headers, .body = body, .body_length = length};

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", receiver_port(desk.receiver), path);
    (void)http_send(desk.client, &request, answered, NULL);
    wait_for_answer();
    return desk.status;
}

static int post(const char *body)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};

    return ask("POST", "/v1/pings", headers, body, strlen(body));
}

static void asked(const struct db_result *result, const struct error *err, void *arg)
{
    size_t length;

    (void)arg;
    if (err != NULL)
        fail_msg("%s", err->text);
    str_clear(&desk.cell);
    if (db_rows(result) > 0) {
        const char *bytes = db_bytes(result, 0, 0, &length);

        str_add_bytes(&desk.cell, bytes, length);
    }
    loop_stop(desk.loop);
}

/* The first cell of the answer, which must be a text. */
static const char *query(const char *sql)
{
    const struct db_statement statement = {.sql = sql, .timeout_ms = 20000, .writes = true};

    (void)db_query(desk.db, &statement, asked, NULL);
    wait_for_answer();
    return desk.cell.text;
}

static void assert_query(const char *sql, const char *expected)
{
    assert_string_equal(query(sql), expected);
}

/* `first` is asked of the database before the receiver comes; NULL: nothing. */
static void open_desk(const char *conninfo, const char *first)
{
    struct receiver_config config = {.listen = "127.0.0.1:0", .database = &desk.receives};
    struct error err;

    /* The pings are of that day, and a receiver takes none of days to come. */
    now_stop_at(NOW_US);
    desk.receives = (struct db_config){.name = "receive", .conninfo = conninfo};
    desk.asks = (struct db_config){.name = "analyst", .conninfo = conninfo};
    desk.http = (struct http_config){.proxy = "", .timeout_ms = PATIENCE_MS};
    desk.loop = loop_new();
    desk.client = http_client_new(desk.loop, &desk.http);
    desk.db = db_new(desk.loop, &desk.asks);
    str_init(&desk.body);
    str_init(&desk.cell);
    if (first != NULL)
        (void)query(first);
    desk.receiver = receiver_new(desk.loop, &config, &err);
    if (desk.receiver == NULL)
        fail_msg("%s", err.text);
}

static int close_desk(void **state)
{
    (void)state;
    receiver_free(desk.receiver);
    http_client_free(desk.client);
    db_free(desk.db);
    loop_free(desk.loop);
    str_release(&desk.body);
    str_release(&desk.cell);
    return 0;
}

/* Every test has a schema of its own, so that none counts what another one sent. */
static int open_own_schema(void **state)
{
    static char conninfo[512], statement[128];
    static unsigned number;

    (void)state;
    number++;
    (void)snprintf(conninfo, sizeof(conninfo), "%s options='-c search_path=receiver_%u'",
                   getenv("TEST_DATABASE"), number);
    (void)snprintf(statement, sizeof(statement), "CREATE SCHEMA IF NOT EXISTS receiver_%u", number);
    open_desk(conninfo, statement);
    return 0;
}

static int open_without_database(void **state)
{
    (void)state;
    open_desk("host=/nonexistent dbname=none", NULL);
    return 0;
}

/* {"recorded_at":...,METRICS,"service_ping":{...,META}} with the ping_id's last digit. */
static const char *ping(int digit, const char *metrics, const char *meta)
{
    static char text[4096];

    (void)snprintf(text, sizeof(text),
                   "{\"recorded_at\":\"2026-11-21T10:00:00Z\",%s,\"service_ping\":{"
                   "\"ping_id\":\"0193a111-2222-7333-8444-55556666777%d\","
                   "\"instance_id\":\"site-1\",\"seq\":%d,\"schema_version\":1,"
                   "\"agent\":{\"name\":\"service-ping\",\"version\":\"0.1.0\"}%s}}",
                   metrics, digit, digit + 1, meta);
    return text;
}

static struct js_value *parse_body(void)
{
    struct error err;
    struct js_value *root = js_parse(desk.body.text, desk.body.length, &err);

    if (root == NULL)
        fail_msg("%s: %s", err.text, desk.body.text);
    return root;
}

static void a_new_ping_is_stored_and_receipted(void **state)
{
    const char *text = ping(1, "\"counts\":{\"a\":1,\"b\":2}", "");
    char digest[DIGEST_TEXT_SIZE];
    const struct js_value *receipt;
    struct js_value *root;

    (void)state;
    assert_int_equal(post(text), 201);
    root = parse_body();
    receipt = js_get(root, "receipt");
    assert_string_equal(js_text(js_get(receipt, "ping_id")),
                        "0193a111-2222-7333-8444-555566667771");
    assert_string_equal(js_text(js_get(receipt, "digest")),
                        digest_text(text, strlen(text), digest));
    assert_int_equal(js_integer(js_get(receipt, "rows")), 3);
    assert_non_null(js_text(js_get(receipt, "received_at")));
    assert_true(js_integer(js_get(js_get(root, "conv_index"), "usage_data_id")) > 0);
    js_free(root);
    assert_query("SELECT convert_from(raw, 'UTF8') FROM pings", text);
    assert_query("SELECT concat_ws(' ', instance_id, seq, agent_version, schema_version, "
                 "recorded_at AT TIME ZONE 'UTC') FROM pings",
                 "site-1 2 0.1.0 1 2026-11-21 10:00:00");
    assert_query("SELECT string_agg(metric_path, ' ' ORDER BY metric_path) FROM ping_metrics",
                 "counts.a counts.b recorded_at");
}

static void the_same_ping_again_changes_nothing(void **state)
{
    struct str first;

    (void)state;
    str_init(&first);
    assert_int_equal(post(ping(1, "\"a\":1", "")), 201);
    str_add(&first, desk.body.text);
    assert_int_equal(post(ping(1, "\"a\":1", "")), 200);
    assert_string_equal(desk.body.text, first.text);
    assert_query("SELECT count(*)::text FROM pings", "1");
    assert_query("SELECT count(*)::text FROM ping_metrics", "2");
    assert_query("SELECT count(*)::text FROM dead_letters", "0");
    str_release(&first);
}

static void another_ping_under_the_same_id_is_refused_and_kept(void **state)
{
    (void)state;
    assert_int_equal(post(ping(1, "\"a\":1", "")), 201);
    assert_int_equal(post(ping(1, "\"a\":2", "")), 409);
    assert_non_null(strstr(desk.body.text, "error"));
    assert_query("SELECT value_num::text FROM ping_metrics WHERE metric_path = 'a'", "1");
    assert_query("SELECT convert_from(raw, 'UTF8') FROM dead_letters", ping(1, "\"a\":2", ""));
}

static void what_cannot_be_read_is_kept_with_the_reason(void **state)
{
    (void)state;
    assert_int_equal(post("{\"half\":"), 400);
    assert_query("SELECT convert_from(raw, 'UTF8') FROM dead_letters", "{\"half\":");
    assert_true(strstr(query("SELECT reason FROM dead_letters"), "cannot be read") != NULL);
    assert_int_equal(post("{\"half\":"), 400);
    assert_query("SELECT count(*) || ' ' || max(times) FROM dead_letters", "1 2");
    assert_query("SELECT count(*)::text FROM pings", "0");
}

static void what_postgresql_cannot_hold_is_a_dead_letter_too(void **state)
{
    (void)state;
    assert_int_equal(post(ping(1, "\"a\":\"zero \\u0000 sign\"", "")), 400);
    assert_query("SELECT count(*)::text FROM dead_letters", "1");
    assert_int_equal(post(ping(2, "\"a\":1", "")), 201);
}

static void a_broken_clock_makes_no_partition(void **state)
{
    (void)state;
    assert_int_equal(post("{\"uuid\":\"u\",\"recorded_at\":\"1999-01-01T00:00:00Z\"}"), 400);
    assert_int_equal(post("{\"uuid\":\"u\",\"recorded_at\":\"9999-01-01T00:00:00Z\"}"), 400);
    assert_query("SELECT count(*)::text FROM pg_inherits "
                 "WHERE inhparent = 'ping_metrics'::regclass",
                 "0");
    assert_query("SELECT count(*)::text FROM dead_letters", "2");
}

static const struct {
    const char *name;
    const char *json;
    const char *row; /* kind, number, text, document */
} values[] = {
    {"a whole number", "0", "count 0 - -"},
    {"the largest int64", "9223372036854775807", "count 9223372036854775807 - -"},
    {"beyond int64", "123456789012345678901234567890", "count 123456789012345678901234567890 - -"},
    {"a decimal beyond a double", "12345678901234567890.12345678901234567890",
     "decimal 12345678901234567890.12345678901234567890 - -"},
    {"a negative number", "-7", "count -7 - -"},
    {"an exponent", "1.5e3", "count 1500 - -"},
    {"a text", "\"17.5 \\u00e9\"", "text - 17.5 é -"},
    {"a flag", "true", "flag 1 true -"},
    {"a list", "[1,{\"a\":2}]", "json - - [1, {\"a\": 2}]"},
};

static void values_stay_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char metrics[256], sql[512];

        print_message("%s\n", values[i].name);
        (void)snprintf(metrics, sizeof(metrics), "\"m%zu\":%s", i, values[i].json);
        assert_int_equal(post(ping((int)i, metrics, "")), 201);
        (void)snprintf(sql, sizeof(sql),
                       "SELECT concat_ws(' ', value_kind, coalesce(value_num::text, '-'), "
                       "coalesce(value_text, '-'), coalesce(value_json::text, '-')) "
                       "FROM ping_metrics WHERE metric_path = 'm%zu' AND status = 'ok'",
                       i);
        assert_query(sql, values[i].row);
    }
}

static void objects_are_kept_whole(void **state)
{
    (void)state;
    assert_int_equal(post(ping(1,
                               "\"git\":{\"version\":{\"major\":2,\"minor\":3}},"
                               "\"deep\":{\"er\":{\"x\":1}},\"top\":{\"y\":{}}",
                               ",\"objects\":[\"git.version\",\"top\"]")),
                     201);
    assert_query("SELECT value_json::text FROM ping_metrics WHERE metric_path = 'git.version'",
                 "{\"major\": 2, \"minor\": 3}");
    assert_query("SELECT value_json::text FROM ping_metrics WHERE metric_path = 'top'",
                 "{\"y\": {}}");
    assert_query("SELECT string_agg(metric_path, ' ' ORDER BY metric_path) FROM ping_metrics",
                 "deep.er.x git.version recorded_at top");
}

static void gaps_have_their_status_and_no_number(void **state)
{
    (void)state;
    assert_int_equal(
        post(ping(1, "\"counts\":{\"slow\":null,\"old\":-1,\"bare\":null,\"est\":812,\"fine\":-1}",
                  ",\"not_ok\":[{\"key_path\":\"counts.slow\",\"status\":\"timeout\","
                  "\"reason\":\"too slow\"},{\"key_path\":\"counts.old\",\"status\":\"denied\","
                  "\"reason\":\"no right\"},{\"key_path\":\"counts.nowhere\","
                  "\"status\":\"off\",\"reason\":\"no source\"}],"
                  "\"notes\":[{\"key_path\":\"counts.est\",\"method\":\"hyperloglog\","
                  "\"error_bound\":\"0.81%\"}]")),
        201);
    assert_query("SELECT string_agg(concat_ws(' ', metric_path, value_kind, "
                 "coalesce(value_num::text, '-'), status, coalesce(method, '-'), "
                 "coalesce(reason, error_bound, '-')), '; ' ORDER BY metric_path) "
                 "FROM ping_metrics WHERE metric_path LIKE 'counts.%'",
                 "counts.bare none - absent - null, without a reason; "
                 "counts.est count 812 ok hyperloglog 0.81%; "
                 "counts.fine count -1 ok exact -; "
                 "counts.nowhere none - off - no source; "
                 "counts.old none - denied - no right; "
                 "counts.slow none - timeout - too slow");
}

static void exact_sums_are_kept_to_the_last_digit(void **state)
{
    (void)state;
    assert_int_equal(post(ping(1, "\"sum\":123456789012345678901234567890,\"part\":0.10", "")),
                     201);
    assert_query("SELECT string_agg(concat_ws(' ', metric_path, value_num), '; ' "
                 "ORDER BY metric_path) FROM ping_metrics WHERE value_num IS NOT NULL",
                 "part 0.10; sum 123456789012345678901234567890");
}

static void packed_pings_are_stored_unpacked(void **state)
{
    static const char *const headers[] = {"Content-Type: application/json",
                                          "Content-Encoding: gzip", NULL};
    const char *text = ping(1, "\"a\":1", "");
    char length[32];
    struct str packed;
    struct error err;

    (void)state;
    str_init(&packed);
    assert_true(gzip_compress(text, strlen(text), &packed, &err));
    assert_int_equal(ask("POST", "/", headers, packed.text, packed.length), 201);
    assert_query("SELECT convert_from(raw, 'UTF8') FROM pings", text);
    assert_int_equal(ask("POST", "/", headers, packed.text, packed.length - 4), 400);
    (void)snprintf(length, sizeof(length), "%zu", packed.length - 4);
    assert_query("SELECT length(raw)::text FROM dead_letters", length);
    str_release(&packed);
}

static void gitlabs_bare_form_is_taken(void **state)
{
    static const char bare[] = "{\"uuid\":\"u-1\",\"recorded_at\":\"2026-11-21T10:00:00.123Z\","
                               "\"counts\":{\"a\":5,\"failed\":-1},\"license\":{}}";
    struct js_value *root;

    (void)state;
    assert_int_equal(ask("POST", "/usage_data", NULL, bare, strlen(bare)), 201);
    root = parse_body();
    assert_int_equal(js_kind(js_get(js_get(root, "conv_index"), "usage_data_id")), JS_INTEGER);
    js_free(root);
    assert_int_equal(ask("POST", "/usage_data", NULL, bare, strlen(bare)), 200);
    assert_query("SELECT instance_id || ' ' || (seq IS NULL) FROM pings", "u-1 true");
    assert_query("SELECT string_agg(concat_ws(' ', metric_path, coalesce(value_num::text, '-'), "
                 "status), '; ' ORDER BY metric_path) FROM ping_metrics "
                 "WHERE metric_path LIKE 'counts.%'",
                 "counts.a 5 ok; counts.failed - error");
}

/* What stands beside a ping in GitLab's protocol. */
static const char metadata[] =
    "{\"metadata\":{\"uuid\":\"u-1\",\"metrics\":[{\"name\":\"a\",\"time_elapsed\":123},"
    "{\"name\":\"b.c\",\"time_elapsed\":0.000123,\"error\":\"Error\"},{\"time_elapsed\":1}]}}";
static const char failure[] =
    "{\"error\":{\"time\":\"2026-11-21T10:00:00.123Z\",\"uuid\":\"u-1\",\"hostname\":\"git."
    "example\","
    "\"version\":\"17.5.1\",\"message\":\"no route at x.rb:1\",\"elapsed\":10.1}}";

static int report(const char *path, const char *id_header, const char *body)
{
    const char *const headers[] = {"Content-Type: application/json", id_header, NULL};

    return ask("POST", path, headers, body, strlen(body));
}

static void metadata_has_tables_of_its_own(void **state)
{
    const char *id = "Service-Ping-Id: 0193a111-2222-7333-8444-555566667771";

    (void)state;
    assert_int_equal(report("/usage_ping_metadata", NULL, metadata), 201);
    assert_int_equal(report("/usage_ping_metadata", NULL, metadata), 200);
    assert_query("SELECT string_agg(concat_ws(' ', metric_path, time_elapsed, error), '; ' "
                 "ORDER BY metric_path) FROM metric_timings WHERE instance_id = 'u-1'",
                 "a 123; b.c 0.000123 Error");
    assert_query("SELECT convert_from(raw, 'UTF8') FROM metadata_reports", metadata);
    /* The same numbers of another ping are not the same report. */
    assert_int_equal(report("/usage_ping_metadata", id, metadata), 201);
    assert_int_equal(report("/usage_ping_metadata", id, metadata), 200);
    assert_query("SELECT count(*) || ' ' || count(ping_id) FROM metadata_reports", "2 1");
    assert_query("SELECT count(*)::text FROM pings", "0");
}

static void errors_have_a_table_of_their_own(void **state)
{
    struct js_value *root;

    (void)state;
    assert_int_equal(report("/usage_ping_errors", NULL, failure), 201);
    root = parse_body();
    assert_int_equal(js_integer(js_get(js_get(root, "receipt"), "rows")), 1);
    js_free(root);
    assert_int_equal(report("/usage_ping_errors", NULL, failure), 200);
    assert_query("SELECT concat_ws('|', instance_id, reported_at, hostname, version, message, "
                 "elapsed) FROM error_reports",
                 "u-1|2026-11-21T10:00:00.123Z|git.example|17.5.1|no route at x.rb:1|10.1");
    assert_query("SELECT count(*)::text FROM dead_letters", "0");
}

/* Reports that cannot be kept as such. */
static const struct {
    const char *name;
    const char *path, *body;
} letters[] = {
    {"an error posted as metadata", "/usage_ping_metadata", failure},
    {"metadata posted as an error", "/usage_ping_errors", metadata},
    {"a list of what is no metric", "/usage_ping_metadata",
     "{\"metadata\":{\"uuid\":\"u\",\"metrics\":[1]}}"},
    {"metrics that are no list", "/usage_ping_metadata",
     "{\"metadata\":{\"uuid\":\"u\",\"metrics\":{}}}"},
    {"a time that is no number", "/usage_ping_metadata",
     "{\"metadata\":{\"uuid\":\"u\",\"metrics\":[{\"name\":\"a\",\"time_elapsed\":\"x\"}]}}"},
    {"half a report", "/usage_ping_errors", "{\"error\":"},
};

static void reports_that_make_no_sense_are_kept_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        if (report(letters[i].path, NULL, letters[i].body) != 400)
            fail_msg("%s: %d %s", letters[i].name, desk.status, desk.body.text);
    }
    assert_query("SELECT count(*)::text FROM dead_letters", "6");
    assert_query("SELECT ((SELECT count(*) FROM metadata_reports) + "
                 "(SELECT count(*) FROM error_reports))::text",
                 "0");
    assert_int_equal(ask("GET", "/usage_ping_errors", NULL, NULL, 0), 405);
}

static void weeks_have_their_partitions(void **state)
{
    (void)state;
    assert_int_equal(post("{\"uuid\":\"u\",\"recorded_at\":\"2026-11-15T23:59:59Z\"}"), 201);
    assert_int_equal(post("{\"uuid\":\"u\",\"recorded_at\":\"2026-11-16T00:00:00Z\"}"), 201);
    assert_int_equal(post("{\"uuid\":\"u\",\"recorded_at\":\"2026-11-16T00:00:00+01:00\"}"), 201);
    assert_query("SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY 1) FROM pg_inherits "
                 "WHERE inhparent = 'ping_metrics'::regclass",
                 "ping_metrics_2026w46 ping_metrics_2026w47");
    assert_query("SELECT count(DISTINCT ping_id)::text FROM ping_metrics_2026w46", "2");
}

static void a_second_receiver_meets_tables_that_are_there(void **state)
{
    struct receiver_config config = {.listen = "127.0.0.1:0", .database = &desk.receives};
    struct error err;

    (void)state;
    assert_int_equal(post(ping(1, "\"a\":1", "")), 201);
    receiver_free(desk.receiver);
    desk.receiver = receiver_new(desk.loop, &config, &err);
    assert_non_null(desk.receiver);
    assert_int_equal(post(ping(1, "\"a\":1", "")), 200);
    assert_int_equal(post(ping(2, "\"a\":1", "")), 201);
}

static void tables_that_went_missing_are_made_anew(void **state)
{
    (void)state;
    assert_int_equal(post(ping(1, "\"a\":1", "")), 201);
    (void)query("DROP TABLE ping_metrics CASCADE");
    assert_int_equal(post(ping(2, "\"a\":1", "")), 503);
    assert_true(desk.retry_after);
    assert_int_equal(post(ping(2, "\"a\":1", "")), 201);
    assert_query("SELECT count(*)::text FROM ping_metrics", "2");
}

static void views_answer_an_analyst(void **state)
{
    (void)state;
    assert_int_equal(post(ping(1, "\"a\":1,\"b\":null", "")), 201);
    assert_int_equal(post("{\"uuid\":\"u-2\",\"recorded_at\":\"2026-11-20T10:00:00Z\",\"a\":4}"),
                     201);
    assert_query("SELECT string_agg(instance_id || '=' || value_num, ' ' ORDER BY instance_id) "
                 "FROM latest_metrics WHERE metric_path = 'a'",
                 "site-1=1 u-2=4");
    assert_query("SELECT string_agg(concat_ws(' ', metric_path, instances, ok, not_reported), "
                 "'; ' ORDER BY metric_path) FROM coverage WHERE metric_path IN ('a', 'b')",
                 "a 2 2 0; b 1 0 1");
    assert_query("SELECT count(*)::text FROM silent_instances", "0");
    (void)query("UPDATE pings SET received_at = now() - interval '10 days' "
                "WHERE instance_id = 'u-2'");
    assert_query("SELECT instance_id FROM silent_instances", "u-2");
}

static void other_paths_and_methods_are_told_so(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/healthz", NULL, NULL, 0), 200);
    assert_int_equal(ask("GET", "/v1/pings", NULL, NULL, 0), 405);
    assert_int_equal(ask("POST", "/elsewhere", NULL, "{}", 2), 404);
}

static void without_a_database_senders_come_back_later(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/healthz", NULL, NULL, 0), 200);
    assert_int_equal(post(ping(1, "\"a\":1", "")), 503);
    assert_true(desk.retry_after);
    /* What is refused must be kept first, and that cannot be done just now. */
    assert_int_equal(post("{\"half\":"), 503);
}

#define OWN(test) cmocka_unit_test_setup_teardown(test, open_own_schema, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OWN(a_new_ping_is_stored_and_receipted),
        OWN(the_same_ping_again_changes_nothing),
        OWN(another_ping_under_the_same_id_is_refused_and_kept),
        OWN(what_cannot_be_read_is_kept_with_the_reason),
        OWN(what_postgresql_cannot_hold_is_a_dead_letter_too),
        OWN(a_broken_clock_makes_no_partition),
        OWN(values_stay_exact),
        OWN(objects_are_kept_whole),
        OWN(gaps_have_their_status_and_no_number),
        OWN(exact_sums_are_kept_to_the_last_digit),
        OWN(packed_pings_are_stored_unpacked),
        OWN(gitlabs_bare_form_is_taken),
        OWN(metadata_has_tables_of_its_own),
        OWN(errors_have_a_table_of_their_own),
        OWN(reports_that_make_no_sense_are_kept_with_the_reason),
        OWN(weeks_have_their_partitions),
        OWN(a_second_receiver_meets_tables_that_are_there),
        OWN(tables_that_went_missing_are_made_anew),
        OWN(views_answer_an_analyst),
        OWN(other_paths_and_methods_are_told_so),
        cmocka_unit_test_setup_teardown(without_a_database_senders_come_back_later,
                                        open_without_database, close_desk),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
