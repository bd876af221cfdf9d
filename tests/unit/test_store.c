#include "agent/store.h"

#include "agent/base/file.h"

#include "agent/base/clock.h"
#include "tests/support/place.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_closed(struct place *place, enum error_kind kind, const char *words)
{
    place->err = (struct error){0};
    place->store = store_open(place->folder, &place->err);
    assert_null(place->store);
    assert_int_equal(place->err.kind, kind);
    if (strstr(place->err.text, words) == NULL)
        fail_msg("'%s' is not in: %s", words, place->err.text);
}

/* Identity and the file. */

static void the_identity_is_made_once(void **state)
{
    struct place *place = *state;
    char id[UUID_TEXT_SIZE];

    (void)snprintf(id, sizeof(id), "%s", store_instance_id(place->store));
    assert_int_equal(strlen(id), 36);
    place_open(place);
    assert_string_equal(store_instance_id(place->store), id);
}

static void only_the_owner_may_look_into_the_store(void **state)
{
    static const char *const names[] = {"service-ping.db", "service-ping.db-wal", "lock"};
    struct place *place = *state;
    struct store_run run;
    struct stat info;

    assert_true(store_run_begin(place->store, 100, digest_a, &run, &place->err));
    assert_int_equal(stat(place->folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(stat(place_path(place, names[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

static void a_second_owner_is_told_who_the_first_is(void **state)
{
    struct place *place = *state;
    char pid[32];
    pid_t child;
    int status;

    (void)snprintf(pid, sizeof(pid), "(pid %ld)", (long)getpid());
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *second = store_open(place->folder, &place->err);

        _exit(second == NULL && place->err.kind == ERROR_UNAVAILABLE &&
                      strstr(place->err.text, pid) != NULL
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_file_that_is_no_store_is_left_as_it_is(void **state)
{
    struct place *place = *state;
    struct stat info;

    place_close(place);
    write_file(place_path(place, "service-ping.db"),
               "this was a store once, before the disk failed");
    expect_closed(place, ERROR_INVALID, "put a backup in its place");
    assert_int_equal(stat(place_path(place, "service-ping.db"), &info), 0);
    assert_int_equal(info.st_size, strlen("this was a store once, before the disk failed"));
}

static void an_empty_file_is_not_a_new_instance(void **state)
{
    struct place *place = *state;

    place_close(place);
    write_file(place_path(place, "service-ping.db"), "");
    expect_closed(place, ERROR_INVALID, "identity");
}

static void a_file_without_identity_is_not_a_new_instance(void **state)
{
    struct place *place = *state;

    place_close(place);
    place_change(place, "DELETE FROM instance");
    expect_closed(place, ERROR_INVALID, "identity");
}

static void a_file_of_a_newer_version_is_refused(void **state)
{
    struct place *place = *state;

    place_close(place);
    place_change(place, "PRAGMA user_version = 99");
    expect_closed(place, ERROR_INVALID, "newer service-ping");
}

static void a_journal_without_its_file_is_not_a_new_instance(void **state)
{
    struct place *place = *state;

    place_close(place);
    assert_int_equal(unlink(place_path(place, "service-ping.db")), 0);
    write_file(place_path(place, "service-ping.db-wal"), "left over");
    expect_closed(place, ERROR_INVALID, "service-ping.db-wal is still there");
}

/* What the identity file holds when the store is opened, and whether it opens. */
static const struct {
    const char *name, *held; /* NULL: there is no such file */
    const char *says;        /* NULL: it opens, and then the file holds its identity */
} identities[] = {
    {"none, as an older version left it", NULL, NULL},
    {"nothing", "", NULL},
    {"half of one", "0a1b2c3d-0000-4000-8000", NULL},
    {"another one", "0a1b2c3d-0000-4000-8000-000000000000\n", "names 0a1b2c3d-"},
};

static void the_identity_stands_in_a_file_of_its_own(void **state)
{
    struct place *place = *state;
    const char *path = place_path(place, "identity");
    char expected[UUID_TEXT_SIZE + 1];
    const char *held;
    size_t length;

    (void)snprintf(expected, sizeof(expected), "%s\n", store_instance_id(place->store));
    for (size_t i = 0; i < COUNT_OF(identities); i++) {
        print_message("  %s\n", identities[i].name);
        place_close(place);
        (void)unlink(path);
        if (identities[i].held != NULL)
            write_file(path, identities[i].held);
        if (identities[i].says != NULL) {
            expect_closed(place, ERROR_INVALID, identities[i].says);
            continue;
        }
        place_open(place);
        assert_true(file_read(path, place->arena, &held, &length, &place->err));
        assert_string_equal(held, expected);
    }
}

static void a_store_that_is_gone_is_not_a_new_instance(void **state)
{
    struct place *place = *state;

    place_close(place);
    assert_int_equal(unlink(place_path(place, "service-ping.db")), 0);
    expect_closed(place, ERROR_INVALID, "is gone, but not the identity");
}

static void a_file_whose_making_was_interrupted_is_made_anew(void **state)
{
    struct place *place = *state;

    place_close(place);
    assert_int_equal(
        rename(place_path(place, "service-ping.db"), place_path(place, "service-ping.db.new")), 0);
    assert_int_equal(unlink(place_path(place, "identity")), 0);
    place->store = NULL;
    place_open(place);
    assert_int_equal(access(place_path(place, "service-ping.db.new"), F_OK), -1);
}

static void a_folder_that_cannot_be_made_is_explained(void **state)
{
    struct place *place = *state;
    const char *below_a_file = place_path(place, "lock/state");
    const char *nowhere = place_path(place, "a/b");

    assert_null(store_open(below_a_file, &place->err));
    assert_int_equal(place->err.kind, ERROR_UNAVAILABLE);
    assert_non_null(strstr(place->err.text, "cannot create the state folder"));
    assert_null(store_open(nowhere, &place->err));
    assert_non_null(strstr(place->err.text, "create the folder above it first"));
}

/* Root may write anywhere, so a child asks that is nobody. */
static void a_folder_that_may_only_be_read_is_explained(void **state)
{
    struct place *place = *state;
    pid_t child;
    int status;

    place_close(place);
    assert_int_equal(chmod(place->folder, 0555), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *store;

        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        store = store_open(place->folder, &place->err);
        _exit(store == NULL && place->err.kind == ERROR_DENIED &&
                      strstr(place->err.text, "owner") != NULL
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(chmod(place->folder, 0700), 0);
}

/* A limit of the process stands for a disk that has no room: the write fails half-way. */
static void a_write_that_fails_is_told_and_keeps_what_was_there(void **state)
{
    struct place *place = *state;
    struct rlimit old_limit, limit;
    struct store_run run;
    struct outcome outcome = outcome_of(value_count(1));
    char *large = arena_alloc(place->arena, 1 << 20);
    bool done;

    (void)memset(large, 'x', (1 << 20) - 1);
    assert_true(store_run_begin(place->store, 100, digest_a, &run, &place->err));
    assert_true(store_outcome(place->store, run.id, "small", &outcome, &place->err));
    assert_true(store_flush(place->store, &place->err));
    outcome = outcome_of(value_text(large));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    limit = old_limit;
    limit.rlim_cur = 100 << 10;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    done = store_outcome(place->store, run.id, "large", &outcome, &place->err) &&
           store_flush(place->store, &place->err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    assert_false(done);
    assert_int_equal(place->err.kind, ERROR_UNAVAILABLE);
    assert_non_null(strstr(place->err.text, "disk"));
    outcome = outcome_of(value_count(2));
    assert_true(store_outcome(place->store, run.id, "after", &outcome, &place->err));
    assert_true(store_flush(place->store, &place->err));
}

/* The journal. */

struct seen {
    struct arena *arena;
    struct outcome outcomes[16];
    const char *key_paths[16];
    size_t count;
};

static void see(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct seen *seen = arg;

    assert_in_range(seen->count, 0, COUNT_OF(seen->outcomes) - 1);
    seen->key_paths[seen->count] = arena_copy(seen->arena, key_path);
    seen->outcomes[seen->count++] = outcome_copy(outcome, seen->arena);
}

static struct seen read_outcomes(struct place *place, int64_t run_id)
{
    struct seen seen = {.arena = place->arena};

    assert_true(store_outcomes(place->store, run_id, see, &seen, &place->err));
    return seen;
}

static void same_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        assert_true(a == b);
    else
        assert_string_equal(a, b);
}

static void same_outcome(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->value.kind, b->value.kind);
    assert_true(a->value.count == b->value.count);
    assert_int_equal(a->value.flag, b->value.flag);
    same_text(a->value.text, b->value.text);
    same_text(a->reason, b->reason);
    same_text(a->method, b->method);
    same_text(a->error_bound, b->error_bound);
    assert_true(a->took_us == b->took_us);
}

static const struct {
    const char *key_path; /* in the order of reading */
    struct outcome outcome;
} kept[] = {
    {"counts.big", {.value = {.kind = VALUE_COUNT, .count = INT64_MAX}, .took_us = 1}},
    {"counts.small", {.value = {.kind = VALUE_COUNT, .count = INT64_MIN}, .took_us = 0}},
    {"decimal", {.value = {.kind = VALUE_DECIMAL, .text = "31.30"}, .took_us = 5}},
    {"estimate",
     {.value = {.kind = VALUE_COUNT, .count = 7}, .method = "tid", .error_bound = "0.81%"}},
    {"flag", {.value = {.kind = VALUE_FLAG, .flag = true}}},
    {"held", {.status = STATUS_HELD, .reason = "It's not \"accepted\" yet."}},
    {"object", {.value = {.kind = VALUE_JSON, .text = "{\"a\":[1,2]}"}}},
    {"text",
     {.value = {.kind = VALUE_TEXT,
                .text = "Gr\xc3\xbc\xc3\x9f"
                        "e, ''; DROP TABLE runs"}}},
    {"unset", {.value = {.kind = VALUE_FLAG, .flag = false}}},
};

static void outcomes_come_back_as_they_were_given(void **state)
{
    struct place *place = *state;
    struct store_run run;
    struct seen seen;

    assert_true(store_run_begin(place->store, 100, digest_a, &run, &place->err));
    for (size_t i = COUNT_OF(kept); i-- > 0;)
        assert_true(
            store_outcome(place->store, run.id, kept[i].key_path, &kept[i].outcome, &place->err));
    assert_true(store_flush(place->store, &place->err));
    place_open(place);
    seen = read_outcomes(place, run.id);
    assert_int_equal(seen.count, COUNT_OF(kept));
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        assert_string_equal(seen.key_paths[i], kept[i].key_path);
        same_outcome(&seen.outcomes[i], &kept[i].outcome);
    }
}

static void what_was_not_flushed_is_lost_and_no_more(void **state)
{
    struct place *place = *state;
    struct outcome outcome = outcome_of(value_count(1));
    struct store_run run;
    struct store_bytes saved;

    assert_true(store_run_begin(place->store, 100, digest_a, &run, &place->err));
    assert_true(store_outcome(place->store, run.id, "first", &outcome, &place->err));
    assert_true(store_probe_state(place->store, run.id, "walk", "one", 3, &place->err));
    assert_true(store_flush(place->store, &place->err));
    assert_true(store_outcome(place->store, run.id, "second", &outcome, &place->err));
    assert_true(store_probe_state(place->store, run.id, "walk", "two", 3, &place->err));
    place_open(place);
    assert_int_equal(read_outcomes(place, run.id).count, 1);
    assert_true(store_probe_saved(place->store, run.id, "walk", place->arena, &saved, &place->err));
    assert_int_equal(saved.length, 3);
    assert_memory_equal(saved.bytes, "one", 3);
}

static void a_probe_state_is_bytes_and_the_newest_counts(void **state)
{
    static const char zeros[] = {0, 1, 0, 2};
    struct place *place = *state;
    struct store_run run;
    struct store_bytes saved;

    assert_true(store_run_begin(place->store, 100, digest_a, &run, &place->err));
    assert_true(store_probe_state(place->store, run.id, "walk", "older", 5, &place->err));
    assert_true(store_probe_state(place->store, run.id, "walk", zeros, sizeof(zeros), &place->err));
    assert_true(store_probe_saved(place->store, run.id, "walk", place->arena, &saved, &place->err));
    assert_int_equal(saved.length, sizeof(zeros));
    assert_memory_equal(saved.bytes, zeros, sizeof(zeros));
    assert_true(
        store_probe_saved(place->store, run.id, "other", place->arena, &saved, &place->err));
    assert_null(saved.bytes);
}

static void an_outcome_can_be_replaced_and_forgotten(void **state)
{
    struct place *place = *state;
    struct outcome one = outcome_of(value_count(1)), two = outcome_of(value_count(2));
    struct store_run run;
    struct seen seen;

    assert_true(store_run_begin(place->store, 100, digest_a, &run, &place->err));
    assert_true(store_outcome(place->store, run.id, "a", &one, &place->err));
    assert_true(store_outcome(place->store, run.id, "b", &one, &place->err));
    assert_true(store_outcome(place->store, run.id, "a", &two, &place->err));
    assert_true(store_outcome_forget(place->store, run.id, "b", &place->err));
    seen = read_outcomes(place, run.id);
    assert_int_equal(seen.count, 1);
    assert_true(seen.outcomes[0].value.count == 2);
}

/* Runs. */

static const struct {
    const char *name;
    const char *digest;
    int64_t not_before;
    bool finish, found;
} resumes[] = {
    {"an open run of the same definitions is continued", digest_a, 1000, false, true},
    {"other definitions begin anew", digest_b, 1000, false, false},
    {"a run that is too old is not continued", digest_a, 1001, false, false},
    {"a finished run is not continued", digest_a, 1000, true, false},
};

static void only_a_fitting_run_is_continued(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(resumes); i++) {
        struct store_run run, again;
        bool found;

        assert_true(store_run_begin(place->store, 1000, digest_a, &run, &place->err));
        if (resumes[i].finish)
            assert_true(store_run_finish(place->store, &run, &place->err));
        place_open(place);
        assert_true(store_run_resume(place->store, resumes[i].digest, resumes[i].not_before, &again,
                                     &found, &place->err));
        if (found != resumes[i].found)
            fail_msg("%s", resumes[i].name);
        if (!found)
            continue;
        assert_true(again.resumed);
        assert_true(again.id == run.id && again.recorded_at == 1000);
        assert_true(again.started_us == run.started_us);
        assert_string_equal(again.definitions_digest, digest_a);
    }
}

static void a_run_that_was_given_up_is_never_continued(void **state)
{
    struct place *place = *state;
    struct store_run older, newer, again;
    bool found;

    assert_true(store_run_begin(place->store, 1000, digest_a, &older, &place->err));
    assert_true(store_probe_state(place->store, older.id, "walk", "x", 1, &place->err));
    assert_true(store_run_begin(place->store, 2000, digest_b, &newer, &place->err));
    assert_true(store_run_finish(place->store, &newer, &place->err));
    assert_true(store_run_resume(place->store, digest_a, 0, &again, &found, &place->err));
    assert_false(found);
}

static void finishing_twice_changes_nothing(void **state)
{
    struct place *place = *state;
    struct store_run run, found_run;
    int64_t finished_us;
    bool found;

    assert_true(store_run_begin(place->store, 1000, digest_a, &run, &place->err));
    assert_true(store_run_finish(place->store, &run, &place->err));
    finished_us = run.finished_us;
    assert_true(finished_us > 0);
    run.finished_us = 0;
    assert_true(store_run_finish(place->store, &run, &place->err));
    assert_true(store_run_unsealed(place->store, &found_run, &found, &place->err));
    assert_true(found && found_run.finished_us == finished_us);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(the_identity_is_made_once),
        HERE(only_the_owner_may_look_into_the_store),
        HERE(a_second_owner_is_told_who_the_first_is),
        HERE(a_file_that_is_no_store_is_left_as_it_is),
        HERE(an_empty_file_is_not_a_new_instance),
        HERE(a_file_without_identity_is_not_a_new_instance),
        HERE(a_file_of_a_newer_version_is_refused),
        HERE(a_journal_without_its_file_is_not_a_new_instance),
        HERE(the_identity_stands_in_a_file_of_its_own),
        HERE(a_store_that_is_gone_is_not_a_new_instance),
        HERE(a_file_whose_making_was_interrupted_is_made_anew),
        HERE(a_folder_that_cannot_be_made_is_explained),
        HERE(a_folder_that_may_only_be_read_is_explained),
        HERE(a_write_that_fails_is_told_and_keeps_what_was_there),
        HERE(outcomes_come_back_as_they_were_given),
        HERE(what_was_not_flushed_is_lost_and_no_more),
        HERE(a_probe_state_is_bytes_and_the_newest_counts),
        HERE(an_outcome_can_be_replaced_and_forgotten),
        HERE(only_a_fitting_run_is_continued),
        HERE(a_run_that_was_given_up_is_never_continued),
        HERE(finishing_twice_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
