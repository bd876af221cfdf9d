#include "metrics/event_rule.h"

#include "metrics/amount.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FLOAT_DIGITS 15 /* what survives a double, which GitLab's loader makes of it */

void rule_complain(struct rule_critic *critic, const struct doc_node *node, const char *format, ...)
{
    const struct definition *definition = critic->metric->definition;
    char *text;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    complain(critic->complaints, definition->file, node != NULL ? node->line : 0,
             critic->metric->key_path, "%s", text != NULL ? text : format);
    free(text);
    critic->complained = true;
}

struct reading {
    struct rule_critic *critic;
    struct arena *arena;
};

static bool is_text(const struct doc_node *node)
{
    return node->kind == DOC_SCALAR && doc_type(node) == DOC_TEXT && node->text[0] != '\0';
}

static void read_name(const struct reading *reading, const struct doc_node *node,
                      struct event_rule *rule)
{
    if (is_text(node))
        rule->event = node->text;
    else
        rule_complain(reading->critic, node, "`name` must be the name of an event");
}

static void read_unique(const struct reading *reading, const struct doc_node *node,
                        struct event_rule *rule)
{
    static const char *const allowed[] = {"user.id", "project.id", "namespace.id",
                                          "label",   "property",   "value"};

    if (doc_is_null(node))
        return;
    for (size_t i = 0; node->kind == DOC_SCALAR && i < sizeof allowed / sizeof allowed[0]; i++)
        if (strcmp(node->text, allowed[i]) == 0)
            rule->unique = allowed[i];
    if (rule->unique == NULL)
        rule_complain(
            reading->critic, node,
            "`unique` must be user.id, project.id, namespace.id, label, property or value");
}

static void read_operator(const struct reading *reading, const struct doc_node *node,
                          struct event_rule *rule)
{
    if (doc_is_null(node))
        return;
    if (node->kind == DOC_SCALAR && strcmp(node->text, "sum(value)") == 0)
        rule->operation = OPERATION_SUM;
    else if (node->kind == DOC_SCALAR && strcmp(node->text, "total") == 0)
        rule->operation = OPERATION_TOTAL;
    else
        rule_complain(reading->critic, node, "`operator` must be sum(value) or total");
}

/* As Ruby writes the double: always with a point, no exponent in this range. */
static const char *float_text(const char *text, struct arena *arena)
{
    struct amount number;
    struct error err;
    struct str str;
    size_t digits = 0;
    const char *made = NULL;

    for (const char *c = text; *c != '\0'; c++)
        digits += *c >= '0' && *c <= '9';
    if (strpbrk(text, "eE") != NULL || digits > MOST_FLOAT_DIGITS ||
        !amount_parse(text, strlen(text), &number, &err))
        return NULL;
    str_init(&str);
    amount_write(&number, &str);
    if (strchr(str.text, '.') == NULL)
        str_add(&str, ".0");
    if (strncmp(str.text, "0.0000", 6) != 0 && strncmp(str.text, "-0.0000", 7) != 0)
        made = arena_copy(arena, str.text);
    str_release(&str);
    return made;
}

static void read_number_filter(const struct reading *reading, const struct doc_node *node,
                               struct event_filter *filter)
{
    filter->is_number = true;
    filter->text = doc_type(node) == DOC_INTEGER ? node->text + (node->text[0] == '+')
                                                 : float_text(node->text, reading->arena);
    if (filter->text == NULL)
        rule_complain(reading->critic, node,
                      "`filter`: write the number %s plainly: no exponent, at most 15 digits",
                      node->text);
}

static void read_filter_value(const struct reading *reading, const struct doc_node *node,
                              struct event_filter *filter)
{
    enum doc_type type = node->kind == DOC_SCALAR ? doc_type(node) : DOC_NULL;
    bool number = type == DOC_INTEGER || type == DOC_FLOAT;
    bool wants_text = strcmp(node->key, "label") == 0 || strcmp(node->key, "property") == 0;
    bool wants_number = strcmp(node->key, "value") == 0;

    filter->name = node->key;
    if (!number && type != DOC_TEXT)
        rule_complain(reading->critic, node,
                      "`filter`: %s must be text or a number; put quotes around text", node->key);
    else if (wants_text && number)
        rule_complain(reading->critic, node, "`filter`: %s must be text; put quotes around %s",
                      node->key, node->text);
    else if (wants_number && !number)
        rule_complain(reading->critic, node, "`filter`: value must be a number without quotes");
    else if (number)
        read_number_filter(reading, node, filter);
    else
        filter->text = node->text;
}

static int compare_filters(const void *a, const void *b)
{
    const struct event_filter *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static void read_filter(const struct reading *reading, const struct doc_node *node,
                        struct event_rule *rule)
{
    struct event_filter *filters;

    if (doc_is_null(node))
        return;
    if (node->kind != DOC_MAP) {
        rule_complain(reading->critic, node, "`filter` must be a map of properties");
        return;
    }
    filters = ARENA_ARRAY(reading->arena, struct event_filter, node->count);
    for (const struct doc_node *child = node->first; child != NULL; child = child->next)
        read_filter_value(reading, child, &filters[rule->filter_count++]);
    qsort(filters, rule->filter_count, sizeof filters[0], compare_filters);
    rule->filters = filters;
}

static const struct {
    const char *key;
    void (*read)(const struct reading *reading, const struct doc_node *node,
                 struct event_rule *rule);
} fields[] = {
    {"name", read_name},
    {"unique", read_unique},
    {"filter", read_filter},
    {"operator", read_operator},
};

static void read_field(const struct reading *reading, const struct doc_node *node,
                       struct event_rule *rule)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(node->key, fields[i].key) != 0)
            continue;
        fields[i].read(reading, node, rule);
        return;
    }
    rule_complain(reading->critic, node,
                  "an event has no `%s`: name, unique, filter and operator are allowed", node->key);
}

static void read_entry(const struct reading *reading, const struct doc_node *node,
                       struct event_rule *rule)
{
    if (node->kind != DOC_MAP) {
        rule_complain(reading->critic, node, "an entry of `events` must be a map with a `name`");
        return;
    }
    for (const struct doc_node *child = node->first; child != NULL; child = child->next)
        read_field(reading, child, rule);
    if (doc_get(node, "name") == NULL)
        rule_complain(reading->critic, node, "an entry of `events` lacks its `name`");
    if (rule->operation == OPERATION_SUM && rule->unique != NULL)
        rule_complain(reading->critic, node, "sum(value) and `unique` exclude each other");
    if (rule->operation == OPERATION_TOTAL && doc_get(node, "unique") == NULL)
        rule_complain(reading->critic, node, "the operator total needs `unique`");
}

/* GitLab derives the class of a metric from its first event and would read the others wrongly. */
static void check_alike(const struct reading *reading, const struct event_rule *rules, size_t count,
                        const struct doc_node *list)
{
    for (size_t i = 1; !reading->critic->complained && i < count; i++)
        if (rules[i].operation != rules[0].operation ||
            (rules[i].unique == NULL) != (rules[0].unique == NULL))
            rule_complain(
                reading->critic, list,
                "the entries of `events` must all count alike: all unique, all without unique, "
                "or all with the same operator");
}

bool event_rules_read(struct rule_critic *critic, struct arena *arena, struct event_rules *rules)
{
    const struct reading reading = {critic, arena};
    const struct doc_node *list = critic->metric->definition->events;
    struct event_rule *items;

    if (list->kind != DOC_LIST || list->count == 0) {
        rule_complain(critic, list, "`events` must be a list with at least one event");
        return false;
    }
    items = ARENA_ARRAY(arena, struct event_rule, list->count);
    rules->count = 0;
    for (const struct doc_node *node = list->first; node != NULL; node = node->next)
        read_entry(&reading, node, &items[rules->count++]);
    check_alike(&reading, items, rules->count, list);
    rules->items = items;
    return !critic->complained;
}
