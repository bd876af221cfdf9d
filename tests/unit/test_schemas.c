#include "agent/schemas.h"

#include "agent/base/embedded.h"
#include "agent/base/file.h"
#include "agent/base/js_doc.h"
#include "agent/base/js_schema.h"
#include "agent/base/yaml.h"
#include "agent/definition.h"
#include "agent/settings_reader.h"
#include "metrics/sources.h"
#include "tests/support/golden.h"
#include "tests/support/settings_schema.h"
#include "tests/support/test.h"

#include <string.h>

static const char *const names[] = {
    [SCHEMA_OF_SETTINGS] = "settings",
    [SCHEMA_OF_METRIC] = "metric",
    [SCHEMA_OF_EVENT] = "event",
    [SCHEMA_OF_PAYLOAD] = "payload",
};

static const struct embedded *const files[] = {
    [SCHEMA_OF_SETTINGS] = &settings_schema,
    [SCHEMA_OF_METRIC] = &metric_schema,
    [SCHEMA_OF_EVENT] = &event_schema,
    [SCHEMA_OF_PAYLOAD] = &payload_schema,
};

static void that_of_the_settings_is_their_table(void **state)
{
    struct str text;

    (void)state;
    str_init(&text);
    settings_schema_write(&text);
    golden_expect_file("schemas/settings.schema.json", text.text);
    str_release(&text);
}

static struct js_value *parse_schema(enum schema_of which)
{
    struct error err = {0};
    struct js_value *value =
        js_parse((const char *)files[which]->bytes, files[which]->length, &err);

    assert_non_null(value);
    return value;
}

static void each_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct js_value *schema = parse_schema((enum schema_of)i);
        char id[64];

        (void)snprintf(id, sizeof(id), "urn:service-ping:schema:%s", names[i]);
        assert_string_equal(js_text(js_get(schema, "$id")), id);
        assert_string_equal(js_text(js_get(schema, "$schema")),
                            "http://json-schema.org/draft-07/schema#");
        assert_non_null(js_text(js_get(schema, "title")));
        assert_non_null(js_text(js_get(schema, "description")));
        js_free(schema);
    }
}

/* schema_documents.json, which tests/integration/test_schemas.sh puts to another validator, too. */

static enum schema_of schema_named(const char *name)
{
    size_t i = 0;

    while (i < COUNT_OF(names) && strcmp(names[i], name) != 0)
        i++;
    assert_true(i < COUNT_OF(names));
    return (enum schema_of)i;
}

static void expect_verdict(const struct js_value *row)
{
    enum schema_of which = schema_named(js_text(js_get(row, "schema")));
    bool fits = js_flag(js_get(row, "fits"));
    struct arena *arena = arena_new();
    struct complaints complaints;
    const struct doc_node *root = js_doc(js_get(row, "document"), arena);

    complaints_init(&complaints, arena);
    if (schemas_check(which, NULL, root, &complaints) != fits)
        fail_msg("%s: %s", js_text(js_get(row, "name")),
                 fits ? complaints.items[0].text : "let pass");
    arena_free(arena);
}

static void good_documents_fit_and_bad_ones_do_not(void **state)
{
    struct arena *arena = arena_new();
    struct js_value *rows;
    struct error err = {0};
    const char *text;
    size_t length;

    (void)state;
    assert_true(file_read("tests/unit/schema_documents.json", arena, &text, &length, &err));
    rows = js_parse(text, length, &err);
    assert_true(js_count(rows) > 60);
    for (size_t i = 0; i < js_count(rows); i++)
        expect_verdict(js_at(rows, i));
    js_free(rows);
    arena_free(arena);
}

/*
 * The schemas and the agent's own rules must say the same. What a schema refuses, the rules refuse,
 * always; what the rules refuse, the schema refuses but for the reasons that a row names.
 */
enum { MOST_SHOWN = 30 };

struct agreement {
    size_t both_accept, both_refuse, looser, disagreements;
};

/* Anything that may stand behind a key. */
static const char *const values[] = {"~",
                                     "''",
                                     "5",
                                     "-1",
                                     "0.5",
                                     "true",
                                     "on",
                                     "x",
                                     "17.6",
                                     "'17.6'",
                                     "10s",
                                     "1h",
                                     "[]",
                                     "[x]",
                                     "[~]",
                                     "[free, free]",
                                     "[standard]",
                                     "[7d]",
                                     "[7d, 28d]",
                                     "[all]",
                                     "{}",
                                     "{a: b}",
                                     "{a: {description: b}}",
                                     "7d",
                                     "all",
                                     "removed",
                                     "broken",
                                     "active",
                                     "redis",
                                     "redis_hll",
                                     "internal_events",
                                     "database",
                                     "optional",
                                     "Optional",
                                     "number",
                                     "'null'",
                                     "'-1'",
                                     "RedisMetric",
                                     "RedisHLLMetric",
                                     "sum",
                                     "sql",
                                     "A::Bc",
                                     "a.b",
                                     "counts..a",
                                     "service_ping.a",
                                     "[{name: e}]",
                                     "[{name: e, unique: user.id}]",
                                     "[{name: e, operator: total}]",
                                     "[{name: e, filter: {label: x, other: 5}}]",
                                     "[{name: e, filter: {label: 5}}]",
                                     "[{name: e, filter: {other: ~}}]",
                                     "[{relation: t, on: a}]",
                                     "[{relation: t, on: a, type: left}]",
                                     "[{relation: t, on: a, with: b}]",
                                     "{relation: t}",
                                     "{relation: t, operation: sum}",
                                     "{operation: sql, sql: SELECT 1}",
                                     "{operation: sql, sql: SELECT 1, where: a}",
                                     "{relation: t, sql: SELECT 1}",
                                     "{relation: t, colour: c}",
                                     "{key: k}",
                                     "{keys: [k]}",
                                     "{event: e, prefix: ~}",
                                     "{event: e}",
                                     "{events: [e]}",
                                     "{events: e}",
                                     "{fact: f}",
                                     "{fact: []}"};

static struct doc_node *parse(const char *yaml, struct arena *arena)
{
    struct error err = {0};
    struct doc_node *root;
    int line;

    root = doc_parse(yaml, strlen(yaml), arena, &line, &err);
    if (root == NULL)
        fail_msg("%s: %s", yaml, err.text);
    return root;
}

static bool is_excused(const struct complaints *complaints, const char *const *excuses)
{
    for (size_t i = 0; i < complaints->count; i++) {
        bool excused = false;

        for (const char *const *excuse = excuses; *excuse != NULL; excuse++)
            excused = excused || strstr(complaints->items[i].text, *excuse) != NULL;
        if (!excused)
            return false;
    }
    return true;
}

static void compare(const char *what, const struct complaints *rules,
                    const struct complaints *schema, const char *const *excuses,
                    struct agreement *agreement)
{
    if (rules->count == 0 && schema->count == 0)
        agreement->both_accept++;
    else if (rules->count > 0 && schema->count > 0)
        agreement->both_refuse++;
    else if (schema->count == 0 && is_excused(rules, excuses))
        agreement->looser++;
    else if (agreement->disagreements++ < MOST_SHOWN)
        print_message("%s: %s alone: %s\n", what, schema->count > 0 ? "the schema" : "the rules",
                      schema->count > 0 ? schema->items[0].text : rules->items[0].text);
}

static void print_agreement(const char *of, const struct agreement *agreement)
{
    assert_int_equal(agreement->disagreements, 0);
    print_message("%s: %zu accepted, %zu refused by both, %zu by the rules alone\n", of,
                  agreement->both_accept, agreement->both_refuse, agreement->looser);
    assert_true(agreement->both_accept > 100 && agreement->both_refuse > 1000);
    assert_true(agreement->looser * 4 < agreement->both_refuse);
}

static struct js_schema *read_schema(enum schema_of which)
{
    struct error err = {0};
    struct js_schema *schema =
        js_schema_read((const char *)files[which]->bytes, files[which]->length, &err);

    assert_non_null(schema);
    return schema;
}

/* Settings */

/* Addresses, time zones, credentials and the ranges of durations are beyond a schema. */
static const char *const settings_excuses[] = {"systemd credential",
                                               "a duration of ",
                                               "true or false, ",
                                               "URL",
                                               "address",
                                               "time zone",
                                               "no path of a socket",
                                               "schedule",
                                               "cron",
                                               "conninfo",
                                               "is not known to",
                                               "no proxy",
                                               NULL};

static void try_setting(const struct js_schema *schema_of_settings, const char *yaml,
                        struct agreement *agreement)
{
    struct arena *arena = arena_new();
    struct settings settings = {0};
    struct complaints rules, schema;
    struct settings_reader reader = {
        .settings = &settings, .scope = {arena, NULL}, .complaints = &rules, .file = "s.yml"};
    const struct doc_node *root = parse(yaml, arena);

    complaints_init(&rules, arena);
    complaints_init(&schema, arena);
    settings_reader_begin(&reader);
    assert_int_equal(rules.count, 0);
    settings_reader_document(&reader, root);
    (void)!js_schema_check(schema_of_settings, root, "s.yml", &schema);
    compare(yaml, &rules, &schema, settings_excuses, agreement);
    arena_free(arena);
}

/* "redis.tls" and a value as a document: "{redis: {tls: VALUE}}" */
static const char *document_of(const char *key, const char *value, struct arena *arena)
{
    const char *text = value;

    for (size_t end = strlen(key), at = end; at-- > 0;) {
        if (at > 0 && key[at - 1] != '.')
            continue;
        text = arena_format(arena, "{%.*s: %s}", (int)(end - at), key + at, text);
        end = at > 0 ? at - 1 : 0;
    }
    return text;
}

static void settings_and_their_schema_agree(void **state)
{
    static const char *const others[] = {"nobody",    "redis.nobody",   "databases.NAME.nobody",
                                         "databases", "databases.NAME", "databases.na me",
                                         "facts",     "facts.a.b",      "redis",
                                         "plan"};
    struct js_schema *schema = read_schema(SCHEMA_OF_SETTINGS);
    struct agreement agreement = {0};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (const struct setting *row = settings_table; row->key != NULL; row++)
            try_setting(schema, document_of(row->key, values[i], arena), &agreement);
        for (size_t k = 0; k < COUNT_OF(others); k++)
            try_setting(schema, document_of(others[k], values[i], arena), &agreement);
    }
    js_schema_free(schema);
    arena_free(arena);
    print_agreement("settings", &agreement);
}

/* Definitions */

static const char *const metric_bases[] = {
    "data_source: database",
    "data_source: database, instrumentation_class: CountIssuesMetric, options: {a: 1}",
    "data_source: database, options: {relation: t, operation: sum, column: c, where: a, "
    "timestamp_column: c, database: main, joins: [{relation: u, on: b}]}",
    "data_source: database, options: {operation: sql, sql: SELECT 1, database: main}",
    "data_source: redis, options: {key: k}",
    "data_source: redis, instrumentation_class: RedisMetric, options: {prefix: p, event: e, "
    "include_usage_prefix: false}",
    "data_source: redis, key_path: counts.network_policy_drops",
    "data_source: redis_hll, options: {keys: [k]}",
    "data_source: redis_hll, time_frame: 7d, instrumentation_class: RedisHLLMetric, "
    "options: {events: [e]}",
    "data_source: internal_events, events: [{name: e}]",
    "data_source: internal_events, time_frame: [7d, 28d], events: [{name: e, unique: user.id}]",
    "data_source: system, value_type: string, options: {fact: f}",
    "data_source: prometheus, value_type: object, status: broken, repair_issue_url: u",
    "data_source: database, status: removed, removed_by_url: u, milestone_removed: '14.0'",
    "data_source: database, tier: [free], status: data_available, milestone: 13.9",
};

static const char metric_rest[] =
    "key_path: counts.things\ndescription: Things\nproduct_group: some_group\nvalue_type: number\n"
    "status: active\nmilestone: \"17.6\"\nintroduced_by_url: https://example.com/1\n"
    "time_frame: all\ndata_category: optional\ntiers: [free, ultimate]\n";

/* SQL, what a source asks of events, and texts that YAML takes for flags. */
static const char *const definition_excuses[] = {"without quotes: it must be text",
                                                 "'where': ",
                                                 "'on': ",
                                                 "'sql': ",
                                                 "'column': ",
                                                 "'timestamp_column': ",
                                                 "window",
                                                 "redis_hll",
                                                 "counted by week",
                                                 "`fact`",
                                                 "`filter`",
                                                 "unique",
                                                 "operator",
                                                 "is an empty",
                                                 "must be text or a number",
                                                 "property",
                                                 "must be a text that is not empty",
                                                 "`options` lacks `",
                                                 "`options` has no `",
                                                 "must be a list with at least one entry",
                                                 "internal_events needs `events`",
                                                 NULL};

static void read_metric(const struct doc_node *root, struct arena *arena,
                        struct complaints *complaints)
{
    const struct definition_reader reader = {metric_sources, arena, complaints};
    struct metric_draft draft;

    definition_read_metric(&reader, "m.yml", root, &draft);
    if (draft.faulty || draft.removal != NULL || draft.metric.source == NULL)
        return;
    for (size_t i = 0; i < draft.frame_count && complaints->count == 0; i++) {
        struct metric metric = draft.metric;

        metric.time_frame = draft.frames[i];
        if (metric.not_computed == NULL)
            metric.source->parse(metric.definition, &metric, arena, complaints);
    }
}

static void read_event(const struct doc_node *root, struct arena *arena,
                       struct complaints *complaints)
{
    const struct definition_reader reader = {metric_sources, arena, complaints};
    struct event_draft draft;

    definition_read_event(&reader, "e.yml", root, &draft);
}

typedef void reader_of(const struct doc_node *root, struct arena *arena,
                       struct complaints *complaints);

/* What one kind of definition is tried with. */
struct trial {
    enum schema_of which;
    reader_of *read;
    struct js_schema *schema;
    struct agreement agreement;
};

/* Puts `value` at `key` of the map, in place of what is there; NULL takes it away. */
static void put(struct doc_node *map, const char *key, struct doc_node *value)
{
    struct doc_node **link = &map->first;

    while (*link != NULL && strcmp((*link)->key, key) != 0)
        link = &(*link)->next;
    if (*link != NULL) {
        *link = (*link)->next;
        map->count--;
    }
    if (value == NULL)
        return;
    value->key = key;
    value->next = *link;
    *link = value;
    map->count++;
}

/* "options.key" or "key"; there is no document without the map that a part is put into. */
static void change(struct doc_node *root, const char *path, struct doc_node *value,
                   struct arena *arena)
{
    const char *dot = strchr(path, '.');
    struct doc_node *options;

    if (dot == NULL) {
        put(root, path, value);
        return;
    }
    for (options = root->first; options != NULL && strcmp(options->key, "options") != 0;)
        options = options->next;
    if (options == NULL) {
        options = parse("{}", arena);
        put(root, "options", options);
    }
    put(options, dot + 1, value);
}

static void try_definition(struct trial *trial, const char *base, const char *path,
                           const char *value)
{
    struct arena *arena = arena_new();
    struct complaints rules, schema;
    struct doc_node *root = parse(base, arena);
    struct str text;

    complaints_init(&rules, arena);
    complaints_init(&schema, arena);
    change(root, path, value != NULL ? parse(value, arena) : NULL, arena);
    trial->read(root, arena, &rules);
    (void)!js_schema_check(trial->schema, root, NULL, &schema);
    str_init(&text);
    str_add_format(&text, "%s\nwith %s: %s", base, path, value != NULL ? value : "nothing");
    compare(text.text, &rules, &schema, definition_excuses, &trial->agreement);
    str_release(&text);
    arena_free(arena);
}

static void try_all_values(struct trial *trial, const char *base, const char *path)
{
    try_definition(trial, base, path, NULL);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        try_definition(trial, base, path, values[i]);
}

static const struct js_value *current_fields(const struct js_value *schema)
{
    return js_get(js_get(js_get(schema, "definitions"), "current"), "properties");
}

struct trying {
    struct trial *trial;
    const char *base;
};

static void try_field(const char *key, const struct js_value *value, void *arg)
{
    const struct trying *trying = arg;

    (void)value;
    try_all_values(trying->trial, trying->base, key);
}

/* Every field that the schema names, and one that nobody knows. */
static void try_fields(struct trial *trial, const char *base)
{
    struct js_value *schema = parse_schema(trial->which);
    struct trying trying = {trial, base};

    js_members(current_fields(schema), try_field, &trying);
    try_all_values(trial, base, "nobody");
    js_free(schema);
}

static void count_field(const char *key, const struct js_value *value, void *arg)
{
    (void)key;
    (void)value;
    (*(size_t *)arg)++;
}

/* The rules name the fields that there are when they are given another. */
static void expect_fields(enum schema_of which, reader_of *read)
{
    struct arena *arena = arena_new();
    struct js_value *schema = parse_schema(which);
    struct complaints complaints;
    size_t in_schema = 0, in_rules = 0;
    const char *list;

    complaints_init(&complaints, arena);
    read(parse("{nobody: 1}", arena), arena, &complaints);
    list = strstr(complaints.items[0].text, "it may have ");
    assert_non_null(list);
    for (list += strlen("it may have"); *list == ' ' || *list == ','; in_rules++) {
        size_t length;

        list += strspn(list, ", ");
        length = strspn(list, "abcdefghijklmnopqrstuvwxyz_");
        if (js_get(current_fields(schema), arena_copy_bytes(arena, list, length)) == NULL)
            fail_msg("the schema of %s lacks %.*s", names[which], (int)length, list);
        list += length;
    }
    js_members(current_fields(schema), count_field, &in_schema);
    assert_int_equal(in_schema, in_rules);
    js_free(schema);
    arena_free(arena);
}

static void the_fields_are_those_of_the_rules(void **state)
{
    (void)state;
    expect_fields(SCHEMA_OF_METRIC, read_metric);
    expect_fields(SCHEMA_OF_EVENT, read_event);
}

static void metrics_and_their_schema_agree(void **state)
{
    static const char *const options[] = {
        "relation", "operation", "column", "where",  "joins", "timestamp_column",     "database",
        "sql",      "key",       "keys",   "prefix", "event", "include_usage_prefix", "events",
        "fact",     "nobody"};
    struct trial trial = {.which = SCHEMA_OF_METRIC, .read = read_metric};
    struct arena *arena = arena_new();

    (void)state;
    trial.schema = read_schema(trial.which);
    for (size_t i = 0; i < COUNT_OF(metric_bases); i++) {
        struct doc_node *root = parse(metric_rest, arena);
        const struct doc_node *more = parse(arena_format(arena, "{%s}", metric_bases[i]), arena);
        struct str base;

        for (const struct doc_node *node = more->first; node != NULL;) {
            const struct doc_node *next = node->next;
            struct doc_node *copy = ARENA_NEW(arena, struct doc_node);

            *copy = *node;
            put(root, node->key, copy);
            node = next;
        }
        str_init(&base);
        doc_write_yaml(root, 0, &base);
        try_fields(&trial, base.text);
        for (size_t k = 0; k < COUNT_OF(options) && strstr(metric_bases[i], "options") != NULL; k++)
            try_all_values(&trial, base.text, arena_format(arena, "options.%s", options[k]));
        str_release(&base);
    }
    js_schema_free(trial.schema);
    arena_free(arena);
    print_agreement("metrics", &trial.agreement);
}

static void events_and_their_schema_agree(void **state)
{
    static const char *const bases[] = {
        "description: Something\ninternal_events: true\naction: something_used\n"
        "identifiers: [project, user]\nproduct_group: some_group\nmilestone: '17.2'\n"
        "introduced_by_url: https://example.com/2\ntiers: [free]\n",
        "action: g_old\ndistributions: [ce]\ncategory: c\n",
    };
    struct trial trial = {.which = SCHEMA_OF_EVENT, .read = read_event};

    (void)state;
    trial.schema = read_schema(trial.which);
    for (size_t i = 0; i < COUNT_OF(bases); i++)
        try_fields(&trial, bases[i]);
    js_schema_free(trial.schema);
    print_agreement("events", &trial.agreement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(that_of_the_settings_is_their_table),
        cmocka_unit_test(each_says_what_it_is),
        cmocka_unit_test(good_documents_fit_and_bad_ones_do_not),
        cmocka_unit_test(settings_and_their_schema_agree),
        cmocka_unit_test(the_fields_are_those_of_the_rules),
        cmocka_unit_test(metrics_and_their_schema_agree),
        cmocka_unit_test(events_and_their_schema_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
