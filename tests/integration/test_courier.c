/* Pings that wait, an endpoint in this process, and a clock that the test moves. */
#include "agent/courier.h"

#include "agent/base/clock.h"
#include "agent/io/http_server.h"
#include "agent/io/loop.h"
#include "agent/store_archive.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define START INT64_C(1795255200)
#define HOUR  (INT64_C(3600) * US_PER_SECOND)
#define DAY   (24 * HOUR)

struct office {
    struct place *place;
    struct loop *loop;
    struct http_server *server;
    struct settings settings;
    struct courier *courier;
    char endpoint[64];
    int status;
    const char *header;
    struct str arrived; /* ids, in order */
    unsigned calls;
};

static void called(struct http_call *call, void *arg)
{
    struct office *office = arg;
    const char *const headers[] = {office->header, NULL};

    office->calls++;
    if (office->status < 300)
        str_add_format(&office->arrived, "%s;", http_call_header(call, "Service-Ping-Id"));
    http_reply(call, office->status, headers, "{}", 2);
}

static void configure(struct office *office, bool may_send)
{
    static const struct catalog none;
    const struct permitted now = {&office->settings, &none};

    courier_configure(office->courier, &now, may_send);
}

static void begin_courier(struct office *office)
{
    office->courier = courier_new(office->loop, office->place->store);
    configure(office, true);
}

static int open_office(void **state)
{
    static struct office office;

    now_stop_at(START * US_PER_SECOND);
    if (place_set_up(state) != 0)
        return 1;
    office = (struct office){.place = *state, .loop = loop_new(), .status = 201};
    loop_by_moved_clock(office.loop);
    str_init(&office.arrived);
    office.server =
        http_server_new(office.loop, "127.0.0.1:0", 1 << 20, called, &office, &office.place->err);
    assert_non_null(office.server);
    (void)snprintf(office.endpoint, sizeof(office.endpoint), "http://127.0.0.1:%u/",
                   http_server_port(office.server));
    office.settings.consent = CONSENT_ON;
    (void)memset(office.settings.categories, true, sizeof(office.settings.categories));
    office.settings.endpoint = office.endpoint;
    office.settings.http.proxy = "";
    office.settings.http.timeout_ms = 5000;
    begin_courier(&office);
    *state = &office;
    return 0;
}

static int close_office(void **state)
{
    struct office *office = *state;

    courier_free(office->courier);
    http_server_free(office->server);
    loop_free(office->loop);
    str_release(&office->arrived);
    *state = office->place;
    return place_tear_down(state);
}

static void seal(struct office *office, const char *id)
{
    struct store_ping ping = {.bytes = "{}", .length = 2, .sealed_us = now_wall_us()};
    struct place *place = office->place;
    struct store_run run;

    assert_true(store_run_begin(place->store, 1000, digest_a, &run, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    (void)snprintf(ping.id, sizeof(ping.id), "%s", id);
    ping.run_id = run.id;
    place_next(place, &ping);
    assert_true(store_ping_seal(place->store, &ping, &place->err));
    assert_true(store_ping_wait(place->store, id, &place->err));
}

static void stop(void *arg)
{
    loop_stop(arg);
}

/* Until nothing more happens at this time. */
static void settle(struct office *office)
{
    do {
        (void)loop_after(office->loop, 0, stop, office->loop);
        loop_run(office->loop);
        while (courier_status(office->courier).trying)
            loop_turn(office->loop);
        (void)loop_after(office->loop, 0, stop, office->loop);
        loop_run(office->loop);
    } while (courier_status(office->courier).trying);
}

static void let_pass(struct office *office, int64_t us)
{
    int64_t until = now_wall_us() + us;

    settle(office);
    while (loop_skip(office->loop, until - now_wall_us()))
        settle(office);
}

static void expect_states(struct office *office, const char *states)
{
    place_expect(office->place,
                 "SELECT group_concat(state) FROM (SELECT state FROM pings ORDER BY seq)", states);
}

static void what_waits_goes_in_order(void **state)
{
    struct office *office = *state;

    seal(office, "ping-1");
    seal(office, "ping-2");
    courier_wake(office->courier);
    settle(office);
    assert_string_equal(office->arrived.text, "ping-1;ping-2;");
    assert_int_equal(courier_status(office->courier).waiting, 0);
    expect_states(office, "sent,sent");
}

static void without_consent_nothing_goes(void **state)
{
    struct office *office = *state;

    seal(office, "ping-1");
    configure(office, false);
    courier_wake(office->courier);
    let_pass(office, 30 * DAY);
    assert_int_equal(office->calls, 0);
    configure(office, true);
    settle(office);
    assert_string_equal(office->arrived.text, "ping-1;");
}

/* These pings say nothing of categories, and no outcomes of their runs are known. */
static void what_is_not_permitted_any_more_is_put_aside(void **state)
{
    struct office *office = *state;

    seal(office, "ping-1");
    seal(office, "ping-2");
    office->settings.categories[CATEGORY_OPTIONAL] = false;
    configure(office, true);
    settle(office);
    assert_int_equal(office->calls, 0);
    assert_int_equal(courier_status(office->courier).waiting, 0);
    expect_states(office, "kept,kept");
    office->settings.categories[CATEGORY_OPTIONAL] = true;
    seal(office, "ping-3");
    configure(office, true);
    let_pass(office, DAY);
    assert_string_equal(office->arrived.text, "ping-3;");
    expect_states(office, "kept,kept,sent");
}

/* Whoever counts attempts in a firewall's log never finds more than one an hour. */
static void a_blocked_endpoint_is_tried_24_times_a_day_at_most(void **state)
{
    struct office *office = *state;
    unsigned first_day;

    office->status = 503;
    seal(office, "ping-1");
    courier_wake(office->courier);
    let_pass(office, DAY);
    first_day = office->calls;
    assert_in_range(first_day, 12, 24);
    let_pass(office, 13 * DAY);
    assert_in_range(office->calls - first_day, 11, 16);
    assert_true(courier_status(office->courier).failing_since_us == START * US_PER_SECOND);
    seal(office, "ping-2");
    office->status = 201;
    courier_wake(office->courier);
    settle(office);
    assert_string_equal(office->arrived.text, "ping-1;ping-2;");
    assert_int_equal(courier_status(office->courier).failing_since_us, 0);
    assert_null(courier_status(office->courier).said);
}

static void a_wish_to_wait_is_kept(void **state)
{
    struct office *office = *state;

    office->status = 429;
    office->header = "Retry-After: 7200";
    seal(office, "ping-1");
    courier_wake(office->courier);
    settle(office);
    assert_int_equal(office->calls, 1);
    office->status = 201;
    courier_wake(office->courier);
    let_pass(office, 2 * HOUR - US_PER_SECOND);
    assert_int_equal(office->calls, 1);
    let_pass(office, HOUR);
    assert_string_equal(office->arrived.text, "ping-1;");
}

static void a_restart_does_not_try_sooner(void **state)
{
    struct office *office = *state;

    office->status = 503;
    office->header = "Retry-After: 7200";
    seal(office, "ping-1");
    courier_wake(office->courier);
    settle(office);
    for (int i = 0; i < 5; i++) {
        courier_free(office->courier);
        begin_courier(office);
        let_pass(office, HOUR / 4);
    }
    assert_int_equal(office->calls, 1);
    office->status = 201;
    let_pass(office, HOUR);
    assert_string_equal(office->arrived.text, "ping-1;");
}

static void what_is_refused_is_set_aside(void **state)
{
    struct office *office = *state;

    office->status = 413;
    seal(office, "ping-1");
    courier_wake(office->courier);
    settle(office);
    assert_int_equal(office->calls, 1);
    expect_states(office, "rejected");
    assert_non_null(strstr(courier_status(office->courier).said, "HTTP 413"));
    let_pass(office, 7 * DAY);
    assert_int_equal(office->calls, 1);
    office->status = 201;
    seal(office, "ping-2");
    courier_wake(office->courier);
    settle(office);
    assert_string_equal(office->arrived.text, "ping-2;");
    expect_states(office, "rejected,sent");
}

static void a_try_that_is_cut_off_is_repeated(void **state)
{
    struct office *office = *state;

    seal(office, "ping-1");
    courier_wake(office->courier);
    (void)loop_after(office->loop, 0, stop, office->loop);
    loop_run(office->loop);
    assert_true(courier_status(office->courier).trying);
    courier_free(office->courier);
    begin_courier(office);
    settle(office);
    expect_states(office, "sent");
}

static const struct {
    const char *name;
    unsigned tries;
    int64_t failing_s;
    double random;
    int64_t pause_ms;
} pauses[] = {
    {"the first pause is a minute at most", 1, 0, 1, 60000},
    {"and half of it on average", 1, 0, 0.5, 30000},
    {"it doubles", 4, 600, 1, 480000},
    {"up to an hour", 7, 7000, 1, 3600000},
    {"and no further", 4000000000, 80000, 1, 3600000},
    {"never less than a second", 1, 0, 0, 1000},
    {"once a day from the second day on", 30, 86400, 0.5, 86400000},
    {"a little sooner", 30, 8640000, 0, 77760000},
    {"or later", 1, 86400, 1, 95040000},
};

static void test_pauses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pauses); i++) {
        print_message("  %s\n", pauses[i].name);
        assert_int_equal(courier_pause_ms(pauses[i].tries, pauses[i].failing_s, pauses[i].random),
                         pauses[i].pause_ms);
    }
}

static const struct {
    const char *retry_after, *date;
    int64_t wait_s;
} waits[] = {
    {NULL, NULL, 0},
    {"120", NULL, 120},
    {"0", NULL, 0},
    {"99999999999999999999999", NULL, 604800},
    {"-5", NULL, 0},
    {"soon", NULL, 0},
    {"", NULL, 0},
    {"Sat, 21 Nov 2026 10:10:00 GMT", NULL, 600},
    {"Sat, 21 Nov 2026 10:10:00 GMT", "Sat, 21 Nov 2026 10:09:00 GMT", 60},
    {"Sat, 21 Nov 2026 09:10:00 GMT", NULL, 0},
    {"Sat, 21 Nov 2026 10:10:00 CET", NULL, 0},
};

static void test_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        print_message("  %s\n", waits[i].retry_after != NULL ? waits[i].retry_after : "(none)");
        assert_int_equal(answer_wait_s(waits[i].retry_after, waits[i].date, START),
                         waits[i].wait_s);
    }
}

#define IN_AN_OFFICE(test) cmocka_unit_test_setup_teardown(test, open_office, close_office)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_waits),
        IN_AN_OFFICE(what_waits_goes_in_order),
        IN_AN_OFFICE(without_consent_nothing_goes),
        IN_AN_OFFICE(what_is_not_permitted_any_more_is_put_aside),
        IN_AN_OFFICE(a_blocked_endpoint_is_tried_24_times_a_day_at_most),
        IN_AN_OFFICE(a_wish_to_wait_is_kept),
        IN_AN_OFFICE(a_restart_does_not_try_sooner),
        IN_AN_OFFICE(what_is_refused_is_set_aside),
        IN_AN_OFFICE(a_try_that_is_cut_off_is_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
