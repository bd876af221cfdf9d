/* A store that is damaged anywhere gives way to one of the same instance, with what can be read. */
#include "agent/store_recover.h"

#include "agent/base/file.h"
#include "agent/base/str.h"
#include "agent/store_archive.h"
#include "agent/store_memory.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PINGS = 12, VALUES = 40, PAGE = 4096 };

/* Bytes beyond a page, so that pings have pages of their own. */
static const char *bytes_of(struct place *place, int number)
{
    char filling[6001];

    (void)memset(filling, 'a' + number, sizeof(filling) - 1);
    filling[sizeof(filling) - 1] = '\0';
    return arena_format(place->arena, "{\"n\": %d, \"filling\": \"%s\"}", number, filling);
}

static void add_run(struct place *place, struct store_run *run, int number)
{
    assert_true(store_run_begin_slot(place->store, number * 1000, number * 1000 + 5, digest_a, run,
                                     &place->err));
    for (int i = 0; i < VALUES; i++) {
        struct outcome outcome = outcome_of(value_count(i));

        assert_true(store_outcome(place->store, run->id,
                                  arena_format(place->arena, "counts.metric_%d", i), &outcome,
                                  &place->err));
    }
    assert_true(store_run_finish(place->store, run, &place->err));
}

static void add_ping(struct place *place, int number)
{
    struct store_ping ping = {.sealed_us = number, .bytes = bytes_of(place, number)};
    struct store_attempt attempt = {
        .at_us = number, .http_status = 201, .receipt = "{}", .state = PING_SENT};
    struct store_run run;

    add_run(place, &run, number);
    ping.length = strlen(ping.bytes);
    (void)snprintf(ping.id, sizeof(ping.id), "ping-%02d", number);
    ping.run_id = run.id;
    place_next(place, &ping);
    assert_true(store_ping_seal(place->store, &ping, &place->err));
    attempt.ping_id = ping.id;
    if (number < PINGS)
        assert_true(store_attempt(place->store, &attempt, &place->err));
    else
        assert_true(store_ping_wait(place->store, ping.id, &place->err));
}

/* All pings but the last are sent, the last waits; and one collection is not sealed yet. */
static void fill(struct place *place)
{
    const struct store_consent consent = {
        .mode = "on", .categories = "standard", .changed_us = 1, .changed_by = "alice"};
    struct store_run run;

    assert_true(store_consent_give(place->store, &consent, &place->err));
    assert_true(store_schedule_keep(place->store, 99000, 12000, NULL, &place->err));
    for (int i = 1; i <= PINGS; i++)
        add_ping(place, i);
    add_run(place, &run, PINGS + 1);
}

static void write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

struct seen {
    struct place *place;
    size_t whole, emptied;
    struct str faults;
};

static void see_line(const struct store_ping_line *line, void *arg)
{
    struct seen *seen = arg;
    struct store_ping ping;

    if (line->ping.length == 0) {
        seen->emptied++;
        assert_int_not_equal(line->ping.state, PING_WAITING);
        return;
    }
    seen->whole++;
    assert_true(store_ping_find(seen->place->store, line->ping.id, seen->place->arena, &ping,
                                &seen->place->err));
    assert_string_equal(ping.bytes, bytes_of(seen->place, (int)line->ping.seq));
}

static void see_fault(const char *sentence, void *arg)
{
    struct seen *seen = arg;

    if (strstr(sentence, "others are missing") == NULL &&
        strstr(sentence, "has no receipt") == NULL)
        str_add(&seen->faults, sentence);
}

static void see_value(const char *key_path, const struct outcome *outcome, void *arg)
{
    (void)key_path;
    (void)outcome;
    (*(int *)arg)++;
}

/* A collection that would be sealed next has no hole. */
static void expect_no_hole(struct place *place)
{
    struct store_run run;
    bool found;
    int values = 0;

    assert_true(store_run_unsealed(place->store, &run, &found, &place->err));
    if (!found)
        return;
    assert_true(store_outcomes(place->store, run.id, see_value, &values, &place->err));
    assert_int_equal(values, VALUES);
}

/* What holds of every recovered store, whatever became of the old one. */
static void expect_sound(struct place *place, struct seen *seen)
{
    *seen = (struct seen){.place = place};
    str_init(&seen->faults);
    place_open(place);
    assert_true(store_pings(place->store, 100, see_line, seen, &place->err));
    assert_true(store_verify(place->store, see_fault, seen, &place->err));
    assert_string_equal(seen->faults.text, "");
    str_release(&seen->faults);
    expect_no_hole(place);
    place_close(place);
    place_expect(place, "SELECT count(*) FROM pragma_foreign_key_check", "0");
    place_expect(place, "SELECT * FROM pragma_integrity_check", "ok");
}

static size_t count_files(const struct place *place, const char *part)
{
    DIR *dir = opendir(place->folder);
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        if (strstr(entry->d_name, part) != NULL) {
            count++;
            (void)unlink(place_path(place, entry->d_name));
        }
    (void)closedir(dir);
    return count;
}

/* A copy of the filled store, harmed, recovered, and looked at. True if it was harmed at all. */
static bool recover_from(struct place *place, const char *harmed, size_t length, const char *id,
                         struct seen *seen)
{
    struct store_recovery recovery;

    (void)unlink(place_path(place, "service-ping.db-wal"));
    (void)unlink(place_path(place, "service-ping.db-shm"));
    write_bytes(place_path(place, "service-ping.db"), harmed, length);
    if (!store_recover(place->folder, false, place->arena, &recovery, &place->err))
        print_message("%s\n", place->err.text);
    else
        place->err.text[0] = '\0';
    assert_string_equal(place->err.text, "");
    if (recovery.sound)
        return false;
    assert_string_equal(recovery.instance_id, id);
    assert_non_null(recovery.aside);
    expect_sound(place, seen);
    assert_int_equal(count_files(place, ".damaged-"), 1);
    return true;
}

/* The first pages are those of the tables themselves; of the others every third will do. */
static size_t after(size_t at)
{
    return at + (at < (size_t)16 * PAGE ? PAGE : 3 * PAGE);
}

static void damage_of_any_page_leaves_the_rest(void **state)
{
    struct place *place = *state;
    const char *path = place_path(place, "service-ping.db"), *read;
    size_t length, harmed = 0, whole = 0;
    char *bytes;
    const char *id;

    fill(place);
    id = arena_copy(place->arena, store_instance_id(place->store));
    place_close(place);
    assert_true(file_read(path, place->arena, &read, &length, &place->err));
    assert_int_equal(length % PAGE, 0);
    bytes = arena_alloc(place->arena, length);
    for (size_t at = 0; at < length; at = after(at)) {
        struct seen seen = {0};

        (void)memcpy(bytes, read, length);
        (void)memset(bytes + at, 0xA5, PAGE);
        if (!recover_from(place, bytes, length, id, &seen))
            continue;
        harmed++;
        whole += seen.whole;
        if (at > 0 && seen.whole + 3 < PINGS)
            print_message("  page %zu: %zu whole, %zu emptied\n", at / PAGE, seen.whole,
                          seen.emptied);
    }
    print_message("  %zu pages, %zu of them of use, %zu of %zu pings whole\n", length / PAGE,
                  harmed, whole, harmed * PINGS);
    assert_true(harmed * 4 > length / PAGE);
    /* A page is a page: most of what was there is there in most of the cases. */
    assert_true(whole * 10 > harmed * PINGS * 7);
}

static void what_is_left_of_a_file_that_was_cut_off_is_saved(void **state)
{
    struct place *place = *state;
    const char *path = place_path(place, "service-ping.db"), *read;
    size_t length;
    const char *id;

    fill(place);
    id = arena_copy(place->arena, store_instance_id(place->store));
    place_close(place);
    assert_true(file_read(path, place->arena, &read, &length, &place->err));
    for (size_t left = 0; left < length; left += 11 * PAGE + 100) {
        struct seen seen = {0};

        (void)recover_from(place, read, left, id, &seen);
    }
}

static void single_bits_that_flip_are_not_sent(void **state)
{
    struct place *place = *state;
    const char *path = place_path(place, "service-ping.db"), *read;
    struct seen seen = {0};
    size_t length;
    char *bytes;
    const char *id, *at;

    fill(place);
    id = arena_copy(place->arena, store_instance_id(place->store));
    place_close(place);
    assert_true(file_read(path, place->arena, &read, &length, &place->err));
    bytes = arena_alloc(place->arena, length);
    (void)memcpy(bytes, read, length);
    at = memmem(bytes, length, "\"n\": 12", 7);
    assert_non_null(at);
    bytes[at - bytes + 5] = '3';
    /* SQLite sees nothing wrong with that; the header of the file is what tells it. */
    (void)memset(bytes + 100, 0xFF, 8);
    if (recover_from(place, bytes, length, id, &seen))
        assert_true(seen.whole < PINGS);
}

/* Overwrites the first page of a table or index. */
static void damage(const struct place *place, const char *table)
{
    const char *path = place_path(place, "service-ping.db");
    char garbage[PAGE];
    sqlite3_stmt *ask;
    sqlite3 *db;
    FILE *file;
    long page;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
                                        -1, &ask, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(ask, 1, table, -1, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(sqlite3_step(ask), SQLITE_ROW);
    page = (long)sqlite3_column_int64(ask, 0);
    (void)sqlite3_finalize(ask);
    (void)sqlite3_close(db);
    (void)memset(garbage, 0xA5, sizeof(garbage));
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, (page - 1) * PAGE, SEEK_SET), 0);
    assert_int_equal(fwrite(garbage, 1, PAGE, file), PAGE);
    assert_int_equal(fclose(file), 0);
}

static void note_fault(const char *sentence, void *arg)
{
    str_add(arg, sentence);
}

/* Of a table that no ping needs: everything works, and yet it is told. */
static void damage_is_found_before_it_is_felt(void **state)
{
    struct place *place = *state;
    struct str faults;

    fill(place);
    place_close(place);
    damage(place, "costs_at");
    place_open(place);
    str_init(&faults);
    assert_true(store_verify(place->store, note_fault, &faults, &place->err));
    assert_non_null(strstr(faults.text, "The file is damaged: "));
    str_release(&faults);
}

static void expect_refused(struct place *place, bool new_identity, const char *words)
{
    struct store_recovery recovery;

    place->err.text[0] = '\0';
    assert_false(store_recover(place->folder, new_identity, place->arena, &recovery, &place->err));
    if (strstr(place->err.text, words) == NULL)
        print_message("%s\n", place->err.text);
    assert_non_null(strstr(place->err.text, words));
    assert_int_equal(count_files(place, ".damaged-"), 0);
}

static void a_sound_store_is_left_alone(void **state)
{
    struct place *place = *state;
    struct store_recovery recovery;

    fill(place);
    expect_refused(place, false, "another service-ping (pid ");
    place_close(place);
    assert_true(store_recover(place->folder, true, place->arena, &recovery, &place->err));
    assert_true(recovery.sound);
    assert_int_equal(count_files(place, ".damaged-"), 0);
    place_change(place, "PRAGMA user_version = 99");
    expect_refused(place, true, "a newer service-ping wrote this file");
}

static void without_an_identity_nothing_is_begun(void **state)
{
    struct place *place = *state;
    struct store_recovery recovery;
    char id[UUID_TEXT_SIZE];

    (void)snprintf(id, sizeof(id), "%s", store_instance_id(place->store));
    place_close(place);
    write_bytes(place_path(place, "service-ping.db"), "nothing that is a store", 23);
    assert_int_equal(unlink(place_path(place, "identity")), 0);
    expect_refused(place, false, "--new-identity");
    assert_true(store_recover(place->folder, true, place->arena, &recovery, &place->err));
    assert_true(recovery.new_identity);
    assert_string_not_equal(recovery.instance_id, id);
    assert_true(recovery.salvaged.consent_lost);
    place_open(place);
    assert_string_equal(store_instance_id(place->store), recovery.instance_id);
}

/* The identity file was lost, but not the store's own. */
static void the_identity_is_read_from_the_store_where_it_can_be(void **state)
{
    struct place *place = *state;
    struct store_recovery recovery;
    char id[UUID_TEXT_SIZE];

    fill(place);
    (void)snprintf(id, sizeof(id), "%s", store_instance_id(place->store));
    place_close(place);
    assert_int_equal(unlink(place_path(place, "identity")), 0);
    damage(place, "attempts");
    assert_true(store_recover(place->folder, false, place->arena, &recovery, &place->err));
    assert_false(recovery.sound);
    assert_string_equal(recovery.instance_id, id);
    assert_int_equal(recovery.salvaged.next_seq, PINGS + 1);
    place_expect(place, "SELECT count(*) FROM receipts", "11");
    place_expect(place, "SELECT mode || changed_by FROM consent", "onalice");
    place_expect(place, "SELECT next || ' ' || last FROM schedule", "99000 12000");
    place_expect(place, "SELECT state || wanted FROM pings WHERE seq = 12", "sealed1");
}

static void a_store_that_is_gone_is_begun_anew_as_the_same(void **state)
{
    struct place *place = *state;
    struct store_recovery recovery;
    char id[UUID_TEXT_SIZE];

    (void)snprintf(id, sizeof(id), "%s", store_instance_id(place->store));
    place_close(place);
    assert_int_equal(unlink(place_path(place, "service-ping.db")), 0);
    assert_true(store_recover(place->folder, false, place->arena, &recovery, &place->err));
    assert_null(recovery.aside);
    assert_string_equal(recovery.instance_id, id);
    place_open(place);
    assert_string_equal(store_instance_id(place->store), id);
    place_close(place);
    assert_int_equal(unlink(place_path(place, "service-ping.db")), 0);
    assert_int_equal(unlink(place_path(place, "identity")), 0);
    expect_refused(place, true, "there never was a store");
}

/* Where all pings are lost, an index still knows how many there were. */
static void numbers_are_not_given_twice(void **state)
{
    struct place *place = *state;
    struct store_recovery recovery;
    struct seen seen;

    fill(place);
    place_close(place);
    damage(place, "pings");
    assert_true(store_recover(place->folder, false, place->arena, &recovery, &place->err));
    assert_int_equal(recovery.salvaged.lost, PINGS);
    assert_int_equal(recovery.salvaged.orphaned, 2 * (PINGS - 1));
    assert_int_equal(recovery.salvaged.next_seq, PINGS + 1);
    expect_sound(place, &seen);
    assert_int_equal(seen.emptied, 1);
    place_expect(place, "SELECT group_concat(DISTINCT state) FROM runs", "abandoned,finished");
    place_open(place);
    add_ping(place, PINGS + 2);
    place_expect(place, "SELECT max(seq) FROM pings", "13");
}

/* The first version had neither costs nor slots; what it had is taken over. */
static void a_damaged_file_of_an_older_version_is_read_as_well(void **state)
{
    struct place *place = *state;
    struct store_recovery recovery;

    fill(place);
    place_close(place);
    place_change(place, "PRAGMA foreign_keys = OFF; DROP INDEX runs_slot; DROP TABLE schedule;"
                        " DROP TABLE courier; DROP TABLE gaps; DROP TABLE definitions;"
                        " ALTER TABLE runs DROP COLUMN wanted; ALTER TABLE runs DROP COLUMN slot;"
                        " ALTER TABLE pings DROP COLUMN wanted;"
                        " ALTER TABLE pings DROP COLUMN signature;"
                        " ALTER TABLE receipts DROP COLUMN signature; PRAGMA user_version = 2;");
    damage(place, "costs");
    assert_true(store_recover(place->folder, false, place->arena, &recovery, &place->err));
    assert_false(recovery.sound);
    for (size_t i = 0; i < recovery.salvaged.saved_count; i++)
        if (!recovery.salvaged.saved[i].whole)
            assert_string_equal(recovery.salvaged.saved[i].what, "costs of probes");
    place_expect(place, "SELECT count(*) FROM pings", "12");
    place_open(place);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(damage_of_any_page_leaves_the_rest),
        HERE(what_is_left_of_a_file_that_was_cut_off_is_saved),
        HERE(single_bits_that_flip_are_not_sent),
        HERE(damage_is_found_before_it_is_felt),
        HERE(a_sound_store_is_left_alone),
        HERE(without_an_identity_nothing_is_begun),
        HERE(the_identity_is_read_from_the_store_where_it_can_be),
        HERE(a_store_that_is_gone_is_begun_anew_as_the_same),
        HERE(numbers_are_not_given_twice),
        HERE(a_damaged_file_of_an_older_version_is_read_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
