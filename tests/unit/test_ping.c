/* From a finished run to bytes that never change again. */
#include "agent/ping.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <string.h>

static const struct settings settings = {
    .consent = CONSENT_LOCAL,
    .categories = {[CATEGORY_STANDARD] = true, [CATEGORY_OPERATIONAL] = true},
    .time_zone = "Europe/Berlin",
};

enum { RECORDED_AT = 1795391999 }; /* Sunday 23:59:59 in UTC, Monday in Berlin */

static struct store_run finished_run(struct place *place, const char *key_path)
{
    struct outcome outcome = outcome_of(value_count(42));
    struct outcome missing = outcome_without(STATUS_DENIED, "no privilege");
    struct store_run run;

    now_stop_at(RECORDED_AT * US_PER_SECOND);
    assert_true(store_run_begin(place->store, RECORDED_AT, digest_a, &run, &place->err));
    assert_true(store_outcome(place->store, run.id, "counts.issues", &outcome, &place->err));
    assert_true(store_outcome(place->store, run.id, key_path, &missing, &place->err));
    now_advance(1500 * 1000);
    assert_true(store_run_finish(place->store, &run, &place->err));
    return run;
}

static struct store_ping seal(struct place *place, struct store_run *run)
{
    struct store_ping ping = {0};

    if (!ping_seal(place->store, run, &settings, place->arena, &ping, &place->err))
        fail_msg("%s", place->err.text);
    return ping;
}

/* Where in `service_ping` what stands, as text. */
static const struct {
    const char *key, *inner;
    const char *expected;
} members[] = {
    {"definitions_digest", NULL, digest_a},
    {"time_zone", NULL, "Europe/Berlin"},
    {"recorded_at", NULL, "2026-11-22T23:59:59Z"},
    {"consent", "mode", "local"},
    {"agent", "version", VERSION},
};

static void a_ping_says_where_it_comes_from(void **state)
{
    struct place *place = *state;
    struct store_run run = finished_run(place, "counts.users");
    struct store_ping ping = seal(place, &run);
    struct js_value *document = js_parse(ping.bytes, ping.length, &place->err);
    const struct js_value *about = js_get(document, "service_ping");

    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const struct js_value *member = js_get(about, members[i].key);

        if (members[i].inner != NULL)
            member = js_get(member, members[i].inner);
        assert_string_equal(js_text(member), members[i].expected);
    }
    assert_string_equal(js_text(js_get(about, "ping_id")), ping.id);
    assert_string_equal(js_text(js_get(about, "instance_id")), store_instance_id(place->store));
    assert_int_equal(js_integer(js_get(about, "collected_in_ms")), 1500);
    assert_int_equal(js_count(js_get(js_get(about, "consent"), "categories")), 2);
    assert_string_equal(js_text(js_get(js_get(js_get(about, "windows"), "7d_redis"), "from")),
                        "2026-11-16");
    assert_int_equal(js_integer(js_get(js_get(document, "counts"), "issues")), 42);
    assert_string_equal(js_text(js_get(js_at(js_get(about, "not_ok"), 0), "reason")),
                        "no privilege");
    js_free(document);
}

static void what_was_sealed_is_what_the_store_gives(void **state)
{
    struct place *place = *state;
    struct store_run run = finished_run(place, "counts.users");
    struct store_ping ping = seal(place, &run), stored;
    bool found;

    place_open(place);
    assert_true(store_ping_sealed(place->store, place->arena, &stored, &found, &place->err));
    assert_true(found);
    assert_string_equal(stored.id, ping.id);
    assert_string_equal(stored.id, run.ping_id);
    assert_int_equal(stored.length, ping.length);
    assert_memory_equal(stored.bytes, ping.bytes, ping.length);
    assert_true(stored.seq == 1 && stored.run_id == run.id);
}

static void pings_name_the_one_before(void **state)
{
    struct place *place = *state;
    struct store_run run = finished_run(place, "a");
    struct store_ping first = seal(place, &run), second;
    struct js_value *document;
    const struct js_value *about;

    run = finished_run(place, "a");
    now_advance(7 * 24 * 3600 * US_PER_SECOND);
    second = seal(place, &run);
    document = js_parse(second.bytes, second.length, &place->err);
    about = js_get(document, "service_ping");
    assert_string_equal(js_text(js_get(about, "previous_ping_id")), first.id);
    assert_int_equal(js_integer(js_get(about, "seq")), 2);
    assert_true(strcmp(first.id, second.id) < 0);
    js_free(document);
    document = js_parse(first.bytes, first.length, &place->err);
    assert_int_equal(js_kind(js_get(js_get(document, "service_ping"), "previous_ping_id")),
                     JS_NULL);
    js_free(document);
}

static void a_run_is_sealed_only_once_and_only_when_finished(void **state)
{
    struct place *place = *state;
    struct store_ping ping = {0};
    struct store_run run;

    assert_true(store_run_begin(place->store, RECORDED_AT, digest_a, &run, &place->err));
    assert_false(ping_seal(place->store, &run, &settings, place->arena, &ping, &place->err));
    assert_int_equal(place->err.kind, ERROR_REFUSED);
    run = finished_run(place, "a");
    (void)seal(place, &run);
    assert_false(ping_seal(place->store, &run, &settings, place->arena, &ping, &place->err));
    assert_non_null(strstr(place->err.text, run.ping_id));
    place_expect(place, "SELECT count(*) FROM pings", "1");
}

static void key_paths_that_cannot_stand_together_seal_nothing(void **state)
{
    struct place *place = *state;
    struct store_run run = finished_run(place, "counts");
    struct store_ping ping = {0};

    assert_false(ping_seal(place->store, &run, &settings, place->arena, &ping, &place->err));
    assert_int_equal(place->err.kind, ERROR_REFUSED);
    assert_non_null(strstr(place->err.text, "counts.issues runs through counts"));
    assert_string_equal(run.ping_id, "");
    place_expect(place, "SELECT count(*) FROM pings", "0");
}

/* Whoever seals what the agent began, a preview between two of its lives, too. */
static const struct {
    const char *name;
    enum consent_mode consent;
    const char *endpoint;
    bool wanted;
    enum ping_state state;
} fates[] = {
    {"what the agent began is to be sent", CONSENT_ON, "https://example.org", true, PING_WAITING},
    {"but not without consent", CONSENT_LOCAL, "https://example.org", true, PING_SEALED},
    {"nor without an endpoint", CONSENT_ON, NULL, true, PING_SEALED},
    {"nor what somebody only looks at", CONSENT_ON, "https://example.org", false, PING_SEALED},
};

static void what_the_agent_began_waits(void **state)
{
    struct place *place = *state;
    struct store_run run, open;
    bool found;

    for (size_t i = 0; i < COUNT_OF(fates); i++) {
        const struct settings now = {.consent = fates[i].consent, .endpoint = fates[i].endpoint};

        run = (struct store_run){.wanted = fates[i].wanted};
        print_message("  %s\n", fates[i].name);
        assert_int_equal(ping_fate(&run, &now), fates[i].state);
    }
    assert_true(store_run_begin(place->store, RECORDED_AT, digest_a, &run, &place->err));
    assert_false(run.wanted);
    assert_true(store_run_open(place->store, &open, &found, &place->err));
    assert_false(found);
    assert_true(store_run_want(place->store, &run, &place->err));
    assert_true(run.wanted);
    assert_true(store_run_open(place->store, &open, &found, &place->err));
    assert_true(found && open.id == run.id && open.wanted);
    assert_true(store_run_begin_slot(place->store, 1000, RECORDED_AT, digest_a, &run, &place->err));
    assert_true(store_run_open(place->store, &open, &found, &place->err));
    assert_true(found && open.id == run.id && open.slot == 1000 && open.wanted);
    assert_true(store_run_finish(place->store, &run, &place->err));
    assert_true(store_run_open(place->store, &open, &found, &place->err));
    assert_false(found);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(a_ping_says_where_it_comes_from),
        HERE(what_was_sealed_is_what_the_store_gives),
        HERE(pings_name_the_one_before),
        HERE(a_run_is_sealed_only_once_and_only_when_finished),
        HERE(key_paths_that_cannot_stand_together_seal_nothing),
        HERE(what_the_agent_began_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
