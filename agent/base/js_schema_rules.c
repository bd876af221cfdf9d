#include "agent/base/js_schema_rules.h"

#include "agent/base/arena.h"
#include "agent/base/words.h"

#include <ctype.h>
#include <string.h>

const char *const js_type_names[] = {"null",   "boolean", "integer", "number",
                                     "string", "array",   "object",  NULL};

struct js_regex {
    regex_t compiled;
    struct js_regex *next;
};

/* What stays the same while one document is read. */
struct reader {
    struct js_schema *schema;
    const struct js_keyword *keywords;
    struct js_node *at; /* whose rules are being read */
    struct error *err;
    bool failed;
};

static void refuse(struct reader *reader, const char *keyword, const char *what)
{
    if (!reader->failed)
        (void)error_set(reader->err, ERROR_INVALID, "'%.100s' of this JSON Schema %s", keyword,
                        what);
    reader->failed = true;
}

static const struct js_node *read_node(struct reader *reader, const char *name,
                                       const struct js_value *source);

/* Operands */

static bool is_scalar(const struct js_value *value)
{
    return js_kind(value) != JS_LIST && js_kind(value) != JS_OBJECT;
}

static bool is_text(const struct js_value *value)
{
    return js_kind(value) == JS_TEXT;
}

static bool is_type(const struct js_value *value)
{
    return is_text(value) && words_find(js_type_names, js_text(value)) >= 0;
}

static bool is_list_of(const struct js_value *value, bool (*fits)(const struct js_value *item))
{
    for (size_t i = 0; i < js_count(value); i++)
        if (!fits(js_at(value, i)))
            return false;
    return js_kind(value) == JS_LIST;
}

static bool is_types(const struct js_value *value)
{
    return is_type(value) || (js_count(value) > 0 && is_list_of(value, is_type));
}

static bool is_scalars(const struct js_value *value)
{
    return js_count(value) > 0 && is_list_of(value, is_scalar);
}

static bool is_texts(const struct js_value *value)
{
    return is_list_of(value, is_text);
}

static bool is_count(const struct js_value *value)
{
    return js_kind(value) == JS_INTEGER && js_integer(value) >= 0;
}

static bool is_number(const struct js_value *value)
{
    return js_kind(value) == JS_INTEGER || js_kind(value) == JS_NUMBER;
}

static bool is_flag(const struct js_value *value)
{
    return js_kind(value) == JS_FLAG;
}

unsigned js_rule_types(const struct js_rule *rule)
{
    unsigned types = 0;

    if (is_text(rule->value))
        return 1U << (unsigned)words_find(js_type_names, js_text(rule->value));
    for (size_t i = 0; i < js_count(rule->value); i++)
        types |= 1U << (unsigned)words_find(js_type_names, js_text(js_at(rule->value, i)));
    return types;
}

/* Left out: what only one of the two knows, and a backslash in brackets, where POSIX has none. */
static bool is_common_pattern(const char *pattern)
{
    static const char *const others[] = {"(?", "[:", "[]", "[^]", "*?", "+?", "??", "}?", NULL};
    bool inside = false;

    for (const char *c = pattern; *c != '\0'; c++) {
        for (size_t i = 0; others[i] != NULL; i++)
            if (strncmp(c, others[i], strlen(others[i])) == 0)
                return false;
        if (*c == '[' || *c == ']')
            inside = *c == '[';
        if (*c == '\\' && (inside || isalnum((unsigned char)*++c) || *c == '\0'))
            return false;
    }
    return true;
}

static const regex_t *read_pattern(struct reader *reader, const char *keyword, const char *pattern)
{
    struct js_regex *regex;

    if (pattern == NULL || !is_common_pattern(pattern)) {
        refuse(reader, keyword, "is not a pattern that POSIX and ECMAScript read alike");
        return NULL;
    }
    regex = ARENA_NEW(reader->schema->arena, struct js_regex);
    if (regcomp(&regex->compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
        refuse(reader, keyword, "is no pattern");
        return NULL;
    }
    regex->next = reader->schema->regexes;
    reader->schema->regexes = regex;
    return &regex->compiled;
}

static void add_inner(struct reader *reader, struct js_rule *rule, struct js_inner inner)
{
    rule->inner =
        arena_grow(reader->schema->arena, rule->inner, rule->count, sizeof(rule->inner[0]));
    rule->inner[rule->count++] = inner;
}

static void take_pattern(struct reader *reader, struct js_rule *rule)
{
    const char *name = rule->keyword->name;

    add_inner(reader, rule,
              (struct js_inner){.pattern = read_pattern(reader, name, js_text(rule->value))});
}

static void take_node(struct reader *reader, struct js_rule *rule)
{
    const char *name = rule->keyword->name;

    add_inner(reader, rule, (struct js_inner){.node = read_node(reader, name, rule->value)});
}

static void take_nodes(struct reader *reader, struct js_rule *rule)
{
    const char *name = rule->keyword->name;

    if (js_count(rule->value) == 0)
        refuse(reader, name, "must be a list of schemas");
    for (size_t i = 0; i < js_count(rule->value) && !reader->failed; i++)
        add_inner(reader, rule,
                  (struct js_inner){.node = read_node(reader, name, js_at(rule->value, i))});
}

struct taking {
    struct reader *reader;
    struct js_rule *rule;
    bool patterns;
};

static void take_member(const char *key, const struct js_value *value, void *arg)
{
    const struct taking *taking = arg;
    struct reader *reader = taking->reader;
    struct js_inner inner = {.name = key};

    if (reader->failed)
        return;
    if (taking->patterns)
        inner.pattern = read_pattern(reader, key, key);
    inner.node = read_node(reader, key, value);
    add_inner(reader, taking->rule, inner);
}

static void take_object(struct reader *reader, struct js_rule *rule, bool patterns)
{
    struct taking taking = {reader, rule, patterns};

    if (js_kind(rule->value) != JS_OBJECT)
        refuse(reader, rule->keyword->name, "must be an object of schemas");
    js_members(rule->value, take_member, &taking);
}

static void take_named(struct reader *reader, struct js_rule *rule)
{
    take_object(reader, rule, false);
}

static void take_patterned(struct reader *reader, struct js_rule *rule)
{
    take_object(reader, rule, true);
}

/* It is resolved when all is read. What stands beside it counts for nothing, so it must be words.
 */
static void take_reference(struct reader *reader, struct js_rule *rule)
{
    if (!is_text(rule->value))
        refuse(reader, rule->keyword->name, "must be a text");
    add_inner(reader, rule, (struct js_inner){0});
}

/* Either a test of what stands there, or the taking of what stands in it. */
static const struct operand {
    const char *wanted;
    bool (*fits)(const struct js_value *value);
    void (*take)(struct reader *reader, struct js_rule *rule);
} operands[] = {
    [OPERAND_TEXT] = {"must be a text", is_text, NULL},
    [OPERAND_TYPES] = {"must name types of JSON", is_types, NULL},
    [OPERAND_SCALAR] = {"must be no list and no object", is_scalar, NULL},
    [OPERAND_SCALARS] = {"must be a list without lists and objects", is_scalars, NULL},
    [OPERAND_TEXTS] = {"must be a list of texts", is_texts, NULL},
    [OPERAND_COUNT] = {"must be a whole number from 0 on", is_count, NULL},
    [OPERAND_NUMBER] = {"must be a number", is_number, NULL},
    [OPERAND_FLAG] = {"must be true or false", is_flag, NULL},
    [OPERAND_PATTERN] = {NULL, NULL, take_pattern},
    [OPERAND_NODE] = {NULL, NULL, take_node},
    [OPERAND_NODES] = {NULL, NULL, take_nodes},
    [OPERAND_NAMED] = {NULL, NULL, take_named},
    [OPERAND_PATTERNED] = {NULL, NULL, take_patterned},
    [OPERAND_REFERENCE] = {NULL, NULL, take_reference},
};

/* Nodes */

static const struct js_keyword *find_keyword(const struct reader *reader, const char *name)
{
    for (const struct js_keyword *keyword = reader->keywords; keyword->name != NULL; keyword++)
        if (strcmp(keyword->name, name) == 0)
            return keyword;
    return NULL;
}

static void read_rule(const char *key, const struct js_value *value, void *arg)
{
    struct reader *reader = arg;
    struct js_node *node = reader->at;
    const struct js_keyword *keyword = find_keyword(reader, key);
    struct js_rule rule = {.keyword = keyword, .owner = node, .value = value};
    const struct operand *operand;

    if (reader->failed)
        return;
    if (keyword == NULL) {
        refuse(reader, key, "is a keyword that is not known here");
        return;
    }
    operand = &operands[keyword->operand];
    if (operand->fits != NULL && !operand->fits(value))
        refuse(reader, key, operand->wanted);
    else if (operand->take != NULL)
        operand->take(reader, &rule);
    reader->at = node;
    node->rules =
        arena_grow(reader->schema->arena, node->rules, node->count, sizeof(node->rules[0]));
    node->rules[node->count++] = rule;
}

/* Beside a reference draft-07 reads nothing, so there may be words only. */
static void check_reference(struct reader *reader, const struct js_node *node)
{
    if (js_get(node->source, "$ref") == NULL)
        return;
    for (size_t i = 0; i < node->count; i++)
        if (node->rules[i].keyword->holds != NULL &&
            node->rules[i].keyword->operand != OPERAND_REFERENCE)
            refuse(reader, node->rules[i].keyword->name, "stands beside a $ref, and says nothing");
}

static const struct js_node *read_node(struct reader *reader, const char *name,
                                       const struct js_value *source)
{
    struct js_node *node = ARENA_NEW(reader->schema->arena, struct js_node);

    node->source = source;
    node->next = reader->schema->all;
    reader->schema->all = node;
    if (js_kind(source) == JS_FLAG) {
        node->never = !js_flag(source);
        return node;
    }
    if (js_kind(source) != JS_OBJECT)
        refuse(reader, name, "must be a schema");
    reader->at = node;
    js_members(source, read_rule, reader);
    if (!reader->failed)
        check_reference(reader, node);
    return node;
}

/* References */

/* "#" or "#/a/b"; names with / or ~ are not known here. */
static const struct js_value *find_source(const struct js_schema *schema, const char *reference)
{
    const struct js_value *value = schema->document;

    if (*reference++ != '#')
        return NULL;
    while (*reference == '/' && value != NULL) {
        size_t length = strcspn(reference + 1, "/");

        value = js_get(value, arena_copy_bytes(schema->arena, reference + 1, length));
        reference += 1 + length;
    }
    return *reference == '\0' ? value : NULL;
}

static const struct js_node *find_node(const struct js_schema *schema, const char *reference)
{
    const struct js_value *source = find_source(schema, reference);
    const struct js_node *node = source != NULL ? schema->all : NULL;

    while (node != NULL && node->source != source)
        node = node->next;
    return node;
}

static void resolve(struct reader *reader)
{
    for (struct js_node *node = reader->schema->all; node != NULL; node = node->next)
        for (size_t i = 0; i < node->count; i++) {
            const struct js_rule *rule = &node->rules[i];

            if (rule->keyword->operand != OPERAND_REFERENCE)
                continue;
            rule->inner[0].node = find_node(reader->schema, js_text(rule->value));
            if (rule->inner[0].node == NULL)
                refuse(reader, js_text(rule->value), "is no schema of this document");
        }
}

/* The whole */

struct js_schema *js_rules_read(const char *text, size_t length, const struct js_keyword *keywords,
                                struct error *err)
{
    struct js_value *document = js_parse(text, length, err);
    struct reader reader = {.keywords = keywords, .err = err};
    struct arena *arena;

    if (document == NULL)
        return NULL;
    arena = arena_new();
    reader.schema = ARENA_NEW(arena, struct js_schema);
    *reader.schema = (struct js_schema){.arena = arena, .document = document};
    reader.schema->root = read_node(&reader, "The whole", document);
    if (!reader.failed)
        resolve(&reader);
    if (!reader.failed)
        return reader.schema;
    js_rules_free(reader.schema);
    return NULL;
}

void js_rules_free(struct js_schema *schema)
{
    if (schema == NULL)
        return;
    for (struct js_regex *regex = schema->regexes; regex != NULL; regex = regex->next)
        regfree(&regex->compiled);
    js_free(schema->document);
    arena_free(schema->arena);
}
