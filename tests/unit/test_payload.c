/* The document that leaves: its form (golden files), its order, its windows, what it refuses. */
#include "agent/payload.h"

#include "agent/base/json.h"
#include "agent/base/zone.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const categories[] = {"standard", "operational", NULL};

/* Every kind of value and every status; deliberately not in the order of the document. */
static const struct payload_item items[] = {
    {"uuid", {.value = {VALUE_TEXT, 0, "5f1f8b0e-0000-4000-8000-000000000001", false}}},
    {"hostname", {.value = {VALUE_TEXT, 0, "git.example.com", false}}},
    {"version", {.value = {VALUE_TEXT, 0, "17.6.0", false}}},
    {"edition", {.value = {VALUE_TEXT, 0, "EE", false}}},
    {"installation_type", {.value = {VALUE_TEXT, 0, "omnibus \"x\"\n", false}}},
    {"recorded_at", {.value = {VALUE_TEXT, 0, "some other time", false}}},
    {"counts_weekly.users",
     {.value = {VALUE_COUNT, 7, NULL, false}, .method = "hyperloglog", .error_bound = "0.81%"}},
    {"counts.issues", {.value = {VALUE_COUNT, INT64_MAX, NULL, false}, .method = "exact"}},
    {"counts.issues_closed", {.value = {VALUE_COUNT, -1, NULL, false}, .method = "tid"}},
    {"counts.issues-open", {.value = {VALUE_COUNT, 0, NULL, false}}},
    {"usage.average", {.value = {VALUE_DECIMAL, 0, "31.30", false}}},
    {"usage.stage.plan.deep", {.value = {VALUE_FLAG, 0, NULL, true}}},
    {"usage.stage.create.deep", {.value = {VALUE_FLAG, 0, NULL, false}}},
    {"topology", {.value = {VALUE_JSON, 0, "{\"nodes\":[{\"cpus\":4}]}", false}}},
    {"not.timeout", {.status = STATUS_TIMEOUT, .reason = "too slow"}},
    {"not.unavailable", {.status = STATUS_UNAVAILABLE, .reason = "no route"}},
    {"not.error", {.status = STATUS_ERROR, .reason = "said \"no\""}},
    {"not.denied", {.status = STATUS_DENIED, .reason = "no privilege"}},
    {"not.absent", {.status = STATUS_ABSENT, .reason = "no table"}},
    {"not.budget", {.status = STATUS_BUDGET, .reason = "no time left"}},
    {"not.held", {.status = STATUS_HELD, .reason = "not accepted"}},
    {"not.off", {.status = STATUS_OFF, .reason = "no source"}},
};

static const struct payload_gap gaps[] = {
    {1794045600, 1794650400, "the agent was not running"},
};

static const struct payload_input full = {
    .items = items,
    .count = COUNT_OF(items),
    .ping_id = "01935000-0000-7000-8000-000000000002",
    .instance_id = "5f1f8b0e-0000-4000-8000-000000000001",
    .previous_ping_id = "01935000-0000-7000-8000-000000000001",
    .previous_digest = "fedcba9876543210",
    .missed = gaps,
    .missed_count = COUNT_OF(gaps),
    .seq = 2,
    .recorded_at = 1795255445, /* Saturday 2026-11-21 10:04:05 UTC */
    .collected_in_ms = 81234,
    .resumed = true,
    .time_zone = "Europe/Berlin",
    .zone_offset_s = 3600,
    .definitions_digest = "0123456789abcdef",
    .consent = "on",
    .categories = categories,
    .agent_version = "1.2.3",
};

static const char *const no_categories[] = {NULL};

static const struct payload_input first = {
    .ping_id = "01935000-0000-7000-8000-000000000001",
    .instance_id = "5f1f8b0e-0000-4000-8000-000000000001",
    .seq = 1,
    .recorded_at = 0,
    .time_zone = "UTC",
    .definitions_digest = "",
    .consent = "local",
    .categories = no_categories,
    .agent_version = "1.2.3",
};

static struct error err;

static struct str write_payload(const struct payload_input *input)
{
    struct str out;

    str_init(&out);
    if (!payload_write(input, &out, &err))
        fail_msg("%s", err.text);
    return out;
}

static void expect_golden(const char *path, const struct str *found)
{
    bool writes = getenv("GOLDEN") != NULL && strcmp(getenv("GOLDEN"), "write") == 0;
    FILE *file = fopen(path, writes ? "w" : "r");
    static char expected[1 << 16];
    size_t length;

    if (file == NULL)
        fail_msg("%s cannot be opened; run this at the root of the tree", path);
    if (writes) {
        assert_int_equal(fwrite(found->text, 1, found->length, file), found->length);
    } else {
        length = fread(expected, 1, sizeof(expected) - 1, file);
        expected[length] = '\0';
        assert_string_equal(found->text, expected);
    }
    assert_int_equal(fclose(file), 0);
}

static void the_document_is_as_in_the_golden_file(void **state)
{
    struct str out = write_payload(&full);

    (void)state;
    expect_golden("tests/golden/payload.json", &out);
    str_release(&out);
}

static void a_first_ping_without_metrics_is_as_in_the_golden_file(void **state)
{
    struct str out = write_payload(&first);

    (void)state;
    expect_golden("tests/golden/payload_first.json", &out);
    str_release(&out);
}

static void the_order_of_the_outcomes_changes_no_byte(void **state)
{
    struct payload_item shuffled[COUNT_OF(items)];
    struct payload_input input = full;
    struct str expected = write_payload(&full);

    (void)state;
    (void)memcpy(shuffled, items, sizeof(items));
    input.items = shuffled;
    srand(1);
    for (int round = 0; round < 30; round++) {
        struct str found;

        for (size_t i = COUNT_OF(items) - 1; i > 0; i--) {
            size_t other = (size_t)rand() % (i + 1);
            struct payload_item kept = shuffled[i];

            shuffled[i] = shuffled[other];
            shuffled[other] = kept;
        }
        found = write_payload(&input);
        assert_string_equal(found.text, expected.text);
        str_release(&found);
    }
    str_release(&expected);
}

/* Keys of every object in order: so anybody can write the same bytes from the parsed document. */
static void check_order(const char *key, const struct js_value *value, void *arg)
{
    const char **before = arg;
    const char *inside = NULL;

    if (*before != NULL && key != NULL)
        assert_true(strcmp(*before, key) < 0);
    *before = key;
    js_members(value, check_order, &inside);
}

static void all_keys_are_sorted(void **state)
{
    struct str out = write_payload(&full);
    struct js_value *document = js_parse(out.text, out.length, &err);
    const char *before = NULL;

    (void)state;
    assert_non_null(document);
    js_members(document, check_order, &before);
    js_free(document);
    str_release(&out);
}

static void a_document_of_its_own_is_given_as_it_came(void **state)
{
    struct str out = write_payload(&full);

    (void)state;
    assert_non_null(strstr(out.text, "\"topology\": {\"nodes\":[{\"cpus\":4}]}"));
    assert_non_null(strstr(out.text, "\"average\": 31.30"));
    str_release(&out);
}

/* GitLab's form: nothing of ours, no white space, -1 for what has no value. */
static void gitlab_s_form_is_as_in_the_golden_file(void **state)
{
    struct payload_input input = full;
    struct str out;

    (void)state;
    input.form = PAYLOAD_GITLAB;
    out = write_payload(&input);
    expect_golden("tests/golden/payload_gitlab.json", &out);
    str_release(&out);
}

/* By status: in GitLab's form they all look alike. */
static void in_gitlab_s_form_whatever_has_no_value_carries_minus_one(void **state)
{
    struct payload_input input = first;

    (void)state;
    input.form = PAYLOAD_GITLAB;
    input.count = 1;
    for (unsigned status = STATUS_TIMEOUT; status <= STATUS_OFF; status++) {
        const struct payload_item item = {
            .key_path = "counts.a",
            .outcome = {.status = (enum outcome_status)status, .reason = "why"}};
        struct str out;

        input.items = &item;
        out = write_payload(&input);
        assert_string_equal(out.text,
                            "{\"counts\":{\"a\":-1},\"recorded_at\":\"1970-01-01T00:00:00.000Z\"}");
        str_release(&out);
    }
}

/* As Rails writes a time of its zone. */
static const struct {
    const char *name;
    const char *time_zone;
    int64_t zone_offset_s;
    const char *recorded_at;
} zoned[] = {
    {"UTC", "UTC", 0, "2026-11-21T10:04:05.000Z"},
    {"UTC by its long name", "Etc/UTC", 0, "2026-11-21T10:04:05.000Z"},
    {"east", "Europe/Berlin", 3600, "2026-11-21T11:04:05.000+01:00"},
    {"west, and not a whole hour", "America/St_Johns", -12600, "2026-11-21T06:34:05.000-03:30"},
    {"like UTC, and still a zone", "Europe/London", 0, "2026-11-21T10:04:05.000+00:00"},
    {"another day", "Pacific/Auckland", 46800, "2026-11-21T23:04:05.000+13:00"},
    {"yet another day", "Pacific/Kiritimati", 50400, "2026-11-22T00:04:05.000+14:00"},
};

static void in_gitlab_s_form_the_time_is_that_of_the_zone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(zoned); i++) {
        struct payload_input input = first;
        struct js_value *document;
        struct str out;

        input.form = PAYLOAD_GITLAB;
        input.recorded_at = 1795255445;
        input.time_zone = zoned[i].time_zone;
        input.zone_offset_s = zoned[i].zone_offset_s;
        out = write_payload(&input);
        document = js_parse(out.text, out.length, &err);
        if (strcmp(js_text(js_get(document, "recorded_at")), zoned[i].recorded_at) != 0)
            fail_msg("%s: %s", zoned[i].name, out.text);
        js_free(document);
        str_release(&out);
    }
}

/* Two key paths that cannot stand in one document, or one that cannot stand at all. */
static const struct {
    const char *name;
    const char *a, *b;
    const char *words;
} refused[] = {
    {"twice the same", "counts.a", "counts.a", "counts.a is used twice"},
    {"one above the other", "counts", "counts.a", "counts.a runs through counts"},
    {"one far above the other", "counts.a", "counts.a.b.c", "counts.a.b.c runs through counts.a"},
    {"our own object", "service_ping", "x", "service_ping is used twice"},
    {"inside our own object", "service_ping.seq", "x",
     "service_ping.seq runs through service_ping"},
    {"inside the time", "recorded_at.day", "x", "recorded_at.day runs through recorded_at"},
    {"too deep", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", "x",
     "more than 32 parts"},
};

static void what_cannot_stand_together_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(refused); i++) {
        size_t row = i / 2;
        const struct payload_item two[] = {{.key_path = refused[row].a},
                                           {.key_path = refused[row].b}};
        struct payload_input input = first;
        struct str out;

        str_init(&out);
        input.items = two;
        input.count = 2;
        input.form = i % 2 == 0 ? PAYLOAD_OURS : PAYLOAD_GITLAB;
        err = (struct error){0};
        assert_false(payload_write(&input, &out, &err));
        assert_int_equal(err.kind, ERROR_REFUSED);
        if (strstr(err.text, refused[row].words) == NULL)
            fail_msg("%s: %s", refused[row].name, err.text);
        assert_int_equal(out.length, 0);
        str_release(&out);
    }
}

/* Names that look alike are not one above the other. */
static const char *const neighbours[][2] = {
    {"counts", "counts_weekly.a"}, {"counts.a", "counts.ab"},    {"counts.a-b", "counts.a.b"},
    {"counts.a", "counts-a"},      {"service_ping_", "service"}, {"recorded_at_", "recorded"},
};

static void what_looks_alike_may_stand_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(neighbours); i++) {
        const struct payload_item two[] = {{.key_path = neighbours[i][0]},
                                           {.key_path = neighbours[i][1]}};
        struct payload_input input = first;
        struct js_value *document;
        struct str out;

        input.items = two;
        input.count = 2;
        out = write_payload(&input);
        document = js_parse(out.text, out.length, &err);
        assert_non_null(document);
        js_free(document);
        str_release(&out);
    }
}

/* Windows of a moment; the weeks are those of the clocks there. */
static const struct {
    const char *name;
    int64_t recorded_at, zone_offset_s;
    const char *window, *from, *to;
    const char *zone; /* of the process */
} windows[] = {
    {"the database's week ends two days ago", 1795255445, 0, "7d_database", "2026-11-12T10:04:05Z",
     "2026-11-19T10:04:05Z", "UTC"},
    {"the database's month ends two days ago", 1795255445, 0, "28d_database",
     "2026-10-22T10:04:05Z", "2026-11-19T10:04:05Z", "UTC"},
    {"Redis' week is the last whole one", 1795255445, 0, "7d_redis", "2026-11-09", "2026-11-15",
     "UTC"},
    {"Redis' month is four whole weeks", 1795255445, 0, "28d_redis", "2026-10-19", "2026-11-15",
     "UTC"},
    {"Sunday night in UTC is still the old week", 1795391999, 0, "7d_redis", "2026-11-09",
     "2026-11-15", "UTC"},
    {"Sunday night in UTC is Monday in Berlin", 1795391999, 3600, "7d_redis", "2026-11-16",
     "2026-11-22", "UTC"},
    {"Monday in UTC is Sunday in New York", 1795392000, -18000, "7d_redis", "2026-11-09",
     "2026-11-15", "UTC"},
    {"the database's days are those of the calendar, over a change of the clocks, too", 1793095200,
     3600, "28d_database", "2026-09-27T09:00:00Z", "2026-10-25T10:00:00Z", "Europe/Berlin"},
    {"weeks pass New Year", 1609718400, 0, "28d_redis", "2020-12-07", "2021-01-03", "UTC"},
};

static void windows_follow_from_the_time_of_recording(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(windows); i++) {
        struct payload_input input = first;
        struct js_value *document;
        const struct js_value *window;
        struct str out;

        input.recorded_at = windows[i].recorded_at;
        input.zone_offset_s = windows[i].zone_offset_s;
        zone_set(windows[i].zone);
        out = write_payload(&input);
        document = js_parse(out.text, out.length, &err);
        window = js_get(js_get(js_get(document, "service_ping"), "windows"), windows[i].window);
        if (strcmp(js_text(js_get(window, "from")), windows[i].from) != 0 ||
            strcmp(js_text(js_get(window, "to")), windows[i].to) != 0)
            fail_msg("%s", windows[i].name);
        js_free(document);
        str_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_is_as_in_the_golden_file),
        cmocka_unit_test(a_first_ping_without_metrics_is_as_in_the_golden_file),
        cmocka_unit_test(the_order_of_the_outcomes_changes_no_byte),
        cmocka_unit_test(all_keys_are_sorted),
        cmocka_unit_test(a_document_of_its_own_is_given_as_it_came),
        cmocka_unit_test(gitlab_s_form_is_as_in_the_golden_file),
        cmocka_unit_test(in_gitlab_s_form_whatever_has_no_value_carries_minus_one),
        cmocka_unit_test(in_gitlab_s_form_the_time_is_that_of_the_zone),
        cmocka_unit_test(what_cannot_stand_together_is_refused),
        cmocka_unit_test(what_looks_alike_may_stand_together),
        cmocka_unit_test(windows_follow_from_the_time_of_recording),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
