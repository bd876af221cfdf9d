/* The archive as people read it, and the files that cross an air gap. */
#include "tests/support/test.h"

#include "agent/carried.h"
#include "agent/verbs/archive_show.h"

#include <stdio.h>
#include <string.h>

#define US        INT64_C(1000000)
#define ID        "01a1fed1-78ce-743b-9da1-8bde96688ea8"
#define INSTANCE  "7c0b1a52-4f0e-4a55-9d53-6e2a0a7f5a10"
#define DIGEST_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SEALED_US (INT64_C(1795000000) * US)

static struct store_ping_line line_of(int64_t seq, enum ping_state state)
{
    struct store_ping_line line = {
        .ping = {.id = ID, .seq = seq, .sealed_us = SEALED_US, .state = state, .length = 1500},
        .digest = DIGEST_A,
        .recorded_at = 1794999900,
    };

    return line;
}

static void expect_lines_within(const char *text, size_t width)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        if (length > width)
            print_message("too long: %.*s\n", (int)length, text);
        assert_true(length <= width);
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

static void a_history_fits_the_terminal(void **state)
{
    struct store_ping_line lines[5];
    struct archive_list list = {.lines = lines, .count = COUNT_OF(lines), .arena = arena_new()};
    struct str out;

    (void)state;
    str_init(&out);
    for (int i = 0; i < 5; i++)
        lines[i] = line_of(5 - i, (enum ping_state)i);
    lines[1].attempts = 12;
    lines[1].last_status = 503;
    lines[2].exported_us = SEALED_US;
    lines[2].ping.length = 0;
    lines[3].receipt_us = SEALED_US;
    lines[4].attempts = 1;
    archive_write_table(&list, 80, &out);
    expect_lines_within(out.text, 80);
    assert_string_equal(out.text,
                        "No.  sealed (UTC)         state     size     tries  receipt (UTC)\n"
                        "  5  2026-11-18 11:06:40  sealed    1.5 KiB      0                    -\n"
                        "  4  2026-11-18 11:06:40  waiting   1.5 KiB     12  HTTP 503\n"
                        "  3  2026-11-18 11:06:40  kept      deleted      0  exported\n"
                        "  2  2026-11-18 11:06:40  sent      1.5 KiB      0  2026-11-18 11:06:40\n"
                        "  1  2026-11-18 11:06:40  rejected  1.5 KiB      1  no answer\n"
                        "\n"
                        "5 pings: 1 sealed, 1 waiting, 1 kept, 1 sent, 1 rejected; 5.9 KiB.\n"
                        "The bytes of 1 old ping were deleted, as the settings history.days and\n"
                        "history.megabytes ask; numbers, ids and digests are kept.\n");
    str_clear(&out);
    archive_write_table(&list, 0, &out);
    assert_non_null(strstr(out.text, "HTTP 503             " ID));
    lines[2].withheld_us = SEALED_US;
    str_clear(&out);
    archive_write_table(&list, 80, &out);
    assert_non_null(strstr(out.text, "kept      deleted      0  withheld\n"));
    str_clear(&out);
    archive_write_json(&list, &out);
    assert_non_null(strstr(out.text, "\"withheld_at\": \"2026-11-18T11:06:40"));
    str_release(&out);
    arena_free(list.arena);
}

static void metrics_are_counted_by_status(void **state)
{
    static const char bytes[] =
        "{\"service_ping\": {\"metrics\": {\"total\": 4000, \"ok\": 3997, \"not_ok\": 3},"
        " \"not_ok\": [{\"status\": \"timeout\"}, {\"status\": \"timeout\"}, {\"status\": "
        "\"held\"},"
        " {\"status\": \"of a later version\"}]}}";
    struct store_ping_line line = line_of(1, PING_WAITING);
    const struct store_attempt attempt = {
        .at_us = SEALED_US, .http_status = 503, .said = "busy\033[31m"};
    struct archive_summary summary = {
        .arena = arena_new(),
        .instance_id = INSTANCE,
        .line = &line,
        .attempts = &attempt,
        .attempt_count = 1,
        .next_try_us = SEALED_US,
    };
    struct str out;

    (void)state;
    str_init(&out);
    archive_count("{}", 2, &summary.counts);
    assert_false(summary.counts.known);
    archive_count(bytes, sizeof(bytes) - 1, &summary.counts);
    assert_true(summary.counts.known);
    archive_write_summary(&summary, &out);
    expect_lines_within(out.text, 80);
    assert_string_equal(out.text,
                        "Ping " ID ", number 1\n"
                        "  instance  " INSTANCE "\n"
                        "  after     none: it is the first\n"
                        "  counted   2026-11-18 11:05:00 UTC\n"
                        "  sealed    2026-11-18 11:06:40 UTC\n"
                        "  state     waiting to be sent; next try not before 2026-11-18 11:06:40 "
                        "UTC\n"
                        "  bytes     1,500\n"
                        "  SHA-256   " DIGEST_A "\n"
                        "  metrics   4,000: 3,997 ok, 2 timeout, 1 held\n"
                        "  attempts  2026-11-18 11:06:40 UTC  busy [31m\n");
    line.ping.state = PING_KEPT;
    line.withheld_us = SEALED_US;
    str_clear(&out);
    archive_write_summary(&summary, &out);
    assert_non_null(strstr(out.text, "  state     kept: more was permitted when it was sealed than "
                                     "now, so it is not sent\n"));
    str_release(&out);
    arena_free(summary.arena);
}

/* What is written is read back, and no other. */
static void a_receipt_comes_back_as_it_was_written(void **state)
{
    const struct carried_receipt receipt = {
        .ping_id = ID,
        .instance_id = INSTANCE,
        .digest = DIGEST_A,
        .http_status = 201,
        .endpoint = "https://pings.example.org",
        .answered_at = "2026-11-18T11:06:40Z",
        .body = "{\"receipt\": {\"digest\": \"" DIGEST_A "\"}}\n\"quoted\" \xC3\xA9",
    };
    struct arena *arena = arena_new();
    struct carried_receipt read;
    struct error err;
    struct str text;

    (void)state;
    str_init(&text);
    carried_write_receipt(&receipt, &text);
    assert_true(carried_read_receipt("x", text.text, text.length, arena, &read, &err));
    assert_string_equal(read.ping_id, ID);
    assert_string_equal(read.instance_id, INSTANCE);
    assert_string_equal(read.digest, DIGEST_A);
    assert_int_equal(read.http_status, 201);
    assert_string_equal(read.body, receipt.body);
    for (size_t length = 0; length + 2 < text.length; length++)
        assert_false(carried_read_receipt("x", text.text, length, arena, &read, &err));
    assert_false(carried_read_meta("x", text.text, text.length, &(struct carried_meta){0}, &err));
    assert_non_null(strstr(err.text, "this is not a ping of service-ping"));
    str_release(&text);
    arena_free(arena);
}

static const struct {
    const char *name, *body;
    bool taken;
} bodies[] = {
    {"an endpoint that says nothing is believed", "", true},
    {"and one that says something of its own", "{\"ok\": true}", true},
    {"ours says what it stored", "{\"receipt\": {\"digest\": \"" DIGEST_A "\"}}", true},
    {"other bytes were stored", "{\"receipt\": {\"digest\": \"b\"}}", false},
    {"another ping was", "{\"receipt\": {\"digest\": \"" DIGEST_A "\", \"ping_id\": \"b\"}}",
     false},
};

static void an_answer_is_for_the_bytes_that_were_posted(void **state)
{
    struct error err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        print_message("  %s\n", bodies[i].name);
        assert_int_equal(carried_check_body(ID, DIGEST_A, bodies[i].body, &err), bodies[i].taken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_history_fits_the_terminal),
        cmocka_unit_test(metrics_are_counted_by_status),
        cmocka_unit_test(a_receipt_comes_back_as_it_was_written),
        cmocka_unit_test(an_answer_is_for_the_bytes_that_were_posted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
