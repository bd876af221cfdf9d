/*
 * A year of the agent on a clock that the test moves, with all that happens to a machine in a year:
 * it is restarted, or off for days; its clock is set forth and back; services hang; the endpoint is
 * out for a day, a week and a month; the admin withdraws consent for a while. Whatever happens,
 * each slot of the schedule has one ping at the endpoint, or is told as missed with a reason.
 * A few years, or SOAK of them; SEED in the environment is the first one's.
 */
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/io/loop.h"
#include "agent/store_archive.h"
#include "tests/support/chance.h"
#include "tests/support/house.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE        (HOUSE_HOUR / 60)
#define START_US      (HOUSE_START * US_PER_SECOND)
#define YEAR          (365 * HOUSE_DAY)
#define CALM_END      (24 * HOUSE_DAY) /* of each year: nothing more goes wrong */
#define DEFAULT_YEARS 8

/* Chance is the seed's, for the courier's pauses, too. */
uint32_t arc4random(void)
{
    return (uint32_t)mrand48();
}

/* No power fails here, and a year has thousands of commits. */
int fdatasync(int file)
{
    (void)file;
    return 0;
}

int fsync(int file)
{
    (void)file;
    return 0;
}

static int64_t between(int64_t least_us, int64_t most_us)
{
    return least_us + (int64_t)(drand48() * (double)(most_us - least_us));
}

/* What lasts for a while, in time that no one sets. */
enum spell_kind { OUT_FOR_A_DAY, OUT_FOR_A_WEEK, OUT_FOR_A_MONTH, NO_CONSENT, SPELLS };

struct spell {
    int64_t from_us, until_us;
};

struct year {
    struct house *house;
    struct central central;
    bool harsh; /* the machine is off for days, clocks are weeks off, consent is withdrawn */
    bool weekly;
    struct spell spells[SPELLS];
    bool without_consent;
    int64_t drift_us; /* that the wall clock is ahead of true time */
    unsigned restarts, steps, hangs;
};

/* ---- Time ---- */

static int64_t true_us(const struct year *year)
{
    return now_wall_us() - year->drift_us;
}

static bool in_spell(const struct year *year, enum spell_kind kind)
{
    const struct spell *spell = &year->spells[kind];

    return spell->from_us <= true_us(year) && true_us(year) < spell->until_us;
}

static void heed_endpoint(struct year *year)
{
    bool out = in_spell(year, OUT_FOR_A_DAY) || in_spell(year, OUT_FOR_A_WEEK) ||
               in_spell(year, OUT_FOR_A_MONTH);

    year->house->status = out ? 503 : 201;
}

static void heed_spells(struct year *year)
{
    bool without = in_spell(year, NO_CONSENT);

    heed_endpoint(year);
    if (without == year->without_consent)
        return;
    year->without_consent = without;
    assert_true(daemon_consent(year->house->daemon, without ? CONSENT_OFF : CONSENT_ON, NULL,
                               "tester", &year->house->place->err));
}

/* Up to the next moment at which a spell begins or ends. */
static int64_t clip(const struct year *year, int64_t us)
{
    int64_t now = true_us(year);

    for (size_t i = 0; i < SPELLS; i++) {
        int64_t from = year->spells[i].from_us - now, until = year->spells[i].until_us - now;

        if (from > 0 && from < us)
            us = from;
        if (until > 0 && until < us)
            us = until;
    }
    return us;
}

static void let_pass(struct year *year, int64_t us)
{
    int64_t until = true_us(year) + us;

    while (true_us(year) < until) {
        house_pass(year->house, clip(year, until - true_us(year)));
        heed_spells(year);
    }
}

/* ---- What happens ---- */

static void restart(struct year *year)
{
    bool long_off = year->harsh && below(6) == 0;

    year->restarts++;
    house_close(year->house);
    now_advance(between(0, long_off ? 12 * HOUSE_DAY : 3 * HOUSE_HOUR));
    heed_endpoint(year);
    house_open(year->house);
    heed_spells(year);
}

static void set_clock(struct year *year, int64_t by_us)
{
    year->steps++;
    year->drift_us += by_us;
    now_stop_at(now_wall_us() + by_us);
}

static void step_clock(struct year *year)
{
    int64_t most[] = {40 * MINUTE, 20 * HOUSE_HOUR, year->harsh ? 25 * HOUSE_DAY : 5 * HOUSE_DAY};
    int64_t by = between(0, most[below((long)COUNT_OF(most))]);

    /* A mild year's clock is never so far off that two slots come at once. */
    if (year->drift_us != 0 && (!year->harsh || below(3) > 0))
        by = -year->drift_us;
    else if (below(2) == 0)
        by = -by;
    set_clock(year, by);
    let_pass(year, between(0, HOUSE_HOUR));
}

/* A collection that is due now does not come to its end before the machine is restarted. */
static void hang(struct year *year)
{
    year->hangs++;
    fake_script = (struct fake_script){.metrics_per_probe = 2, .silent_from = 3};
    let_pass(year, between(HOUSE_HOUR, (year->harsh ? 60 : 20) * HOUSE_HOUR));
    fake_script = (struct fake_script){0};
    /* What hangs already would go on to do so, until its deadline. */
    if (!year->harsh || below(2) == 0)
        restart(year);
}

static void live_on(struct year *year)
{
    static void (*const events[])(struct year * year) = {restart, step_clock, hang};

    let_pass(year, between(HOUSE_HOUR, 4 * HOUSE_DAY));
    events[below((long)COUNT_OF(events))](year);
}

/* ---- One year ---- */

static void plan_spell(struct year *year, enum spell_kind kind, int64_t length_us)
{
    int64_t from = START_US + between(2 * HOUSE_DAY, YEAR - CALM_END - length_us);

    year->spells[kind] = (struct spell){from, from + length_us};
}

/* The instance's own minute of the week derives from its id, which is to be the seed's. */
static void name_instance(const struct year *year)
{
    const struct place *place = year->house->place;
    char id[UUID_TEXT_SIZE], sql[128], line[UUID_TEXT_SIZE + 1];
    FILE *file;

    (void)snprintf(id, sizeof(id), "%08lx-0000-4000-8000-%012lx", (unsigned long)lrand48(),
                   (unsigned long)lrand48());
    (void)snprintf(sql, sizeof(sql), "UPDATE instance SET id = '%s'", id);
    (void)snprintf(line, sizeof(line), "%s\n", id);
    place_change(place, sql);
    file = fopen(place_path(place, "identity"), "w");
    assert_non_null(file);
    assert_true(fputs(line, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void begin_year(struct year *year, long seed)
{
    void *house;

    srand48(seed);
    *year = (struct year){.harsh = seed % 2 == 0, .weekly = seed / 2 % 2 == 0};
    assert_int_equal(house_set_up(&house), 0);
    log_set_level(LEVEL_ERROR);
    year->house = house;
    year->house->central = &year->central;
    house_close(year->house);
    name_instance(year);
    /* An hour that the last Sunday of March does not have and that of October has twice. */
    house_settings(year->house, year->weekly
                                    ? "schedule: weekly"
                                    : "schedule: \"30 2 * * sun\"\ntime_zone: Europe/Berlin");
    plan_spell(year, OUT_FOR_A_DAY, HOUSE_DAY);
    plan_spell(year, OUT_FOR_A_WEEK, 7 * HOUSE_DAY);
    plan_spell(year, OUT_FOR_A_MONTH, 30 * HOUSE_DAY);
    if (year->harsh)
        plan_spell(year, NO_CONSENT, between(HOUSE_DAY, 25 * HOUSE_DAY));
    house_open(year->house);
    assert_true(
        daemon_consent(year->house->daemon, CONSENT_ON, NULL, "tester", &year->house->place->err));
}

static void live_a_year(struct year *year)
{
    while (true_us(year) < START_US + YEAR - CALM_END)
        live_on(year);
    set_clock(year, -year->drift_us);
    assert_true(true_us(year) < START_US + YEAR);
    /* And two slots more, where what a wrong clock did last is told. */
    let_pass(year, START_US + YEAR + 14 * HOUSE_DAY - true_us(year));
}

/* ---- What came of it ---- */

struct slots {
    unsigned all, pings, told;
};

static sqlite3 *open_archive(const struct year *year)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place_path(year->house->place, "service-ping.db"), &db),
                     SQLITE_OK);
    return db;
}

/* Those of a slot; each must have arrived. */
static unsigned arrived_of_slot(const struct year *year, sqlite3 *db, int64_t slot)
{
    sqlite3_stmt *ask;
    unsigned count = 0;

    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT p.id FROM pings p JOIN runs r ON r.id = p.run_id"
                                        " WHERE r.slot = ?1",
                                        -1, &ask, NULL),
                     SQLITE_OK);
    (void)sqlite3_bind_int64(ask, 1, slot);
    while (sqlite3_step(ask) == SQLITE_ROW) {
        assert_true(central_has(&year->central, (const char *)sqlite3_column_text(ask, 0)));
        count++;
    }
    (void)sqlite3_finalize(ask);
    return count;
}

static struct slots count_slots(const struct year *year)
{
    struct schedule schedule;
    struct slots slots = {0};
    struct error err;
    int64_t slot = HOUSE_START;
    sqlite3 *db = open_archive(year);

    assert_true(schedule_parse(year->weekly ? "weekly" : "30 2 * * sun",
                               year->weekly ? "UTC" : "Europe/Berlin",
                               store_instance_id(year->house->place->store), &schedule, &err));
    while (schedule_next(&schedule, slot, &slot) && slot < HOUSE_START + YEAR / US_PER_SECOND) {
        unsigned pings = arrived_of_slot(year, db, slot);
        bool told = central_told(&year->central, slot);

        if (pings == 0 && !told)
            print_message("  nothing is known of slot %" PRId64 "\n", slot);
        assert_in_range(pings, told ? 0 : 1, 1);
        slots.all++;
        slots.pings += pings;
        slots.told += pings == 0 ? 1 : 0;
    }
    (void)sqlite3_close(db);
    return slots;
}

static void tell_fault(const char *sentence, void *arg)
{
    print_message("  %s\n", sentence);
    ++*(unsigned *)arg;
}

static void judge_year(struct year *year, long seed)
{
    struct place *place = year->house->place;
    struct slots slots = count_slots(year);
    unsigned faults = 0;
    char pings[24];

    print_message("seed %ld, %s, %s: %u slots, %u pings, %u told; %u restarts, %u clock steps, %u "
                  "hangs, %u calls at the endpoint\n",
                  seed, year->weekly ? "weekly" : "cron", year->harsh ? "harsh" : "mild", slots.all,
                  slots.pings, slots.told, year->restarts, year->steps, year->hangs,
                  year->house->calls);
    assert_in_range(slots.all, 52, 53);
    if (!year->harsh)
        assert_int_equal(slots.pings, slots.all);
    assert_int_equal(year->central.repetitions, 0);
    assert_string_equal(central_fault(&year->central) != NULL ? central_fault(&year->central) : "",
                        "");
    assert_true(store_verify(place->store, tell_fault, &faults, &place->err));
    assert_int_equal(faults, 0);
    (void)snprintf(pings, sizeof(pings), "%zu", year->central.count);
    place_expect(place, "SELECT count(*) || '' FROM pings WHERE state = 'sent'", pings);
    place_expect(place, "SELECT count(*) || '' FROM pings", pings);
    place_expect(place, "SELECT count(*) || '' FROM gaps WHERE ping_id IS NULL", "0");
    assert_null(house_status(year->house).trouble);
}

static void test_years(void **state)
{
    const char *soak = getenv("SOAK"), *given = getenv("SEED");
    long first = given != NULL ? strtol(given, NULL, 10) : 1;
    long count = soak != NULL ? strtol(soak, NULL, 10) : given != NULL ? 1 : DEFAULT_YEARS;

    (void)state;
    for (long seed = first; seed < first + count; seed++) {
        struct year year;
        void *house;

        begin_year(&year, seed);
        live_a_year(&year);
        judge_year(&year, seed);
        house = year.house;
        (void)house_tear_down(&house);
        central_release(&year.central);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_years)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
