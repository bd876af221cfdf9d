#include "agent/mapped_metric.h"

#include "agent/catalog.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

#include <string.h>

/* Sources that take every definition and keep what they were given. */
static void keep(const struct definition *definition, struct metric *metric, struct arena *arena,
                 struct complaints *complaints)
{
    (void)arena;
    (void)complaints;
    metric->spec = definition;
}

static const char *const database_reads[] = {"database", NULL};
static const char *const system_reads[] = {"system", "license", NULL};
static const char *const redis_reads[] = {"redis", NULL};
static const struct source_ops database = {
    .name = "database", .data_sources = database_reads, .parse = keep};
static const struct source_ops facts = {
    .name = "system", .data_sources = system_reads, .parse = keep};
static const struct source_ops redis = {
    .name = "redis", .data_sources = redis_reads, .parse = keep};
static const struct source_ops *const sources[] = {&facts, &redis, &database, NULL};

struct desk {
    struct scratch scratch;
    struct arena *arena;
    struct complaints complaints;
    struct catalog catalog;
};

static int set_up(void **state)
{
    static struct desk desk;

    desk = (struct desk){.arena = arena_new()};
    scratch_init(&desk.scratch);
    complaints_init(&desk.complaints, desk.arena);
    *state = &desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    scratch_release(&desk->scratch);
    arena_free(desk->arena);
    return 0;
}

/* A definition in GitLab's older style, which asks for few fields. */
static void add_metric(const struct desk *desk, const char *name, const char *key_path,
                       const char *more)
{
    scratch_write(&desk->scratch, name,
                  arena_format(desk->arena,
                               "key_path: %s\ntier: [free]\nvalue_type: number\nstatus: active\n"
                               "%s\n",
                               key_path, more));
}

static bool load(struct desk *desk, size_t folder_count)
{
    const char *folders[] = {arena_format(desk->arena, "%s/one", desk->scratch.folder),
                             arena_format(desk->arena, "%s/two", desk->scratch.folder)};

    return catalog_load(folders, folder_count, sources, desk->arena, &desk->catalog,
                        &desk->complaints);
}

static const char map[] =
    "classes:\n"
    "  CountIssuesMetric: {relation: issues, options: {state: {column: issues.state_id}}}\n"
    "  SettingMetric: {operation: sql, sql: SELECT a FROM settings}\n"
    "key_paths:\n"
    "  counts.notes: {relation: notes}\n"
    "elsewhere:\n"
    "  LicenseMetric: licence\n";

static const struct {
    const char *name, *key_path, *more;
    const struct source_ops *source;
    const char *relation;     /* of the options that the source got; NULL: they have none */
    const char *not_computed; /* NULL: it is computed */
} cases[] = {
    {"a class of the map", "a",
     "time_frame: all\ndata_source: database\ninstrumentation_class: CountIssuesMetric", &database,
     "issues", NULL},
    {"a class that nobody knows is the source's to judge", "a",
     "time_frame: all\ndata_source: database\ninstrumentation_class: OtherMetric", &database, NULL,
     NULL},
    {"options that say it themselves", "a",
     "time_frame: all\ndata_source: database\ninstrumentation_class: CountIssuesMetric\n"
     "options: {relation: epics}",
     &database, "epics", NULL},
    {"a key path without a class", "counts.notes", "time_frame: all\ndata_source: database",
     &database, "notes", NULL},
    {"a key path without a data source", "counts.notes", "time_frame: all", &database, "notes",
     NULL},
    {"an unknown key path without a data source", "counts.other", "time_frame: all", NULL, NULL,
     "The definition names no data source."},
    {"the key path of something else", "counts.notes", "time_frame: all\ndata_source: redis",
     &redis, NULL, NULL},
    {"what is not in the database may be given as a fact", "a",
     "time_frame: all\ndata_source: database\ninstrumentation_class: LicenseMetric", &facts, NULL,
     NULL},
    {"what is not in the database, yet may be given as a fact", "a",
     "time_frame: none\ndata_source: license\ninstrumentation_class: LicenseMetric", &facts, NULL,
     NULL},
    {"a fact that is a setting in the database", "a",
     "time_frame: none\ndata_source: system\ninstrumentation_class: SettingMetric", &database, NULL,
     NULL},
    {"a fact that is named", "a",
     "time_frame: none\ndata_source: system\ninstrumentation_class: SettingMetric\n"
     "options: {fact: uuid}",
     &facts, NULL, NULL},
    {"an option that the map does not know", "a",
     "time_frame: all\ndata_source: database\ninstrumentation_class: CountIssuesMetric\n"
     "options: {colour: red}",
     &database, NULL, "instrumentation.yml does not know its option colour."},
};

static void expect_case(const struct desk *desk, size_t i)
{
    const struct metric *metric = desk->catalog.metrics[0];
    const struct doc_node *relation = doc_get(metric->definition->options, "relation");

    assert_ptr_equal(metric->source, cases[i].source);
    if (cases[i].not_computed != NULL) {
        assert_null(metric->spec);
        assert_non_null(metric->not_computed);
        assert_non_null(strstr(metric->not_computed, cases[i].not_computed));
        return;
    }
    assert_null(metric->not_computed);
    assert_ptr_equal(metric->spec, metric->definition);
    assert_string_equal(relation != NULL ? relation->text : "",
                        cases[i].relation != NULL ? cases[i].relation : "");
}

static void takes_from_the_map_what_a_definition_leaves_out(void **state)
{
    struct desk *desk = *state;

    scratch_write(&desk->scratch, "one/instrumentation.yml", map);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("# %s\n", cases[i].name);
        add_metric(desk, "one/metrics/1.yml", cases[i].key_path, cases[i].more);
        assert_true(load(desk, 1));
        assert_int_equal(desk->catalog.count, 1);
        assert_int_equal(desk->catalog.file_count, 1);
        expect_case(desk, i);
    }
}

static void knows_windows_and_the_path_that_a_list_of_frames_lengthens(void **state)
{
    struct desk *desk = *state;

    scratch_write(&desk->scratch, "one/instrumentation.yml", map);
    add_metric(desk, "one/metrics/1.yml", "counts.notes",
               "time_frame: [7d, 28d, all]\ndata_source: database");
    add_metric(desk, "one/metrics/2.yml", "b",
               "time_frame: [28d, all]\ndata_source: database\ninstrumentation_class: "
               "SettingMetric");
    assert_true(load(desk, 1));
    assert_int_equal(desk->catalog.count, 5);
    assert_null(catalog_find(&desk->catalog, "counts.notes_weekly")->not_computed);
    assert_null(catalog_find(&desk->catalog, "counts.notes_monthly")->not_computed);
    assert_null(catalog_find(&desk->catalog, "b")->not_computed);
    assert_string_equal(catalog_find(&desk->catalog, "b_monthly")->not_computed,
                        "It is computed by a statement that has no window.");
}

static void a_map_speaks_of_every_folder(void **state)
{
    struct desk *desk = *state;
    const struct metric *metric;

    scratch_write(&desk->scratch, "one/instrumentation.yml", map);
    add_metric(desk, "one/metrics/1.yml", "a",
               "time_frame: all\ndata_source: database\ninstrumentation_class: CountIssuesMetric");
    scratch_write(&desk->scratch, "two/instrumentation.yml",
                  "classes: {CountIssuesMetric: {relation: my_issues}}");
    assert_true(load(desk, 2));
    metric = catalog_find(&desk->catalog, "a");
    assert_string_equal(doc_get(metric->definition->options, "relation")->text, "my_issues");
    assert_int_equal(metric->definition->options->line, 7);
}

static void lists_the_classes_that_are_not_mapped(void **state)
{
    static const char other[] = "data_source: database\ninstrumentation_class: OtherMetric\n";
    struct desk *desk = *state;
    const struct catalog_note *notes;

    scratch_write(&desk->scratch, "one/instrumentation.yml", map);
    add_metric(desk, "one/metrics/1.yml", "a",
               arena_format(desk->arena, "%s%s", other, "time_frame: all"));
    add_metric(desk, "one/metrics/2.yml", "c",
               arena_format(desk->arena, "%s%s", other, "time_frame: all"));
    add_metric(desk, "one/metrics/3.yml", "b",
               arena_format(desk->arena, "%s%s", other, "time_frame: [7d, 28d]"));
    add_metric(desk, "one/metrics/4.yml", "d",
               "time_frame: all\ndata_source: system\ninstrumentation_class: AnotherMetric");
    add_metric(desk, "one/metrics/5.yml", "e",
               "time_frame: all\ndata_source: redis\ninstrumentation_class: RedisMetric");
    assert_true(load(desk, 1));
    notes = desk->catalog.notes;
    assert_int_equal(desk->catalog.note_count, 2);
    assert_non_null(strstr(notes[0].file, "4.yml"));
    assert_string_equal(notes[0].text, "names the class AnotherMetric, which is not mapped");
    assert_non_null(strstr(notes[1].file, "1.yml"));
    assert_string_equal(notes[1].text,
                        arena_format(desk->arena,
                                     "names the class OtherMetric, which is not mapped; so does "
                                     "%s/one/metrics/2.yml, %s/one/metrics/3.yml",
                                     desk->scratch.folder, desk->scratch.folder));
}

static void a_map_may_stand_alone(void **state)
{
    struct desk *desk = *state;
    const char *folders[] = {
        arena_format(desk->arena, "%s/one/instrumentation.yml", desk->scratch.folder),
        arena_format(desk->arena, "%s/two", desk->scratch.folder)};
    const struct metric *metric;

    scratch_write(&desk->scratch, "one/instrumentation.yml", map);
    add_metric(desk, "one/metrics/1.yml", "ours", "time_frame: all\ndata_source: redis");
    add_metric(desk, "two/metrics/1.yml", "a",
               "time_frame: all\ndata_source: database\ninstrumentation_class: CountIssuesMetric");
    assert_true(catalog_load(folders, 2, sources, desk->arena, &desk->catalog, &desk->complaints));
    assert_int_equal(desk->catalog.count, 1);
    metric = catalog_find(&desk->catalog, "a");
    assert_string_equal(doc_get(metric->definition->options, "relation")->text, "issues");
}

static void tells_what_is_elsewhere_and_what_nobody_knows(void **state)
{
    struct desk *desk = *state;

    scratch_write(&desk->scratch, "one/instrumentation.yml", map);
    add_metric(desk, "one/metrics/1.yml", "a",
               "time_frame: all\ndata_source: database\ninstrumentation_class: LicenseMetric");
    add_metric(desk, "one/metrics/2.yml", "b",
               "time_frame: all\ndata_source: database\ninstrumentation_class: OtherMetric");
    add_metric(desk, "one/metrics/3.yml", "c",
               "time_frame: all\ndata_source: database\ninstrumentation_class: CountIssuesMetric");
    assert_true(load(desk, 1));
    assert_string_equal(desk->catalog.metrics[0]->elsewhere, "licence");
    assert_false(desk->catalog.metrics[0]->unmapped);
    assert_null(desk->catalog.metrics[1]->elsewhere);
    assert_true(desk->catalog.metrics[1]->unmapped);
    assert_null(desk->catalog.metrics[2]->elsewhere);
    assert_false(desk->catalog.metrics[2]->unmapped);
}

static void complains_of_a_faulty_map(void **state)
{
    struct desk *desk = *state;

    scratch_write(&desk->scratch, "one/instrumentation.yml", "classes:\n  A: {column: id}\n");
    assert_false(load(desk, 1));
    assert_int_equal(desk->complaints.count, 1);
    assert_non_null(strstr(desk->complaints.items[0].file, "one/instrumentation.yml"));
    assert_int_equal(desk->complaints.items[0].line, 2);
}

static void digests_the_map(void **state)
{
    struct desk *desk = *state;
    char first[DIGEST_TEXT_SIZE];

    scratch_write(&desk->scratch, "one/instrumentation.yml", map);
    assert_true(load(desk, 1));
    memcpy(first, desk->catalog.digest, sizeof first);
    scratch_write(&desk->scratch, "one/instrumentation.yml", "classes: {}");
    assert_true(load(desk, 1));
    assert_string_not_equal(first, desk->catalog.digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_from_the_map_what_a_definition_leaves_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(knows_windows_and_the_path_that_a_list_of_frames_lengthens,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_map_speaks_of_every_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_the_classes_that_are_not_mapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_map_may_stand_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_what_is_elsewhere_and_what_nobody_knows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(complains_of_a_faulty_map, set_up, tear_down),
        cmocka_unit_test_setup_teardown(digests_the_map, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("mapped_metric", tests, NULL, NULL);
}
