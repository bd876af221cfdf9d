#include "metrics/sources.h"

#include "metrics/aggregate.h"
#include "metrics/event_rule.h"
#include "metrics/key_question.h"
#include "metrics/key_source.h"

#include <ctype.h>
#include <string.h>

/*
 * Plain counters and HyperLogLogs that something else writes to Redis: data_source redis and
 * redis_hll, with keys given literally or by GitLab's names.
 */
struct parsing {
    const struct definition *definition;
    struct metric *metric;
    struct arena *arena;
    struct rule_critic *critic;
};

static void only_keys(const struct parsing *parsing, const char *const *allowed, const char *words)
{
    const struct doc_node *options = parsing->definition->options;

    for (const struct doc_node *child = options->first; child != NULL; child = child->next) {
        bool known = false;

        for (const char *const *key = allowed; *key != NULL; key++)
            known = known || strcmp(child->key, *key) == 0;
        if (!known)
            rule_complain(parsing->critic, child, "`options` has no `%s` here: %s", child->key,
                          words);
    }
}

/* The text of a scalar that is there and not empty; anything else is complained about. */
static const char *text_of(const struct parsing *parsing, const struct doc_node *node,
                           const char *what)
{
    if (node->kind == DOC_SCALAR && !doc_is_null(node) && node->text[0] != '\0')
        return node->text;
    rule_complain(parsing->critic, node, "%s must be a text that is not empty", what);
    return NULL;
}

static bool is_weekly(const struct metric *metric)
{
    return metric->time_frame == TIME_FRAME_7D || metric->time_frame == TIME_FRAME_28D;
}

/* options.key: the whole key, as it is */
static void parse_key(const struct parsing *parsing)
{
    static const char *const allowed[] = {"key", NULL};
    const struct doc_node *node = doc_get(parsing->definition->options, "key");
    const char *key = text_of(parsing, node, "`key`");
    struct key_spec *spec = key_spec_new(parsing->arena, FOLD_COUNT, 1);

    only_keys(parsing, allowed, "`key` stands alone");
    if (key == NULL)
        return;
    key_spec_add(spec, key, NULL);
    parsing->metric->spec = spec;
}

static void add_upper(struct str *out, const char *text)
{
    for (; *text != '\0'; text++)
        str_add_char(out, (char)toupper((unsigned char)*text));
}

/* USAGE_PREFIX_EVENT, GitLab's RedisMetric */
static const char *counter_key(const struct parsing *parsing, const char *prefix, const char *event,
                               bool usage_prefix)
{
    const char *key;
    struct str str;

    str_init(&str);
    str_add(&str, usage_prefix ? "USAGE_" : "");
    if (prefix != NULL) {
        add_upper(&str, prefix);
        str_add_char(&str, '_');
    }
    add_upper(&str, event);
    key = arena_copy(parsing->arena, str.text);
    str_release(&str);
    return key;
}

static void parse_counter(const struct parsing *parsing)
{
    static const char *const allowed[] = {"prefix", "event", "include_usage_prefix", NULL};
    const struct doc_node *options = parsing->definition->options;
    const struct doc_node *prefix = doc_get(options, "prefix"), *event = doc_get(options, "event");
    const struct doc_node *usage = doc_get(options, "include_usage_prefix");
    const char *event_text = NULL, *prefix_text = NULL;
    bool usage_prefix = true;
    struct key_spec *spec;

    only_keys(parsing, allowed, "prefix, event and include_usage_prefix, or key alone");
    if (event == NULL)
        rule_complain(parsing->critic, options, "`options` lacks `event`, or `key`");
    else
        event_text = text_of(parsing, event, "`event`");
    if (prefix == NULL)
        rule_complain(parsing->critic, options, "`options` lacks `prefix`; it may be null");
    else if (!doc_is_null(prefix))
        prefix_text = text_of(parsing, prefix, "`prefix`");
    if (usage != NULL && !doc_flag(usage, &usage_prefix))
        rule_complain(parsing->critic, usage, "`include_usage_prefix` must be true or false");
    if (event_text == NULL || prefix == NULL || (prefix_text == NULL && !doc_is_null(prefix)))
        return;
    spec = key_spec_new(parsing->arena, FOLD_COUNT, 1);
    spec->named = true;
    key_spec_add(spec, counter_key(parsing, prefix_text, event_text, usage_prefix), NULL);
    parsing->metric->spec = spec;
}

static void not_computed(const struct parsing *parsing)
{
    const char *name = parsing->definition->instrumentation_class;

    parsing->metric->not_computed =
        name == NULL
            ? "its definition does not say which keys it is read from"
            : arena_format(parsing->arena,
                           "%s is code of GitLab's process; its definition does not say which "
                           "keys it is read from",
                           name);
}

static bool class_is(const struct parsing *parsing, const char *name)
{
    const char *given = parsing->definition->instrumentation_class;

    return given == NULL || strcmp(given, name) == 0;
}

static void parse_redis(const struct parsing *parsing)
{
    const struct doc_node *options = parsing->definition->options;

    if (doc_get(options, "key") != NULL)
        parse_key(parsing);
    else if (class_is(parsing, "RedisMetric") && options != NULL && options->kind == DOC_MAP)
        parse_counter(parsing);
    else
        not_computed(parsing);
}

/* A list of texts: options.keys as they are, or options.events as "{hll_counters}_EVENT". */
static void parse_list(const struct parsing *parsing, const char *name, bool are_events)
{
    const char *const allowed[] = {name, NULL};
    const struct doc_node *list = doc_get(parsing->definition->options, name);
    struct key_spec *spec = key_spec_new(parsing->arena, FOLD_UNION, list->count + 1);
    bool right = list->kind == DOC_LIST && list->count > 0;

    only_keys(parsing, allowed, "either keys or events stands alone");
    if (!right)
        rule_complain(parsing->critic, list, "`%s` must be a list with at least one entry", name);
    for (const struct doc_node *node = list->first; right && node != NULL; node = node->next) {
        const char *text = text_of(parsing, node, "an entry of the list");

        if (text == NULL)
            right = false;
        else if (are_events)
            key_spec_add_event(spec, parsing->arena, list->count, text, NULL);
        else
            key_spec_add(spec, text, NULL);
    }
    spec->weekly = are_events;
    spec->named = are_events;
    if (right)
        parsing->metric->spec = spec;
}

static bool rule_fits(const struct parsing *parsing, const struct event_rule *rule,
                      const struct event_rule *first)
{
    const struct doc_node *list = parsing->definition->events;

    if (rule->filter_count > 0 || rule->operation != OPERATION_NONE)
        rule_complain(parsing->critic, list,
                      "events of redis_hll have a name and `unique` only; filters and operators "
                      "need data_source internal_events");
    else if (rule->unique != first->unique)
        rule_complain(parsing->critic, list,
                      "the events of one redis_hll metric must have the same `unique`");
    else
        return true;
    return false;
}

/* `events:` of a redis_hll metric: "{hll_counters}_EVENT[-IDENTIFIER]". */
static void parse_events(const struct parsing *parsing)
{
    struct event_rules rules;
    struct key_spec *spec;
    bool right = true;

    if (!event_rules_read(parsing->critic, parsing->arena, &rules))
        return;
    spec = key_spec_new(parsing->arena, FOLD_UNION, rules.count);
    spec->weekly = true;
    spec->named = true;
    spec->rules = rules;
    for (size_t i = 0; right && i < rules.count; i++) {
        right = rule_fits(parsing, &rules.items[i], &rules.items[0]);
        key_spec_add_event(spec, parsing->arena, rules.count, rules.items[i].event,
                           rules.items[i].unique);
    }
    if (right)
        parsing->metric->spec = spec;
}

/* What GitLab's hand-written part counted: its lists may say which events those are. */
static void parse_by_path(const struct parsing *parsing)
{
    struct key_spec *spec = key_spec_new(parsing->arena, FOLD_UNION, 1);

    spec->weekly = true;
    spec->by_path = true;
    parsing->metric->spec = spec;
}

static void parse_redis_hll(const struct parsing *parsing)
{
    const struct doc_node *options = parsing->definition->options;
    bool gitlabs = class_is(parsing, "RedisHLLMetric");
    const struct key_spec *spec;

    if (doc_get(options, "keys") != NULL)
        parse_list(parsing, "keys", false);
    else if (aggregate_is_meant(parsing->definition))
        parsing->metric->spec = aggregate_read(parsing->critic, parsing->arena);
    else if (gitlabs && doc_get(options, "events") != NULL)
        parse_list(parsing, "events", true);
    else if (gitlabs && parsing->definition->events != NULL)
        parse_events(parsing);
    else if (gitlabs && !doc_is_null(options))
        rule_complain(parsing->critic, options, "`options` lacks `events` or `keys`");
    else if (parsing->definition->instrumentation_class == NULL && is_weekly(parsing->metric) &&
             key_question_path(parsing->metric->key_path))
        parse_by_path(parsing);
    else
        not_computed(parsing);
    spec = parsing->metric->spec;
    if (spec == NULL || !spec->weekly || is_weekly(parsing->metric))
        return;
    rule_complain(parsing->critic, doc_get(parsing->definition->root, "time_frame"),
                  "unique events are counted by week: the time frame must be 7d or 28d");
}

static void parse(const struct definition *definition, struct metric *metric, struct arena *arena,
                  struct complaints *complaints)
{
    struct rule_critic critic = {.complaints = complaints, .metric = metric};
    const struct parsing parsing = {definition, metric, arena, &critic};

    if (strcmp(metric->data_source, "redis") == 0)
        parse_redis(&parsing);
    else
        parse_redis_hll(&parsing);
    if (critic.complained)
        metric->spec = NULL;
}

static const char *const data_sources[] = {"redis", "redis_hll", NULL};

const struct source_ops redis_source = {
    .name = "redis",
    .data_sources = data_sources,
    .parse = parse,
    .open = key_source_open,
    .plan = key_source_plan,
    .describe = key_source_describe,
    .describe_probe = key_source_describe_probe,
    .begin = key_source_begin,
    .cancel = key_source_cancel,
    .close = key_source_close,
};
