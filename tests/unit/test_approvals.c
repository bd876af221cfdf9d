/* What an admin has approved: pinned by what it says, held when it says something else. */
#include "agent/approvals.h"

#include "agent/approvals_compare.h"
#include "agent/base/file.h"
#include "agent/collection.h"
#include "agent/store_memory.h"
#include "tests/support/place.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sources that take every definition. */
static void take(const struct definition *definition, struct metric *metric, struct arena *arena,
                 struct complaints *complaints)
{
    (void)arena;
    (void)complaints;
    metric->spec = definition;
}

static const char *const database_reads[] = {"database", NULL};
static const char *const system_reads[] = {"system", "license", NULL};
static const struct source_ops database = {
    .name = "database", .data_sources = database_reads, .parse = take};
static const struct source_ops facts = {
    .name = "system", .data_sources = system_reads, .parse = take};
static const struct source_ops *const sources[] = {&facts, &database, NULL};

/* Files of definitions as in `pairs` (name, text, ..., NULL), loaded. */
static void load(struct place *place, const char *const *pairs, struct catalog *catalog)
{
    const char *folders[1];
    struct complaints complaints;
    struct scratch scratch;

    scratch_init(&scratch);
    for (; pairs[0] != NULL; pairs += 2)
        scratch_write(&scratch, pairs[0], pairs[1]);
    folders[0] = arena_copy(place->arena, scratch.folder);
    complaints_init(&complaints, place->arena);
    if (!catalog_load(folders, 1, sources, place->arena, catalog, &complaints))
        complaints_print(&complaints, stderr);
    assert_int_equal(complaints.count, 0);
    scratch_release(&scratch);
}

/* A definition in GitLab's older style, which asks for few fields. */
#define METRIC(key_path, more)                                                                     \
    "key_path: " key_path "\ndescription: Things\ntier: [free]\nvalue_type: number\n"              \
    "status: active\ntime_frame: all\ndata_source: database\n" more

static const char base[] = METRIC("counts.a", "options: {relation: things, where: x = 1}\n");

/* ---- What changes the digest ---- */

static const struct {
    const char *name;
    const char *file, *text;
    bool same;
} digests[] = {
    {"the same text", "metrics/a.yml", base, true},
    {"another name of the file, in a folder below", "metrics/sub/other.yml", base, true},
    {"comments and empty lines", "metrics/a.yml",
     "# What is counted\n\n" METRIC("counts.a", "options: # all of it\n  relation: things\n"
                                                "  where: x = 1 # only these\n"),
     true},
    {"another order of keys, another way of quoting", "metrics/a.yml",
     "data_source: \"database\"\noptions: {\"where\": 'x = 1', relation: \"things\"}\n"
     "time_frame: [all]\nstatus: 'active'\nvalue_type: number\ntier:\n- free\n"
     "description: >\n  Things\nkey_path: counts.a\n",
     true},
    {"a field that is null is like none", "metrics/a.yml",
     METRIC("counts.a", "milestone:\noptions: {relation: things, where: x = 1, column: null}\n"),
     true},
    {"another condition", "metrics/a.yml",
     METRIC("counts.a", "options: {relation: things, where: x = 2}\n"), false},
    {"another field of the options", "metrics/a.yml",
     METRIC("counts.a", "options: {relation: things, where: x = 1, column: b}\n"), false},
    {"another description", "metrics/a.yml",
     METRIC("counts.a", "name: new\noptions: {relation: things, where: x = 1}\n"), false},
    {"another category", "metrics/a.yml",
     METRIC("counts.a", "data_category: standard\noptions: {relation: things, where: x = 1}\n"),
     false},
    {"a flag is not a text", "metrics/a.yml",
     METRIC("counts.a", "skip_validation: true\noptions: {relation: things, where: x = 1}\n"),
     false},
};

static void what_changes_the_digest(void **state)
{
    struct place *place = *state;
    const char *const first[] = {"metrics/a.yml", base, NULL};
    char expected[DIGEST_TEXT_SIZE], digest[DIGEST_TEXT_SIZE];
    struct catalog catalog;

    load(place, first, &catalog);
    assert_int_equal(catalog.count, 1);
    (void)approval_digest(catalog.metrics[0], expected);
    assert_string_equal(
        approval_text(catalog.metrics[0], place->arena),
        "{\"data_source\":\"database\",\"description\":\"Things\",\"key_path\":\"counts.a\","
        "\"options\":{\"relation\":\"things\",\"where\":\"x = 1\"},\"status\":\"active\","
        "\"tier\":[\"free\"],\"time_frame\":\"all\",\"value_type\":\"number\"}");
    for (size_t i = 0; i < COUNT_OF(digests); i++) {
        const char *const pairs[] = {digests[i].file, digests[i].text, NULL};

        print_message("  %s\n", digests[i].name);
        load(place, pairs, &catalog);
        assert_int_equal(catalog.count, 1);
        (void)approval_digest(catalog.metrics[0], digest);
        assert_int_equal(strcmp(digest, expected) == 0, digests[i].same);
    }
}

/* Another time frame of a list is a new metric, and no change of its siblings. */
static void each_time_frame_is_approved_by_itself(void **state)
{
    struct place *place = *state;
    static const char two[] = "key_path: counts.a\ntier: [free]\nvalue_type: number\n"
                              "status: active\ntime_frame: [all, 7d]\ndata_source: database\n";
    static const char three[] = "key_path: counts.a\ntier: [free]\nvalue_type: number\n"
                                "status: active\ntime_frame: [28d, all, 7d]\n"
                                "data_source: database\n";
    const char *const before[] = {"metrics/a.yml", two, NULL};
    const char *const after[] = {"metrics/a.yml", three, NULL};
    struct approvals *approvals = approvals_read(place->folder, &place->err);
    struct catalog catalog;

    load(place, before, &catalog);
    assert_true(approvals_begin(approvals, place->store, &catalog, &place->err));
    load(place, after, &catalog);
    assert_int_equal(catalog.count, 3);
    for (size_t i = 0; i < catalog.count; i++)
        assert_int_equal(approvals_state(approvals, catalog.metrics[i]),
                         catalog.metrics[i]->time_frame == TIME_FRAME_28D ? APPROVAL_NEW
                                                                          : APPROVAL_GIVEN);
    approvals_free(approvals);
}

static void what_a_map_says_is_part_of_it(void **state)
{
    struct place *place = *state;
    static const char metric[] = METRIC("counts.a", "instrumentation_class: CountMetric\n");
    const char *const one[] = {"metrics/a.yml", metric, "instrumentation.yml",
                               "classes: {CountMetric: {relation: things}}\n", NULL};
    const char *const two[] = {"metrics/a.yml", metric, "instrumentation.yml",
                               "classes: {CountMetric: {relation: others}}\n", NULL};
    const char *const away[] = {"metrics/a.yml", metric, "instrumentation.yml",
                                "elsewhere: {CountMetric: licence}\n", NULL};
    struct approvals *approvals = approvals_read(place->folder, &place->err);
    struct approval_changes changes;
    struct catalog catalog;

    load(place, one, &catalog);
    assert_non_null(strstr(approval_text(catalog.metrics[0], place->arena),
                           "\"counted_as\":{\"relation\":\"things\"}"));
    assert_true(approvals_begin(approvals, place->store, &catalog, &place->err));
    assert_int_equal(approvals_held(approvals, &catalog), 0);
    load(place, two, &catalog);
    assert_true(
        approvals_compare(approvals, place->store, &catalog, place->arena, &changes, &place->err));
    assert_int_equal(changes.count, 1);
    assert_string_equal(changes.changes[0].words,
                        "counted_as.relation: from \"things\" to \"others\"");
    load(place, away, &catalog);
    assert_true(
        approvals_compare(approvals, place->store, &catalog, place->arena, &changes, &place->err));
    assert_string_equal(changes.changes[0].words,
                        "counted_as.relation: gone, was \"things\"; elsewhere: new, \"licence\"");
    approvals_free(approvals);
}

/* ---- New, changed, gone, held ---- */

static const char *const approved_files[] = {
    "metrics/a.yml",
    METRIC("counts.a", "options: {relation: a}\n"),
    "metrics/b.yml",
    METRIC("counts.b", "options: {relation: b, where: state_id = 1}\n"),
    "metrics/c.yml",
    METRIC("counts.c", "options: {relation: c}\n"),
    NULL};
static const char *const upgraded_files[] = {
    "metrics/a.yml",
    METRIC("counts.a", "options: {relation: a}\n"),
    "metrics/b.yml",
    METRIC("counts.b", "milestone: \"2.0\"\noptions: {relation: b, where: state_id = 2}\n"),
    "metrics/d.yml",
    METRIC("counts.d", "data_category: operational\noptions: {relation: d}\n"),
    NULL};

/* Everything of the first files approved; then the second ones are in force. */
static struct approvals *upgrade(struct place *place, struct catalog *catalog)
{
    struct approvals *approvals = approvals_read(place->folder, &place->err);

    assert_non_null(approvals);
    load(place, approved_files, catalog);
    assert_true(approvals_begin(approvals, place->store, catalog, &place->err));
    approvals_free(approvals);
    load(place, upgraded_files, catalog);
    approvals = approvals_read(place->folder, &place->err);
    assert_non_null(approvals);
    return approvals;
}

/* "counts.b changed held; ..." */
static const char *told(struct place *place, const struct approval_changes *changes)
{
    const char *text = "";

    for (size_t i = 0; i < changes->count; i++)
        text = arena_format(
            place->arena, "%s%s%s %s%s", text, i > 0 ? "; " : "", changes->changes[i].key_path,
            approval_change_name(&changes->changes[i]), changes->changes[i].held ? " held" : "");
    return text;
}

static const char *compared(struct place *place, const struct approvals *approvals,
                            const struct catalog *catalog)
{
    struct approval_changes changes;

    assert_true(
        approvals_compare(approvals, place->store, catalog, place->arena, &changes, &place->err));
    return told(place, &changes);
}

static void an_upgrade_is_told_in_words(void **state)
{
    struct place *place = *state;
    struct approval_changes changes;
    struct catalog catalog;
    struct approvals *approvals = upgrade(place, &catalog);

    assert_true(
        approvals_compare(approvals, place->store, &catalog, place->arena, &changes, &place->err));
    assert_string_equal(told(place, &changes),
                        "counts.b changed held; counts.c gone; counts.d new held");
    assert_string_equal(changes.changes[0].words,
                        "milestone: new, \"2.0\"; where: from \"state_id = 1\" to \"state_id = "
                        "2\"");
    assert_string_equal(changes.changes[2].words, "Things (operational)");
    assert_int_equal(changes.new + changes.changed * 10 + changes.gone * 100 + changes.held * 1000,
                     2111);
    assert_int_equal(approvals_held(approvals, &catalog), 2);
    approvals_free(approvals);
}

static void without_the_old_text_a_change_is_told_all_the_same(void **state)
{
    struct place *place = *state;
    struct approval_changes changes;
    struct catalog catalog;
    struct approvals *approvals = upgrade(place, &catalog);

    assert_true(approvals_compare(approvals, NULL, &catalog, place->arena, &changes, &place->err));
    assert_string_equal(changes.changes[0].words,
                        "says something else; what it said before is not known");
    assert_int_equal(changes.changes[0].fields.count, 0);
    approvals_free(approvals);
}

static void without_a_file_nothing_is_held(void **state)
{
    struct place *place = *state;
    struct approvals *approvals = approvals_read(place->folder, &place->err);
    struct catalog catalog;

    load(place, upgraded_files, &catalog);
    assert_false(approvals_exist(approvals));
    assert_int_equal(approvals_held(approvals, &catalog), 0);
    assert_string_equal(compared(place, approvals, &catalog), "");
    /* Policy alone makes no file: nobody has given consent. */
    assert_true(approvals_settle(approvals, place->store, &catalog, &place->err));
    assert_int_not_equal(access(place_path(place, "consent.lock"), F_OK), 0);
    approvals_free(approvals);
}

static void the_first_consent_approves_what_is_there_and_only_once(void **state)
{
    struct place *place = *state;
    struct catalog catalog;
    struct approvals *approvals = upgrade(place, &catalog);
    struct stat file;

    assert_true(approvals_begin(approvals, place->store, &catalog, &place->err));
    assert_int_equal(approvals_held(approvals, &catalog), 2);
    assert_int_equal(stat(place_path(place, "consent.lock"), &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_int_not_equal(access(place_path(place, "consent.lock.new"), F_OK), 0);
    approvals_free(approvals);
}

/* ---- Policy ---- */

static void a_trusted_category_is_approved_and_written_down(void **state)
{
    static const bool operational[CATEGORY_COUNT] = {[CATEGORY_OPERATIONAL] = true};
    static const bool none[CATEGORY_COUNT] = {false};
    struct place *place = *state;
    struct catalog catalog;
    struct approvals *approvals = upgrade(place, &catalog);

    approvals_trust(approvals, operational);
    assert_string_equal(compared(place, approvals, &catalog),
                        "counts.b changed held; counts.c gone; counts.d new");
    assert_int_equal(approvals_held(approvals, &catalog), 1);
    assert_true(approvals_settle(approvals, place->store, &catalog, &place->err));
    assert_string_equal(compared(place, approvals, &catalog),
                        "counts.b changed held; counts.c gone");
    /* What it said when it was approved counts from now on, whatever becomes of the policy. */
    approvals_trust(approvals, none);
    assert_int_equal(approvals_held(approvals, &catalog), 1);
    approvals_free(approvals);
}

/* ---- Accepting ---- */

static bool accept_chosen(struct place *place, struct approvals *approvals,
                          const struct catalog *catalog, const struct approvals_choice *choice,
                          struct approval_changes *accepted)
{
    const struct approvals_work at = {approvals, place->store, catalog, place->arena};

    return approvals_accept_chosen(&at, choice, accepted, &place->err);
}

static const struct {
    const char *name;
    const char *glob; /* NULL: none */
    bool operational; /* the category is named */
    const char *accepted, *left;
} choices[] = {
    {"all", NULL, false, "counts.b changed held; counts.c gone; counts.d new held", ""},
    {"a key", "counts.b", false, "counts.b changed held", "counts.c gone; counts.d new held"},
    {"a glob, also of what is gone", "counts.?", false,
     "counts.b changed held; counts.c gone; counts.d new held", ""},
    {"one that is gone", "counts.c", false, "counts.c gone",
     "counts.b changed held; counts.d new held"},
    {"a category", NULL, true, "counts.d new held", "counts.b changed held; counts.c gone"},
    {"a category of a glob", "*.b", true, "",
     "counts.b changed held; counts.c gone; counts.d new held"},
    {"nothing", "counts.x", false, "", "counts.b changed held; counts.c gone; counts.d new held"},
};

static void what_is_chosen_is_accepted(void **state)
{
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        struct approvals_choice choice = {.globs = &choices[i].glob,
                                          .glob_count = choices[i].glob != NULL ? 1 : 0};
        struct approval_changes accepted;
        struct approvals *approvals;
        struct catalog catalog;
        struct place *place;

        if (i > 0)
            (void)place_set_up(state);
        place = *state;
        print_message("  %s\n", choices[i].name);
        choice.categories[CATEGORY_OPERATIONAL] = choices[i].operational;
        approvals = upgrade(place, &catalog);
        assert_true(accept_chosen(place, approvals, &catalog, &choice, &accepted));
        assert_string_equal(told(place, &accepted), choices[i].accepted);
        assert_string_equal(compared(place, approvals, &catalog), choices[i].left);
        /* So it stands in the file as well. */
        approvals_free(approvals);
        approvals = approvals_read(place->folder, &place->err);
        assert_string_equal(compared(place, approvals, &catalog), choices[i].left);
        approvals_free(approvals);
        if (i + 1 < COUNT_OF(choices))
            (void)place_tear_down(state);
    }
}

static void without_a_file_only_all_can_be_accepted(void **state)
{
    static const char *const globs[] = {"counts.*"};
    struct place *place = *state;
    struct approvals_choice some = {.globs = globs, .glob_count = 1}, all = {0};
    struct approvals *approvals = approvals_read(place->folder, &place->err);
    struct approval_changes accepted;
    struct catalog catalog;

    load(place, upgraded_files, &catalog);
    assert_false(accept_chosen(place, approvals, &catalog, &some, &accepted));
    assert_int_equal(place->err.kind, ERROR_REFUSED);
    assert_false(approvals_exist(approvals));
    assert_true(accept_chosen(place, approvals, &catalog, &all, &accepted));
    assert_int_equal(accepted.count, 3);
    assert_true(approvals_exist(approvals));
    approvals_free(approvals);
}

static void the_texts_of_what_is_approved_are_kept(void **state)
{
    struct place *place = *state;
    struct catalog catalog;
    struct approvals *approvals = upgrade(place, &catalog);
    size_t count;
    const struct approval *entries = approvals_list(approvals, &count);
    const char *text;

    assert_int_equal(count, 3);
    place_open(place);
    assert_true(
        store_definition(place->store, entries[1].digest, place->arena, &text, &place->err));
    assert_non_null(strstr(text, "\"key_path\":\"counts.b\""));
    approvals_free(approvals);
}

static void a_change_that_cannot_be_written_is_none(void **state)
{
    struct place *place = *state;
    struct catalog catalog;
    struct approvals *approvals = upgrade(place, &catalog);
    struct approvals_choice all = {0};
    struct approval_changes accepted;

    /* A folder in the way of the file's new name, as a full or read-only disk would be. */
    assert_int_equal(unlink(place_path(place, "consent.lock")), 0);
    assert_int_equal(mkdir(place_path(place, "consent.lock"), 0700), 0);
    assert_false(accept_chosen(place, approvals, &catalog, &all, &accepted));
    assert_non_null(strstr(place->err.text, "consent.lock: cannot create"));
    assert_int_equal(approvals_held(approvals, &catalog), 2);
    assert_int_equal(rmdir(place_path(place, "consent.lock")), 0);
    approvals_free(approvals);
}

/* ---- Damaged files ---- */

#define HEAD  "service-ping consent.lock 1\n"
#define EIGHT "01234567"
#define HASH  EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT

static const struct {
    const char *name, *text, *error; /* NULL: it is fine */
} files[] = {
    {"nothing approved", HEAD, NULL},
    {"one metric", HEAD HASH " counts.a\n", NULL},
    {"an order of its own", HEAD HASH " counts.b\n" HASH " counts.a\n", NULL},
    {"an empty file", "", "consent.lock:1: the file is empty"},
    {"something else", "hello\n", "consent.lock:1: the first line is not that of a consent.lock"},
    {"a newer version", "service-ping consent.lock 2\n", "consent.lock:1: the first line"},
    {"cut in the first line", "service-ping", "consent.lock:1: the file ends in the middle"},
    {"cut in a key path", HEAD HASH " counts", "consent.lock:2: the file ends in the middle"},
    {"cut in a digest", HEAD "0123\n", "consent.lock:2: this is no digest"},
    {"no key path", HEAD HASH " \n", "consent.lock:2: this is no digest"},
    {"capital letters", HEAD "ABCD4567" EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT " counts.a\n",
     "consent.lock:2: this is no digest"},
    {"an empty line", HEAD "\n" HASH " counts.a\n", "consent.lock:2: this is no digest"},
    {"a key path twice", HEAD HASH " counts.a\n" HASH " counts.a\n", "counts.a stands there twice"},
};

static void a_damaged_file_is_told_and_stays(void **state)
{
    struct place *place = *state;
    const char *path = place_path(place, "consent.lock");

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct approvals *approvals;
        const char *text;
        size_t length;
        FILE *file = fopen(path, "w");

        print_message("  %s\n", files[i].name);
        assert_non_null(file);
        assert_true(fputs(files[i].text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        approvals = approvals_read(place->folder, &place->err);
        assert_int_equal(approvals == NULL, files[i].error != NULL);
        if (approvals == NULL) {
            assert_non_null(strstr(place->err.text, files[i].error));
            assert_non_null(strstr(place->err.text, "all metrics are held"));
        } else {
            assert_true(approvals_exist(approvals));
        }
        approvals_free(approvals);
        assert_true(file_read(path, place->arena, &text, &length, &place->err));
        assert_string_equal(text, files[i].text);
    }
}

static void what_cannot_be_read_holds_everything(void **state)
{
    static const bool all[CATEGORY_COUNT] = {true, true, true, true};
    struct place *place = *state;
    struct approvals_choice choice = {0};
    struct approval_changes accepted;
    struct approvals *approvals;
    struct catalog catalog;
    struct settings settings = {0};
    const struct collection_choice unread = {.settings = &settings, .catalog = &catalog};
    struct collection collection;

    load(place, upgraded_files, &catalog);
    assert_int_equal(mkdir(place_path(place, "consent.lock"), 0700), 0);
    assert_null(approvals_read(place->folder, &place->err));
    assert_non_null(strstr(place->err.text, "all metrics are held"));
    assert_int_equal(rmdir(place_path(place, "consent.lock")), 0);
    assert_int_equal(approvals_held(NULL, &catalog), 3);
    assert_false(approvals_exist(NULL));
    (void)memcpy(settings.categories, all, sizeof(all));
    collection_choose(&unread, place->arena, &collection);
    assert_int_equal(collection.count, 3);
    assert_int_equal(collection.held, 3);
    assert_string_equal(compared(place, NULL, &catalog),
                        "counts.a new held; counts.b new held; counts.d new held");
    approvals = approvals_unreadable(&place->err);
    approvals_trust(approvals, all);
    assert_int_equal(approvals_held(approvals, &catalog), 3);
    assert_false(accept_chosen(place, approvals, &catalog, &choice, &accepted));
    assert_non_null(strstr(place->err.text, "all metrics are held"));
    assert_int_not_equal(access(place_path(place, "consent.lock"), F_OK), 0);
    approvals_free(approvals);
}

#define AT_A_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_PLACE(what_changes_the_digest),
        AT_A_PLACE(each_time_frame_is_approved_by_itself),
        AT_A_PLACE(what_a_map_says_is_part_of_it),
        AT_A_PLACE(an_upgrade_is_told_in_words),
        AT_A_PLACE(without_the_old_text_a_change_is_told_all_the_same),
        AT_A_PLACE(without_a_file_nothing_is_held),
        AT_A_PLACE(the_first_consent_approves_what_is_there_and_only_once),
        AT_A_PLACE(a_trusted_category_is_approved_and_written_down),
        AT_A_PLACE(what_is_chosen_is_accepted),
        AT_A_PLACE(without_a_file_only_all_can_be_accepted),
        AT_A_PLACE(the_texts_of_what_is_approved_are_kept),
        AT_A_PLACE(a_change_that_cannot_be_written_is_none),
        AT_A_PLACE(a_damaged_file_is_told_and_stays),
        AT_A_PLACE(what_cannot_be_read_holds_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
