/* What the agent remembers between two starts. */
#include "agent/store_memory.h"

#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void nothing_is_remembered_at_first(void **state)
{
    struct place *place = *state;
    struct store_consent consent;
    struct store_courier courier;
    const char *text = "";
    int64_t next = 1, last = 1;

    assert_true(store_schedule(place->store, &next, &last, &place->err));
    assert_int_equal(next, 0);
    assert_int_equal(last, 0);
    assert_true(store_consent(place->store, &consent, &place->err));
    assert_string_equal(consent.mode, "");
    assert_true(store_courier(place->store, &courier, &place->err));
    assert_int_equal(courier.tries, 0);
    assert_true(store_definition(place->store, digest_a, place->arena, &text, &place->err));
    assert_null(text);
}

static void everything_is_there_after_a_restart(void **state)
{
    struct place *place = *state;
    const struct store_consent given = {"on", "standard,optional", 77, "alice"};
    const struct store_courier met = {123, 100, 4};
    struct store_consent consent;
    struct store_courier courier;
    const char *text;
    int64_t next, last;

    assert_true(store_schedule_keep(place->store, 50, 40, NULL, &place->err));
    assert_true(store_schedule_keep(place->store, 60, 50, NULL, &place->err));
    assert_true(store_consent_give(place->store, &given, &place->err));
    assert_true(store_courier_keep(place->store, &met, &place->err));
    assert_true(store_definition_keep(place->store, digest_a, "{\"a\":1}", &place->err));
    assert_true(store_flush(place->store, &place->err));
    place_open(place);
    assert_true(store_schedule(place->store, &next, &last, &place->err));
    assert_int_equal(next, 60);
    assert_int_equal(last, 50);
    assert_true(store_consent(place->store, &consent, &place->err));
    assert_string_equal(consent.mode, "on");
    assert_string_equal(consent.categories, "standard,optional");
    assert_int_equal(consent.changed_us, 77);
    assert_string_equal(consent.changed_by, "alice");
    assert_true(store_courier(place->store, &courier, &place->err));
    assert_int_equal(courier.next_try_us, 123);
    assert_int_equal(courier.failing_since_us, 100);
    assert_int_equal(courier.tries, 4);
    assert_true(store_definition(place->store, digest_a, place->arena, &text, &place->err));
    assert_string_equal(text, "{\"a\":1}");
}

struct told {
    char text[256];
};

static void note_gap(const struct store_gap *gap, void *arg)
{
    struct told *told = arg;
    size_t used = strlen(told->text);

    (void)snprintf(told->text + used, sizeof(told->text) - used, "%d-%d %s;", (int)gap->from,
                   (int)gap->to, gap->reason);
}

static void gaps_are_told_in_one_ping(void **state)
{
    struct place *place = *state;
    const struct store_gap first = {10, 20, "the machine was off"};
    const struct store_gap second = {30, 30, "consent was off"};
    struct told told = {""};
    struct store_run run;
    struct store_ping ping = {.seq = 1, .bytes = "{}", .length = 2};

    assert_true(store_schedule_keep(place->store, 40, 25, &first, &place->err));
    assert_true(store_schedule_keep(place->store, 50, 35, &second, &place->err));
    assert_true(store_gaps_untold(place->store, note_gap, &told, &place->err));
    assert_string_equal(told.text, "10-20 the machine was off;30-30 consent was off;");
    assert_true(store_run_begin(place->store, 100, digest_a, &run, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    (void)uuid_ordered(1, ping.id);
    ping.run_id = run.id;
    assert_true(store_ping_seal(place->store, &ping, &place->err));
    assert_true(store_gaps_told(place->store, ping.id, &place->err));
    told.text[0] = '\0';
    assert_true(store_gaps_untold(place->store, note_gap, &told, &place->err));
    assert_string_equal(told.text, "");
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(nothing_is_remembered_at_first),
        HERE(everything_is_there_after_a_restart),
        HERE(gaps_are_told_in_one_ping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
