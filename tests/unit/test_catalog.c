#include "agent/catalog.h"

#include "agent/catalog_items.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A source whose options are {fault: true} to be complained about and {shy: true} not to compute.
 */
static unsigned parsed;

static void fake_parse(const struct definition *definition, struct metric *metric,
                       struct arena *arena, struct complaints *complaints)
{
    (void)arena;
    parsed++;
    if (doc_get(definition->options, "fault") != NULL)
        complain(complaints, definition->file, doc_get(definition->options, "fault")->line,
                 metric->key_path, "the option `fault` is set");
    else if (doc_get(definition->options, "shy") != NULL)
        metric->not_computed = "It is shy.";
    else
        metric->spec = definition;
}

static const char *const reads[] = {"database", "internal_events", NULL};
static const struct source_ops fake = {.name = "fake", .data_sources = reads, .parse = fake_parse};
static const struct source_ops *const sources[] = {&fake, NULL};

struct desk {
    struct scratch scratch;
    struct arena *arena;
    struct complaints complaints;
    struct catalog catalog;
};

static void desk_init(struct desk *desk)
{
    scratch_init(&desk->scratch);
    desk->arena = arena_new();
    complaints_init(&desk->complaints, desk->arena);
    parsed = 0;
}

static void desk_release(struct desk *desk)
{
    arena_free(desk->arena);
    scratch_release(&desk->scratch);
}

/* A fine definition of `key_path`, with more lines. */
static void add_metric(struct desk *desk, const char *name, const char *key_path, const char *more)
{
    scratch_write(&desk->scratch, name,
                  arena_format(desk->arena,
                               "---\nkey_path: %s\ndescription: Things\nproduct_group: g\n"
                               "value_type: number\nmilestone: \"1.0\"\n"
                               "introduced_by_url: https://example.com/1\n"
                               "data_category: optional\ntiers: []\n%s\n",
                               key_path, more));
}

#define ACTIVE "status: active\n"
#define PLAIN  ACTIVE "data_source: database\ntime_frame: all"
#define REMOVED                                                                                    \
    "status: removed\nremoved_by_url:\nmilestone_removed: '1.1'\ndata_source: database\n"

static void add_event(struct desk *desk, const char *name, const char *action, const char *more)
{
    scratch_write(&desk->scratch, name,
                  arena_format(desk->arena,
                               "description: x\naction: %s\nproduct_group: g\nmilestone: '1.0'\n"
                               "introduced_by_url: https://example.com/1\ntiers: []\n%s\n",
                               action, more));
}

/* Loads folders of the scratch folder: "a" or "a b". */
static bool load(struct desk *desk, const char *names)
{
    const char *folders[4];
    size_t count = 0;

    while (*names != '\0') {
        size_t length = strcspn(names, " ");

        folders[count++] =
            arena_format(desk->arena, "%s/%.*s", desk->scratch.folder, (int)length, names);
        names += length + strspn(names + length, " ");
    }
    return catalog_load(folders, count, sources, desk->arena, &desk->catalog, &desk->complaints);
}

static void expect_paths(const struct desk *desk, const char *const *paths, size_t count)
{
    assert_int_equal(desk->catalog.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(desk->catalog.metrics[i]->key_path, paths[i]);
}

/* That one complaint stands about a file, a line of it, and a path, and says so. */
static void expect_complaint(const struct desk *desk, const char *file, int line, const char *says)
{
    for (size_t i = 0; i < desk->complaints.count; i++) {
        const struct complaint *item = &desk->complaints.items[i];

        if (item->line == line && strstr(item->file, file) != NULL &&
            strstr(item->text, says) != NULL)
            return;
    }
    fail_msg("nobody says '%s' about %s:%d", says, file, line);
}

/* The text of the note about a file; "" if there is none. */
static const char *note_about(const struct desk *desk, const char *file)
{
    for (size_t i = 0; i < desk->catalog.note_count; i++)
        if (strstr(desk->catalog.notes[i].file, file) != NULL)
            return desk->catalog.notes[i].text;
    return "";
}

static void orders_paths_by_segment(void **state)
{
    static const char *const sorted[] = {"",      "a",    "a.b", "a.b.c", "a.b.c_d",
                                         "a.b-c", "a.bc", "a_b", "aa",    "b"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sorted); i++) {
        for (size_t j = 0; j < COUNT_OF(sorted); j++) {
            int order = key_path_compare(sorted[i], sorted[j]);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

static void loads_metrics_at_any_depth_in_order(void **state)
{
    static const char *const paths[] = {"counts.a", "counts.a_b", "counts.b", "uuid"};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/uuid.yml", "uuid", PLAIN);
    add_metric(&desk, "in/metrics/counts_all/1.yml", "counts.b", PLAIN);
    add_metric(&desk, "in/metrics/counts_all/deeper/2.yml", "counts.a_b", PLAIN);
    add_metric(&desk, "in/metrics/z.yml", "counts.a", PLAIN);
    scratch_write(&desk.scratch, "in/metrics/schema/base.json", "{]");
    scratch_write(&desk.scratch, "in/metrics/README.md", "not: [a definition");
    assert_true(load(&desk, "in"));
    expect_paths(&desk, paths, COUNT_OF(paths));
    assert_int_equal(desk.catalog.file_count, 4);
    assert_int_equal(parsed, 4);
    assert_ptr_equal(desk.catalog.metrics[0]->source, &fake);
    assert_non_null(desk.catalog.metrics[0]->spec);
    assert_non_null(strstr(desk.catalog.metrics[0]->definition->file, "/in/metrics/z.yml"));
    desk_release(&desk);
}

static void finds_a_metric_by_its_path(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    assert_false(load(&desk, "in"));
    assert_null(catalog_find(&desk.catalog, "a"));
    desk.complaints.count = 0;
    add_metric(&desk, "in/metrics/1.yml", "a.b", PLAIN);
    add_metric(&desk, "in/metrics/2.yml", "a.c", PLAIN);
    add_metric(&desk, "in/metrics/3.yml", "ab", PLAIN);
    assert_true(load(&desk, "in"));
    for (size_t i = 0; i < desk.catalog.count; i++)
        assert_ptr_equal(catalog_find(&desk.catalog, desk.catalog.metrics[i]->key_path),
                         desk.catalog.metrics[i]);
    assert_null(catalog_find(&desk.catalog, "a"));
    assert_null(catalog_find(&desk.catalog, "a.b.c"));
    desk_release(&desk);
}

/* D1 */
static void expands_a_list_of_time_frames(void **state)
{
    static const char *const paths[] = {"uuid", "uuid_monthly", "uuid_weekly"};
    static const enum time_frame frames[] = {TIME_FRAME_ALL, TIME_FRAME_28D, TIME_FRAME_7D};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/1.yml", "uuid",
               ACTIVE "data_source: database\ntime_frame: [7d, 28d, all]");
    assert_true(load(&desk, "in"));
    expect_paths(&desk, paths, COUNT_OF(paths));
    for (size_t i = 0; i < COUNT_OF(frames); i++)
        assert_int_equal(desk.catalog.metrics[i]->time_frame, frames[i]);
    assert_ptr_equal(desk.catalog.metrics[0]->definition, desk.catalog.metrics[2]->definition);
    assert_int_equal(desk.catalog.file_count, 1);
    assert_int_equal(parsed, 3);
    desk_release(&desk);
}

static void leaves_the_path_of_a_single_time_frame_alone(void **state)
{
    static const char *const paths[] = {"a_weekly"};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/1.yml", "a_weekly",
               ACTIVE "data_source: database\ntime_frame: 7d");
    add_metric(&desk, "in/metrics/2.yml", "b", ACTIVE "data_source: database\ntime_frame: []");
    assert_true(load(&desk, "in"));
    expect_paths(&desk, paths, COUNT_OF(paths));
    assert_non_null(strstr(note_about(&desk, "2.yml"), "empty list of time frames"));
    desk_release(&desk);
}

/* D2 */
static void names_both_files_of_a_path_that_is_defined_twice(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/1.yml", "a_weekly", PLAIN);
    add_metric(&desk, "in/metrics/2.yml", "a",
               ACTIVE "data_source: database\ntime_frame: [7d, all]");
    assert_false(load(&desk, "in"));
    assert_int_equal(desk.complaints.count, 1);
    expect_complaint(
        &desk, "in/metrics/2.yml", 2,
        arena_format(desk.arena, "the first is at %s/in/metrics/1.yml:2", desk.scratch.folder));
    assert_string_equal(desk.complaints.items[0].key_path, "a_weekly");
    desk_release(&desk);
}

static void lets_a_later_folder_override(void **state)
{
    static const char *const paths[] = {"a", "b"};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "one/metrics/1.yml", "a", PLAIN);
    add_metric(&desk, "one/metrics/2.yml", "b", PLAIN "\noptions: {fault: true}");
    add_metric(&desk, "two/metrics/3.yml", "b", PLAIN "\nname: mine");
    assert_true(load(&desk, "one two"));
    expect_paths(&desk, paths, COUNT_OF(paths));
    assert_non_null(strstr(desk.catalog.metrics[1]->definition->file, "two/metrics/3.yml"));
    assert_int_equal(desk.catalog.note_count, 1);
    assert_string_equal(desk.catalog.notes[0].key_path, "b");
    assert_string_equal(
        note_about(&desk, "two/metrics/3.yml"),
        arena_format(desk.arena, "overrides %s/one/metrics/2.yml", desk.scratch.folder));
    desk_release(&desk);
}

static void keeps_no_removed_metrics(void **state)
{
    static const char *const paths[] = {"b"};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "one/metrics/1.yml", "a", REMOVED "time_frame: [7d, 28d]");
    add_metric(&desk, "one/metrics/2.yml", "b", PLAIN);
    add_metric(&desk, "one/metrics/3.yml", "c", PLAIN);
    add_metric(&desk, "two/metrics/c.yml", "c", REMOVED "time_frame: all");
    assert_true(load(&desk, "one two"));
    expect_paths(&desk, paths, COUNT_OF(paths));
    assert_int_equal(desk.catalog.removed_count, 3);
    assert_int_equal(desk.catalog.file_count, 4);
    assert_string_equal(note_about(&desk, "1.yml"), "is removed since 1.1");
    desk_release(&desk);
}

static void complains_of_a_path_below_another(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/1.yml", "a.b", PLAIN);
    add_metric(&desk, "in/metrics/2.yml", "a.b.c.d", PLAIN);
    add_metric(&desk, "in/metrics/3.yml", "a.b.e", PLAIN);
    add_metric(&desk, "in/metrics/4.yml", "a.b_c", PLAIN);
    add_metric(&desk, "in/metrics/5.yml", "a", REMOVED "time_frame: all");
    assert_false(load(&desk, "in"));
    assert_int_equal(desk.complaints.count, 2);
    expect_complaint(&desk, "2.yml", 2, "lies below a.b, which has a value of its own by ");
    expect_complaint(&desk, "3.yml", 2, "in/metrics/1.yml:2");
    desk_release(&desk);
}

static void leaves_out_what_a_source_complains_about(void **state)
{
    static const char *const paths[] = {"b", "c"};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/1.yml", "a",
               ACTIVE "data_source: database\ntime_frame: [7d, 28d, all]\n"
                      "options:\n  x: 1\n  fault: true");
    add_metric(&desk, "in/metrics/2.yml", "b", PLAIN "\noptions: {shy: true}");
    add_metric(&desk, "in/metrics/3.yml", "c", ACTIVE "data_source: prometheus\ntime_frame: all");
    assert_false(load(&desk, "in"));
    assert_int_equal(desk.complaints.count, 1);
    expect_complaint(&desk, "1.yml", 15, "the option `fault` is set");
    expect_paths(&desk, paths, COUNT_OF(paths));
    assert_string_equal(desk.catalog.metrics[0]->not_computed, "It is shy.");
    assert_null(desk.catalog.metrics[1]->source);
    assert_string_equal(desk.catalog.metrics[1]->not_computed,
                        "No source of this build reads prometheus.");
    desk_release(&desk);
}

static void complains_of_every_file_at_once(void **state)
{
    static const char *const paths[] = {"fine"};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/1.yml", "fine", PLAIN);
    add_metric(&desk, "in/metrics/2.yml", "a",
               "status: dead\ndata_source: database\ntime_frame: 7d");
    scratch_write(&desk.scratch, "in/metrics/3.yml", "key_path: [a\n");
    scratch_write(&desk.scratch, "in/metrics/4.yml", "- a\n");
    scratch_write(&desk.scratch, "in/events/5.yml", "action: A\n");
    assert_false(load(&desk, "in"));
    expect_complaint(&desk, "2.yml", 10, "`status` is 'dead'");
    expect_complaint(&desk, "3.yml", 2, "not readable as YAML");
    expect_complaint(&desk, "4.yml", 1, "this file holds a list");
    expect_complaint(&desk, "5.yml", 1, "only small letters");
    expect_paths(&desk, paths, COUNT_OF(paths));
    assert_int_equal(desk.catalog.event_count, 0);
    desk_release(&desk);
}

/* Below `end`; seeded, so that a failing case can be played again. */
static size_t pick(size_t end)
{
    return (size_t)rand() % end; // NOLINT(cert-msc30-c,cert-msc50-cpp)
}

/* A path of one to four short segments. */
static const char *random_path(struct arena *arena)
{
    static const char *const segments[] = {"a", "b", "ab", "a_b", "a-"};
    const char *path = segments[pick(COUNT_OF(segments))];

    for (size_t more = pick(4); more > 0; more--)
        path = arena_format(arena, "%s.%s", path, segments[pick(COUNT_OF(segments))]);
    return path;
}

static bool lies_below_one(const struct item_list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t length = strlen(list->items[i].name);

        if (strncmp(path, list->items[i].name, length) == 0 && path[length] == '.')
            return true;
    }
    return false;
}

static void count_override(const struct item *winner, const struct item *loser, void *arg)
{
    unsigned *count = arg;

    assert_string_equal(winner->name, loser->name);
    ++*count;
}

static void play_collisions(unsigned seed)
{
    struct arena *arena = arena_new();
    struct source_file files[2] = {{.path = "1.yml", .name = "1.yml"},
                                   {.path = "2.yml", .name = "2.yml", .folder = 1}};
    struct item_list list = {0};
    struct complaints complaints;
    unsigned overridden = 0;
    size_t below = 0, twins;

    srand(seed);
    complaints_init(&complaints, arena);
    for (size_t i = pick(30); i > 0; i--)
        *items_add(&list, arena) =
            (struct item){.name = random_path(arena), .file = &files[pick(2)], .kind = "metric"};
    twins = list.count;
    items_settle(&list, &complaints, count_override, &overridden);
    twins -= list.count;
    assert_int_equal(complaints.count + overridden, twins);
    for (size_t i = 0; i < list.count; i++)
        below += lies_below_one(&list, list.items[i].name);
    complaints.count = 0;
    items_complain_of_collisions(&list, &complaints);
    assert_int_equal(complaints.count, below);
    arena_free(arena);
}

static void finds_collisions_as_a_plain_search_does(void **state)
{
    const char *soak = getenv("SOAK");
    unsigned cases = soak != NULL ? (unsigned)strtoul(soak, NULL, 10) : 30;

    (void)state;
    for (unsigned seed = 1; seed <= cases; seed++)
        play_collisions(seed);
}

/* D13; GitLab's pattern also leaves out every folder that begins with a or g, by accident. */
static void skips_aggregates(void **state)
{
    static const char *const paths[] = {"a"};
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_metric(&desk, "in/metrics/general/1.yml", "a", PLAIN);
    scratch_write(&desk.scratch, "in/metrics/aggregates/common.yml",
                  "- name: x\n  operator: OR\n  events: [a, b]\n");
    assert_true(load(&desk, "in"));
    expect_paths(&desk, paths, COUNT_OF(paths));
    assert_int_equal(desk.catalog.file_count, 1);
    assert_string_equal(note_about(&desk, "aggregates/common.yml"),
                        "is a list of aggregates, for redis.aggregates of the settings");
    assert_int_equal(desk.catalog.aggregate_count, 1);
    desk_release(&desk);
}

static void loads_events_sorted_by_name(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_event(&desk, "in/events/1.yml", "push_a", "internal_events: true\nidentifiers: [user]");
    add_event(&desk, "in/events/deeper/2.yml", "aaa", "category: API::Commits");
    add_event(&desk, "in/events/3.yml", "push", "distributions: [ce]");
    assert_true(load(&desk, "in"));
    assert_int_equal(desk.catalog.event_count, 3);
    assert_string_equal(desk.catalog.events[0].name, "aaa");
    assert_string_equal(desk.catalog.events[1].name, "push");
    assert_string_equal(desk.catalog.events[2].name, "push_a");
    assert_int_equal(doc_get(desk.catalog.events[2].root, "identifiers")->count, 1);
    assert_non_null(strstr(desk.catalog.events[2].file, "in/events/1.yml"));
    assert_int_equal(desk.catalog.file_count, 0);
    desk_release(&desk);
}

static const struct {
    const char *name, *first, *second;
    unsigned complaints;
    const char *winner; /* file */
} twins[] = {
    {"two internal events of one name", "internal_events: true", "internal_events: true", 1,
     "2.yml"},
    {"two legacy events of one name and category", "category: A", "category: A", 1, "2.yml"},
    {"two legacy events of one name in two categories", "category: B", "category: A", 0, "1.yml"},
    {"an internal event wins over a legacy one", "internal_events: true", "category: A", 0,
     "1.yml"},
};

static void settles_events_of_one_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        struct desk desk;

        print_message("# %s\n", twins[i].name);
        desk_init(&desk);
        add_event(&desk, "in/events/1.yml", "show", twins[i].first);
        add_event(&desk, "in/events/2.yml", "show", twins[i].second);
        assert_int_equal(load(&desk, "in"), twins[i].complaints == 0);
        assert_int_equal(desk.complaints.count, twins[i].complaints);
        assert_int_equal(desk.catalog.event_count, 1);
        assert_non_null(strstr(desk.catalog.events[0].file, twins[i].winner));
        assert_int_equal(desk.catalog.note_count, 1 - twins[i].complaints);
        desk_release(&desk);
    }
}

static void lets_a_later_folder_override_events(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    add_event(&desk, "one/events/1.yml", "show", "internal_events: true");
    add_event(&desk, "two/events/1.yml", "show", "internal_events: true");
    assert_true(load(&desk, "one two"));
    assert_int_equal(desk.catalog.event_count, 1);
    assert_non_null(strstr(desk.catalog.events[0].file, "two/events/1.yml"));
    desk_release(&desk);
}

static void complains_of_a_folder_without_definitions(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    scratch_write(&desk.scratch, "empty/notes.txt", "x");
    assert_false(load(&desk, "nowhere empty"));
    assert_int_equal(desk.complaints.count, 2);
    expect_complaint(&desk, "/nowhere", 0, "neither metrics/ nor events/");
    expect_complaint(&desk, "/empty", 0, "neither metrics/ nor events/");
    assert_int_equal(desk.catalog.count, 0);
    assert_int_equal(strlen(desk.catalog.digest), DIGEST_TEXT_SIZE - 1);
    desk_release(&desk);
}

static const char *digest_of(struct desk *desk, const char *names)
{
    assert_true(load(desk, names));
    return arena_copy(desk->arena, desk->catalog.digest);
}

static void digests_what_is_in_force(void **state)
{
    struct desk desk;
    const char *first, *copied, *changed, *renamed, *overridden;
    char expected[DIGEST_TEXT_SIZE];

    (void)state;
    desk_init(&desk);
    scratch_write(&desk.scratch, "none/metrics/.keep", "");
    assert_string_equal(digest_of(&desk, "none"), digest_text("", 0, expected));
    add_metric(&desk, "one/metrics/1.yml", "a", PLAIN);
    add_metric(&desk, "copy/metrics/1.yml", "a", PLAIN);
    add_metric(&desk, "changed/metrics/1.yml", "a", PLAIN "\n");
    add_metric(&desk, "renamed/metrics/2.yml", "a", PLAIN);
    first = digest_of(&desk, "one");
    copied = digest_of(&desk, "copy");
    changed = digest_of(&desk, "changed");
    renamed = digest_of(&desk, "renamed");
    overridden = digest_of(&desk, "changed one");
    assert_string_equal(first, copied);
    assert_string_equal(first, overridden);
    assert_string_not_equal(first, changed);
    assert_string_not_equal(first, renamed);
    assert_string_equal(first, digest_of(&desk, "one/"));
    add_event(&desk, "one/events/1.yml", "show", "category: A");
    assert_string_not_equal(first, digest_of(&desk, "one"));
    desk_release(&desk);
}

static void digests_names_and_bytes(void **state)
{
    static const char text[] = "- a\n";
    static const char name[] = "metrics/1.yml";
    char of_text[DIGEST_TEXT_SIZE], expected[DIGEST_TEXT_SIZE];
    char hashed[sizeof(name) + DIGEST_TEXT_SIZE]; /* both with their final zeros */
    struct desk desk;

    (void)state;
    desk_init(&desk);
    scratch_write(&desk.scratch, "in/metrics/1.yml", text);
    assert_false(load(&desk, "in"));
    memcpy(hashed, name, sizeof(name));
    memcpy(hashed + sizeof(name), digest_text(text, strlen(text), of_text), DIGEST_TEXT_SIZE);
    assert_string_equal(desk.catalog.digest, digest_text(hashed, sizeof(hashed), expected));
    desk_release(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_paths_by_segment),
        cmocka_unit_test(loads_metrics_at_any_depth_in_order),
        cmocka_unit_test(finds_a_metric_by_its_path),
        cmocka_unit_test(expands_a_list_of_time_frames),
        cmocka_unit_test(leaves_the_path_of_a_single_time_frame_alone),
        cmocka_unit_test(names_both_files_of_a_path_that_is_defined_twice),
        cmocka_unit_test(lets_a_later_folder_override),
        cmocka_unit_test(keeps_no_removed_metrics),
        cmocka_unit_test(complains_of_a_path_below_another),
        cmocka_unit_test(finds_collisions_as_a_plain_search_does),
        cmocka_unit_test(leaves_out_what_a_source_complains_about),
        cmocka_unit_test(complains_of_every_file_at_once),
        cmocka_unit_test(skips_aggregates),
        cmocka_unit_test(loads_events_sorted_by_name),
        cmocka_unit_test(settles_events_of_one_name),
        cmocka_unit_test(lets_a_later_folder_override_events),
        cmocka_unit_test(complains_of_a_folder_without_definitions),
        cmocka_unit_test(digests_what_is_in_force),
        cmocka_unit_test(digests_names_and_bytes),
    };

    return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
