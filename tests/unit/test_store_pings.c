#include "agent/store.h"

#include "agent/base/clock.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static struct store_ping seal(struct place *place, const char *id, const char *bytes)
{
    struct outcome outcome = outcome_of(value_count(1));
    struct store_ping ping = {.bytes = bytes, .length = strlen(bytes), .sealed_us = now_wall_us()};
    struct store_run run;

    assert_true(store_run_begin(place->store, 1000, digest_a, &run, &place->err));
    assert_true(store_outcome(place->store, run.id, "a", &outcome, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    (void)snprintf(ping.id, sizeof(ping.id), "%s", id);
    ping.run_id = run.id;
    place_next(place, &ping);
    if (!store_ping_seal(place->store, &ping, &place->err))
        fail_msg("%s", place->err.text);
    return ping;
}

static void pings_make_a_chain(void **state)
{
    struct place *place = *state;
    struct store_ping first = seal(place, "ping-1", "{}\n"), second = seal(place, "ping-2", "[]\n");
    struct store_ping found_ping;
    struct store_run run;
    bool found;

    assert_true(first.seq == 1 && second.seq == 2);
    assert_string_equal(first.previous_id, "");
    assert_string_equal(second.previous_id, "ping-1");
    place_open(place);
    assert_true(store_ping_sealed(place->store, place->arena, &found_ping, &found, &place->err));
    assert_true(found);
    assert_string_equal(found_ping.id, "ping-2");
    assert_string_equal(found_ping.previous_id, "ping-1");
    assert_int_equal(found_ping.length, 3);
    assert_string_equal(found_ping.bytes, "[]\n");
    assert_int_equal(found_ping.state, PING_SEALED);
    assert_true(found_ping.run_id == second.run_id && found_ping.sealed_us == second.sealed_us);
    assert_true(store_run_unsealed(place->store, &run, &found, &place->err));
    assert_false(found);
}

/* Collections that were begun and never ended. */
static void begin_runs(struct place *place, int count)
{
    struct store_run run;

    for (int i = 0; i < count; i++)
        assert_true(store_run_begin(place->store, 2000 + i, digest_a, &run, &place->err));
}

static void outcomes_stay_until_their_ping_is_sent(void **state)
{
    struct place *place = *state;
    struct store_ping ping = seal(place, "ping-1", "{}\n");
    const struct store_attempt attempt = {
        .ping_id = ping.id, .http_status = 201, .receipt = "{}", .state = PING_SENT};

    begin_runs(place, 40);
    place_expect(place, "SELECT count(*) FROM outcomes", "1");
    assert_true(store_attempt(place->store, &attempt, &place->err));
    begin_runs(place, 1);
    place_expect(place, "SELECT count(*) FROM outcomes", "0");
}

static void outcomes_go_when_a_newer_ping_takes_the_place(void **state)
{
    struct place *place = *state;

    (void)seal(place, "ping-1", "{}\n");
    begin_runs(place, 40);
    (void)seal(place, "ping-2", "{}\n");
    place_expect(place, "SELECT count(*) || ' ' || max(run_id) FROM outcomes", "1 42");
}

static void a_ping_out_of_turn_is_refused(void **state)
{
    struct place *place = *state;
    struct store_ping first = seal(place, "ping-1", "{}\n"), again = first;
    struct store_run run;

    assert_true(store_run_begin(place->store, 2000, digest_a, &run, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    (void)snprintf(again.id, sizeof(again.id), "ping-2");
    again.run_id = run.id;
    assert_false(store_ping_seal(place->store, &again, &place->err));
    assert_int_equal(place->err.kind, ERROR_REFUSED);
    again.seq = 2;
    assert_false(store_ping_seal(place->store, &again, &place->err));
    (void)snprintf(again.previous_id, sizeof(again.previous_id), "ping-1");
    assert_true(store_ping_seal(place->store, &again, &place->err));
}

static void a_run_is_sealed_once(void **state)
{
    struct place *place = *state;
    struct store_ping ping = seal(place, "ping-1", "{}\n");

    (void)snprintf(ping.id, sizeof(ping.id), "ping-2");
    (void)snprintf(ping.previous_id, sizeof(ping.previous_id), "ping-1");
    ping.seq = 2;
    assert_false(store_ping_seal(place->store, &ping, &place->err));
    place_next(place, &ping);
    assert_true(ping.seq == 2);
}

static void bytes_that_changed_on_the_disk_are_not_given_out(void **state)
{
    struct place *place = *state;
    struct store_ping ping;
    bool found;

    (void)seal(place, "ping-1", "{}\n");
    place_close(place);
    place_change(place, "UPDATE pings SET bytes = CAST('[]' AS BLOB)");
    place_open(place);
    assert_false(store_ping_sealed(place->store, place->arena, &ping, &found, &place->err));
    assert_int_equal(place->err.kind, ERROR_INVALID);
    assert_non_null(strstr(place->err.text, "ping-1"));
}

/* Tries one after the other, and what the ping is after all of them. */
static const struct {
    const char *name;
    enum ping_state tries[3];
    size_t count;
    bool still_sealed;
    const char *states; /* of all pings, as SQL finds them */
} histories[] = {
    {"a try that failed leaves it to be sent", {PING_SEALED, PING_SEALED}, 2, true, "sealed"},
    {"a ping that arrived is sent", {PING_SEALED, PING_SENT}, 2, false, "sent"},
    {"a ping that was refused is kept as such", {PING_REJECTED}, 1, false, "rejected"},
    {"what was sent stays sent", {PING_SENT, PING_REJECTED, PING_SEALED}, 3, false, "sent"},
    {"what was refused may be sent by hand", {PING_REJECTED, PING_SENT}, 2, false, "sent"},
};

static void tries_change_the_state_of_a_ping(void **state)
{
    for (size_t i = 0; i < COUNT_OF(histories); i++) {
        struct place *place;
        struct store_ping ping;
        bool found;

        assert_int_equal(place_tear_down(state), 0);
        assert_int_equal(place_set_up(state), 0);
        place = *state;
        (void)seal(place, "ping-1", "{}\n");
        for (size_t k = 0; k < histories[i].count; k++) {
            bool sent = histories[i].tries[k] == PING_SENT;
            struct store_attempt attempt = {.ping_id = "ping-1",
                                            .at_us = (int64_t)k,
                                            .http_status = sent ? 201 : 500,
                                            .said = sent ? NULL : "no",
                                            .receipt = sent ? "thank you" : NULL,
                                            .state = histories[i].tries[k]};

            assert_true(store_attempt(place->store, &attempt, &place->err));
        }
        assert_true(store_ping_sealed(place->store, place->arena, &ping, &found, &place->err));
        if (found != histories[i].still_sealed)
            fail_msg("%s", histories[i].name);
        place_expect(place, "SELECT state FROM pings", histories[i].states);
    }
}

static void attempts_and_the_receipt_are_kept(void **state)
{
    struct place *place = *state;
    struct store_attempt failed = {.ping_id = "ping-1", .said = "no route", .state = PING_SEALED};
    struct store_attempt sent = {
        .ping_id = "ping-1", .http_status = 201, .receipt = "{\"ok\":1}", .state = PING_SENT};
    struct store_attempt unknown = {.ping_id = "ping-9", .state = PING_SENT};

    (void)seal(place, "ping-1", "{}\n");
    assert_true(store_attempt(place->store, &failed, &place->err));
    assert_true(store_attempt(place->store, &sent, &place->err));
    assert_false(store_attempt(place->store, &unknown, &place->err));
    place_expect(place,
                 "SELECT group_concat(ping_id || http_status || coalesce(said, '-')) FROM attempts",
                 "ping-10no route,ping-1201-");
    place_expect(place, "SELECT body || http_status FROM receipts", "{\"ok\":1}201");
}

static void a_newer_ping_takes_the_place_of_one_not_sent(void **state)
{
    struct place *place = *state;
    struct store_attempt sent = {.ping_id = "ping-2", .receipt = "", .state = PING_SENT};

    (void)seal(place, "ping-1", "{}\n");
    (void)seal(place, "ping-2", "{}\n");
    assert_true(store_attempt(place->store, &sent, &place->err));
    (void)seal(place, "ping-3", "{}\n");
    place_expect(place, "SELECT group_concat(state) FROM (SELECT state FROM pings ORDER BY seq)",
                 "kept,sent,sealed");
}

static void outcomes_of_the_newest_runs_are_kept(void **state)
{
    struct place *place = *state;
    char id[32];

    for (int i = 0; i < 35; i++) {
        (void)snprintf(id, sizeof(id), "ping-%d", i);
        (void)seal(place, id, "{}\n");
    }
    place_expect(place, "SELECT count(*) || ':' || min(run_id) FROM outcomes", "30:6");
    place_expect(place, "SELECT count(*) FROM pings", "35");
}

static void outcomes_of_a_run_that_is_not_sealed_are_never_dropped(void **state)
{
    struct place *place = *state;
    struct outcome outcome = outcome_of(value_count(1));
    struct store_run first, run;

    assert_true(store_run_begin(place->store, 1, digest_a, &first, &place->err));
    assert_true(store_outcome(place->store, first.id, "a", &outcome, &place->err));
    assert_true(store_run_finish(place->store, &first, &place->err));
    for (int i = 0; i < 35; i++) {
        assert_true(store_run_begin(place->store, 2 + i, digest_a, &run, &place->err));
        assert_true(store_outcome(place->store, run.id, "a", &outcome, &place->err));
    }
    assert_true(store_flush(place->store, &place->err));
    /* The first, and of those that were given up the newest thirty. */
    place_expect(place, "SELECT count(*) FROM outcomes", "31");
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(pings_make_a_chain),
        HERE(outcomes_stay_until_their_ping_is_sent),
        HERE(outcomes_go_when_a_newer_ping_takes_the_place),
        HERE(a_ping_out_of_turn_is_refused),
        HERE(a_run_is_sealed_once),
        HERE(bytes_that_changed_on_the_disk_are_not_given_out),
        HERE(tries_change_the_state_of_a_ping),
        HERE(attempts_and_the_receipt_are_kept),
        HERE(a_newer_ping_takes_the_place_of_one_not_sent),
        HERE(outcomes_of_the_newest_runs_are_kept),
        HERE(outcomes_of_a_run_that_is_not_sealed_are_never_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
