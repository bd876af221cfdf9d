#include "agent/instrumentation.h"

#include "metrics/database_spec.h"
#include "tests/support/instrumented.h"
#include "tests/support/test.h"

#include "agent/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct doc_node *document(const char *text)
{
    struct error err = {0};
    int line;
    struct doc_node *root = doc_parse(text, strlen(text), arena, &line, &err);

    assert_string_equal(err.text, "");
    assert_non_null(root);
    return root;
}

/* What was complained about, one line each. */
static const char *told(const struct complaints *complaints)
{
    struct str text;
    const char *copy;

    str_init(&text);
    for (size_t i = 0; i < complaints->count; i++)
        str_add_format(&text, "%s:%d: %s: %s\n", complaints->items[i].file,
                       complaints->items[i].line,
                       complaints->items[i].key_path != NULL ? complaints->items[i].key_path : "-",
                       complaints->items[i].text);
    copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}

static const char map_text[] =
    "classes:\n"
    "  CountIssuesMetric: {relation: issues, seen: count_issues_metric.rb}\n"
    "  CountAuthorsMetric:\n"
    "    {relation: issues, operation: distinct_count, column: author_id, where: a OR b,\n"
    "     timestamp_column: closed_at, database: ci}\n"
    "  CountJoinedMetric:\n"
    "    relation: users\n"
    "    joins: [{relation: members, on: members.user_id = users.id, type: left}]\n"
    "  CountEntitiesMetric:\n"
    "    relation: entities\n"
    "    where: NOT gone\n"
    "    options:\n"
    "      source_type: {column: entities.kind, values: {group: 0, project: 1}}\n"
    "      status: {column: entities.status}\n"
    "  CountDeploymentsMetric:\n"
    "    relation: deployments\n"
    "    options:\n"
    "      type: {needed: true, where: {all: '', success: status = 2, true: yes_, false: no_}}\n"
    "  SettingsMetric:\n"
    "    operation: sql\n"
    "    options: {setting: {needed: true, sql: {uuid: SELECT uuid FROM settings}}}\n"
    "  SumMetric: {operation: sql, sql: SELECT 1 + 2}\n"
    "key_paths:\n"
    "  counts.issues: {relation: issues}\n"
    "  counts_monthly.notes: {relation: monthly_notes}\n"
    "  counts.notes: {relation: notes}\n"
    "elsewhere:\n"
    "  LicenseMetric: licence\n"
    "  git.version: Gitaly\n";

static const struct {
    const char *name, *class_name, *key_path, *options;
    bool windowed;
    enum instrumentation_outcome outcome;
    const char *expected; /* options as YAML, or the reason */
} questions[] = {
    {"a class stands for a relation", "CountIssuesMetric", "a.b", NULL, false,
     INSTRUMENTATION_MAPPED, "relation: issues\n"},
    {"and for all else that is said of it", "CountAuthorsMetric", "a.b", NULL, true,
     INSTRUMENTATION_MAPPED,
     "relation: issues\noperation: distinct_count\ncolumn: author_id\n"
     "timestamp_column: closed_at\ndatabase: ci\nwhere: a OR b\n"},
    {"joins are taken over", "CountJoinedMetric", "a.b", NULL, false, INSTRUMENTATION_MAPPED,
     "relation: users\njoins:\n  -\n    relation: members\n    \"on\": members.user_id = users.id\n"
     "    type: left\n"},
    {"an option that is left out adds nothing", "CountEntitiesMetric", "a.b", NULL, false,
     INSTRUMENTATION_MAPPED, "relation: entities\nwhere: NOT gone\n"},
    {"an option adds a condition with the stored value", "CountEntitiesMetric", "a.b",
     "source_type: project", false, INSTRUMENTATION_MAPPED,
     "relation: entities\nwhere: (NOT gone) AND (entities.kind = '1')\n"},
    {"a list of values", "CountEntitiesMetric", "a.b", "source_type: [group, project]", false,
     INSTRUMENTATION_MAPPED,
     "relation: entities\nwhere: (NOT gone) AND (entities.kind IN ('0', '1'))\n"},
    {"two options", "CountEntitiesMetric", "a.b", "{source_type: group, status: 2}", false,
     INSTRUMENTATION_MAPPED,
     "relation: entities\nwhere: (NOT gone) AND (entities.kind = '0') AND (entities.status = "
     "'2')\n"},
    {"a text keeps its quotes", "CountEntitiesMetric", "a.b", "status: it's", false,
     INSTRUMENTATION_MAPPED,
     "relation: entities\nwhere: (NOT gone) AND (entities.status = 'it''s')\n"},
    {"null is no value", "CountEntitiesMetric", "a.b", "status:", false, INSTRUMENTATION_MAPPED,
     "relation: entities\nwhere: (NOT gone) AND (entities.status IS NULL)\n"},
    {"yes is true", "CountEntitiesMetric", "a.b", "status: yes", false, INSTRUMENTATION_MAPPED,
     "relation: entities\nwhere: (NOT gone) AND (entities.status = 'true')\n"},
    {"a value chooses a condition", "CountDeploymentsMetric", "a.b", "type: success", false,
     INSTRUMENTATION_MAPPED, "relation: deployments\nwhere: (status = 2)\n"},
    {"or none", "CountDeploymentsMetric", "a.b", "type: all", true, INSTRUMENTATION_MAPPED,
     "relation: deployments\n"},
    {"a flag chooses as well", "CountDeploymentsMetric", "a.b", "type: off", false,
     INSTRUMENTATION_MAPPED, "relation: deployments\nwhere: (no_)\n"},
    {"a value chooses a statement", "SettingsMetric", "a.b", "setting: uuid", false,
     INSTRUMENTATION_MAPPED, "operation: sql\nsql: SELECT uuid FROM settings\n"},
    {"a statement of all time", "SumMetric", "a.b", NULL, false, INSTRUMENTATION_MAPPED,
     "operation: sql\nsql: SELECT 1 + 2\n"},
    {"a statement has no window", "SumMetric", "a.b", NULL, true, INSTRUMENTATION_REFUSED,
     "It is computed by a statement that has no window."},
    {"an unknown value", "CountDeploymentsMetric", "a.b", "type: created", false,
     INSTRUMENTATION_REFUSED, "Its option type is created, which map.yml does not know."},
    {"a list where one value chooses", "CountDeploymentsMetric", "a.b", "type: [all]", false,
     INSTRUMENTATION_REFUSED, "Its option type is not one value, which map.yml does not know."},
    {"an unknown value of a column", "CountEntitiesMetric", "a.b", "source_type: [group, x]", false,
     INSTRUMENTATION_REFUSED, "Its option source_type is x, which map.yml does not know."},
    {"a map for a column", "CountEntitiesMetric", "a.b", "status: {a: b}", false,
     INSTRUMENTATION_REFUSED, "Its option status is no value that a column has."},
    {"an empty list", "CountEntitiesMetric", "a.b", "status: []", false, INSTRUMENTATION_REFUSED,
     "Its option status is an empty list."},
    {"an unknown option", "CountIssuesMetric", "a.b", "state: opened", false,
     INSTRUMENTATION_REFUSED, "map.yml does not know its option state."},
    {"an option that is missing", "CountDeploymentsMetric", "a.b", NULL, false,
     INSTRUMENTATION_REFUSED, "It needs the option type."},
    {"a key path without a class", NULL, "counts.issues", NULL, false, INSTRUMENTATION_MAPPED,
     "relation: issues\n"},
    {"a key path beside a class that nobody knows", "UnknownMetric", "counts.issues", NULL, false,
     INSTRUMENTATION_MAPPED, "relation: issues\n"},
    {"the same of a month", NULL, "counts_monthly.issues", NULL, true, INSTRUMENTATION_MAPPED,
     "relation: issues\n"},
    {"the same of a week", NULL, "counts_weekly.issues", NULL, true, INSTRUMENTATION_MAPPED,
     "relation: issues\n"},
    {"unless it is there itself", NULL, "counts_monthly.notes", NULL, true, INSTRUMENTATION_MAPPED,
     "relation: monthly_notes\n"},
    {"only the first segment is shortened", NULL, "counts.issues_monthly", NULL, true,
     INSTRUMENTATION_UNMAPPED,
     "It says neither a relation nor a class that counts it, and no instrumentation.yml knows its "
     "key path."},
    {"a class that nobody knows", "UnknownMetric", "a.b", NULL, false, INSTRUMENTATION_UNMAPPED,
     "No instrumentation.yml says what UnknownMetric counts."},
    {"a class whose number is not in the database", "LicenseMetric", "a.b", "attribute: plan",
     false, INSTRUMENTATION_ELSEWHERE, "It lives in GitLab's process: licence."},
    {"a key path whose number is not in the database", NULL, "git.version", NULL, false,
     INSTRUMENTATION_ELSEWHERE, "It lives in GitLab's process: Gitaly."},
};

static const char *as_yaml(const struct doc_node *root)
{
    struct str text;
    const char *copy;

    str_init(&text);
    doc_write_yaml(root, 0, &text);
    copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}

static void test_questions(void **state)
{
    struct instrumentation_map *map = instrumentation_map_new(arena);
    struct complaints complaints;

    (void)state;
    complaints_init(&complaints, arena);
    instrumentation_map_add(map, "map.yml", document(map_text), &complaints);
    assert_string_equal(told(&complaints), "");
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        struct instrumentation_question question = {
            .class_name = questions[i].class_name,
            .key_path = questions[i].key_path,
            .options = questions[i].options != NULL ? document(questions[i].options) : NULL,
            .windowed = questions[i].windowed,
            .line = 3,
        };
        struct instrumentation_answer answer;

        print_message("  %s\n", questions[i].name);
        instrumentation_find(map, &question, arena, &answer);
        assert_int_equal(answer.outcome, questions[i].outcome);
        if (answer.outcome != INSTRUMENTATION_MAPPED) {
            assert_string_equal(answer.reason, questions[i].expected);
            continue;
        }
        assert_null(answer.reason);
        assert_int_equal(answer.options->line, 3);
        assert_string_equal(as_yaml(answer.options), as_yaml(document(questions[i].expected)));
    }
}

static const struct {
    const char *name, *text, *told;
} faults[] = {
    {"a document that is a list", "- a",
     "map.yml:1: -: The document must be a map of classes, "
     "key_paths and elsewhere.\n"},
    {"an unknown section", "klasses: {}",
     "map.yml:1: -: There is no section `klasses`: they are classes, key_paths, elsewhere.\n"},
    {"a section that is a list", "classes: [a]", "map.yml:1: -: `classes` must be a map.\n"},
    {"an entry that is a text", "classes: {A: issues}", "map.yml:1: A: An entry must be a map.\n"},
    {"an entry without a relation", "classes:\n  A: {column: id}",
     "map.yml:2: A: An entry needs `relation`, or `operation: sql`.\n"},
    {"an unknown field", "classes:\n  A:\n    relation: issues\n    scope: opened",
     "map.yml:4: A: An entry has no field `scope`.\n"},
    {"an empty relation", "classes:\n  A: {relation: ''}",
     "map.yml:2: A: `relation` must be a text that is not empty.\n"},
    {"an unknown operation", "classes:\n  A: {relation: issues, operation: max}",
     "map.yml:2: A: `operation` must be one of count, distinct_count, estimate_distinct_count, "
     "sum, average, sql.\n"},
    {"sql beside a relation", "classes:\n  A: {relation: issues, operation: sql, sql: SELECT 1}",
     "map.yml:2: A: `operation: sql` does not go with `relation`.\n"},
    {"operation sql without a statement", "classes:\n  A: {operation: sql}",
     "map.yml:2: A: `operation: sql` needs `sql`, or an option with `sql`, and not both.\n"},
    {"a statement without its operation", "classes:\n  A: {relation: issues, sql: SELECT 1}",
     "map.yml:2: A: `sql` needs `operation: sql`.\n"},
    {"joins that are a map", "classes:\n  A: {relation: issues, joins: {relation: notes}}",
     "map.yml:2: A: `joins` must be a list.\n"},
    {"a join without a condition", "classes:\n  A: {relation: issues, joins: [{relation: notes}]}",
     "map.yml:2: A: A join needs `relation` and `on`.\n"},
    {"a join of a kind that there is not",
     "classes:\n  A: {relation: i, joins: [{relation: notes, on: a, type: outer}]}",
     "map.yml:2: A: `type` must be one of inner, left.\n"},
    {"an option that says nothing", "classes:\n  A: {relation: i, options: {o: {needed: true}}}",
     "map.yml:2: A: Option `o` needs one of `column`, `where` and `sql`.\n"},
    {"an option that says two things",
     "classes:\n  A: {relation: i, options: {o: {column: c, where: {a: b}}}}",
     "map.yml:2: A: Option `o` needs one of `column`, `where` and `sql`.\n"},
    {"values without a column",
     "classes:\n  A: {relation: i, options: {o: {where: {a: b}, values: {a: 1}}}}",
     "map.yml:2: A: Option `o` has `values` without `column`.\n"},
    {"values without one", "classes:\n  A: {relation: i, options: {o: {column: c, values: {}}}}",
     "map.yml:2: A: `values` must be a map with something in it.\n"},
    {"a value that is nothing",
     "classes:\n  A: {relation: i, options: {o: {column: c, values: {a: }}}}",
     "map.yml:2: A: `a` of `values` must be a text.\n"},
    {"needed that is no flag", "classes:\n  A: {relation: i, options: {o: {column: c, needed: 2}}}",
     "map.yml:2: A: `needed` must be true or false.\n"},
    {"a reason that is empty", "elsewhere: {A: ''}",
     "map.yml:1: A: The reason must be a text that is not empty.\n"},
    {"a name in two sections", "classes:\n  A: {relation: i}\nelsewhere:\n  A: licence",
     "map.yml:4: A: It stands in more than one section.\n"},
    {"everything at once", "classes:\n  A: {column: ''}\n  B: {relation: []}\nx: y",
     "map.yml:2: A: `column` must be a text that is not empty.\n"
     "map.yml:2: A: An entry needs `relation`, or `operation: sql`.\n"
     "map.yml:3: B: `relation` must be a text that is not empty.\n"
     "map.yml:4: -: There is no section `x`: they are classes, key_paths, elsewhere.\n"},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct instrumentation_map *map = instrumentation_map_new(arena);
        struct complaints complaints;

        print_message("  %s\n", faults[i].name);
        complaints_init(&complaints, arena);
        instrumentation_map_add(map, "map.yml", document(faults[i].text), &complaints);
        assert_string_equal(told(&complaints), faults[i].told);
    }
}

static enum instrumentation_outcome ask_map(const struct instrumentation_map *map,
                                            const char *class_name, const char **relation)
{
    struct instrumentation_question question = {.class_name = class_name, .key_path = "a.b"};
    struct instrumentation_answer answer;

    instrumentation_find(map, &question, arena, &answer);
    *relation = answer.options != NULL ? doc_get(answer.options, "relation")->text : NULL;
    return answer.outcome;
}

static void test_later_files_win(void **state)
{
    struct instrumentation_map *map = instrumentation_map_new(arena);
    struct complaints complaints;
    const char *relation;

    (void)state;
    complaints_init(&complaints, arena);
    assert_int_equal(ask_map(map, "A", &relation), INSTRUMENTATION_UNMAPPED);
    instrumentation_map_add(
        map, "one.yml",
        document("classes: {A: {relation: a}, B: {relation: b}}\nelsewhere: {C: licence}"),
        &complaints);
    instrumentation_map_add(
        map, "two.yml",
        document("classes: {C: {relation: c}, A: {relation: z}}\nelsewhere: {B: x}"), &complaints);
    assert_string_equal(told(&complaints), "");
    assert_int_equal(ask_map(map, "A", &relation), INSTRUMENTATION_MAPPED);
    assert_string_equal(relation, "z");
    assert_int_equal(ask_map(map, "B", &relation), INSTRUMENTATION_ELSEWHERE);
    assert_int_equal(ask_map(map, "C", &relation), INSTRUMENTATION_MAPPED);
    assert_string_equal(relation, "c");
    instrumentation_map_add(map, "three.yml", document("classes: {A: {relation: []}}"),
                            &complaints);
    assert_int_equal(complaints.count, 1);
    assert_int_equal(ask_map(map, "A", &relation), INSTRUMENTATION_MAPPED);
    assert_string_equal(relation, "z");
}

struct tally {
    struct complaints complaints;
    unsigned classes, key_paths, elsewhere, plays;
};

/* The database source must take what the map says, whatever a definition's options are. */
static void play_shipped(const struct instrumentation_entry *entry,
                         const struct instrumentation_question *question,
                         const struct instrumentation_answer *answer, void *arg)
{
    struct tally *tally = arg;
    struct definition definition = {.file = entry->name, .instrumentation_class = entry->name};
    struct metric metric = {.key_path = entry->name, .value_type = TYPE_NUMBER};

    tally->plays++;
    if (answer->outcome == INSTRUMENTATION_REFUSED) {
        assert_true(question->windowed);
        assert_string_equal(doc_get(entry->node, "operation")->text, "sql");
        return;
    }
    assert_int_equal(answer->outcome, INSTRUMENTATION_MAPPED);
    definition.options = answer->options;
    metric.time_frame = question->windowed ? TIME_FRAME_28D : TIME_FRAME_ALL;
    database_spec_parse(&definition, &metric, arena, &tally->complaints);
    if (metric.not_computed != NULL)
        fail_msg("%s: %s", entry->name, metric.not_computed);
}

static void test_shipped_map(void **state)
{
    struct instrumentation_map *map;
    struct tally tally = {.plays = 0};

    (void)state;
    complaints_init(&tally.complaints, arena);
    map = instrumented_map(arena, &tally.complaints);
    assert_string_equal(told(&tally.complaints), "");
    for (size_t i = 0; i < map->count; i++)
        if (map->entries[i].elsewhere != NULL)
            tally.elsewhere++;
        else if (strchr(map->entries[i].name, '.') != NULL)
            tally.key_paths++;
        else
            tally.classes++;
    instrumented_each(map, arena, play_shipped, &tally);
    assert_string_equal(told(&tally.complaints), "");
    print_message("# %u classes, %u key paths, %u elsewhere, played %u times\n", tally.classes,
                  tally.key_paths, tally.elsewhere, tally.plays);
    assert_true(tally.classes >= 150);
    assert_true(tally.key_paths >= 150);
}

/* What a file of GitLab's asks of the map: NULL if it is not the database source's business. */
static bool asks_the_map(const struct doc_node *root, struct instrumentation_question *question)
{
    const struct doc_node *source = doc_get(root, "data_source");
    const struct doc_node *key_path = doc_get(root, "key_path");
    const struct doc_node *class_name = doc_get(root, "instrumentation_class");

    if (key_path == NULL || key_path->kind != DOC_SCALAR)
        return false;
    *question = (struct instrumentation_question){
        .class_name = doc_is_null(class_name) ? NULL : class_name->text,
        .key_path = key_path->text,
        .options = doc_get(root, "options"),
    };
    if (question->class_name != NULL)
        return strncmp(question->class_name, "Redis", 5) != 0;
    return source != NULL && source->kind == DOC_SCALAR && strcmp(source->text, "database") == 0;
}

/* GitLab's own files, where they are: GITLAB_CORPUS names the folder. */
static void test_real_definitions(void **state)
{
    const char *folder = getenv("GITLAB_CORPUS");
    unsigned asked = 0, outcomes[4] = {0};
    struct instrumentation_map *map;
    struct complaints complaints;
    struct file_list files;
    struct error err = {0};

    (void)state;
    if (!file_list(folder != NULL ? folder : "../shared/corpus", ".yml", arena, &files, &err)) {
        print_message("# skipped: %s\n", err.text);
        skip();
    }
    complaints_init(&complaints, arena);
    map = instrumented_map(arena, &complaints);
    for (size_t i = 0; i < files.count; i++) {
        struct instrumentation_question question;
        struct instrumentation_answer answer;
        const struct doc_node *root;
        const char *text;
        size_t length;
        int line;

        if (!file_read(files.paths[i], arena, &text, &length, &err))
            fail_msg("%s", err.text);
        root = doc_parse(text, length, arena, &line, &err);
        if (root == NULL || !asks_the_map(root, &question))
            continue;
        instrumentation_find(map, &question, arena, &answer);
        asked++;
        outcomes[answer.outcome]++;
        if (answer.outcome == INSTRUMENTATION_UNMAPPED)
            fail_msg("%s: %s", files.paths[i], answer.reason);
        if (answer.outcome == INSTRUMENTATION_REFUSED)
            print_message("# %s: %s\n", files.paths[i], answer.reason);
    }
    print_message("# of %u real definitions %u are mapped, %u live elsewhere, %u are refused\n",
                  asked, outcomes[INSTRUMENTATION_MAPPED], outcomes[INSTRUMENTATION_ELSEWHERE],
                  outcomes[INSTRUMENTATION_REFUSED]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_questions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_later_files_win, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shipped_map, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_real_definitions, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("instrumentation", tests, NULL, NULL);
}
