/*
 * The agent's own code in a process that is killed with SIGKILL, before one of its calls that write
 * or send, or in the middle of it, and started again, for some weeks of slots on a moved clock; the
 * endpoint lives on in the parent. However often it dies: one ping for each slot, all of them
 * there, in one chain, and the archive says the same. 30 cases, or SOAK of them; SEED is the first
 * one's.
 */
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/io/loop.h"
#include "agent/store_archive.h"
#include "tests/support/chance.h"
#include "tests/support/house.h"
#include "tests/support/test.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WEEKS     7
#define MOST_DIES 400
#define LIFE_US   (WEEKS * 7 * HOUSE_DAY)

/* In memory that parent and child share. */
static struct shared {
    int64_t wall_us; /* the child's clock */
    int64_t calls;   /* that it made in this life */
    int64_t dies_at; /* the how-manieth of them it does not survive; 0: it lives */
    bool over, torn; /* `torn`: half of what that call writes is written */
    char dies_of[16];
} * shared;
static bool is_child;

/* ---- Calls to die at; these stand in for the C library's ---- */

/* True if this one is the last, and half of it is to be done. */
static bool last_call(const char *name, bool has_halves)
{
    if (!is_child)
        return false;
    shared->wall_us = now_wall_us();
    if (++shared->calls != shared->dies_at)
        return false;
    (void)snprintf(shared->dies_of, sizeof(shared->dies_of), "%s", name);
    if (has_halves && shared->torn)
        return true;
    (void)kill(getpid(), SIGKILL);
    return false;
}

static ssize_t halve(long number, int file, const void *bytes, size_t length, long last)
{
    (void)syscall(number, file, bytes, length / 2, last);
    (void)kill(getpid(), SIGKILL);
    return -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at)
{
    if (last_call("pwrite", true))
        return halve(SYS_pwrite64, file, bytes, length, at);
    return syscall(SYS_pwrite64, file, bytes, length, at);
}

ssize_t write(int file, const void *bytes, size_t length)
{
    if (last_call("write", true))
        return halve(SYS_write, file, bytes, length, 0);
    return syscall(SYS_write, file, bytes, length);
}

ssize_t send(int file, const void *bytes, size_t length, int flags)
{
    if (last_call("send", true))
        return halve(SYS_write, file, bytes, length, 0);
    return syscall(SYS_sendto, file, bytes, length, flags, NULL, 0);
}

int rename(const char *from, const char *to)
{
    (void)last_call("rename", false);
    return (int)syscall(SYS_rename, from, to);
}

int ftruncate64(int file, off64_t length)
{
    (void)last_call("ftruncate", false);
    return (int)syscall(SYS_ftruncate, file, length);
}

/* No power fails here. */
int fdatasync(int file)
{
    (void)file;
    (void)last_call("fdatasync", false);
    return 0;
}

int fsync(int file)
{
    (void)file;
    (void)last_call("fsync", false);
    return 0;
}

uint32_t arc4random(void)
{
    return (uint32_t)mrand48();
}

/* ---- One life ---- */

static _Noreturn void live(struct house *house, long seed)
{
    is_child = true;
    srand48(seed);
    now_stop_at(shared->wall_us);
    house->loop = loop_new();
    loop_by_moved_clock(house->loop);
    house_open(house);
    house_pass(house, (HOUSE_START * US_PER_SECOND) + LIFE_US - now_wall_us());
    shared->over = house_status(house).courier.waiting == 0;
    house_close(house);
    shared->wall_us = now_wall_us();
    _exit(EXIT_SUCCESS);
}

static void child_ended(void *arg)
{
    loop_stop(arg);
}

/* The parent is the endpoint meanwhile. True if the child came to the end of its time. */
static bool one_life(struct house *house, long seed)
{
    int status = 0;
    pid_t child;

    shared->calls = 0;
    (void)fflush(stdout);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        live(house, seed);
    while (waitpid(child, &status, WNOHANG) == 0)
        loop_turn(house->loop);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
    else
        assert_int_equal(WTERMSIG(status), SIGKILL);
    return WIFEXITED(status);
}

/* ---- One case ---- */

struct play {
    struct house *house;
    struct central central;
    long seed;
    bool off_for_days; /* at times, after it died */
    unsigned deaths, torn;
    int64_t calls; /* of the first life, if it were let live */
};

static void begin_play(struct play *play, long seed)
{
    void *house;

    *play = (struct play){.seed = seed, .off_for_days = seed % 3 == 0};
    assert_int_equal(house_set_up(&house), 0);
    log_set_level(LEVEL_ERROR);
    play->house = house;
    play->house->central = &play->central;
    house_settings(play->house, "consent: on");
    house_close(play->house);
    loop_on_signal(play->house->loop, SIGCHLD, child_ended, play->house->loop);
    fake_script = (struct fake_script){.metrics_per_probe = 3};
    *shared = (struct shared){.wall_us = HOUSE_START * US_PER_SECOND};
}

static void end_play(struct play *play)
{
    void *house = play->house;

    (void)house_tear_down(&house);
    central_release(&play->central);
}

/* Before its first slot it may not know the schedule yet, of which it could miss anything; and what
 * it misses last, no ping tells. */
static void pass_away(const struct play *play)
{
    int64_t age_us = shared->wall_us - HOUSE_START * US_PER_SECOND;
    bool may = play->off_for_days && 2 * HOUSE_DAY < age_us && age_us < LIFE_US - 25 * HOUSE_DAY;
    int64_t most_us = may && below(4) == 0 ? 12 * HOUSE_DAY : HOUSE_HOUR;

    shared->wall_us += (int64_t)(drand48() * (double)most_us);
}

static void live_and_die(struct play *play, int64_t whole_life)
{
    srand48(play->seed);
    while (!shared->over) {
        long child_seed = lrand48();

        assert_in_range(play->deaths, 0, MOST_DIES);
        shared->torn = below(2) == 0;
        shared->dies_at = below(10) == 0 ? below(40) + 1 : below((long)whole_life / 3) + 1;
        if (shared->wall_us > HOUSE_START * US_PER_SECOND + LIFE_US - 9 * HOUSE_DAY)
            shared->dies_at = 0;
        if (!one_life(play->house, child_seed)) {
            play->deaths++;
            play->torn += shared->torn ? 1 : 0;
            pass_away(play);
        }
    }
}

/* ---- What came of it ---- */

static void tell_fault(const char *sentence, void *arg)
{
    print_message("  %s\n", sentence);
    ++*(unsigned *)arg;
}

static void judge_archive(struct play *play)
{
    struct place *place = play->house->place;
    const char *fault = central_fault(&play->central);
    unsigned faults = 0;
    char pings[24];

    assert_string_equal(fault != NULL ? fault : "", "");
    place_open(place);
    assert_true(store_verify(place->store, tell_fault, &faults, &place->err));
    assert_int_equal(faults, 0);
    (void)snprintf(pings, sizeof(pings), "%zu", play->central.count);
    place_expect(place, "SELECT count(*) || '' FROM pings WHERE state = 'sent'", pings);
    place_expect(place, "SELECT count(*) || '' FROM pings", pings);
    place_expect(place, "SELECT count(*) || '' FROM receipts", pings);
    place_expect(place, "SELECT count(DISTINCT run_id) || '' FROM pings", pings);
    place_expect(place, "SELECT count(*) || '' FROM runs WHERE state = 'open'", "0");
}

/* Mondays at 04:00 UTC: each has one ping, or else is told; those that it was not off for have one.
 */
static void judge_slots(struct play *play)
{
    const int64_t week = 7 * HOUSE_DAY / US_PER_SECOND;
    int64_t slot = INT64_C(1795406400);
    sqlite3_stmt *ask;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place_path(play->house->place, "service-ping.db"), &db),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT count(*) FROM pings p JOIN runs r ON"
                                        " r.id = p.run_id WHERE r.slot = ?1",
                                        -1, &ask, NULL),
                     SQLITE_OK);
    for (int i = 0; i < WEEKS; i++, slot += week) {
        bool told = central_told(&play->central, slot);

        (void)sqlite3_bind_int64(ask, 1, slot);
        assert_int_equal(sqlite3_step(ask), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(ask, 0), told ? 0 : 1);
        assert_true(!told || play->off_for_days);
        (void)sqlite3_reset(ask);
    }
    (void)sqlite3_finalize(ask);
    (void)sqlite3_close(db);
}

/* How many calls there are to die at. */
static int64_t measure(void)
{
    struct play play;
    int64_t calls;

    begin_play(&play, 1);
    assert_true(one_life(play.house, 1));
    assert_int_equal(play.central.count, WEEKS);
    calls = shared->calls;
    end_play(&play);
    print_message("%d slots in one life: %" PRId64 " calls that write or send\n", WEEKS, calls);
    return calls;
}

static void test_killed_at_random(void **state)
{
    const char *soak = getenv("SOAK"), *given = getenv("SEED");
    long first = given != NULL ? strtol(given, NULL, 10) : 1;
    long count = soak != NULL ? strtol(soak, NULL, 10) : given != NULL ? 1 : 30;
    unsigned deaths = 0, torn = 0, repetitions = 0, told = 0;
    int64_t whole_life = measure();

    (void)state;
    for (long seed = first; seed < first + count; seed++) {
        struct play play;

        begin_play(&play, seed);
        live_and_die(&play, whole_life);
        if (given != NULL)
            print_message("seed %ld: %u deaths, the last one of %s\n", seed, play.deaths,
                          shared->dies_of);
        judge_archive(&play);
        judge_slots(&play);
        deaths += play.deaths;
        torn += play.torn;
        repetitions += play.central.repetitions;
        told += WEEKS - (unsigned)play.central.count;
        end_play(&play);
    }
    print_message("%ld cases: %u deaths, %u in the middle of a call; %u pings came again with the "
                  "same bytes, %u slots were told as missed\n",
                  count, deaths, torn, repetitions, told);
    assert_true(count < 30 || repetitions > 0);
}

static int set_up(void **state)
{
    (void)state;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? 1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_at_random)};

    return cmocka_run_group_tests(tests, set_up, NULL);
}
