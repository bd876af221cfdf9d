/* Who decides what is collected and what leaves. */
#include "agent/consent.h"

#include "agent/base/clock.h"
#include "agent/store_memory.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* Settings as settings_load makes them of a text. */
static void load(const struct place *place, const char *text, bool do_not_track,
                 struct settings *settings)
{
    static char tracked[] = "DO_NOT_TRACK=0", not_tracked[] = "DO_NOT_TRACK=1";
    char *const environment[] = {do_not_track ? not_tracked : tracked, NULL};
    struct complaints complaints = {.arena = place->arena};
    FILE *file = fopen(place_path(place, "settings.yml"), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_true(settings_load(place_path(place, "settings.yml"), environment, place->arena,
                              settings, &complaints));
}

static const struct {
    const char *name, *settings;
    bool do_not_track;
    const char *answer; /* NULL: nobody gave one */
    const char *words;
} cases[] = {
    {"nobody was asked", "", false, NULL,
     "Metrics are collected and kept here; nothing is sent: nobody has answered yet. Categories: "
     "standard,subscription,operational,optional."},
    {"an answer", "", false, "on",
     "Metrics are collected and sent: alice said so at 1970-01-01T00:00:00Z. Categories: "
     "standard,operational."},
    {"an answer of nothing at all", "", false, "off",
     "Nothing is collected and nothing is sent: alice said so at 1970-01-01T00:00:00Z. Categories: "
     "standard,operational."},
    {"the settings win", "consent: local\n", false, "on",
     "Metrics are collected and kept here; nothing is sent: the settings say so. Categories: "
     "standard,operational."},
    {"the settings say on", "consent: on\ncategories: [optional]\n", false, "off",
     "Metrics are collected and sent: the settings say so. Categories: optional."},
    {"the settings have the categories, an answer the rest", "categories: [optional]\n", false,
     "on",
     "Metrics are collected and sent: alice said so at 1970-01-01T00:00:00Z. Categories: "
     "optional."},
    {"who does not want to be tracked is not", "", true, "on",
     "Metrics are collected and kept here; nothing is sent: alice said `on` at "
     "1970-01-01T00:00:00Z, but DO_NOT_TRACK in the environment forbids sending. Categories: "
     "standard,operational."},
    {"not even if the settings say on", "consent: on\n", true, NULL,
     "Metrics are collected and kept here; nothing is sent: the settings say `on`, but "
     "DO_NOT_TRACK in the environment forbids sending. Categories: "
     "standard,subscription,operational,optional."},
    {"settings that say on, over an answer of off", "consent: on\n", true, "off",
     "Metrics are collected and kept here; nothing is sent: the settings say `on`, but "
     "DO_NOT_TRACK in the environment forbids sending. Categories: standard,operational."},
    {"local is local", "consent: local\n", true, "on",
     "Metrics are collected and kept here; nothing is sent: the settings say so. Categories: "
     "standard,operational."},
    {"off is off", "", true, "off",
     "Nothing is collected and nothing is sent: alice said so at 1970-01-01T00:00:00Z. Categories: "
     "standard,operational."},
};

static void test_who_decides(void **state)
{
    static const bool categories[CATEGORY_COUNT] = {
        [CATEGORY_STANDARD] = true, [CATEGORY_OPERATIONAL] = true};
    struct settings plain;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct place *place;
        struct settings settings, applied;
        struct consent consent;

        if (i > 0)
            (void)place_set_up(state);
        place = *state;
        print_message("  %s\n", cases[i].name);
        now_stop_at(0);
        load(place, "", false, &plain);
        if (cases[i].answer != NULL) {
            enum consent_mode mode = CONSENT_LOCAL;

            assert_true(consent_mode_from_name(cases[i].answer, &mode));
            assert_true(consent_give(place->store, &plain, mode, categories, "alice", &place->err));
        }
        load(place, cases[i].settings, cases[i].do_not_track, &settings);
        assert_true(consent_read(place->store, &settings, &consent, &place->err));
        assert_string_equal(consent_words(&consent, place->arena), cases[i].words);
        applied = consent_applied(&settings, &consent);
        assert_int_equal(applied.consent, consent.mode);
        if (i + 1 < COUNT_OF(cases))
            (void)place_tear_down(state);
    }
}

static void test_the_settings_cannot_be_overruled(void **state)
{
    static const bool categories[CATEGORY_COUNT] = {true};
    struct place *place = *state;
    struct settings settings;
    struct store_consent stored;

    load(place, "consent: local\n", false, &settings);
    assert_false(consent_give(place->store, &settings, CONSENT_ON, NULL, "alice", &place->err));
    assert_int_equal(place->err.kind, ERROR_REFUSED);
    assert_non_null(strstr(place->err.text, "`consent: local` stands there"));
    load(place, "consent: on\n", true, &settings);
    assert_false(consent_give(place->store, &settings, CONSENT_OFF, NULL, "alice", &place->err));
    assert_non_null(strstr(place->err.text, "`consent: on` stands there"));
    load(place, "categories: [standard]\n", false, &settings);
    assert_false(
        consent_give(place->store, &settings, CONSENT_ON, categories, "alice", &place->err));
    assert_true(store_consent(place->store, &stored, &place->err));
    assert_string_equal(stored.mode, "");
    assert_true(consent_give(place->store, &settings, CONSENT_ON, NULL, "alice", &place->err));
}

/* An answer that says nothing this version knows permits nothing. */
static void test_a_damaged_answer_sends_nothing(void **state)
{
    const struct store_consent strange = {"yes", "all", 1, "somebody"};
    struct place *place = *state;
    struct settings settings;
    struct consent consent;

    load(place, "", false, &settings);
    assert_true(store_consent_give(place->store, &strange, &place->err));
    assert_false(consent_read(place->store, &settings, &consent, &place->err));
    assert_int_equal(place->err.kind, ERROR_REFUSED);
    assert_int_equal(consent.mode, CONSENT_LOCAL);
    assert_true(consent_give(place->store, &settings, CONSENT_ON, NULL, "alice", &place->err));
    assert_true(consent_read(place->store, &settings, &consent, &place->err));
    assert_int_equal(consent.mode, CONSENT_ON);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_who_decides),
        HERE(test_the_settings_cannot_be_overruled),
        HERE(test_a_damaged_answer_sends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
