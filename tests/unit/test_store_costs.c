/* What probes took, as the store keeps it; older files; and reading beside another owner. */
#include "agent/store.h"

#include "agent/base/clock.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct store_cost some = {.busy_us = 1500000, .rows_read = 70, .rows_expected = 80};

static struct store_run begin_run(struct place *place)
{
    struct store_run run;

    assert_true(store_run_begin(place->store, 1000, digest_a, &run, &place->err));
    return run;
}

static void expect_cost(struct store *store, const char *probe, const struct store_cost *expected)
{
    struct store_cost cost;
    struct error err;
    bool found;

    assert_true(store_probe_cost_of(store, probe, &cost, &found, &err));
    assert_int_equal(found, expected != NULL);
    if (expected != NULL)
        assert_memory_equal(&cost, expected, sizeof(cost));
}

static void the_last_cost_is_the_one_that_counts(void **state)
{
    static const struct store_cost later = {.busy_us = 9, .rows_read = 8, .rows_expected = 7};
    struct place *place = *state;
    struct store_run run = begin_run(place);

    expect_cost(place->store, "a", NULL);
    assert_true(store_probe_cost(place->store, run.id, "a", &some, true, &place->err));
    expect_cost(place->store, "a", &some);
    assert_true(store_probe_cost(place->store, run.id, "a", &later, true, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    place_open(place);
    expect_cost(place->store, "a", &later);
    expect_cost(place->store, "b", NULL);
}

static void a_part_counts_for_the_run_alone(void **state)
{
    struct place *place = *state;
    struct store_run run = begin_run(place);
    bool found;

    assert_true(store_probe_cost(place->store, run.id, "a", &some, true, &place->err));
    assert_true(store_probe_cost(place->store, run.id, "b", &some, false, &place->err));
    assert_true(store_flush(place->store, &place->err));
    expect_cost(place->store, "b", NULL);
    assert_true(store_run_resume(place->store, digest_a, 0, &run, &found, &place->err));
    assert_true(found);
    assert_int_equal(run.busy_us, 3000000);
    run = begin_run(place);
    assert_int_equal(run.busy_us, 0);
}

static void what_no_run_had_for_long_is_forgotten(void **state)
{
    struct place *place = *state;
    struct store_run run;

    now_stop_at(1000000 * US_PER_SECOND);
    run = begin_run(place);
    for (int i = 0; i < 4100; i++) {
        char name[32];

        now_advance(1000);
        (void)snprintf(name, sizeof(name), "probe %04d", i);
        assert_true(store_probe_cost(place->store, run.id, name, &some, true, &place->err));
    }
    assert_true(store_run_finish(place->store, &run, &place->err));
    place_expect(place, "SELECT count(*) || min(probe) FROM costs", "4001probe 0099");
    assert_true(store_run_finish(place->store, &run, &place->err));
    place_expect(place, "SELECT '' || count(*) FROM costs", "4001");
}

/* As the first version made it. */
static void make_first_version(struct place *place)
{
    struct outcome outcome = outcome_of(value_count(42));
    struct store_run run = begin_run(place);
    struct store_ping ping = {.id = "00000000-0000-4000-8000-000000000001",
                              .seq = 1,
                              .run_id = run.id,
                              .sealed_us = 5,
                              .bytes = "{}",
                              .length = 2};

    assert_true(store_outcome(place->store, run.id, "counts.a", &outcome, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    assert_true(store_ping_seal(place->store, &ping, &place->err));
    run = begin_run(place);
    assert_true(store_outcome(place->store, run.id, "counts.b", &outcome, &place->err));
    assert_true(store_probe_state(place->store, run.id, "a", "half", 4, &place->err));
    assert_true(store_flush(place->store, &place->err));
    place_close(place);
    place_change(place, "DROP TABLE schedule; DROP TABLE gaps; DROP TABLE courier;"
                        "DROP TABLE definitions; DROP INDEX runs_slot;"
                        "ALTER TABLE runs DROP COLUMN wanted; ALTER TABLE runs DROP COLUMN slot;"
                        "ALTER TABLE pings DROP COLUMN wanted;"
                        "ALTER TABLE pings DROP COLUMN signature;"
                        "ALTER TABLE receipts DROP COLUMN signature;"
                        "DROP TABLE costs; ALTER TABLE runs DROP COLUMN busy_us;"
                        "PRAGMA user_version = 1");
}

static void count_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    size_t *count = arg;

    assert_string_equal(key_path, "counts.b");
    assert_int_equal(outcome->value.count, 42);
    ++*count;
}

static void a_file_of_the_first_version_keeps_everything(void **state)
{
    struct place *place = *state;
    struct store_ping ping;
    struct store_bytes saved;
    struct store_run run;
    char id[UUID_TEXT_SIZE];
    size_t count = 0;
    bool found;

    (void)snprintf(id, sizeof(id), "%s", store_instance_id(place->store));
    make_first_version(place);
    place_open(place);
    assert_string_equal(store_instance_id(place->store), id);
    assert_true(store_ping_sealed(place->store, place->arena, &ping, &found, &place->err));
    assert_true(found);
    assert_string_equal(ping.bytes, "{}");
    assert_true(store_run_resume(place->store, digest_a, 0, &run, &found, &place->err));
    assert_true(found);
    assert_int_equal(run.busy_us, 0);
    assert_true(store_outcomes(place->store, run.id, count_outcome, &count, &place->err));
    assert_int_equal(count, 1);
    assert_true(store_probe_saved(place->store, run.id, "a", place->arena, &saved, &place->err));
    assert_int_equal(saved.length, 4);
    assert_true(store_probe_cost(place->store, run.id, "a", &some, true, &place->err));
    expect_cost(place->store, "a", &some);
    place_expect(place, "SELECT '' || user_version FROM pragma_user_version", "4");
}

/* Reading alone. */

static void expect_unread(struct place *place, enum error_kind kind, const char *words)
{
    struct error err = {0};

    assert_null(store_open_to_read(place->folder, &err));
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, words) == NULL)
        fail_msg("'%s' is not in: %s", words, err.text);
}

static void reading_creates_nothing(void **state)
{
    struct place *place = *state;
    struct stat info;

    place_close(place);
    assert_int_equal(unlink(place_path(place, "service-ping.db")), 0);
    expect_unread(place, ERROR_MISSING, "no such file yet");
    assert_int_not_equal(stat(place_path(place, "service-ping.db"), &info), 0);
    assert_int_equal(unlink(place_path(place, "lock")), 0);
    assert_int_equal(unlink(place_path(place, "identity")), 0);
    assert_int_equal(rmdir(place->folder), 0);
    expect_unread(place, ERROR_MISSING, "no such file yet");
    assert_int_not_equal(stat(place->folder, &info), 0);
}

static void reading_leaves_a_file_as_it_was(void **state)
{
    static const char *const names[] = {"service-ping.db-wal", "service-ping.db-shm"};
    struct place *place = *state;
    struct store_run run = begin_run(place);
    struct store *reader;
    struct stat info;

    assert_true(store_probe_cost(place->store, run.id, "a", &some, true, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    place_close(place);
    reader = store_open_to_read(place->folder, &place->err);
    assert_non_null(reader);
    expect_cost(reader, "a", &some);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_not_equal(stat(place_path(place, names[i]), &info), 0);
    assert_false(store_run_begin(reader, 1, digest_a, &run, &place->err));
    store_close(reader);
}

/* The owner is another process, as locks of files are a process's. */
static void a_reader_reads_beside_the_owner(void **state)
{
    struct place *place = *state;
    struct store_run run = begin_run(place);
    pid_t child;
    int status;

    assert_true(store_probe_cost(place->store, run.id, "a", &some, true, &place->err));
    assert_true(store_flush(place->store, &place->err));
    assert_true(store_probe_cost(place->store, run.id, "not committed", &some, true, &place->err));
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *reader = store_open_to_read(place->folder, &place->err);
        struct store_cost cost;
        bool found = false, other = false;

        _exit(reader != NULL && store_probe_cost_of(reader, "a", &cost, &found, &place->err) &&
                      found && cost.busy_us == some.busy_us &&
                      store_probe_cost_of(reader, "not committed", &cost, &other, &place->err) &&
                      !other
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(store_flush(place->store, &place->err));
}

/* A log without an owner: what was committed is in it, and not in the file yet. */
static void a_reader_reads_what_a_crash_left(void **state)
{
    struct place *place = *state;
    struct store *reader;
    struct stat info;
    pid_t child;
    int status;

    place_close(place);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store_run run;

        place_open(place);
        _exit(store_run_begin(place->store, 1000, digest_a, &run, &place->err) &&
                      store_probe_cost(place->store, run.id, "a", &some, true, &place->err) &&
                      store_flush(place->store, &place->err)
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(stat(place_path(place, "service-ping.db-wal"), &info), 0);
    reader = store_open_to_read(place->folder, &place->err);
    assert_non_null(reader);
    expect_cost(reader, "a", &some);
    store_close(reader);
    place_open(place);
    expect_cost(place->store, "a", &some);
}

static void a_name_with_signs_of_a_url_is_a_name(void **state)
{
    struct place *place = *state;
    const char *odd = place_path(place, "a?b#c%20d");
    struct store *store = store_open(odd, &place->err);

    assert_non_null(store);
    store_close(store);
    store = store_open_to_read(odd, &place->err);
    assert_non_null(store);
    expect_cost(store, "a", NULL);
    store_close(store);
    assert_int_equal(unlink(arena_format(place->arena, "%s/service-ping.db", odd)), 0);
    assert_int_equal(unlink(arena_format(place->arena, "%s/lock", odd)), 0);
    assert_int_equal(unlink(arena_format(place->arena, "%s/identity", odd)), 0);
    assert_int_equal(rmdir(odd), 0);
}

static void other_versions_are_not_read(void **state)
{
    struct place *place = *state;

    make_first_version(place);
    expect_unread(place, ERROR_MISSING, "an older service-ping");
    place_change(place, "PRAGMA user_version = 99");
    expect_unread(place, ERROR_INVALID, "a newer service-ping");
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(the_last_cost_is_the_one_that_counts),
        HERE(a_part_counts_for_the_run_alone),
        HERE(a_file_of_the_first_version_keeps_everything),
        HERE(reading_creates_nothing),
        HERE(reading_leaves_a_file_as_it_was),
        HERE(a_reader_reads_beside_the_owner),
        HERE(a_reader_reads_what_a_crash_left),
        HERE(a_name_with_signs_of_a_url_is_a_name),
        HERE(other_versions_are_not_read),
        HERE(what_no_run_had_for_long_is_forgotten), /* it stops the clock */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
