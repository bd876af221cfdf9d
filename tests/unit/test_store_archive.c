/* The archive: what waits, what is found, what is deleted, and what a check of it finds. */
#include "agent/store_archive.h"

#include "agent/base/str.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void seal(struct place *place, const char *id, const char *bytes, int64_t sealed_us)
{
    struct store_ping ping = {.bytes = bytes, .length = strlen(bytes), .sealed_us = sealed_us};
    struct outcome outcome = outcome_of(value_count(sealed_us));
    struct store_run run;

    assert_true(store_run_begin(place->store, 1000 + sealed_us, digest_a, &run, &place->err));
    assert_true(store_outcome(place->store, run.id, "counts.issues", &outcome, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    (void)snprintf(ping.id, sizeof(ping.id), "%s", id);
    ping.run_id = run.id;
    place_next(place, &ping);
    assert_true(store_ping_seal(place->store, &ping, &place->err));
}

static void try_to_send(struct place *place, const char *id, int64_t at_us, bool sent)
{
    const struct store_attempt attempt = {
        .ping_id = id,
        .at_us = at_us,
        .http_status = sent ? 201 : 503,
        .said = sent ? NULL : "busy",
        .receipt = sent ? "{}" : NULL,
        .state = sent ? PING_SENT : PING_WAITING,
    };

    assert_true(store_attempt(place->store, &attempt, &place->err));
}

static void expect_waiting(struct place *place, const char *id, unsigned count)
{
    struct store_ping ping;
    unsigned waiting;
    bool found;

    assert_true(
        store_ping_waiting(place->store, place->arena, &ping, &waiting, &found, &place->err));
    assert_int_equal(waiting, count);
    assert_int_equal(found, id != NULL);
    if (id != NULL)
        assert_string_equal(ping.id, id);
    if (found)
        assert_int_equal(ping.state, PING_WAITING);
}

static void what_waits_is_given_out_in_order_until_it_is_sent(void **state)
{
    struct place *place = *state;

    seal(place, "ping-1", "{}", 1);
    expect_waiting(place, NULL, 0);
    assert_true(store_ping_wait(place->store, "ping-1", &place->err));
    seal(place, "ping-2", "{}", 2);
    seal(place, "ping-3", "{}", 3);
    assert_true(store_ping_wait(place->store, "ping-3", &place->err));
    expect_waiting(place, "ping-1", 2);
    try_to_send(place, "ping-1", 10, false);
    expect_waiting(place, "ping-1", 2);
    try_to_send(place, "ping-1", 11, true);
    place_open(place);
    expect_waiting(place, "ping-3", 1);
    try_to_send(place, "ping-3", 12, true);
    expect_waiting(place, NULL, 0);
    assert_true(store_ping_wait(place->store, "ping-3", &place->err));
    expect_waiting(place, NULL, 0);
    place_expect(place, "SELECT group_concat(state) FROM (SELECT state FROM pings ORDER BY seq)",
                 "sent,kept,sent");
}

static const struct {
    const char *which, *id; /* id NULL: it is not found */
    const char *says;
} searches[] = {
    {"1", "0199-aa", NULL},        {"0199-aa", "0199-aa", NULL},     {"0199-b", "0199-bb", NULL},
    {"0199", NULL, "2 pings"},     {"3", NULL, "no ping is '3'"},    {"", NULL, "no ping is ''"},
    {"%", NULL, "no ping is '%'"}, {"0199-aa ", NULL, "no ping is"},
};

static void a_ping_is_found_by_number_and_by_the_beginning_of_its_id(void **state)
{
    struct place *place = *state;

    seal(place, "0199-aa", "{}", 1);
    seal(place, "0199-bb", "{}", 2);
    for (size_t i = 0; i < COUNT_OF(searches); i++) {
        struct store_ping ping;
        bool found =
            store_ping_find(place->store, searches[i].which, place->arena, &ping, &place->err);

        print_message("  '%s'\n", searches[i].which);
        assert_int_equal(found, searches[i].id != NULL);
        if (found)
            assert_string_equal(ping.id, searches[i].id);
        else
            assert_non_null(strstr(place->err.text, searches[i].says));
    }
}

static void note_line(const struct store_ping_line *line, void *arg)
{
    str_add_format(arg, "%s %s %zu %u %d %s %s;", line->ping.id, ping_state_name(line->ping.state),
                   line->ping.length, line->attempts, line->last_status,
                   line->last_said != NULL ? line->last_said : "-",
                   line->receipt != NULL ? line->receipt : "-");
}

static void note_attempt(const struct store_attempt *attempt, void *arg)
{
    str_add_format(arg, "%d %d;", (int)attempt->at_us, attempt->http_status);
}

static void note_past(int64_t recorded_at, const struct outcome *outcome, void *arg)
{
    str_add_format(arg, "%d=%d;", (int)recorded_at, (int)outcome->value.count);
}

static void lists_have_the_newest_first(void **state)
{
    struct place *place = *state;
    unsigned tries;
    struct str said;

    str_init(&said);
    seal(place, "ping-1", "{}", 1);
    seal(place, "ping-2", "[1]", 2);
    try_to_send(place, "ping-1", 10, false);
    try_to_send(place, "ping-1", 20, true);
    assert_true(store_pings(place->store, 10, note_line, &said, &place->err));
    assert_string_equal(said.text, "ping-2 sealed 3 0 0 - -;ping-1 sent 2 2 201 - {};");
    str_clear(&said);
    assert_true(store_pings(place->store, 1, note_line, &said, &place->err));
    assert_string_equal(said.text, "ping-2 sealed 3 0 0 - -;");
    str_clear(&said);
    assert_true(store_attempts(place->store, "ping-1", note_attempt, &said, &place->err));
    assert_string_equal(said.text, "10 503;20 201;");
    str_clear(&said);
    assert_true(store_history(place->store, "counts.issues", 5, note_past, &said, &place->err));
    assert_string_equal(said.text, "1002=2;1001=1;");
    assert_true(store_tries_within(place->store, 15, INT64_MAX, &tries, &place->err));
    assert_int_equal(tries, 1);
    str_release(&said);
}

static void what_is_old_is_deleted_but_not_its_place_in_the_chain(void **state)
{
    struct place *place = *state;
    struct store_ping ping;
    struct str said;

    str_init(&said);
    for (int i = 1; i <= 4; i++) {
        char id[32];

        (void)snprintf(id, sizeof(id), "ping-%d", i);
        seal(place, id, "{\"a\":1}", i);
        if (i == 2)
            assert_true(store_ping_wait(place->store, id, &place->err));
    }
    assert_true(store_trim(place->store, 4, INT64_MAX, &place->err));
    assert_true(store_pings(place->store, 10, note_line, &said, &place->err));
    assert_string_equal(said.text, "ping-4 sealed 7 0 0 - -;ping-3 kept 0 0 0 - -;"
                                   "ping-2 waiting 7 0 0 - -;ping-1 kept 0 0 0 - -;");
    assert_false(store_ping_find(place->store, "3", place->arena, &ping, &place->err));
    assert_int_equal(place->err.kind, ERROR_MISSING);
    assert_non_null(strstr(place->err.text, "was deleted"));
    place_expect(place, "SELECT group_concat(run_id) FROM outcomes", "2,4");
    str_release(&said);
}

static void a_store_that_is_too_large_loses_the_oldest(void **state)
{
    static char bytes[200001];
    struct place *place = *state;

    (void)memset(bytes, 'a', sizeof(bytes) - 1);
    for (int i = 1; i <= 10; i++) {
        char id[32];

        (void)snprintf(id, sizeof(id), "ping-%d", i);
        seal(place, id, bytes, i);
    }
    assert_true(store_trim(place->store, 0, 1000000, &place->err));
    place_expect(place, "SELECT min(seq) || ' ' || count(*) FROM pings WHERE length(bytes) > 0",
                 "7 4");
    assert_true(store_trim(place->store, 0, 1, &place->err));
    place_expect(place, "SELECT group_concat(seq) FROM pings WHERE length(bytes) > 0", "10");
}

static void note_fault(const char *sentence, void *arg)
{
    str_add_format(arg, "%s;", sentence);
}

/* Of "{}". */
#define DIGEST_OF_NOTHING "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static const struct {
    const char *name, *change, *says;
} harms[] = {
    {"nothing was done to it", "SELECT 1", ""},
    {"bytes were changed", "UPDATE pings SET bytes = CAST('{} ' AS BLOB) WHERE seq = 2",
     "Ping 2 (ping-2) is not what was sealed: its bytes have changed.;"},
    {"a ping was taken out", "DELETE FROM pings WHERE seq = 2",
     "Between ping 1 and ping 3 others are missing.;"},
    {"the chain was bent", "UPDATE pings SET previous_id = 'x' WHERE seq = 3",
     "Ping 3 (ping-3) does not follow on the one before it.;"},
    {"a receipt is gone", "DELETE FROM receipts",
     "Ping 1 (ping-1) is marked as sent and has no receipt.;"},
    {"a ping was marked as not sent", "UPDATE pings SET state = 'kept' WHERE seq = 1",
     "Ping 1 (ping-1) has a receipt and is not marked as sent.;"},
    {"a receipt is for other bytes",
     "UPDATE receipts SET body = '{\"receipt\": {\"digest\": \"0000\", \"ping_id\": \"x\"}}'",
     "Ping 1 (ping-1) has a receipt for other bytes (0000 instead of " DIGEST_OF_NOTHING ").;"
     "Ping 1 (ping-1) has the receipt of ping x.;"},
};

static void harm_is_found(void **state)
{
    for (size_t i = 0; i < COUNT_OF(harms); i++) {
        struct place *place;
        struct str said;

        if (i > 0)
            (void)place_set_up(state);
        place = *state;
        print_message("  %s\n", harms[i].name);
        str_init(&said);
        seal(place, "ping-1", "{}", 1);
        try_to_send(place, "ping-1", 10, true);
        seal(place, "ping-2", "{}", 2);
        seal(place, "ping-3", "{}", 3);
        place_close(place);
        place_change(place, harms[i].change);
        place_open(place);
        assert_true(store_verify(place->store, note_fault, &said, &place->err));
        assert_string_equal(said.text, harms[i].says);
        str_release(&said);
        if (i + 1 < COUNT_OF(harms))
            (void)place_tear_down(state);
    }
}

/* A ping that tells its own place in the chain, each word of which can be wrong. */
static const struct {
    const char *name, *ping_id, *previous_id;
    const char *previous_digest; /* NULL: the right one */
    bool foreign;                /* of another instance */
    int seq;
    const char *says;
} words[] = {
    {"all is as it should be", "ping-2", "ping-1", NULL, false, 2, ""},
    {"another number", "ping-2", "ping-1", NULL, false, 3,
     "Ping 2 (ping-2) says that its number is 3.;"},
    {"another id", "ping-x", "ping-1", NULL, false, 2,
     "Ping 2 (ping-2) says that its ping_id is ping-x, but it is ping-2.;"},
    {"another one before it", "ping-2", "ping-0", NULL, false, 2,
     "Ping 2 (ping-2) says that its previous_ping_id is ping-0, but it is ping-1.;"},
    {"other bytes before it", "ping-2", "ping-1", "0000", false, 2,
     "Ping 2 (ping-2) says that its previous_digest is 0000, but it is " DIGEST_OF_NOTHING ".;"},
    {"another instance", "ping-2", "ping-1", NULL, true, 2,
     "Ping 2 (ping-2) says that its instance_id is other, but it is "},
};

static void a_ping_that_tells_another_chain_is_found(void **state)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct place *place;
        struct str said;

        if (i > 0)
            (void)place_set_up(state);
        place = *state;
        print_message("  %s\n", words[i].name);
        str_init(&said);
        seal(place, "ping-1", "{}", 1);
        seal(place, "ping-2",
             arena_format(
                 place->arena,
                 "{\"service_ping\": {\"ping_id\": \"%s\", \"instance_id\": \"%s\","
                 " \"previous_ping_id\": \"%s\", \"previous_digest\": \"%s\","
                 " \"seq\": %d}}",
                 words[i].ping_id, words[i].foreign ? "other" : store_instance_id(place->store),
                 words[i].previous_id,
                 words[i].previous_digest != NULL ? words[i].previous_digest : DIGEST_OF_NOTHING,
                 words[i].seq),
             2);
        assert_true(store_verify(place->store, note_fault, &said, &place->err));
        if (words[i].foreign)
            assert_non_null(strstr(said.text, words[i].says));
        else
            assert_string_equal(said.text, words[i].says);
        str_release(&said);
        if (i + 1 < COUNT_OF(words))
            (void)place_tear_down(state);
    }
}

static void an_export_is_no_try(void **state)
{
    struct place *place = *state;
    const struct store_attempt exported = {
        .ping_id = "ping-1", .at_us = 30, .said = STORE_EXPORTED, .state = PING_SEALED};
    unsigned tries;
    struct str said;

    str_init(&said);
    seal(place, "ping-1", "{}", 1);
    try_to_send(place, "ping-1", 20, false);
    assert_true(store_attempt(place->store, &exported, &place->err));
    assert_true(store_pings(place->store, 10, note_line, &said, &place->err));
    assert_string_equal(said.text, "ping-1 sealed 2 1 503 busy -;");
    assert_true(store_tries_within(place->store, 0, INT64_MAX, &tries, &place->err));
    assert_int_equal(tries, 1);
    str_release(&said);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(what_waits_is_given_out_in_order_until_it_is_sent),
        HERE(a_ping_is_found_by_number_and_by_the_beginning_of_its_id),
        HERE(lists_have_the_newest_first),
        HERE(what_is_old_is_deleted_but_not_its_place_in_the_chain),
        HERE(a_store_that_is_too_large_loses_the_oldest),
        HERE(harm_is_found),
        HERE(a_ping_that_tells_another_chain_is_found),
        HERE(an_export_is_no_try),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
