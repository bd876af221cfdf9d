/* The documents of the page, made where no agent runs. */
#include "agent/web/page_data.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "tests/support/shown.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

struct page {
    struct shown shown;
    struct page_data data;
    struct str text;
    struct js_value *document; /* of the text */
};

static int open_page(void **state)
{
    static struct page page;

    page = (struct page){0};
    shown_open(&page.shown);
    str_init(&page.text);
    *state = &page;
    return 0;
}

static int close_page(void **state)
{
    struct page *page = *state;

    js_free(page->document);
    str_release(&page->text);
    shown_close(&page->shown);
    return 0;
}

static const struct js_value *document(struct page *page, page_writer *write)
{
    const struct shown *shown = &page->shown;
    struct error err;

    page->data = (struct page_data){
        .settings = &shown->settings,
        .catalog = &shown->catalog,
        .store = shown->place->store,
        .approvals = shown->approvals,
        .consent = &shown->consent,
        .daemon = page->data.daemon,
        .now_us = now_wall_us(),
    };
    js_free(page->document);
    str_clear(&page->text);
    assert_true(write(&page->data, shown->place->arena, &page->text, &err));
    page->document = js_parse(page->text.text, page->text.length, &err);
    assert_non_null(page->document);
    return page->document;
}

/* The member of a list of objects that has this key path. */
static const struct js_value *of(const struct js_value *list, const char *key_path)
{
    for (size_t i = 0; i < js_count(list); i++) {
        const struct js_value *item = js_at(list, i);

        if (strcmp(js_text(js_get(item, "key_path")), key_path) == 0)
            return item;
    }
    fail_msg("%s is not there", key_path);
    return NULL;
}

static void expect_text(const struct js_value *object, const char *key, const char *expected)
{
    const char *text = js_text(js_get(object, key));

    if (expected == NULL)
        assert_null(text);
    else if (text == NULL || strcmp(text, expected) != 0)
        fail_msg("%s is '%s', not '%s'", key, text != NULL ? text : "(none)", expected);
}

/* ---- Status ---- */

static void status_without_an_agent_is_the_stores(void **state)
{
    struct page *page = *state;
    const struct js_value *status = document(page, page_write_status);

    assert_false(js_flag(js_get(js_get(status, "agent"), "running")));
    expect_text(js_get(status, "agent"), "state", NULL);
    expect_text(status, "instance_id", store_instance_id(page->shown.place->store));
    expect_text(js_get(status, "consent"), "mode", "local");
    assert_int_equal(js_kind(js_get(status, "last_run")), JS_NULL);
    assert_int_equal(js_kind(js_get(status, "last_ping")), JS_NULL);
    expect_text(js_get(status, "schedule"), "next_run", NULL);
    expect_text(js_get(status, "schedule"), "setting", "weekly");
}

/* Names, passwords and keys of a URL are no business of whoever looks at the page. */
static void the_endpoint_is_shown_without_its_secrets(void **state)
{
    const struct js_value *status = document(*state, page_write_status);

    expect_text(js_get(status, "delivery"), "endpoint", "https://example.org/pings");
}

static void status_has_the_last_run_and_ping(void **state)
{
    struct page *page = *state;
    const struct js_value *status, *run, *ping;

    shown_ping(&page->shown, 5, PING_SENT);
    shown_ping(&page->shown, 6, PING_REJECTED);
    status = document(page, page_write_status);
    run = js_get(status, "last_run");
    ping = js_get(status, "last_ping");
    expect_text(run, "ping_id", page->shown.last_ping);
    expect_text(run, "recorded_at", "2026-11-28T10:00:02Z");
    assert_int_equal(js_integer(js_get(run, "took_ms")), 2500);
    assert_int_equal(js_integer(js_get(js_get(run, "statuses"), "ok")), 3);
    assert_int_equal(js_integer(js_get(js_get(run, "statuses"), "denied")), 1);
    assert_null(js_get(js_get(run, "statuses"), "timeout"));
    expect_text(ping, "id", page->shown.last_ping);
    expect_text(ping, "state", "rejected");
    assert_int_equal(js_integer(js_get(ping, "seq")), 2);
    assert_int_equal(js_integer(js_get(ping, "attempts")), 1);
}

static void a_running_agent_tells_its_own(void **state)
{
    struct page *page = *state;
    const struct daemon_status daemon = {
        .state = DAEMON_COLLECTING,
        .progress = {.metrics = 10, .answered = 4, .share = 0.5, .left_us = 3000000},
        .next_run = SHOWN_NOW + 60,
        .trouble = "The disk is \"full\".",
        .courier = {.waiting = 2, .said = "No answer.", .failing_since_us = 1000000},
    };
    const struct js_value *status;

    page->data.daemon = &daemon;
    status = document(page, page_write_status);
    expect_text(js_get(status, "agent"), "state", "collecting");
    expect_text(js_get(status, "agent"), "trouble", "The disk is \"full\".");
    expect_text(js_get(status, "schedule"), "next_run", "2026-11-21T10:01:00Z");
    assert_int_equal(js_integer(js_get(js_get(status, "progress"), "percent")), 50);
    assert_int_equal(js_integer(js_get(js_get(status, "progress"), "left_seconds")), 3);
    assert_int_equal(js_integer(js_get(js_get(status, "delivery"), "waiting")), 2);
    expect_text(js_get(status, "delivery"), "failing_since", "1970-01-01T00:00:01Z");
}

/* ---- Metrics ---- */

static const struct {
    const char *key_path, *source, *origin, *state;
} origins[] = {
    {"counts.issues", "database", "SELECT count(*) FROM issues", "accepted"},
    {"redis.clicks", "redis", "CLICKS", "accepted"},
    {"redis.unavailable", "redis", "one\ntwo", "accepted"},
    {"elsewhere.prometheus", NULL, NULL, "not computed"},
};

static void definitions_tell_their_origin(void **state)
{
    struct page *page = *state;
    const struct js_value *list = document(page, page_write_definitions);

    assert_int_equal(js_count(list), page->shown.catalog.count);
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        const struct js_value *item = of(list, origins[i].key_path);

        expect_text(item, "source", origins[i].source);
        expect_text(item, "origin", origins[i].origin);
        expect_text(item, "state", origins[i].state);
        expect_text(item, "owner", "testing");
        expect_text(item, "category", "optional");
        assert_non_null(strstr(js_text(js_get(item, "description")), "<means>"));
        if (origins[i].origin == NULL)
            assert_non_null(js_text(js_get(item, "reason")));
    }
}

/* So that a value can be checked by hand with the very statement that it came from. */
static void origins_have_the_windows_of_the_newest_run(void **state)
{
    struct page *page = *state;
    const struct js_value *item;

    shown_run(&page->shown, 1);
    now_advance(INT64_C(100) * 86400 * US_PER_SECOND);
    item = of(document(page, page_write_definitions), "counts.issues_28d");
    assert_non_null(strstr(js_text(js_get(item, "origin")), "2026-10-22"));
    assert_non_null(strstr(js_text(js_get(item, "origin")), "2026-11-19"));
}

static void a_category_that_is_not_permitted_is_told(void **state)
{
    struct page *page = *state;

    page->shown.consent.categories[CATEGORY_OPTIONAL] = false;
    expect_text(of(document(page, page_write_definitions), "counts.issues"), "state",
                "not permitted");
}

static void outcomes_are_of_the_newest_run(void **state)
{
    struct page *page = *state;
    const struct js_value *list, *item;

    assert_int_equal(js_count(document(page, page_write_outcomes)), 0);
    shown_run(&page->shown, 4);
    shown_run(&page->shown, 5);
    list = document(page, page_write_outcomes);
    assert_int_equal(js_count(list), page->shown.catalog.count);
    item = of(list, "counts.issues");
    assert_int_equal(js_integer(js_get(item, "value")), 5);
    expect_text(item, "status", "ok");
    assert_int_equal(js_integer(js_get(item, "took_us")), 1500);
    item = of(list, "counts.denied");
    assert_int_equal(js_kind(js_get(item, "value")), JS_NULL);
    expect_text(item, "status", "denied");
    expect_text(item, "reason", "permission denied for table secrets");
}

static void a_trend_has_26_runs_the_oldest_first(void **state)
{
    struct page *page = *state;
    const struct js_value *trend, *first, *last;

    for (int64_t i = 1; i <= 28; i++) {
        shown_ping(&page->shown, i, PING_SENT);
        if (i == 20) /* a metric that is younger than the instance */
            shown_define(&page->shown, "counts.young",
                         "time_frame: all\ndata_source: database\noptions: {relation: y}\n");
        shown_load(&page->shown);
    }
    document(page, page_write_outcomes);
    trend = js_get(of(page->document, "counts.issues"), "trend");
    assert_int_equal(js_count(trend), 26);
    first = js_at(trend, 0);
    last = js_at(trend, 25);
    assert_int_equal(js_integer(js_at(first, 1)), 3);
    assert_int_equal(js_integer(js_at(last, 1)), 28);
    assert_true(js_integer(js_at(first, 0)) < js_integer(js_at(last, 0)));
    assert_int_equal(js_count(js_get(of(page->document, "counts.young"), "trend")), 8);
    assert_int_equal(js_count(js_get(of(page->document, "counts.denied"), "trend")), 0);
}

/* ---- Pings and payload ---- */

static void pings_are_listed_with_their_tries(void **state)
{
    struct page *page = *state;
    const struct js_value *list, *ping;

    shown_ping(&page->shown, 1, PING_SENT);
    shown_ping(&page->shown, 2, PING_REJECTED);
    shown_ping(&page->shown, 3, PING_SEALED);
    list = document(page, page_write_pings);
    assert_int_equal(js_count(list), 3);
    expect_text(js_at(list, 0), "state", "sealed");
    assert_int_equal(js_count(js_get(js_at(list, 0), "attempts")), 0);
    ping = js_at(list, 1);
    expect_text(ping, "state", "rejected");
    expect_text(js_at(js_get(ping, "attempts"), 0), "said", "The endpoint refused it.");
    assert_int_equal(js_integer(js_get(js_at(js_get(ping, "attempts"), 0), "http_status")), 400);
    expect_text(ping, "receipt", NULL);
    ping = js_at(list, 2);
    expect_text(ping, "receipt", "{\"taken\":true}");
    expect_text(ping, "previous_id", NULL);
    assert_int_equal(strlen(js_text(js_get(ping, "digest"))), DIGEST_TEXT_SIZE - 1);
}

static void without_a_run_there_is_no_payload(void **state)
{
    struct page *page = *state;
    struct error err;

    (void)document(page, page_write_changes);
    str_clear(&page->text);
    assert_true(page_write_payload(&page->data, page->shown.place->arena, &page->text, &err));
    assert_string_equal(page->text.text, "null");
}

static void approvals_that_cannot_be_read_hold_everything(void **state)
{
    struct page *page = *state;
    const struct js_value *list;

    approvals_free(page->shown.approvals);
    page->shown.approvals = NULL;
    list = document(page, page_write_changes);
    assert_int_equal(js_count(list), page->shown.catalog.count);
    assert_true(js_flag(js_get(js_at(list, 0), "held")));
    expect_text(of(document(page, page_write_definitions), "counts.issues"), "state", "new");
}

#define ON_PAGE(test) cmocka_unit_test_setup_teardown(test, open_page, close_page)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_PAGE(status_without_an_agent_is_the_stores),
        ON_PAGE(the_endpoint_is_shown_without_its_secrets),
        ON_PAGE(status_has_the_last_run_and_ping),
        ON_PAGE(a_running_agent_tells_its_own),
        ON_PAGE(definitions_tell_their_origin),
        ON_PAGE(origins_have_the_windows_of_the_newest_run),
        ON_PAGE(a_category_that_is_not_permitted_is_told),
        ON_PAGE(outcomes_are_of_the_newest_run),
        ON_PAGE(a_trend_has_26_runs_the_oldest_first),
        ON_PAGE(pings_are_listed_with_their_tries),
        ON_PAGE(without_a_run_there_is_no_payload),
        ON_PAGE(approvals_that_cannot_be_read_hold_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
