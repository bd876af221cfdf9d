#include "agent/definition_rules.h"

#include "agent/base/words.h"

#include <string.h>

static bool is(const struct reading *reading, enum metric_field field, const char *text)
{
    const char *there = reading_text(reading, field);

    return there != NULL && strcmp(there, text) == 0;
}

static void check_key_path(const struct reading *reading)
{
    const char *path = reading_text(reading, FIELD_KEY_PATH);
    size_t length = path != NULL ? strlen(path) : 0;

    if (length == 0)
        return;
    if (path[0] == '.' || path[length - 1] == '.' || strstr(path, "..") != NULL)
        form_fault(&reading->place, reading->nodes[FIELD_KEY_PATH],
                   "`key_path` has an empty part: dots stand between names, as in counts.issues");
    if (strcmp(path, "service_ping") == 0 || strncmp(path, "service_ping.", 13) == 0)
        form_fault(&reading->place, reading->nodes[FIELD_KEY_PATH],
                   "`key_path` may not begin with service_ping, where the ping tells of itself");
}

static const char *const uniques[] = {"user.id", "project.id", "namespace.id", "label", "property",
                                      "value",   NULL};
static const char *const operators[] = {"sum(value)", "total", NULL};

enum { EVENT_NAME, EVENT_UNIQUE, EVENT_FILTER, EVENT_OPERATOR, EVENT_PART_COUNT };

static const struct form_field event_parts[] = {
    [EVENT_NAME] = {"name", FORM_TEXT, true},
    [EVENT_UNIQUE] = {"unique", FORM_WORD, false, uniques},
    [EVENT_FILTER] = {"filter", FORM_MAP, false},
    [EVENT_OPERATOR] = {"operator", FORM_WORD, false, operators},
};

static const struct form event_form = {
    .what = "an entry of `events`", .fields = event_parts, .count = EVENT_PART_COUNT};

static void check_filter(const struct form_place *place, const struct doc_node *filter)
{
    enum { LABEL, PROPERTY, VALUE, BASE_COUNT };
    static const struct form_field base[] = {
        [LABEL] = {"label", FORM_TEXT, false},
        [PROPERTY] = {"property", FORM_TEXT, false},
        [VALUE] = {"value", FORM_NUMBER, false},
    };
    static const struct form base_form = {
        .what = "a filter", .fields = base, .count = BASE_COUNT, .open = true};
    const struct doc_node *nodes[BASE_COUNT];

    if (filter == NULL || filter->kind != DOC_MAP)
        return;
    form_read(&base_form, place, filter, nodes);
    for (const struct doc_node *part = filter->first; part != NULL; part = part->next) {
        enum doc_type type = part->kind == DOC_SCALAR ? doc_type(part) : DOC_NULL;

        if (part != nodes[LABEL] && part != nodes[PROPERTY] && part != nodes[VALUE] &&
            (type == DOC_NULL || type == DOC_FLAG))
            form_fault(place, part, "the filter `%.200s` must be text or a number", part->key);
    }
}

static void check_events(const struct reading *reading)
{
    const struct doc_node *events = reading->nodes[FIELD_EVENTS];
    const struct doc_node *parts[EVENT_PART_COUNT];

    if (events == NULL || events->kind != DOC_LIST)
        return;
    for (const struct doc_node *event = events->first; event != NULL; event = event->next) {
        if (event->kind != DOC_MAP) {
            form_fault(&reading->place, event, "an entry of `events` must be a map with a `name`");
            continue;
        }
        form_read(&event_form, &reading->place, event, parts);
        check_filter(&reading->place, parts[EVENT_FILTER]);
        if (parts[EVENT_OPERATOR] != NULL && parts[EVENT_UNIQUE] == NULL &&
            parts[EVENT_OPERATOR]->kind == DOC_SCALAR &&
            strcmp(parts[EVENT_OPERATOR]->text, "total") == 0)
            form_fault(&reading->place, event, "the operator total needs `unique`");
    }
}

static void need(const struct reading *reading, enum metric_field field, const char *name,
                 const char *because)
{
    if (reading->nodes[field] == NULL)
        form_fault(&reading->place, reading->root, "`%s` is needed, because %s", name, because);
}

static void check_status(const struct reading *reading)
{
    if (is(reading, FIELD_STATUS, "removed")) {
        need(reading, FIELD_REMOVED_BY_URL, "removed_by_url", "the status is removed");
        need(reading, FIELD_MILESTONE_REMOVED, "milestone_removed", "the status is removed");
    }
    if (is(reading, FIELD_STATUS, "broken"))
        need(reading, FIELD_REPAIR_ISSUE_URL, "repair_issue_url", "the status is broken");
}

static void check_internal_events(const struct reading *reading)
{
    const struct doc_node *events = reading->nodes[FIELD_EVENTS];

    need(reading, FIELD_EVENTS, "events", "the data source is internal_events");
    if (events != NULL && events->kind == DOC_LIST && events->count == 0)
        form_fault(&reading->place, events, "`events` is empty: it must name an event at least");
    if (reading->nodes[FIELD_INSTRUMENTATION_CLASS] != NULL)
        form_fault(&reading->place, reading->nodes[FIELD_INSTRUMENTATION_CLASS],
                   "`instrumentation_class` may not be given, because the data source is "
                   "internal_events");
}

/* Key paths of GitLab's that keep to no rule for `options`; the source says what it can do. */
static const char *const free_redis_paths[] = {
    "counts.dependency_list_usages_total",
    "counts.network_policy_forwards",
    "counts.network_policy_drops",
    "counts.static_site_editor_views",
    "counts.static_site_editor_commits",
    "counts.static_site_editor_merge_requests",
    "counts.package_events_i_package_container_delete_package",
    "counts.package_events_i_package_container_pull_package",
    "counts.package_events_i_package_container_push_package",
    "counts.package_events_i_package_debian_push_package",
    "counts.package_events_i_package_tag_delete_package",
    "counts.package_events_i_package_tag_pull_package",
    "counts.package_events_i_package_tag_push_package",
    NULL,
};

static const char *const free_hll_paths[] = {
    "usage_activity_by_stage_monthly.create.merge_requests_users",
    "usage_activity_by_stage_monthly.create.action_monthly_active_users_web_ide_edit",
    "usage_activity_by_stage_monthly.create.action_monthly_active_users_sfe_edit",
    "usage_activity_by_stage_monthly.create.action_monthly_active_users_snippet_editor_edit",
    "usage_activity_by_stage_monthly.create.action_monthly_active_users_sse_edit",
    "counts_monthly.aggregated_metrics.product_analytics_test_metrics_union",
    "counts_weekly.aggregated_metrics.product_analytics_test_metrics_union",
    "counts_monthly.aggregated_metrics.product_analytics_test_metrics_intersection",
    "counts_weekly.aggregated_metrics.product_analytics_test_metrics_intersection",
    NULL,
};

/* The two Redis sources: GitLab's class and its options, or ours, told apart by one field. */
struct redis_rule {
    const char *data_source, *class_name;
    const char *const *free_paths;
    const char *our_field;
    bool options_needed;
    struct form ours, gitlabs;
};

static const struct form_field redis_ours[] = {[0] = {"key", FORM_TEXT, true}};
static const struct form_field redis_gitlabs[] = {
    [0] = {"event", FORM_TEXT, true},
    [1] = {"prefix", FORM_TEXT_OR_NULL, true},
    [2] = {"include_usage_prefix", FORM_FLAG, false},
};
static const struct form_field hll_ours[] = {[0] = {"keys", FORM_TEXTS, true}};
static const struct form_field hll_gitlabs[] = {[0] = {"events", FORM_TEXTS, true}};

static const struct redis_rule redis_rules[] = {
    {
        .data_source = "redis",
        .class_name = "RedisMetric",
        .free_paths = free_redis_paths,
        .our_field = "key",
        .options_needed = true,
        .ours = {.what = "`options`", .fields = redis_ours, .count = 1},
        .gitlabs = {.what = "`options` of a RedisMetric", .fields = redis_gitlabs, .count = 3},
    },
    {
        .data_source = "redis_hll",
        .class_name = "RedisHLLMetric",
        .free_paths = free_hll_paths,
        .our_field = "keys",
        .ours = {.what = "`options`", .fields = hll_ours, .count = 1},
        .gitlabs = {.what = "`options` of a RedisHLLMetric", .fields = hll_gitlabs, .count = 1},
    },
};

static void check_redis(const struct reading *reading, const struct redis_rule *rule)
{
    const struct doc_node *options = reading->nodes[FIELD_OPTIONS], *parts[3];
    const struct doc_node *class_node = reading->nodes[FIELD_INSTRUMENTATION_CLASS];
    const char *path = reading_text(reading, FIELD_KEY_PATH);
    const struct form_place *place = &reading->place;

    if (path != NULL && words_find(rule->free_paths, path) >= 0)
        return;
    if (doc_get(options, rule->our_field) != NULL) {
        form_read(&rule->ours, place, options, parts);
        return;
    }
    if (class_node == NULL)
        form_fault(place, reading->root,
                   "the data source %s needs `options` with `%s`, or `instrumentation_class: %s`",
                   rule->data_source, rule->our_field, rule->class_name);
    else if (!is(reading, FIELD_INSTRUMENTATION_CLASS, rule->class_name))
        form_fault(place, class_node,
                   "`instrumentation_class` must be %s, because the data source is %s",
                   rule->class_name, rule->data_source);
    else if (options != NULL && options->kind == DOC_MAP)
        form_read(&rule->gitlabs, place, options, parts);
    else if (rule->options_needed)
        need(reading, FIELD_OPTIONS, "options", "the data source is redis");
}

static bool all_unique(const struct doc_node *events)
{
    if (events == NULL || events->kind != DOC_LIST || events->count == 0)
        return false;
    for (const struct doc_node *event = events->first; event != NULL; event = event->next)
        if (doc_get(event, "unique") == NULL)
            return false;
    return true;
}

/* Unique values are kept by the week, so there is no count of them over all time. */
static void check_unique_frames(const struct reading *reading)
{
    const struct doc_node *node = reading->nodes[FIELD_TIME_FRAME];
    const struct doc_node *frame = node != NULL && node->kind == DOC_LIST ? node->first : node;

    if (!all_unique(reading->nodes[FIELD_EVENTS]))
        return;
    for (; frame != NULL; frame = frame != node ? frame->next : NULL)
        if (frame->kind == DOC_SCALAR &&
            (strcmp(frame->text, "all") == 0 || strcmp(frame->text, "none") == 0))
            form_fault(&reading->place, frame,
                       "`time_frame` is '%s': with unique events it must be 7d or 28d",
                       frame->text);
}

void definition_check_rules(const struct reading *reading, bool old)
{
    check_key_path(reading);
    check_events(reading);
    if (old)
        return;
    check_status(reading);
    check_unique_frames(reading);
    if (is(reading, FIELD_DATA_SOURCE, "internal_events"))
        check_internal_events(reading);
    for (size_t i = 0; i < sizeof(redis_rules) / sizeof(redis_rules[0]); i++)
        if (is(reading, FIELD_DATA_SOURCE, redis_rules[i].data_source))
            check_redis(reading, &redis_rules[i]);
}
