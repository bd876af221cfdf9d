#include "agent/base/js_schema.h"

#include "agent/base/js_schema_rules.h"
#include "agent/base/js_schema_value.h"
#include "agent/base/js_schema_words.h"

#include <string.h>

static bool node_holds(struct js_checking *checking, const struct js_node *node,
                       const struct js_spot *spot)
{
    bool good = true;

    if (node->never)
        return js_fault(checking, spot, "this may not stand here");
    if (checking->depth >= JS_DEEPEST)
        return js_fault(checking, spot, "the schema leads too deep here");
    checking->depth++;
    for (size_t i = 0; i < node->count && (good || checking->complaints != NULL); i++) {
        const struct js_rule *rule = &node->rules[i];

        if (rule->keyword->holds != NULL && !rule->keyword->holds(checking, rule, spot))
            good = false;
    }
    checking->depth--;
    return good;
}

/* Without a complaint. */
static bool would_hold(const struct js_checking *checking, const struct js_node *node,
                       const struct js_spot *spot)
{
    struct js_checking quiet = {.depth = checking->depth};

    return node_holds(&quiet, node, spot);
}

static bool type_holds(struct js_checking *checking, const struct js_rule *rule,
                       const struct js_spot *spot)
{
    return (js_types_of(spot->node) & js_rule_types(rule)) != 0 ||
           js_refuse_by(checking, spot, rule->owner);
}

static bool enum_holds(struct js_checking *checking, const struct js_rule *rule,
                       const struct js_spot *spot)
{
    for (size_t i = 0; i < js_count(rule->value); i++)
        if (js_equals(spot->node, js_at(rule->value, i)))
            return true;
    return js_refuse_by(checking, spot, rule->owner);
}

static bool const_holds(struct js_checking *checking, const struct js_rule *rule,
                        const struct js_spot *spot)
{
    return js_equals(spot->node, rule->value) || js_refuse_by(checking, spot, rule->owner);
}

static bool pattern_holds(struct js_checking *checking, const struct js_rule *rule,
                          const struct js_spot *spot)
{
    if (!js_is_a(spot->node, JS_TYPE_STRING) ||
        regexec(rule->inner[0].pattern, spot->node->text, 0, NULL, 0) == 0)
        return true;
    if (js_find_rule(rule->owner, "title") != NULL)
        return js_refuse_by(checking, spot, rule->owner);
    return js_fault(checking, spot, "'%.100s' is not of the form %.200s", spot->node->text,
                    js_text(rule->value));
}

static bool min_length_holds(struct js_checking *checking, const struct js_rule *rule,
                             const struct js_spot *spot)
{
    if (!js_is_a(spot->node, JS_TYPE_STRING) ||
        js_characters(spot->node->text) >= js_integer(rule->value))
        return true;
    return js_refuse(checking, spot, js_integer(rule->value) > 1 ? "longer" : "text");
}

static bool minimum_holds(struct js_checking *checking, const struct js_rule *rule,
                          const struct js_spot *spot)
{
    if (!js_is_a(spot->node, JS_TYPE_NUMBER) || js_compare_number(spot->node, rule->value) >= 0)
        return true;
    return js_fault(checking, spot, "%.100s is not allowed: it must be at least %s",
                    spot->node->text, js_number_text(rule->value));
}

static bool maximum_holds(struct js_checking *checking, const struct js_rule *rule,
                          const struct js_spot *spot)
{
    if (!js_is_a(spot->node, JS_TYPE_NUMBER) || js_compare_number(spot->node, rule->value) <= 0)
        return true;
    return js_fault(checking, spot, "%.100s is not allowed: it must be at most %s",
                    spot->node->text, js_number_text(rule->value));
}

static bool min_items_holds(struct js_checking *checking, const struct js_rule *rule,
                            const struct js_spot *spot)
{
    return spot->node->kind != DOC_LIST || spot->node->count >= js_integer(rule->value) ||
           js_fault(checking, spot, "this list has too few entries: it must have at least %lld",
                    (long long)js_integer(rule->value));
}

static bool max_items_holds(struct js_checking *checking, const struct js_rule *rule,
                            const struct js_spot *spot)
{
    return spot->node->kind != DOC_LIST || spot->node->count <= js_integer(rule->value) ||
           js_fault(checking, spot, "this list has too many entries: it may have %lld",
                    (long long)js_integer(rule->value));
}

static bool items_hold(struct js_checking *checking, const struct js_rule *rule,
                       const struct js_spot *spot)
{
    struct js_spot inner = {.parent = spot};
    bool good = true;

    if (spot->node->kind != DOC_LIST)
        return true;
    for (inner.node = spot->node->first; inner.node != NULL; inner.node = inner.node->next) {
        good = node_holds(checking, rule->inner[0].node, &inner) && good;
        inner.index++;
    }
    return good;
}

static bool unique_items_hold(struct js_checking *checking, const struct js_rule *rule,
                              const struct js_spot *spot)
{
    struct js_spot inner = {.parent = spot};

    if (spot->node->kind != DOC_LIST || !js_flag(rule->value))
        return true;
    for (inner.node = spot->node->first; inner.node != NULL; inner.node = inner.node->next) {
        for (const struct doc_node *other = spot->node->first; other != inner.node;
             other = other->next)
            if (js_same(other, inner.node))
                return js_fault(checking, &inner, "this stands in the list twice");
        inner.index++;
    }
    return true;
}

static bool required_holds(struct js_checking *checking, const struct js_rule *rule,
                           const struct js_spot *spot)
{
    bool good = true;

    if (spot->node->kind != DOC_MAP)
        return true;
    for (size_t i = 0; i < js_count(rule->value); i++) {
        const char *name = js_text(js_at(rule->value, i));

        if (doc_get(spot->node, name) == NULL)
            good = js_fault(checking, spot, "`%.200s` is missing", name);
    }
    return good;
}

static bool min_properties_holds(struct js_checking *checking, const struct js_rule *rule,
                                 const struct js_spot *spot)
{
    return spot->node->kind != DOC_MAP || spot->node->count >= js_integer(rule->value) ||
           js_fault(checking, spot, "this map has too few keys: it must have at least %lld",
                    (long long)js_integer(rule->value));
}

/* The schema of one member: by name, or NULL. */
static const struct js_node *by_name(const struct js_rule *rule, const char *key)
{
    for (size_t i = 0; rule != NULL && i < rule->count; i++)
        if (strcmp(rule->inner[i].name, key) == 0)
            return rule->inner[i].node;
    return NULL;
}

static bool properties_hold(struct js_checking *checking, const struct js_rule *rule,
                            const struct js_spot *spot)
{
    struct js_spot inner = {.parent = spot};
    bool good = true;

    if (spot->node->kind != DOC_MAP)
        return true;
    for (inner.node = spot->node->first; inner.node != NULL; inner.node = inner.node->next) {
        const struct js_node *node = by_name(rule, inner.node->key);

        if (node != NULL)
            good = node_holds(checking, node, &inner) && good;
    }
    return good;
}

static bool matches(const struct js_inner *inner, const char *key)
{
    return regexec(inner->pattern, key, 0, NULL, 0) == 0;
}

static bool pattern_properties_hold(struct js_checking *checking, const struct js_rule *rule,
                                    const struct js_spot *spot)
{
    struct js_spot inner = {.parent = spot};
    bool good = true;

    if (spot->node->kind != DOC_MAP)
        return true;
    for (inner.node = spot->node->first; inner.node != NULL; inner.node = inner.node->next)
        for (size_t i = 0; i < rule->count; i++)
            if (matches(&rule->inner[i], inner.node->key))
                good = node_holds(checking, rule->inner[i].node, &inner) && good;
    return good;
}

static bool is_named(const struct js_node *node, const char *key)
{
    const struct js_rule *patterns = js_find_rule(node, "patternProperties");

    if (by_name(js_find_rule(node, "properties"), key) != NULL)
        return true;
    for (size_t i = 0; patterns != NULL && i < patterns->count; i++)
        if (matches(&patterns->inner[i], key))
            return true;
    return false;
}

static bool additional_properties_hold(struct js_checking *checking, const struct js_rule *rule,
                                       const struct js_spot *spot)
{
    const struct js_node *node = rule->inner[0].node;
    struct js_spot inner = {.parent = spot};
    bool good = true;

    if (spot->node->kind != DOC_MAP)
        return true;
    for (inner.node = spot->node->first; inner.node != NULL; inner.node = inner.node->next) {
        if (is_named(rule->owner, inner.node->key))
            continue;
        if (node->never)
            good = js_fault(checking, &inner, "there is no such key");
        else
            good = node_holds(checking, node, &inner) && good;
    }
    return good;
}

static bool all_of_holds(struct js_checking *checking, const struct js_rule *rule,
                         const struct js_spot *spot)
{
    bool good = true;

    for (size_t i = 0; i < rule->count; i++)
        good = node_holds(checking, rule->inner[i].node, spot) && good;
    return good;
}

static bool any_of_holds(struct js_checking *checking, const struct js_rule *rule,
                         const struct js_spot *spot)
{
    struct str wanted;

    for (size_t i = 0; i < rule->count; i++)
        if (would_hold(checking, rule->inner[i].node, spot))
            return true;
    if (checking->complaints == NULL)
        return false;
    str_init(&wanted);
    for (size_t i = 0; i < rule->count; i++) {
        str_add(&wanted, i > 0 ? ", or " : "");
        js_describe(rule->inner[i].node, &wanted);
    }
    (void)js_refuse(checking, spot, wanted.text);
    str_release(&wanted);
    return false;
}

static bool not_holds(struct js_checking *checking, const struct js_rule *rule,
                      const struct js_spot *spot)
{
    struct str excluded;

    if (!would_hold(checking, rule->inner[0].node, spot))
        return true;
    if (checking->complaints == NULL)
        return false;
    str_init(&excluded);
    js_describe(rule->inner[0].node, &excluded);
    (void)js_fault(checking, spot, "this must not be %s", excluded.text);
    str_release(&excluded);
    return false;
}

static bool if_holds(struct js_checking *checking, const struct js_rule *rule,
                     const struct js_spot *spot)
{
    bool holds = would_hold(checking, rule->inner[0].node, spot);
    const struct js_rule *branch = js_find_rule(rule->owner, holds ? "then" : "else");

    return branch == NULL || node_holds(checking, branch->inner[0].node, spot);
}

static bool reference_holds(struct js_checking *checking, const struct js_rule *rule,
                            const struct js_spot *spot)
{
    return node_holds(checking, rule->inner[0].node, spot);
}

static const struct js_keyword keywords[] = {
    {"$schema", OPERAND_ANY, NULL},
    {"$id", OPERAND_ANY, NULL},
    {"$comment", OPERAND_ANY, NULL},
    {"title", OPERAND_TEXT, NULL},
    {"description", OPERAND_ANY, NULL},
    {"default", OPERAND_ANY, NULL},
    {"examples", OPERAND_ANY, NULL},
    {"format", OPERAND_ANY, NULL},
    {"definitions", OPERAND_NAMED, NULL},
    {"$ref", OPERAND_REFERENCE, reference_holds},
    {"type", OPERAND_TYPES, type_holds},
    {"enum", OPERAND_SCALARS, enum_holds},
    {"const", OPERAND_SCALAR, const_holds},
    {"pattern", OPERAND_PATTERN, pattern_holds},
    {"minLength", OPERAND_COUNT, min_length_holds},
    {"minimum", OPERAND_NUMBER, minimum_holds},
    {"maximum", OPERAND_NUMBER, maximum_holds},
    {"minItems", OPERAND_COUNT, min_items_holds},
    {"maxItems", OPERAND_COUNT, max_items_holds},
    {"items", OPERAND_NODE, items_hold},
    {"uniqueItems", OPERAND_FLAG, unique_items_hold},
    {"required", OPERAND_TEXTS, required_holds},
    {"minProperties", OPERAND_COUNT, min_properties_holds},
    {"properties", OPERAND_NAMED, properties_hold},
    {"patternProperties", OPERAND_PATTERNED, pattern_properties_hold},
    {"additionalProperties", OPERAND_NODE, additional_properties_hold},
    {"allOf", OPERAND_NODES, all_of_holds},
    {"anyOf", OPERAND_NODES, any_of_holds},
    {"not", OPERAND_NODE, not_holds},
    {"if", OPERAND_NODE, if_holds},
    {"then", OPERAND_NODE, NULL},
    {"else", OPERAND_NODE, NULL},
    {0},
};

struct js_schema *js_schema_read(const char *text, size_t length, struct error *err)
{
    return js_rules_read(text, length, keywords, err);
}

void js_schema_free(struct js_schema *schema)
{
    js_rules_free(schema);
}

bool js_schema_check(const struct js_schema *schema, const struct doc_node *root, const char *file,
                     struct complaints *complaints)
{
    const struct js_spot spot = {.node = root};
    struct js_checking checking = {
        .id = js_text(js_get(schema->document, "$id")), .file = file, .complaints = complaints};

    return node_holds(&checking, schema->root, &spot);
}
