#include "agent/definition.h"

#include "tests/support/test.h"

#include <string.h>

/* A definition without a fault; a case replaces one of its lines, or adds some. */
static const char *const metric_lines[] = {"key_path: counts.things",
                                           "description: Things",
                                           "product_group: some_group",
                                           "value_type: number",
                                           "status: active",
                                           "milestone: \"17.6\"",
                                           "introduced_by_url: https://example.com/1",
                                           "time_frame: all",
                                           "data_source: database",
                                           "data_category: optional",
                                           "tiers: [free, ultimate]",
                                           NULL};

static const char *const old_lines[] = {"data_category: Optional",
                                        "key_path: counts.things",
                                        "description: TBD",
                                        "product_section: dev",
                                        "product_stage:",
                                        "product_group: group::editor",
                                        "product_category: ''",
                                        "value_type: number",
                                        "status: data_available",
                                        "time_frame: 28d",
                                        "data_source: database",
                                        "distribution: [ce, ee]",
                                        "tier: [free, starter, gold]",
                                        NULL};

static const char *const event_lines[] = {"description: Something was used",
                                          "internal_events: true",
                                          "action: something_used",
                                          "identifiers: [project, user]",
                                          "product_group: some_group",
                                          "milestone: '17.2'",
                                          "introduced_by_url: https://example.com/2",
                                          "tiers: [free]",
                                          NULL};

struct row {
    const char *name;
    const char *without; /* the key of the line that goes; NULL: none */
    const char *with;    /* lines that are added, each begun by its key */
    const char *says;    /* part of the one complaint; NULL: there is none */
    int line;            /* of the complaint; lines that are added follow the others */
};

static const struct row metric_rows[] = {
    {"a current definition is fine", NULL, NULL, NULL, 0},
    {"a key path must be there", "key_path", NULL, "a metric definition needs key_path", 1},
    {"a key path must not be empty", "key_path", "key_path:", "it must be text", 11},
    {"a part of a key path must not be empty", "key_path", "key_path: counts..a",
     "has an empty part", 11},
    {"a key path must not end with a dot", "key_path", "key_path: counts.", "has an empty part",
     11},
    {"a key path must not begin with a dot", "key_path", "key_path: .counts", "has an empty part",
     11},
    {"the ping's own key is taken", "key_path", "key_path: service_ping.x",
     "may not begin with service_ping", 11},
    {"a key that only begins like the ping's own is free", "key_path", "key_path: service_pings",
     NULL, 0},
    {"a description must be text", "description", "description: 12", "write \"12\"", 11},
    {"a description must not be a list", "description", "description: [a]",
     "`description` is a list: it must be text", 11},
    {"a product group may be any text", "product_group", "product_group: a brand new one", NULL, 0},
    {"a product group must be there", "product_group", NULL, "needs product_group", 1},
    {"a field must not stand twice", NULL, "milestone: \"1.0\"", "stands here twice", 12},
    {"a value type must be known", "value_type", "value_type: nubmer",
     "`value_type` is 'nubmer': it must be string, number, boolean or object; did you mean "
     "'number'?",
     11},
    {"D5: a milestone without quotes is a number", "milestone", "milestone: 10.0",
     "`milestone` is 10.0 without quotes: it must be text, write \"10.0\"", 11},
    {"D5: a milestone has two parts", "milestone", "milestone: \"13\"",
     "a version in quotes such as \"17.6\"", 11},
    {"D5: a milestone of two parts is fine", "milestone", "milestone: '13.11'", NULL, 0},
    {"D5: a milestone may say before", "milestone", "milestone: \"<13.9\"", NULL, 0},
    {"a milestone has no third part", "milestone", "milestone: 13.9.1", "a version in quotes", 11},
    {"a URL may be a placeholder", "introduced_by_url", "introduced_by_url: TODO", NULL, 0},
    {"a URL must be there", "introduced_by_url", "introduced_by_url:", "it must be text", 11},
    {"D6: a list with one time frame", "time_frame", "time_frame: [7d]", NULL, 0},
    {"D6: a single time frame", "time_frame", "time_frame: 7d", NULL, 0},
    {"D6: a time frame twice", "time_frame", "time_frame: [7d, 7d]",
     "`time_frame` names '7d' twice", 11},
    {"D6: none is not for lists", "time_frame", "time_frame: [none]", "it must be 7d, 28d or all",
     11},
    {"D6: none by itself", "time_frame", "time_frame: none", NULL, 0},
    {"D6: an empty list of time frames", "time_frame", "time_frame: []", NULL, 0},
    {"a time frame must be known", "time_frame", "time_frame: 14d",
     "it must be none, 7d, 28d or all", 11},
    {"D3: a removed metric needs its end", "status", "status: removed\nmilestone_removed: '14.1'",
     "`removed_by_url` is needed, because the status is removed", 1},
    {"D3: the URL of the removal may be empty", "status",
     "status: removed\nmilestone_removed: '14.1'\nremoved_by_url:", NULL, 0},
    {"a removed metric needs its milestone", "status",
     "status: removed\nremoved_by_url:", "`milestone_removed` is needed", 1},
    {"D4: a broken metric needs an issue", "status", "status: broken",
     "`repair_issue_url` is needed, because the status is broken", 1},
    {"a broken metric with an issue", "status",
     "status: broken\nrepair_issue_url: https://example.com/3", NULL, 0},
    {"D7: unique events have no total", "data_source",
     "data_source: internal_events\nevents: [{name: a, unique: user.id}]",
     "`time_frame` is 'all': with unique events it must be 7d or 28d", 8},
    {"D7: not every event is unique", "data_source",
     "data_source: internal_events\nevents: [{name: a, unique: user.id}, {name: b}]", NULL, 0},
    {"D8: internal events have no class", "data_source",
     "data_source: internal_events\nevents: [{name: a}]\ninstrumentation_class: CountMetric",
     "`instrumentation_class` may not be given", 13},
    {"D8: internal events need events", "data_source", "data_source: internal_events",
     "`events` is needed, because the data source is internal_events", 1},
    {"internal events need one event at least", "data_source",
     "data_source: internal_events\nevents: []", "`events` is empty", 12},
    {"an event needs a name", "data_source",
     "data_source: internal_events\nevents: [{unique: user.id}, {name: b}]",
     "an entry of `events` needs name", 12},
    {"an event must be a map", "data_source", "data_source: internal_events\nevents: [a]",
     "must be a map with a `name`", 12},
    {"an event has no other parts", "data_source",
     "data_source: internal_events\nevents: [{name: a, uniqe: user.id}]",
     "has no field 'uniqe'; it may have name, unique, filter, operator; did you mean 'unique'?",
     12},
    {"a unique must be known", "data_source",
     "data_source: internal_events\nevents: [{name: a, unique: user}, {name: b}]",
     "it must be user.id, project.id, namespace.id, label, property or value", 12},
    {"a sum of an event", "data_source",
     "data_source: internal_events\nevents: [{name: a, operator: sum(value)}]", NULL, 0},
    {"a total of an event needs unique", "data_source",
     "data_source: internal_events\nevents: [{name: a, operator: total}]",
     "the operator total needs `unique`", 12},
    {"filters are texts and numbers", "data_source",
     "data_source: internal_events\nevents: [{name: a, filter: {label: x, value: 1.5, own: 3}}]",
     NULL, 0},
    {"a filter on the label is text", "data_source",
     "data_source: internal_events\nevents: [{name: a, filter: {label: 3}}]",
     "`label` is 3 without quotes", 12},
    {"a filter on the value is a number", "data_source",
     "data_source: internal_events\nevents: [{name: a, filter: {value: '3'}}]",
     "`value` is '3': it must be a number without quotes", 12},
    {"a filter of one's own is no flag", "data_source",
     "data_source: internal_events\nevents: [{name: a, filter: {own: true}}]",
     "the filter `own` must be text or a number", 12},
    {"D9: a Redis metric needs its prefix", "data_source",
     "data_source: redis\ninstrumentation_class: RedisMetric\noptions: {event: a}",
     "`options` of a RedisMetric needs prefix", 13},
    {"D9: the prefix may be null", "data_source",
     "data_source: redis\ninstrumentation_class: RedisMetric\noptions: {event: a, prefix: null}",
     NULL, 0},
    {"D9: no other options", "data_source",
     "data_source: redis\ninstrumentation_class: RedisMetric\noptions: {event: a, prefix: b, c: d}",
     "`options` of a RedisMetric has no field 'c'", 13},
    {"D9: no other class", "data_source",
     "data_source: redis\ninstrumentation_class: OtherMetric\noptions: {event: a, prefix: b}",
     "`instrumentation_class` must be RedisMetric, because the data source is redis", 12},
    {"a Redis metric needs options", "data_source",
     "data_source: redis\ninstrumentation_class: RedisMetric", "`options` is needed", 1},
    {"a Redis metric of our own", "data_source", "data_source: redis\noptions: {key: ANY_KEY}",
     NULL, 0},
    {"a Redis metric of our own has no other options", "data_source",
     "data_source: redis\noptions: {key: A, prefix: b}", "`options` has no field 'prefix'", 12},
    {"a Redis metric of neither kind", "data_source", "data_source: redis",
     "needs `options` with `key`, or `instrumentation_class: RedisMetric`", 1},
    {"D10: a HyperLogLog metric needs events in its options", "data_source",
     "data_source: redis_hll\ninstrumentation_class: RedisHLLMetric\noptions: {}",
     "`options` of a RedisHLLMetric needs events", 13},
    {"D10: a HyperLogLog metric with events", "data_source",
     "data_source: redis_hll\ninstrumentation_class: RedisHLLMetric\noptions: {events: [a]}", NULL,
     0},
    {"D10: no other options", "data_source",
     "data_source: redis_hll\ninstrumentation_class: RedisHLLMetric\noptions: {events: [a], x: 1}",
     "has no field 'x'", 13},
    {"a HyperLogLog metric without options", "data_source",
     "data_source: redis_hll\ninstrumentation_class: RedisHLLMetric\nevents: [{name: a}]", NULL, 0},
    {"a HyperLogLog metric of our own", "data_source",
     "data_source: redis_hll\noptions: {keys: [a, b]}", NULL, 0},
    {"keys are texts", "data_source", "data_source: redis_hll\noptions: {keys: a}",
     "`keys` is 'a': it must be a list of texts", 12},
    {"D11: an unknown field", NULL, "product_groop: x",
     "a metric definition has no field 'product_groop'", 12},
    {"D11: an unknown indicator", NULL, "performance_indicator_type: [gmau, xmau]",
     "`performance_indicator_type` is 'xmau'", 12},
    {"D11: an unknown tier", "tiers", "tiers: [gold]",
     "`tiers` is 'gold': it must be free, premium or ultimate", 11},
    {"tiers are a list", "tiers", "tiers: free", "it must be a list of free, premium or ultimate",
     11},
    {"no tier is fine", "tiers", "tiers: []", NULL, 0},
    {"D12: a status must be there", "status", NULL, "needs status", 1},
    {"a status of old is not for current files", "status", "status: data_available",
     "it must be active, broken or removed", 11},
    {"a category in upper case is not for current files", "data_category",
     "data_category: Optional", "did you mean 'optional'?", 11},
    {"a data source must be known", "data_source", "data_source: databse",
     "it must be database, redis, redis_hll, prometheus, system, license or internal_events; did "
     "you mean 'database'?",
     11},
    {"a data source that a source brings along", "data_source", "data_source: own_source", NULL, 0},
    {"a class has letters only", NULL, "instrumentation_class: Count2Metric",
     "the name of a class such as CountIssuesMetric", 12},
    {"a class may have parts", NULL, "instrumentation_class: Geo::CountHLLMetric", NULL, 0},
    {"options are a map", NULL, "options: [a]", "it must be a map", 12},
    {"events are a list", NULL, "events: {a: b}", "`events` is a map: it must be a list", 12},
    {"product categories are texts", NULL, "product_categories: [a, 3]", "is 3 without quotes", 12},
    {"a file of old needs little", NULL, "skip_validation: true\nowner: nobody", NULL, 0},
};

static const struct row old_rows[] = {
    {"an old definition is fine", NULL, NULL, NULL, 0},
    {"implemented was a status", "status", "status: implemented", NULL, 0},
    {"deprecated was a status", "status", "status: deprecated", NULL, 0},
    {"no data source", "data_source", "data_source:\nskip_validation: true", NULL, 0},
    {"a name as the generator made it", NULL,
     "name: \"count_<adjective describing: '(a IN (3, 5))'>_clusters\"", NULL, 0},
    {"no milestone", NULL, "milestone:", NULL, 0},
    {"removed without saying why", "status", "status: removed", NULL, 0},
    {"no category", "data_category", NULL, NULL, 0},
    {"no status", "status", NULL, NULL, 0},
    {"a class without options", "data_source",
     "data_source: redis_hll\ninstrumentation_class: RedisHLLMetric", NULL, 0},
    {"options and events may be empty", NULL, "options:\nevents:", NULL, 0},
    {"a key path is needed all the same", "key_path", NULL, "needs key_path", 1},
    {"a time frame must be known all the same", "time_frame", "time_frame: 9d",
     "it must be none, 7d, 28d or all", 13},
    {"a status must be known all the same", "status", "status: dead", "`status` is 'dead'", 13},
    {"a category must be known all the same", "data_category", "data_category: Private",
     "it must be standard, subscription, operational or optional", 13},
};

static const struct row event_rows[] = {
    {"a current event is fine", NULL, NULL, NULL, 0},
    {"an event needs a name", "action", NULL, "an event definition needs action", 1},
    {"the name of an event has small letters", "action", "action: Some thing",
     "it may hold only small letters, digits and _", 8},
    {"identifiers must be known", "identifiers", "identifiers: [projekt]",
     "`identifiers` is 'projekt': it must be project, user", 8},
    {"identifiers may be empty", "identifiers", "identifiers:", NULL, 0},
    {"properties have a description", NULL, "additional_properties: {label: {}}",
     "a property needs description", 9},
    {"a property is a map", NULL, "additional_properties: {label: text}",
     "the property `label` must be a map with a `description`", 9},
    {"properties of one's own", NULL,
     "additional_properties: {label: {description: a}, own: {description: b}}", NULL, 0},
    {"an unknown field", NULL, "catgory: x", "did you mean 'category'?", 9},
    {"a legacy event has a category", "internal_events", "category: API::Commits", NULL, 0},
    {"milestone and URL may be empty", "milestone", "milestone:", NULL, 0},
    {"an old event needs only its name", "description", "distributions: [ce]\nproduct_section: dev",
     NULL, 0},
    {"an old event needs its name", "action", "product_section: dev", "needs action", 1},
};

static const char *const reads[] = {"database", "redis",      "redis_hll", "internal_events",
                                    "system",   "own_source", NULL};
static const struct source_ops fake = {.name = "fake", .data_sources = reads};
static const struct source_ops *const sources[] = {&fake, NULL};

struct desk {
    struct arena *arena;
    struct complaints complaints;
    struct definition_reader reader;
};

static void desk_init(struct desk *desk)
{
    desk->arena = arena_new();
    complaints_init(&desk->complaints, desk->arena);
    desk->reader = (struct definition_reader){sources, desk->arena, &desk->complaints};
}

static bool is_line_of(const char *line, const char *key)
{
    size_t length = strlen(key);

    return strncmp(line, key, length) == 0 && line[length] == ':';
}

static const struct doc_node *parse(struct desk *desk, const char *const *lines,
                                    const struct row *row)
{
    const char *text = "";
    struct doc_node *root;
    struct error err;
    int line;

    for (; *lines != NULL; lines++)
        if (row->without == NULL || !is_line_of(*lines, row->without))
            text = arena_format(desk->arena, "%s%s\n", text, *lines);
    if (row->with != NULL)
        text = arena_format(desk->arena, "%s%s\n", text, row->with);
    root = doc_parse(text, strlen(text), desk->arena, &line, &err);
    if (root == NULL)
        complain(&desk->complaints, "x.yml", line, NULL, "%s", err.text);
    return root;
}

static void expect(struct desk *desk, const struct row *row, bool faulty)
{
    print_message("# %s\n", row->name);
    if (desk->complaints.count != (row->says != NULL ? 1U : 0U))
        complaints_print(&desk->complaints, stderr);
    assert_int_equal(desk->complaints.count, row->says != NULL ? 1 : 0);
    assert_int_equal(faulty, row->says != NULL);
    if (row->says == NULL)
        return;
    assert_non_null(strstr(desk->complaints.items[0].text, row->says));
    assert_int_equal(desk->complaints.items[0].line, row->line);
    assert_string_equal(desk->complaints.items[0].file, "x.yml");
}

static void play_metrics(const char *const *lines, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct desk desk;
        struct metric_draft draft = {.faulty = true};
        const struct doc_node *root;

        desk_init(&desk);
        root = parse(&desk, lines, &rows[i]);
        if (root != NULL)
            definition_read_metric(&desk.reader, "x.yml", root, &draft);
        expect(&desk, &rows[i], draft.faulty);
        arena_free(desk.arena);
    }
}

static void checks_current_metrics(void **state)
{
    (void)state;
    play_metrics(metric_lines, metric_rows, COUNT_OF(metric_rows));
}

static void accepts_older_metrics(void **state)
{
    (void)state;
    play_metrics(old_lines, old_rows, COUNT_OF(old_rows));
}

static void checks_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(event_rows); i++) {
        struct desk desk;
        struct event_draft draft = {.faulty = true};
        const struct doc_node *root;

        desk_init(&desk);
        root = parse(&desk, event_lines, &event_rows[i]);
        if (root != NULL)
            definition_read_event(&desk.reader, "x.yml", root, &draft);
        expect(&desk, &event_rows[i], draft.faulty);
        arena_free(desk.arena);
    }
}

static void read_metric(struct desk *desk, const char *const *lines, const char *without,
                        const char *with, struct metric_draft *draft)
{
    const struct row row = {.without = without, .with = with};
    const struct doc_node *root;

    desk_init(desk);
    root = parse(desk, lines, &row);
    assert_non_null(root);
    definition_read_metric(&desk->reader, "x.yml", root, draft);
    assert_int_equal(desk->complaints.count, 0);
}

static void takes_over_what_a_metric_says(void **state)
{
    struct metric_draft draft;
    struct desk desk;

    (void)state;
    read_metric(&desk, metric_lines, "time_frame",
                "time_frame: [28d, all, 7d]\noptions: {a: b}\nevents: [{name: c}]\n"
                "instrumentation_class: CountMetric",
                &draft);
    assert_string_equal(draft.metric.key_path, "counts.things");
    assert_string_equal(draft.metric.description, "Things");
    assert_string_equal(draft.metric.product_group, "some_group");
    assert_string_equal(draft.metric.data_source, "database");
    assert_string_equal(draft.metric.milestone, "17.6");
    assert_int_equal(draft.metric.value_type, TYPE_NUMBER);
    assert_int_equal(draft.metric.status, METRIC_ACTIVE);
    assert_int_equal(draft.metric.category, CATEGORY_OPTIONAL);
    assert_ptr_equal(draft.metric.source, &fake);
    assert_null(draft.metric.not_computed);
    assert_string_equal(draft.metric.definition->file, "x.yml");
    assert_string_equal(doc_get(draft.metric.definition->options, "a")->text, "b");
    assert_int_equal(draft.metric.definition->events->count, 1);
    assert_string_equal(draft.metric.definition->instrumentation_class, "CountMetric");
    assert_true(draft.listed);
    assert_int_equal(draft.frame_count, 3);
    assert_int_equal(draft.frames[0], TIME_FRAME_28D);
    assert_int_equal(draft.frames[1], TIME_FRAME_ALL);
    assert_int_equal(draft.frames[2], TIME_FRAME_7D);
    assert_int_equal(draft.key_line, 1);
    arena_free(desk.arena);
}

static const struct {
    const char *name, *with;
    enum metric_status status;
    const char *removal;
} fates[] = {
    {"available data is active", "status: data_available", METRIC_ACTIVE, NULL},
    {"what is implemented is active", "status: implemented", METRIC_ACTIVE, NULL},
    {"what is broken is collected", "status: broken", METRIC_BROKEN, NULL},
    {"what is not used is removed", "status: not_used", METRIC_REMOVED, "is not_used"},
    {"what is deprecated is removed", "status: deprecated", METRIC_REMOVED, "is deprecated"},
    {"what is removed says since when", "status: removed\nmilestone_removed: '14.4'",
     METRIC_REMOVED, "is removed since 14.4"},
    {"D12: what has no status is not collected", "status:", METRIC_REMOVED,
     "has no status, so it is not collected"},
};

static void maps_old_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fates); i++) {
        struct metric_draft draft;
        struct desk desk;

        print_message("# %s\n", fates[i].name);
        if (strcmp(fates[i].with, "status:") == 0)
            read_metric(&desk, old_lines, "status", NULL, &draft);
        else
            read_metric(&desk, old_lines, "status", fates[i].with, &draft);
        assert_int_equal(draft.metric.status, fates[i].status);
        if (fates[i].removal == NULL)
            assert_null(draft.removal);
        else
            assert_string_equal(draft.removal, fates[i].removal);
        arena_free(desk.arena);
    }
}

static void says_why_a_metric_is_not_computed(void **state)
{
    struct metric_draft draft;
    struct desk desk;

    (void)state;
    read_metric(&desk, metric_lines, "data_source", "data_source: prometheus", &draft);
    assert_null(draft.metric.source);
    assert_string_equal(draft.metric.not_computed, "No source of this build reads prometheus.");
    arena_free(desk.arena);
    read_metric(&desk, old_lines, "data_source", "data_source:", &draft);
    assert_null(draft.metric.source);
    assert_string_equal(draft.metric.not_computed, "The definition names no data source.");
    arena_free(desk.arena);
}

static void reads_older_values(void **state)
{
    struct metric_draft draft;
    struct desk desk;

    (void)state;
    read_metric(&desk, old_lines, "data_category", "data_category: Operational", &draft);
    assert_int_equal(draft.metric.category, CATEGORY_OPERATIONAL);
    assert_string_equal(draft.metric.product_group, "group::editor");
    assert_string_equal(draft.metric.milestone, "");
    assert_int_equal(draft.frames[0], TIME_FRAME_28D);
    assert_false(draft.listed);
    arena_free(desk.arena);
    read_metric(&desk, old_lines, "data_category", NULL, &draft);
    assert_int_equal(draft.metric.category, CATEGORY_OPTIONAL);
    arena_free(desk.arena);
}

static const struct {
    const char *name, *text, *says;
} shapes[] = {
    {"a list is no definition", "- a\n- b\n", "this file holds a list"},
    {"a text is no definition", "a\n", "this file holds a text"},
    {"an empty file is no definition", "", "this file is empty"},
};

static void refuses_what_is_no_map(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct metric_draft metric;
        struct event_draft event;
        struct desk desk;
        struct error err;
        int line;
        const struct doc_node *root;

        print_message("# %s\n", shapes[i].name);
        desk_init(&desk);
        root = doc_parse(shapes[i].text, strlen(shapes[i].text), desk.arena, &line, &err);
        assert_non_null(root);
        definition_read_metric(&desk.reader, "x.yml", root, &metric);
        definition_read_event(&desk.reader, "x.yml", root, &event);
        assert_int_equal(desk.complaints.count, 2);
        assert_non_null(strstr(desk.complaints.items[0].text, shapes[i].says));
        assert_true(metric.faulty && metric.metric.key_path == NULL);
        assert_true(event.faulty && event.event.name == NULL);
        arena_free(desk.arena);
    }
}

static void complains_of_everything_at_once(void **state)
{
    static const char text[] = "key_path: a..b\nvalue_type: x\nstatus: active\ntime_frame: 3d\n"
                               "data_source: x\ncolour: red\n";
    struct metric_draft draft;
    struct desk desk;
    struct error err;
    int line;

    (void)state;
    desk_init(&desk);
    definition_read_metric(&desk.reader, "x.yml",
                           doc_parse(text, strlen(text), desk.arena, &line, &err), &draft);
    assert_int_equal(desk.complaints.count, 6);
    for (size_t i = 0; i < desk.complaints.count; i++)
        assert_string_equal(desk.complaints.items[i].key_path, "a..b");
    arena_free(desk.arena);
}

static void stops_at_ten_unknown_fields(void **state)
{
    struct metric_draft draft;
    struct desk desk;
    struct error err;
    const char *text = "";
    int line;

    (void)state;
    desk_init(&desk);
    for (int i = 0; i < 30; i++)
        text = arena_format(desk.arena, "%sfield_%d: x\n", text, i);
    definition_read_metric(&desk.reader, "x.yml",
                           doc_parse(text, strlen(text), desk.arena, &line, &err), &draft);
    assert_int_equal(desk.complaints.count, 12);
    assert_non_null(strstr(desk.complaints.items[10].text, "has 20 fields more"));
    assert_non_null(strstr(desk.complaints.items[11].text,
                           "needs key_path, description, product_group, value_type, status"));
    arena_free(desk.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_current_metrics),
        cmocka_unit_test(accepts_older_metrics),
        cmocka_unit_test(checks_events),
        cmocka_unit_test(takes_over_what_a_metric_says),
        cmocka_unit_test(maps_old_statuses),
        cmocka_unit_test(says_why_a_metric_is_not_computed),
        cmocka_unit_test(reads_older_values),
        cmocka_unit_test(refuses_what_is_no_map),
        cmocka_unit_test(complains_of_everything_at_once),
        cmocka_unit_test(stops_at_ten_unknown_fields),
    };

    return cmocka_run_group_tests_name("definition", tests, NULL, NULL);
}
