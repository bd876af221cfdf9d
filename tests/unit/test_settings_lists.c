#include "agent/settings_lists.h"

#include "tests/support/scratch.h"
#include "tests/support/test.h"

#include <string.h>

static struct arena *arena;
static struct scratch scratch;
static struct complaints complaints;
static struct key_lists lists;

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    scratch_init(&scratch);
    complaints_init(&complaints, arena);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_release(&scratch);
    arena_free(arena);
    return 0;
}

static const char *path(const char *name)
{
    return arena_format(arena, "%s/%s", scratch.folder, name);
}

/* The text as the file of every kind of list. */
static void load(const char *overrides, const char *legacy, const char *known,
                 const char *aggregates)
{
    const char *known_paths[] = {path("known")}, *aggregate_paths[] = {path("aggregates/a.yml")};
    const struct key_list_files files = {
        .paths = path("paths.yml"),
        .totals = path("totals.yml"),
        .legacy = path("legacy.yml"),
        .known = known_paths,
        .known_count = 1,
        .aggregates = aggregate_paths,
        .aggregate_count = 1,
    };

    scratch_write(&scratch, "paths.yml", overrides);
    scratch_write(&scratch, "totals.yml", overrides);
    scratch_write(&scratch, "legacy.yml", legacy);
    scratch_write(&scratch, "known/k.yml", known);
    scratch_write(&scratch, "aggregates/a.yml", aggregates);
    complaints.count = 0;
    settings_lists_load(&files, arena, &lists, &complaints);
}

static void lists_are_sorted(void **state)
{
    (void)state;
    scratch_write(&scratch, "known/a.yml",
                  "- {name: n, aggregation: daily, category: c, redis_slot: s, expiry: 84}\n");
    load("# of GitLab\n---\nz: y\n'b-filter:[label:x]': a\n", "- q\n- p\n",
         "- {name: n, aggregation: weekly}\n- {name: m, aggregation: weekly, category: , "
         "feature_flag: f}\n",
         "- {name: b, operator: OR, source: redis, time_frame: [7d, 28d], events: [y, x]}\n"
         "- {name: a, operator: AND, source: redis, time_frame: [28d], events: [x]}\n"
         "- {name: c, operator: XOR, source: database}\n");
    assert_int_equal(0, complaints.count);
    assert_int_equal(2, lists.path_count);
    assert_string_equal("b-filter:[label:x]", lists.paths[0].name);
    assert_string_equal("y", lists.totals[1].instead);
    assert_string_equal("p", lists.legacy[0]);
    assert_int_equal(2, lists.known_count);
    assert_string_equal("m", lists.known[0].name);
    assert_null(lists.known[0].category);
    assert_true(lists.known[1].daily);
    assert_int_equal(84, lists.known[1].keep_days);
    assert_int_equal(2, lists.aggregate_count);
    assert_true(lists.aggregates[0].intersection);
    assert_false(lists.aggregates[0].in_7d);
    assert_string_equal("y", lists.aggregates[1].events[0]);
}

static void empty_lists_are_fine(void **state)
{
    (void)state;
    load("", "---\n", "[]", "");
    assert_int_equal(0, complaints.count);
    assert_int_equal(0, lists.path_count + lists.legacy_count + lists.known_count);
}

static const struct {
    const char *name;
    const char *overrides, *legacy, *known, *aggregates;
    int line;
    const char *says;
} wrong[] = {
    {"overrides are a map", "- a\n", "", "", "", 1, "must be a map"},
    {"to names", "a: b\nc: [d]\n", "", "", "", 2, "older name"},
    {"legacy events are a list", "", "a: b\n", "", "", 1, "must be a list"},
    {"of names", "", "- a\n- {b: c}\n", "", "", 2, "name of an event"},
    {"no YAML", "", "", "- {name: \n", "", 2, "not readable as YAML"},
    {"a known event is a map", "", "", "- a\n", "", 1, "must be a map"},
    {"it has a name", "", "", "- {aggregation: daily}\n", "", 1, "`name`"},
    {"it is daily or weekly", "", "", "- {name: a}\n", "", 1, "daily or weekly"},
    {"it is kept for days", "", "", "- {name: a, aggregation: daily, expiry: soon}\n", "", 1,
     "number of days"},
    {"and for a while", "", "", "- {name: a, aggregation: daily, expiry: 0}\n", "", 1,
     "number of days"},
    {"an aggregate has a name", "", "", "", "- {operator: OR, events: [a]}\n", 1, "`name`"},
    {"an operator", "", "", "", "\n- {name: a, operator: NOT, events: [a]}\n", 2, "OR or AND"},
    {"and events", "", "", "", "- {name: a, operator: OR, events: a}\n", 1, "list of events"},
    {"with AND not too many", "", "", "",
     "- {name: a, operator: AND, events: [a, b, c, d, e, f, g, h, i]}\n", 1, "at most eight"},
};

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        print_message("# %s\n", wrong[i].name);
        load(wrong[i].overrides, wrong[i].legacy, wrong[i].known, wrong[i].aggregates);
        assert_true(complaints.count >= 1);
        if (strstr(complaints.items[0].text, wrong[i].says) == NULL)
            fail_msg("said instead: %s", complaints.items[0].text);
        assert_int_equal(wrong[i].line, complaints.items[0].line);
    }
}

static void files_that_are_not_there_are_missed(void **state)
{
    const char *folders[] = {path("nowhere")};
    const struct key_list_files files = {
        .legacy = path("nothing.yml"), .known = folders, .known_count = 1};

    (void)state;
    settings_lists_load(&files, arena, &lists, &complaints);
    assert_int_equal(2, complaints.count);
    settings_lists_load(&(struct key_list_files){0}, arena, &lists, &complaints);
    assert_int_equal(2, complaints.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_are_sorted, begin, end),
        cmocka_unit_test_setup_teardown(empty_lists_are_fine, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said, begin, end),
        cmocka_unit_test_setup_teardown(files_that_are_not_there_are_missed, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
