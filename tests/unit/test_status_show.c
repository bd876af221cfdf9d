/* What `status` says of a document, from an agent or from the store. */
#include "tests/support/test.h"

#include "agent/verbs/status_show.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *json;
    const char *says[4]; /* lines, or parts of them */
    const char *silent;  /* what does not stand there; NULL: nothing is asked */
} cases[] = {
    {"no agent runs",
     "{\"agent\": {\"running\": false, \"version\": \"1\"}, \"instance_id\": \"abc\","
     " \"last_run\": null, \"last_ping\": null}",
     {"agent      none answers; this is from the store in /s\n", "instance   abc\n",
      "last run   none yet\n", "last ping  none yet\n"},
     "failing"},
    {"an agent that waits",
     "{\"agent\": {\"running\": true, \"version\": \"1.2\", \"started_at\":"
     " \"2026-11-21T10:04:05Z\"}, \"schedule\": {\"setting\": \"weekly\", \"time_zone\": \"UTC\","
     " \"next_run\": \"2026-11-28T04:12:00Z\"}}",
     {"agent      1.2 since 2026-11-21 10:04:05 UTC, idle\n",
      "next run   2026-11-28 04:12:00 UTC (weekly, UTC)\n"},
     "trouble"},
    {"one that collects, in trouble",
     "{\"agent\": {\"running\": true, \"trouble\": \"The settings are bad.\"},"
     " \"progress\": {\"metrics\": 4000, \"answered\": 1200, \"percent\": 30}}",
     {"collecting: 1,200 of 4,000 metrics (30 %)\n", "trouble    The settings are bad.\n"},
     NULL},
    {"a ping that arrived",
     "{\"last_run\": {\"recorded_at\": \"2026-11-21T10:04:05Z\", \"took_ms\": 1500, \"statuses\":"
     " {\"ok\": 3980, \"timeout\": 20}}, \"last_ping\": {\"seq\": 12, \"bytes\": 123456,"
     " \"state\": \"sent\", \"sealed_at\": \"2026-11-21T10:04:05Z\", \"receipt_at\":"
     " \"2026-11-21T10:04:09Z\"}}",
     {"last run   2026-11-21 10:04:05 UTC, took 1.5 s: 3,980 ok, 20 timeout\n",
      "last ping  number 12, sealed 2026-11-21 10:04:05 UTC, 123,456 bytes; it ",
      "receipt is of 2026-11-21 10:04:09 UTC\n"},
     NULL},
    {"an endpoint that does not answer",
     "{\"last_ping\": {\"state\": \"waiting\", \"attempts\": 3}, \"delivery\": {\"endpoint\":"
     " \"https://x\", \"waiting\": 2, \"next_try\": \"2026-11-22T10:00:00Z\","
     " \"failing_since\": \"2026-11-21T10:00:00Z\", \"said\": \"Nobody\\u001b[2J is there.\"}}",
     {"not sent after 3 tries\n", "waiting    2 pings; next try not before 2026-11-22 10:00:00 UTC",
      "failing    since 2026-11-21 10:00:00 UTC: Nobody", "is there.\n"},
     "\033"},
    {"a ping that holds more than is permitted now",
     "{\"last_ping\": {\"state\": \"kept\", \"attempts\": 3, \"withheld_at\":"
     " \"2026-11-21T10:04:05Z\"}}",
     {"it is kept here: more", "it was sealed than now\n"},
     "tries"},
    {"definitions that are held",
     "{\"definitions\": {\"metrics\": 4012, \"held\": 3}, \"archive\": {\"days\": 730,"
     " \"megabytes\": 200}}",
     {"in force   4,012 metrics; 3 held: 'service-ping diff' shows them\n",
      "archive    pings are kept for 730 days, in at most 200 MB\n"},
     NULL},
    {"nothing that it knows", "{}", {"instance   ?\n", "consent    ?\n"}, NULL},
};

static void expect_lines_within(const char *text, size_t width)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        assert_true(length <= width);
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

static void play(size_t number)
{
    struct error err;
    struct js_value *status = js_parse(cases[number].json, strlen(cases[number].json), &err);
    struct status_shown shown = {
        .arena = arena_new(), .status = status, .told_by = "the store in /s", .width = 80};
    struct str out;

    assert_non_null(status);
    str_init(&out);
    status_write(&shown, &out);
    expect_lines_within(out.text, 80);
    for (size_t i = 0; i < COUNT_OF(cases[number].says) && cases[number].says[i] != NULL; i++) {
        if (strstr(out.text, cases[number].says[i]) == NULL)
            print_message("%s\nin:\n%s", cases[number].says[i], out.text);
        assert_non_null(strstr(out.text, cases[number].says[i]));
    }
    if (cases[number].silent != NULL)
        assert_null(strstr(out.text, cases[number].silent));
    str_release(&out);
    arena_free(shown.arena);
    js_free(status);
}

static void a_document_is_told_in_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("  %s\n", cases[i].name);
        play(i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_document_is_told_in_lines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
