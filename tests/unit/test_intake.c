/* What the receiver makes of a post, before any database is asked. */
#include "tests/support/test.h"

#include "agent/base/clock.h"
#include "agent/base/gzip.h"
#include "agent/receiver/intake.h"
#include "agent/receiver/schema.h"

#include <string.h>

#define PING "0193a111-2222-7333-8444-555566667777"
#define OURS                                                                                       \
    "{\"counts\":{\"a\":1},\"recorded_at\":\"2026-11-21T10:00:00Z\",\"service_ping\":{"            \
    "\"ping_id\":\"" PING "\",\"instance_id\":\"site-1\",\"seq\":7}}"
#define BARE "{\"uuid\":\"u-1\",\"recorded_at\":\"2026-11-21T10:00:00Z\"}"

static const struct {
    const char *name;
    const char *text;
    int64_t seconds; /* -1: no time */
    int64_t fraction_us;
} times[] = {
    {"the zone Z is UTC", "1970-01-02T00:00:00Z", 86400, 0},
    {"a time without a zone is UTC", "1970-01-02 00:00:00", 86400, 0},
    {"an offset east is earlier in UTC", "1970-01-02T02:00:00+02:00", 86400, 0},
    {"an offset west is later in UTC", "1970-01-01T22:30:00-0130", 86400, 0},
    {"Ruby writes UTC as a word", "1970-01-02 00:00:00 UTC", 86400, 0},
    {"milliseconds are kept", "1970-01-01T00:00:01.250Z", 1, 250000},
    {"digits beyond microseconds are read over", "1970-01-01T00:00:00.1234567Z", 0, 123456},
    {"a leap day is a day", "2024-02-29T00:00:00Z", 1709164800, 0},
    {"the 31st of June is none", "2026-06-31T00:00:00Z", -1, 0},
    {"the 29th of February of most years is none", "2026-02-29T00:00:00Z", -1, 0},
    {"hour 25 is none", "2026-06-01T25:00:00Z", -1, 0},
    {"a day alone is no time", "2026-06-01", -1, 0},
    {"words behind it are refused", "2026-06-01T00:00:00Z!", -1, 0},
    {"a point needs digits", "2026-06-01T00:00:00.Z", -1, 0},
    {"an empty text is no time", "", -1, 0},
};

static void reads_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        int64_t found = -1;
        bool read = intake_time(times[i].text, &found);

        print_message("%s\n", times[i].name);
        assert_int_equal(read, times[i].seconds >= 0);
        if (read)
            assert_int_equal(found, times[i].seconds * US_PER_SECOND + times[i].fraction_us);
    }
}

static const struct {
    const char *name;
    const char *body;
    const char *encoding, *ping_id, *instance_id;
    const char *complaint; /* NULL: it is taken */
} posts[] = {
    {"our form says who it is", OURS, NULL, NULL, NULL, NULL},
    {"headers that agree are fine", OURS, "identity", PING, "site-1", NULL},
    {"another ping_id in the header is refused", OURS, NULL, "0193a111-2222-7333-8444-555566667778",
     NULL, "ping_id"},
    {"another instance_id in the header is refused", OURS, NULL, NULL, "site-2", "instance_id"},
    {"GitLab's bare form is told apart by uuid and time", BARE, NULL, NULL, NULL, NULL},
    {"the bare form may be named by headers", "{\"recorded_at\":\"2026-11-21T10:00:00Z\"}", NULL,
     PING, "site-1", NULL},
    {"nobody's ping is refused", "{\"recorded_at\":\"2026-11-21T10:00:00Z\"}", NULL, NULL, NULL,
     "whose"},
    {"a ping without a time is refused", "{\"uuid\":\"u\"}", NULL, NULL, NULL, "recorded_at"},
    {"our form without a ping_id is refused",
     "{\"recorded_at\":\"2026-11-21T10:00:00Z\",\"service_ping\":{\"instance_id\":\"a\"}}", NULL,
     NULL, NULL, "ping_id"},
    {"a ping_id that is no UUID is refused", BARE, NULL, "1234", NULL, "UUID"},
    {"a name that would break the log is refused",
     "{\"uuid\":\"a b\\n\",\"recorded_at\":\"2026-11-21T10:00:00Z\"}", NULL, NULL, NULL,
     "instance_id"},
    {"a whole number beyond int64 is a number",
     "{\"uuid\":\"a\\\"\",\"recorded_at\":\"2026-11-21T10:00:00Z\",\"n\":-"
     "123456789012345678901234}",
     NULL, PING, "site-1", NULL},
    {"digits in a text stay, also behind a quote",
     "{\"x\":\"\\\"1234567890123456789012\",\"uuid\":\"1234567890123456789012\","
     "\"recorded_at\":\"2026-11-21T10:00:00Z\"}",
     NULL, NULL, "1234567890123456789012", NULL},
    {"a list is no ping", "[1]", NULL, NULL, NULL, "not an object"},
    {"half a document is no ping", "{\"uuid\":", NULL, NULL, NULL, "cannot be read"},
    {"two documents are no ping", BARE BARE, NULL, NULL, NULL, "cannot be read"},
    {"nothing is no ping", "", NULL, NULL, NULL, "empty"},
    {"service_ping must be an object",
     "{\"uuid\":\"a\",\"recorded_at\":\"2026-11-21T10:00:00Z\",\"service_ping\":1}", NULL, NULL,
     NULL, "service_ping"},
    {"what says gzip must be gzip", BARE, "gzip", NULL, NULL, "unpacked"},
    {"another packing is refused", BARE, "br", NULL, NULL, "packed"},
};

static void judges_posts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(posts); i++) {
        struct intake_post post = {
            .body = posts[i].body,
            .length = strlen(posts[i].body),
            .encoding = posts[i].encoding,
            .ping_id = posts[i].ping_id,
            .instance_id = posts[i].instance_id,
        };
        struct intake_ping ping;
        struct error err = {0};
        struct str json;
        bool taken;

        print_message("%s\n", posts[i].name);
        str_init(&json);
        taken = intake_read(&post, &json, &ping, &err);
        assert_int_equal(taken, posts[i].complaint == NULL);
        if (!taken)
            assert_non_null(strstr(err.text, posts[i].complaint));
        assert_string_equal(json.text, posts[i].body);
        str_release(&json);
    }
}

static const struct {
    const char *name;
    const char *body;
    const char *object, *ping_id, *instance_id;
    const char *complaint; /* NULL: it is taken */
} reports[] = {
    {"metadata is whose uuid it has", "{\"metadata\":{\"uuid\":\"site-1\",\"metrics\":[]}}",
     "metadata", NULL, NULL, NULL},
    {"so is an error", "{\"error\":{\"uuid\":\"site-1\",\"message\":\"x\"}}", "error", NULL, NULL,
     NULL},
    {"headers say more", "{\"metadata\":{\"uuid\":\"u\"}}", "metadata", PING, "site-1", NULL},
    {"a uuid is not needed then", "{\"error\":{\"uuid\":null}}", "error", NULL, "site-1", NULL},
    {"an error is no metadata", "{\"error\":{\"uuid\":\"site-1\"}}", "metadata", NULL, NULL,
     "no object `metadata`"},
    {"an error is an object", "{\"error\":\"site-1\"}", "error", NULL, NULL, "no object `error`"},
    {"a ping is no report", BARE, "error", NULL, NULL, "no object `error`"},
    {"nobody's report is refused", "{\"error\":{}}", "error", NULL, NULL, "whose"},
    {"a name that would break the log is refused", "{\"error\":{\"uuid\":\"a b\"}}", "error", NULL,
     NULL, "instance_id"},
    {"a ping_id that is no UUID is refused", "{\"error\":{\"uuid\":\"a\"}}", "error", "1", NULL,
     "UUID"},
    {"half a document is no report", "{\"error\":", "error", NULL, NULL, "cannot be read"},
    {"nothing is no report", "", "error", NULL, NULL, "empty"},
};

static void judges_reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reports); i++) {
        struct intake_post post = {
            .body = reports[i].body,
            .length = strlen(reports[i].body),
            .ping_id = reports[i].ping_id,
            .instance_id = reports[i].instance_id,
        };
        struct intake_ping ping;
        struct error err = {0};
        struct str json;
        bool taken;

        print_message("%s\n", reports[i].name);
        str_init(&json);
        taken = intake_read_report(&post, reports[i].object, &json, &ping, &err);
        assert_int_equal(taken, reports[i].complaint == NULL);
        if (!taken)
            assert_non_null(strstr(err.text, reports[i].complaint));
        if (taken) {
            assert_string_equal(ping.instance_id, "site-1");
            assert_string_equal(ping.ping_id, post.ping_id != NULL ? PING : "");
        }
        assert_string_equal(json.text, reports[i].body);
        str_release(&json);
    }
}

static void reads_identity(void **state)
{
    struct intake_post post = {.body = OURS, .length = strlen(OURS)};
    struct intake_ping ping;
    struct error err;
    struct str json;

    (void)state;
    str_init(&json);
    assert_true(intake_read(&post, &json, &ping, &err));
    assert_string_equal(ping.ping_id, PING);
    assert_string_equal(ping.instance_id, "site-1");
    assert_int_equal(ping.seq, 7);
    assert_false(ping.bare);
    str_release(&json);
}

static void unpacks_gzip(void **state)
{
    struct intake_post post = {.encoding = "gzip"};
    struct intake_ping ping;
    struct str packed, json;
    struct error err;

    (void)state;
    str_init(&packed);
    str_init(&json);
    assert_true(gzip_compress(OURS, strlen(OURS), &packed, &err));
    post.body = packed.text;
    post.length = packed.length;
    assert_true(intake_read(&post, &json, &ping, &err));
    assert_string_equal(json.text, OURS);
    str_release(&packed);
    str_release(&json);
}

static void read_bare(const char *body, struct intake_ping *ping)
{
    struct intake_post post = {.body = body, .length = strlen(body)};
    struct error err;
    struct str json;

    str_init(&json);
    assert_true(intake_read(&post, &json, ping, &err));
    assert_true(ping->bare);
    str_release(&json);
}

static void derives_ids_of_the_bare_form(void **state)
{
    struct intake_ping one, again, later, other;

    (void)state;
    read_bare(BARE, &one);
    read_bare("{\"recorded_at\":\"2026-11-21T10:00:00Z\",\"uuid\":\"u-1\",\"more\":1}", &again);
    read_bare("{\"uuid\":\"u-1\",\"recorded_at\":\"2026-11-21T10:00:01Z\"}", &later);
    read_bare("{\"uuid\":\"u-2\",\"recorded_at\":\"2026-11-21T10:00:00Z\"}", &other);
    assert_string_equal(one.ping_id, again.ping_id);
    assert_string_not_equal(one.digest, again.digest);
    assert_string_not_equal(one.ping_id, later.ping_id);
    assert_string_not_equal(one.ping_id, other.ping_id);
    assert_int_equal(strlen(one.ping_id), UUID_TEXT_SIZE - 1);
    assert_int_equal(one.ping_id[14], '8');
}

static void counts_weeks(void **state)
{
    const int64_t day_us = INT64_C(86400) * US_PER_SECOND;
    /* Monday, 2026-11-16. */
    const int64_t monday_us = INT64_C(1794787200) * US_PER_SECOND;

    (void)state;
    assert_int_equal(schema_week(monday_us), schema_week(monday_us + 7 * day_us - 1));
    assert_int_equal(schema_week(monday_us) + 1, schema_week(monday_us + 7 * day_us));
    assert_int_equal(schema_week(monday_us) - 1, schema_week(monday_us - 1));
    assert_int_equal(schema_week(0), 0);
    assert_int_equal(schema_week(-4 * day_us), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_times),
        cmocka_unit_test(judges_posts),
        cmocka_unit_test(judges_reports),
        cmocka_unit_test(reads_identity),
        cmocka_unit_test(unpacks_gzip),
        cmocka_unit_test(counts_weeks),
        cmocka_unit_test(derives_ids_of_the_bare_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
