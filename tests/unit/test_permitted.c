/* Whether a ping that was sealed once may still leave, when other categories are permitted. */
#include "agent/permitted.h"

#include "agent/store_archive.h"
#include "tests/support/shown.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOTH "categories: [standard, optional]\n"
#define ONE  "categories: [standard]\n"
#define BARE "payload: {fallback: -1}\n"

/* Metrics are of the categories `standard` and `optional`. */
static const struct {
    const char *name;
    const char *then, *now; /* settings */
    bool gone, forgotten;   /* a definition; the outcomes of the run */
    bool permitted;
} cases[] = {
    {"everything is permitted", "", "", true, true, true},
    {"a category is not any more", "", ONE, false, false, false},
    {"nor are all, in GitLab's bare form", BARE, BARE ONE, false, false, false},
    {"it holds none of those that are not any more", "", BOTH, false, false, true},
    {"nor in GitLab's bare form", BARE, BARE BOTH, false, false, true},
    {"it says itself that no more was permitted", BOTH, BOTH, true, true, true},
    {"and when more is permitted now", ONE, BOTH, true, true, true},
    {"of a metric that nobody knows any more", "", BOTH, true, false, false},
    {"its outcomes are forgotten", "", BOTH, false, true, false},
    {"its outcomes are forgotten, in GitLab's bare form", BARE BOTH, BARE BOTH, false, true, false},
};

static void forget_outcomes(struct shown *shown)
{
    place_change(shown->place, "DELETE FROM outcomes");
}

static void play(struct shown *shown, size_t at)
{
    struct permitted now = {&shown->settings, &shown->catalog};
    struct place *place = shown->place;
    struct store_ping ping;
    char path[128];
    bool permitted;

    shown_settle(shown, cases[at].then);
    shown_ping(shown, 7, PING_WAITING);
    assert_true(store_ping_find(place->store, shown->last_ping, place->arena, &ping, &place->err));
    (void)snprintf(path, sizeof(path), "%s/definitions/metrics/counts.issues.yml",
                   shown->scratch.folder);
    if (cases[at].gone)
        assert_int_equal(unlink(path), 0);
    if (cases[at].forgotten)
        forget_outcomes(shown);
    shown_settle(shown, cases[at].now);
    shown_load(shown);
    assert_true(permitted_ping(&now, place->store, &ping, &permitted, &place->err));
    assert_int_equal(permitted, cases[at].permitted);
    /* A run that nobody has sealed yet has nothing to say for itself. */
    assert_true(permitted_run(&now, place->store, ping.run_id, &permitted, &place->err));
    if (!cases[at].gone && !cases[at].forgotten)
        assert_int_equal(permitted, cases[at].permitted);
}

static void test_pings(void **state)
{
    static const char standard[] =
        "key_path: standard.issues\ndescription: d\nproduct_group: g\nvalue_type: number\n"
        "status: active\nmilestone: \"1.0\"\nintroduced_by_url: https://example.org/1\n"
        "time_frame: all\ndata_source: redis\noptions: {key: STANDARD}\ndata_category: standard\n"
        "tiers: [free]\n";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct shown shown;

        print_message("  %s\n", cases[i].name);
        shown_open(&shown);
        scratch_write(&shown.scratch, "definitions/metrics/standard.yml", standard);
        shown_load(&shown);
        play(&shown, i);
        shown_close(&shown);
    }
}

/* What is withheld is told wherever it is looked at, and nothing else happens to it. */
static void test_withholding(void **state)
{
    struct shown shown;
    struct place *place;

    (void)state;
    shown_open(&shown);
    place = shown.place;
    shown_ping(&shown, 1, PING_SENT);
    shown_ping(&shown, 2, PING_WAITING);
    assert_true(store_ping_withhold(place->store, shown.last_ping, &place->err));
    assert_true(store_ping_withhold(place->store, shown.last_ping, &place->err));
    place_expect(place,
                 "SELECT group_concat(state || wanted) FROM (SELECT * FROM pings ORDER BY seq)",
                 "sent0,kept0");
    place_expect(place, "SELECT count(*) || said FROM attempts WHERE said IS NOT NULL",
                 "1" STORE_WITHHELD);
    place_expect(place, "SELECT count(*) || '' FROM gaps", "0");
    place_change(place, "UPDATE runs SET slot = id * 1000");
    shown_ping(&shown, 3, PING_WAITING);
    place_change(place, "UPDATE runs SET slot = id * 1000");
    assert_true(store_ping_withhold(place->store, shown.last_ping, &place->err));
    place_expect(place, "SELECT first || ' ' || last || ' ' || substr(reason, 1, 18) FROM gaps",
                 "3000 3000 more was permitted");
    shown_close(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pings),
        cmocka_unit_test(test_withholding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
