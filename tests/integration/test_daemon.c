/* The long-running agent by a moved clock: its slots, what interrupts it, and what it makes good.
 */
#include "agent/daemon.h"

#include "agent/base/clock.h"
#include "agent/io/loop.h"
#include "agent/store_archive.h"
#include "agent/store_memory.h"
#include "tests/support/house.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define WEEK         (7 * HOUSE_DAY)
#define FIRST_SLOT   INT64_C(1795406400) /* Monday, 2026-11-23 04:00 UTC */
#define SLOT(number) (FIRST_SLOT + (number)*7 * INT64_C(86400))

static const char said_on[] = "consent: on";

/* From the bytes of the newest ping. */
#define PING_FIELD(path)                                                                           \
    "SELECT json_extract(CAST(bytes AS TEXT), '$.service_ping." path                               \
    "') FROM pings ORDER BY seq DESC LIMIT 1"

static void expect_pings(const struct house *house, const char *states)
{
    place_expect(
        house->place,
        "SELECT coalesce(group_concat(state), '') FROM (SELECT state FROM pings ORDER BY seq)",
        states);
}

static void expect_gaps(const struct house *house, const char *gaps)
{
    place_expect(house->place,
                 "SELECT coalesce(group_concat(line, '; '), '') FROM (SELECT"
                 " strftime('%m-%d', first, 'unixepoch') || ' ' ||"
                 " strftime('%m-%d', last, 'unixepoch') || ' ' || reason AS line FROM gaps"
                 " ORDER BY id)",
                 gaps);
}

static void reload(struct house *house, bool good)
{
    struct complaints complaints;

    complaints_init(&complaints, house->place->arena);
    assert_true(daemon_reload(house->daemon, &complaints) == good);
    assert_true((complaints.count == 0) == good);
}

static void answer(struct house *house, enum consent_mode mode, const bool *categories)
{
    assert_true(daemon_consent(house->daemon, mode, categories, "tester", &house->place->err));
}

/* ---- Slots ---- */

static void nothing_leaves_before_somebody_agrees(void **state)
{
    struct house *house = *state;

    house_open(house);
    assert_int_equal(house_status(house).next_run, SLOT(0));
    assert_int_equal(house_status(house).consent.mode, CONSENT_LOCAL);
    house_pass(house, 2 * WEEK);
    assert_int_equal(house->calls, 0);
    expect_pings(house, "kept,sealed");
    answer(house, CONSENT_ON, NULL);
    house_settle(house);
    assert_int_equal(house->calls, 0);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 1);
    expect_pings(house, "kept,kept,sent");
    assert_int_equal(house_status(house).last_slot, SLOT(2));
    assert_null(house_status(house).trouble);
}

static void each_slot_gives_one_ping(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    assert_int_equal(house->calls, 0);
    for (unsigned week = 1; week <= 5; week++) {
        house_pass(house, WEEK);
        assert_int_equal(house->arrivals, week);
        assert_int_equal(house_status(house).next_run, SLOT(week));
    }
    assert_int_equal(house->repetitions, 0);
    expect_pings(house, "sent,sent,sent,sent,sent");
    expect_gaps(house, "");
    place_expect(house->place, PING_FIELD("metrics.ok"), "10");
    place_expect(house->place, "SELECT group_concat(slot - recorded_at, ' ') FROM runs",
                 "0 0 0 0 0");
}

static void slots_that_were_missed_are_told_and_caught_up_once(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    house_pass(house, WEEK);
    house_close(house);
    now_advance(3 * WEEK);
    house_open(house);
    assert_int_equal(house->arrivals, 2);
    expect_gaps(house, "11-30 12-07 the agent was not running");
    place_expect(house->place, PING_FIELD("missed[0].reason"), "the agent was not running");
    house_close(house);
    house_open(house);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 3);
    assert_int_equal(house->repetitions, 0);
    place_expect(house->place,
                 "SELECT coalesce(json_array_length(CAST(bytes AS TEXT),"
                 " '$.service_ping.missed'), 0) || '' FROM pings WHERE seq = 3",
                 "0");
}

static void a_machine_that_slept_says_so(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    now_advance(3 * WEEK);
    house_pass(house, HOUSE_HOUR);
    assert_int_equal(house->arrivals, 1);
    expect_gaps(house, "11-23 11-30 the machine was asleep, or its clock was set forward");
}

static void a_clock_that_is_set_back_brings_no_slot_again(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    house_pass(house, 2 * WEEK);
    assert_int_equal(house->arrivals, 2);
    now_stop_at(HOUSE_START * US_PER_SECOND + WEEK);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 2);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 3);
    expect_gaps(house, "");
}

static void a_clock_that_was_years_ahead_is_told(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    now_stop_at((HOUSE_START + INT64_C(3) * 365 * 86400) * US_PER_SECOND);
    house_open(house);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 1);
    house_close(house);
    now_stop_at(HOUSE_START * US_PER_SECOND);
    house_open(house);
    assert_int_equal(house_status(house).next_run, SLOT(0));
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 2);
    place_expect(house->place, "SELECT substr(reason, 1, 31) FROM gaps",
                 "the machine's clock was ahead: ");
}

/* ---- Consent ---- */

static void without_consent_a_slot_passes_as_a_gap(void **state)
{
    struct house *house = *state;

    house_open(house);
    answer(house, CONSENT_OFF, NULL);
    house_pass(house, 2 * WEEK);
    expect_pings(house, "");
    answer(house, CONSENT_ON, NULL);
    house_pass(house, WEEK);
    expect_pings(house, "sent");
    expect_gaps(house, "11-23 11-23 consent was off; 11-30 11-30 consent was off");
    place_expect(house->place, PING_FIELD("missed[1].reason"), "consent was off");
    assert_int_equal(house->arrivals, 1);
}

/* Brings a run that never ends, begun at the first slot. */
static void begin_endless(struct house *house)
{
    fake_script = (struct fake_script){.metrics_per_probe = 2, .silent_from = 4};
    house_open(house);
    house_pass(house, 43 * HOUSE_HOUR);
    assert_int_equal(house_status(house).state, DAEMON_COLLECTING);
    assert_int_equal(house_status(house).progress.answered, 6 + house_status(house).held);
}

static void off_ends_a_collection_at_once(void **state)
{
    struct house *house = *state;

    begin_endless(house);
    answer(house, CONSENT_OFF, NULL);
    assert_int_equal(house_status(house).state, DAEMON_IDLE);
    assert_int_equal(fake_notes.running, 0);
    place_expect(house->place, "SELECT state FROM runs", "abandoned");
    expect_gaps(house, "11-23 11-23 consent was withdrawn during the collection");
    fake_script = (struct fake_script){0};
    answer(house, CONSENT_ON, NULL);
    house_settle(house);
    assert_int_equal(house->arrivals, 0);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 1);
    place_expect(house->place, PING_FIELD("missed[0].reason"),
                 "consent was withdrawn during the collection");
}

static void a_category_that_is_withdrawn_leaves_the_collection(void **state)
{
    static const bool standard_only[CATEGORY_COUNT] = {[CATEGORY_STANDARD] = true};
    struct house *house = *state;

    house_define(house, 5, 5, "standard");
    begin_endless(house);
    fake_script = (struct fake_script){0};
    answer(house, CONSENT_ON, standard_only);
    house_settle(house);
    assert_int_equal(house->arrivals, 1);
    place_expect(house->place, PING_FIELD("metrics.total"), "5");
    place_expect(house->place, PING_FIELD("resumed"), "1");
    place_expect(house->place, "SELECT group_concat(key_path) FROM outcomes",
                 "m.5,m.6,m.7,m.8,m.9");
}

static void local_holds_what_waits(void **state)
{
    struct house *house = *state;

    house->status = 503;
    house_open(house);
    answer(house, CONSENT_ON, NULL);
    house_pass(house, WEEK);
    assert_true(house->calls > 0);
    assert_int_equal(house_status(house).courier.waiting, 1);
    house->status = 201;
    answer(house, CONSENT_LOCAL, NULL);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 0);
    answer(house, CONSENT_ON, NULL);
    house_pass(house, HOUSE_DAY);
    assert_int_equal(house->arrivals, 1);
}

/* It waits when a category is withdrawn that it holds metrics of. */
static void begin_waiting(struct house *house)
{
    house_define(house, 0, 5, "standard");
    house->status = 503;
    house_open(house);
    answer(house, CONSENT_ON, NULL);
    house_pass(house, WEEK);
    assert_true(house->calls > 0);
    assert_int_equal(house_status(house).courier.waiting, 1);
    house->status = 201;
}

static void expect_withheld(struct house *house)
{
    place_expect(house->place, "SELECT said FROM attempts ORDER BY id DESC LIMIT 1",
                 STORE_WITHHELD);
    expect_gaps(house, "11-23 11-23 more was permitted when the ping of this slot was sealed than "
                       "later on, so it was not sent");
}

static void what_waits_is_withheld_when_its_category_is_withdrawn(void **state)
{
    static const bool standard_only[CATEGORY_COUNT] = {[CATEGORY_STANDARD] = true};
    static const bool all[CATEGORY_COUNT] = {true, true, true, true};
    struct house *house = *state;

    begin_waiting(house);
    answer(house, CONSENT_ON, standard_only);
    house_settle(house);
    assert_int_equal(house_status(house).courier.waiting, 0);
    expect_pings(house, "kept");
    expect_withheld(house);
    answer(house, CONSENT_ON, all);
    house_pass(house, HOUSE_DAY);
    assert_int_equal(house->arrivals, 0);
    answer(house, CONSENT_ON, standard_only);
    house_pass(house, 6 * HOUSE_DAY);
    assert_int_equal(house->arrivals, 1);
    expect_pings(house, "kept,sent");
    place_expect(house->place, PING_FIELD("metrics.total"), "5");
    place_expect(house->place,
                 "SELECT substr(json_extract(CAST(bytes AS TEXT),"
                 " '$.service_ping.missed[0].reason'), 1, 18) FROM pings"
                 " WHERE seq = 2",
                 "more was permitted");
}

static void what_waits_is_withheld_by_a_reload_and_after_a_restart(void **state)
{
    struct house *house = *state;

    begin_waiting(house);
    house_settings(house, "categories: [standard]");
    reload(house, true);
    house_settle(house);
    expect_withheld(house);
    house_settings(house, "");
    reload(house, true);
    house->status = 503;
    house_pass(house, WEEK);
    expect_pings(house, "kept,sealed");
    house_close(house);
    house->status = 201;
    house_settings(house, "categories: [optional]");
    house_open(house);
    expect_pings(house, "kept,kept");
    assert_int_equal(house->arrivals, 0);
}

/* Another category than those that it holds, or a definition that is gone, does not keep it. */
static void what_waits_goes_if_all_of_it_is_permitted_still(void **state)
{
    static const bool without_license[CATEGORY_COUNT] = {
        [CATEGORY_STANDARD] = true, [CATEGORY_OPTIONAL] = true};
    struct house *house = *state;
    char path[128];

    begin_waiting(house);
    answer(house, CONSENT_ON, without_license);
    house_settle(house);
    house_pass(house, HOUSE_PATIENCE);
    assert_int_equal(house->arrivals, 1);
    house->status = 503;
    house_pass(house, 6 * HOUSE_DAY);
    assert_int_equal(house_status(house).courier.waiting, 1);
    (void)snprintf(path, sizeof(path), "%s/definitions/metrics/m9.yml", house->scratch.folder);
    assert_int_equal(unlink(path), 0);
    reload(house, true);
    house->status = 201;
    house_pass(house, HOUSE_PATIENCE);
    assert_int_equal(house->arrivals, 2);
    expect_gaps(house, "");
}

static void settings_that_name_consent_win(void **state)
{
    struct house *house = *state;

    house_settings(house, "consent: local");
    house_open(house);
    assert_false(daemon_consent(house->daemon, CONSENT_ON, NULL, "tester", &house->place->err));
    assert_int_equal(house->place->err.kind, ERROR_REFUSED);
    house_pass(house, WEEK);
    assert_int_equal(house->calls, 0);
}

/* ---- Approval ---- */

static void accept_all(struct house *house, size_t count)
{
    static const struct approvals_choice all = {0};
    struct place *place = house->place;
    struct approval_changes accepted;

    assert_true(daemon_accept(house->daemon, &all, place->arena, &accepted, &place->err));
    assert_int_equal(accepted.count, count);
    assert_int_equal(house_status(house).held, 0);
}

static void what_is_new_or_changed_is_held_until_accepted(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    assert_int_equal(house_status(house).held, 0);
    house_define(house, 9, 1, "operational");
    house_define(house, 10, 1, "optional");
    house_close(house);
    house_open(house);
    assert_int_equal(house_status(house).held, 2);
    house_pass(house, WEEK);
    assert_int_equal(fake_notes.metrics_opened, 9);
    place_expect(house->place, PING_FIELD("metrics.total"), "11");
    place_expect(house->place, PING_FIELD("not_ok[0].status"), "held");
    place_expect(house->place, PING_FIELD("not_ok[0].key_path"), "m.10");
    accept_all(house, 2);
    house_pass(house, WEEK);
    place_expect(house->place, PING_FIELD("metrics.ok"), "11");
}

static void a_policy_accepts_by_itself(void **state)
{
    struct house *house = *state;

    house_settings(house, "consent: on\naccept: [operational]");
    house_open(house);
    house_define(house, 10, 1, "operational");
    house_define(house, 11, 1, "optional");
    reload(house, true);
    assert_int_equal(house_status(house).held, 1);
    accept_all(house, 1);
}

/* It was held when the run began, and the run goes on after it was accepted. */
static void what_was_held_may_be_collected_by_a_resumed_run(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    house_define(house, 10, 1, "optional");
    house_close(house);
    begin_endless(house);
    assert_int_equal(house_status(house).held, 1);
    accept_all(house, 1);
    house_close(house);
    fake_script = (struct fake_script){0};
    house_open(house);
    assert_int_equal(house->arrivals, 1);
    place_expect(house->place, PING_FIELD("metrics.ok"), "11");
}

static void approvals_that_cannot_be_read_hold_everything(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    house_close(house);
    assert_int_equal(truncate(place_path(house->place, "consent.lock"), 40), 0);
    house_open(house);
    assert_int_equal(house_status(house).held, 10);
    assert_non_null(strstr(house_status(house).trouble, "consent.lock"));
    house_pass(house, WEEK);
    assert_int_equal(fake_notes.opened, 0);
    place_expect(house->place, PING_FIELD("metrics.not_ok"), "10");
}

/* ---- Asked for ---- */

static void somebody_may_collect_now(void **state)
{
    struct house *house = *state;
    struct error *err = &house->place->err;

    house_open(house);
    answer(house, CONSENT_OFF, NULL);
    assert_false(daemon_run_now(house->daemon, err));
    assert_int_equal(err->kind, ERROR_REFUSED);
    answer(house, CONSENT_ON, NULL);
    assert_true(daemon_run_now(house->daemon, err));
    assert_int_equal(house_status(house).state, DAEMON_COLLECTING);
    assert_false(daemon_run_now(house->daemon, err));
    assert_int_equal(err->kind, ERROR_REFUSED);
    house_settle(house);
    assert_int_equal(house->arrivals, 1);
    assert_int_equal(house_status(house).next_run, SLOT(0));
    assert_int_equal(house_status(house).last_run.slot, 0);
    assert_true(house_status(house).last_run.finished_us > 0);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 2);
}

/* Slots at 12, 14, 16 and 18 o'clock; the collection of the first one is given up at 18. */
static void slots_during_a_collection_are_caught_up_once(void **state)
{
    struct house *house = *state;

    house_settings(house, "consent: on\nrun: {deadline: 6h}\nschedule: \"0 */2 * * *\"");
    fake_script = (struct fake_script){.metrics_per_probe = 2, .silent_from = 4};
    house_open(house);
    house_pass(house, 7 * HOUSE_HOUR);
    assert_int_equal(house_status(house).state, DAEMON_COLLECTING);
    fake_script = (struct fake_script){0};
    house_pass(house, 2 * HOUSE_HOUR);
    assert_int_equal(house_status(house).last_slot, HOUSE_START + 8 * 3600);
    expect_pings(house, "sent,sent");
    place_expect(house->place,
                 "SELECT strftime('%H', first, 'unixepoch') || strftime(' %H ', last, 'unixepoch')"
                 " || reason FROM gaps",
                 "14 16 the collection before it was still running");
}

/* What a full disk does: nothing can be written to any file. */
static void fill_disk(bool full)
{
    struct rlimit limit;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 1024 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_costs_no_ping(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    fill_disk(true);
    house_pass(house, 43 * HOUSE_HOUR);
    assert_int_equal(house->arrivals, 0);
    assert_non_null(house_status(house).trouble);
    fill_disk(false);
    house_pass(house, HOUSE_HOUR);
    assert_int_equal(house->arrivals, 1);
    assert_null(house_status(house).trouble);
    expect_gaps(house, "");
}

static void a_disk_that_is_full_in_mid_run_costs_no_ping(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    while (house_status(house).state == DAEMON_IDLE)
        assert_true(loop_skip(house->loop, WEEK));
    fill_disk(true);
    house_settle(house);
    assert_int_equal(house_status(house).state, DAEMON_IDLE);
    assert_non_null(strstr(house_status(house).trouble, "could not be kept"));
    assert_int_equal(house->arrivals, 0);
    fill_disk(false);
    house_pass(house, HOUSE_HOUR);
    assert_int_equal(house->arrivals, 1);
    assert_null(house_status(house).trouble);
    place_expect(house->place, PING_FIELD("metrics.ok"), "10");
    place_expect(house->place, "SELECT count(*) || '' FROM runs", "1");
}

/* ---- Reload ---- */

static void bad_settings_change_nothing(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    house_settings(house, "consent: maybe\nschedule: \"61 * * * *\"");
    reload(house, false);
    assert_non_null(strstr(house_status(house).trouble, "those from before stay in force"));
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 1);
    house_settings(house, said_on);
    scratch_write(&house->scratch, "definitions/metrics/m3.yml", "key_path: m.3\n");
    reload(house, false);
    assert_int_equal(house_status(house).catalog->count, 10);
    house_define(house, 3, 1, "optional");
    reload(house, true);
    assert_null(house_status(house).trouble);
}

static void good_settings_are_in_force_at_once(void **state)
{
    struct house *house = *state;

    house_open(house);
    house_settings(house, "consent: on\nschedule: \"30 12 * * *\"");
    house_define(house, 10, 2, "optional");
    reload(house, true);
    assert_int_equal(house_status(house).next_run, HOUSE_START + 9000);
    assert_int_equal(house_status(house).consent.mode, CONSENT_ON);
    house_pass(house, HOUSE_DAY);
    assert_int_equal(house->arrivals, 1);
    place_expect(house->place, PING_FIELD("metrics.total"), "12");
}

static void a_reload_waits_for_the_end_of_a_collection(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house_open(house);
    assert_true(daemon_run_now(house->daemon, &house->place->err));
    house_define(house, 10, 2, "optional");
    reload(house, true);
    assert_int_equal(house_status(house).catalog->count, 10);
    house_settle(house);
    assert_int_equal(house_status(house).catalog->count, 12);
    place_expect(house->place, PING_FIELD("metrics.total"), "10");
    assert_int_equal(house->arrivals, 1);
}

static void a_reload_that_withdraws_consent_does_not_wait(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    begin_endless(house);
    house_settings(house, "consent: off");
    reload(house, true);
    assert_int_equal(house_status(house).state, DAEMON_IDLE);
    place_expect(house->place, "SELECT state FROM runs", "abandoned");
}

static void the_state_folder_stays_where_it_is(void **state)
{
    struct house *house = *state;
    const char *folder = house->place->folder;

    house_settings(house, said_on);
    house_open(house);
    scratch_write(&house->scratch, "settings.yml.d/state.yml", "state: /nowhere\n");
    reload(house, true);
    assert_string_equal(house_status(house).settings->state, folder);
}

/* ---- Starting again ---- */

/* What was begun when the agent ended arrives an hour later as one resumed ping, and the next
 * slot's as ever. */
static void expect_to_go_on(struct house *house)
{
    fake_script = (struct fake_script){0};
    fake_notes = (struct fake_notes){0};
    now_advance(HOUSE_HOUR);
    house_open(house);
    assert_int_equal(house->arrivals, 1);
    assert_int_equal(fake_notes.metrics_opened, 4);
    place_expect(house->place, PING_FIELD("resumed"), "1");
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 2);
    expect_gaps(house, "");
}

static void a_collection_goes_on_after_a_restart(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    begin_endless(house);
    house_close(house);
    place_expect(house->place, "SELECT state FROM runs", "open");
    expect_to_go_on(house);
}

static void a_collection_that_is_too_old_becomes_a_gap(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    begin_endless(house);
    house_close(house);
    fake_script = (struct fake_script){0};
    now_advance(2 * HOUSE_DAY);
    house_open(house);
    assert_int_equal(house->arrivals, 0);
    house_close(house);
    house_open(house);
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 1);
    place_expect(house->place,
                 "SELECT count(*) || min(reason GLOB 'the collection was broken*')"
                 " FROM gaps",
                 "11");
}

/* The process died after it had begun the slot's run, and before it had noted that. */
static void a_slot_that_is_begun_is_not_begun_again(void **state)
{
    struct house *house = *state;
    struct store_run run;

    house_settings(house, said_on);
    house_open(house);
    house_close(house);
    now_stop_at(SLOT(0) * US_PER_SECOND);
    place_open(house->place);
    assert_true(store_run_begin_slot(house->place->store, SLOT(0), SLOT(0), digest_a, &run,
                                     &house->place->err));
    place_change(house->place, "UPDATE runs SET state = 'finished', finished_us = started_us");
    house_open(house);
    house_settle(house);
    assert_int_equal(house->arrivals, 1);
    place_expect(house->place, "SELECT count(*) || '' FROM runs", "1");
    assert_int_equal(house_status(house).next_run, SLOT(1));
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 2);
}

static void a_ping_that_was_not_sent_goes_after_a_restart(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    house->status = 503;
    house_open(house);
    house_pass(house, WEEK);
    house_close(house);
    house->status = 201;
    house_open(house);
    house_pass(house, HOUSE_PATIENCE);
    assert_int_equal(house->arrivals, 1);
    expect_pings(house, "sent");
}

/* A collection that somebody asked for, of an agent that died: it is gone on with, and sent. */
static void what_was_asked_for_goes_on_after_a_restart(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    fake_script = (struct fake_script){.metrics_per_probe = 2, .silent_from = 4};
    house_open(house);
    assert_true(daemon_run_now(house->daemon, &house->place->err));
    house_settle(house);
    house_pass(house, 2 * US_PER_SECOND);
    house_close(house);
    place_expect(house->place, "SELECT state || slot || wanted FROM runs", "open01");
    expect_to_go_on(house);
}

/* The process died after its last outcome was kept, before it was sealed. */
static void what_was_asked_for_is_sealed_after_a_restart(void **state)
{
    struct house *house = *state;

    what_was_asked_for_goes_on_after_a_restart(state);
    house_close(house);
    place_change(house->place, "DELETE FROM attempts; DELETE FROM receipts; UPDATE gaps SET"
                               " ping_id = NULL; DELETE FROM pings WHERE seq = 2; UPDATE runs SET"
                               " slot = 0");
    house_open(house);
    assert_int_equal(house->arrivals, 3);
}

static void what_was_asked_for_too_long_ago_is_closed(void **state)
{
    struct house *house = *state;

    house_settings(house, said_on);
    fake_script = (struct fake_script){.metrics_per_probe = 2, .silent_from = 4};
    house_open(house);
    assert_true(daemon_run_now(house->daemon, &house->place->err));
    house_close(house);
    fake_script = (struct fake_script){0};
    now_advance(30 * HOUSE_HOUR);
    house_open(house);
    assert_int_equal(house->arrivals, 0);
    place_expect(house->place, "SELECT state FROM runs", "abandoned");
    house_pass(house, WEEK);
    assert_int_equal(house->arrivals, 1);
    expect_gaps(house, "");
}

/* Somebody's preview was interrupted: that is not the agent's to go on with, nor to send. */
static void what_a_verb_left_open_is_not_sent(void **state)
{
    struct house *house = *state;
    struct store_run run;

    house_settings(house, said_on);
    house_open(house);
    house_close(house);
    place_open(house->place);
    assert_true(store_run_begin(house->place->store, now_wall_us() / US_PER_SECOND, digest_a, &run,
                                &house->place->err));
    house_open(house);
    house_pass(house, HOUSE_HOUR);
    assert_int_equal(house->calls, 0);
    place_expect(house->place, "SELECT state FROM runs", "open");
    place_change(house->place, "UPDATE runs SET state = 'finished', finished_us = 1");
    house_open(house);
    assert_int_equal(house->calls, 0);
    expect_pings(house, "");
}

static void count_call(void *arg)
{
    ++*(unsigned *)arg;
}

static void whoever_watches_hears_of_changes(void **state)
{
    struct house *house = *state;
    unsigned calls = 0;

    house_settings(house, said_on);
    house_open(house);
    daemon_watch(house->daemon, count_call, &calls);
    house_pass(house, HOUSE_DAY);
    assert_int_equal(calls, 0);
    house_pass(house, 2 * HOUSE_DAY);
    assert_in_range(calls, 3, 12);
    daemon_watch(house->daemon, NULL, NULL);
}

#define IN_A_HOUSE(test) cmocka_unit_test_setup_teardown(test, house_set_up, house_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_HOUSE(nothing_leaves_before_somebody_agrees),
        IN_A_HOUSE(each_slot_gives_one_ping),
        IN_A_HOUSE(slots_that_were_missed_are_told_and_caught_up_once),
        IN_A_HOUSE(a_machine_that_slept_says_so),
        IN_A_HOUSE(a_clock_that_is_set_back_brings_no_slot_again),
        IN_A_HOUSE(a_clock_that_was_years_ahead_is_told),
        IN_A_HOUSE(without_consent_a_slot_passes_as_a_gap),
        IN_A_HOUSE(off_ends_a_collection_at_once),
        IN_A_HOUSE(a_category_that_is_withdrawn_leaves_the_collection),
        IN_A_HOUSE(local_holds_what_waits),
        IN_A_HOUSE(what_waits_is_withheld_when_its_category_is_withdrawn),
        IN_A_HOUSE(what_waits_is_withheld_by_a_reload_and_after_a_restart),
        IN_A_HOUSE(what_waits_goes_if_all_of_it_is_permitted_still),
        IN_A_HOUSE(settings_that_name_consent_win),
        IN_A_HOUSE(what_is_new_or_changed_is_held_until_accepted),
        IN_A_HOUSE(a_policy_accepts_by_itself),
        IN_A_HOUSE(what_was_held_may_be_collected_by_a_resumed_run),
        IN_A_HOUSE(approvals_that_cannot_be_read_hold_everything),
        IN_A_HOUSE(somebody_may_collect_now),
        IN_A_HOUSE(slots_during_a_collection_are_caught_up_once),
        IN_A_HOUSE(a_full_disk_costs_no_ping),
        IN_A_HOUSE(a_disk_that_is_full_in_mid_run_costs_no_ping),
        IN_A_HOUSE(bad_settings_change_nothing),
        IN_A_HOUSE(good_settings_are_in_force_at_once),
        IN_A_HOUSE(a_reload_waits_for_the_end_of_a_collection),
        IN_A_HOUSE(a_reload_that_withdraws_consent_does_not_wait),
        IN_A_HOUSE(the_state_folder_stays_where_it_is),
        IN_A_HOUSE(a_collection_goes_on_after_a_restart),
        IN_A_HOUSE(a_collection_that_is_too_old_becomes_a_gap),
        IN_A_HOUSE(a_slot_that_is_begun_is_not_begun_again),
        IN_A_HOUSE(a_ping_that_was_not_sent_goes_after_a_restart),
        IN_A_HOUSE(what_was_asked_for_goes_on_after_a_restart),
        IN_A_HOUSE(what_was_asked_for_is_sealed_after_a_restart),
        IN_A_HOUSE(what_was_asked_for_too_long_ago_is_closed),
        IN_A_HOUSE(what_a_verb_left_open_is_not_sent),
        IN_A_HOUSE(whoever_watches_hears_of_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
