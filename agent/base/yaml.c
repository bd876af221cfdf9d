#include "agent/base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEEPEST    64
#define MOST_NODES 200000
/* However it is escaped, a key stays below libyaml's limit of 1024 characters when it is written.
 */
#define LONGEST_KEY 250

struct anchor {
    const char *name;
    struct doc_node *node;
    struct anchor *next;
};

/* One container that is being filled. */
struct level {
    struct doc_node *node;
    struct doc_node **end;   /* where the next child is linked */
    const char *pending_key; /* of a map whose value comes next */
    int key_line;
};

struct reader {
    const char *text;
    size_t length;
    yaml_parser_t parser;
    struct arena *arena;
    struct level levels[DEEPEST];
    size_t depth, nodes;
    struct doc_node *root;
    struct anchor *anchors;
    int line;
    struct error *err;
};

static const char not_a_key[] = "a key must be plain text, not a list or a map";

static bool refuse(struct reader *reader, int line, const char *what)
{
    reader->line = line;
    return error_set(reader->err, ERROR_INVALID, "%s", what);
}

static bool count_nodes(struct reader *reader, size_t more, int line)
{
    reader->nodes += more;
    return reader->nodes <= MOST_NODES ||
           refuse(reader, line, "the document has more than 200,000 values");
}

/* The map whose next key is due, or NULL. */
static struct level *awaiting_key(struct reader *reader)
{
    struct level *level = reader->depth > 0 ? &reader->levels[reader->depth - 1] : NULL;

    return level != NULL && level->node->kind == DOC_MAP && level->pending_key == NULL ? level
                                                                                       : NULL;
}

static bool take_key(struct reader *reader, struct level *level, const char *key, int line)
{
    if (!count_nodes(reader, 1, line))
        return false;
    if (strlen(key) > LONGEST_KEY)
        return refuse(reader, line, "a key may not be longer than 250 bytes");
    if (doc_get(level->node, key) != NULL) {
        reader->line = line;
        return error_set(reader->err, ERROR_INVALID, "the key '%s' stands here twice", key);
    }
    level->pending_key = key;
    level->key_line = line;
    return true;
}

/* Puts a finished scalar, or a container that is about to be filled, where it belongs. */
static bool place(struct reader *reader, struct doc_node *node)
{
    struct level *level;

    if (!count_nodes(reader, 1, node->line))
        return false;
    if (reader->depth == 0) {
        reader->root = node;
        return true;
    }
    level = &reader->levels[reader->depth - 1];
    if (level->node->kind == DOC_MAP) {
        node->key = level->pending_key;
        level->pending_key = NULL;
        /* An empty value is reported by libyaml where the next token stands; its key is what people
         * look for. */
        if (node->kind == DOC_SCALAR && node->text[0] == '\0')
            node->line = level->key_line;
    }
    *level->end = node;
    level->end = &node->next;
    level->node->count++;
    return true;
}

static bool open_container(struct reader *reader, struct doc_node *node)
{
    if (awaiting_key(reader) != NULL)
        return refuse(reader, node->line, not_a_key);
    if (reader->depth == DEEPEST)
        return refuse(reader, node->line, "more than 64 levels of nesting");
    if (!place(reader, node))
        return false;
    reader->levels[reader->depth++] = (struct level){.node = node, .end = &node->first};
    return true;
}

static void remember(struct reader *reader, const yaml_char_t *name, struct doc_node *node)
{
    struct anchor *anchor;

    if (name == NULL)
        return;
    anchor = ARENA_NEW(reader->arena, struct anchor);
    *anchor = (struct anchor){
        .name = arena_copy(reader->arena, (const char *)name),
        .node = node,
        .next = reader->anchors,
    };
    reader->anchors = anchor;
}

static bool is_open(const struct reader *reader, const struct doc_node *node)
{
    for (size_t i = 0; i < reader->depth; i++)
        if (reader->levels[i].node == node)
            return true;
    return false;
}

struct extent {
    size_t nodes, depth;
};

/* Recursion is bounded by DEEPEST, and all of it together by MOST_NODES. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void measure(const struct doc_node *node, size_t depth, struct extent *extent)
{
    if (depth > extent->depth)
        extent->depth = depth;
    for (const struct doc_node *child = node->first; child != NULL; child = child->next) {
        extent->nodes++;
        measure(child, depth + (child->kind != DOC_SCALAR), extent);
    }
}

/* An alias counts as if all of it stood there: whoever walks the tree walks through all of it. */
static bool alias_fits(struct reader *reader, const struct doc_node *node, int line)
{
    struct extent extent = {0};

    measure(node, node->kind != DOC_SCALAR, &extent);
    if (reader->depth + extent.depth > DEEPEST)
        return refuse(reader, line, "more than 64 levels of nesting");
    return count_nodes(reader, extent.nodes, line);
}

static const struct anchor *find_anchor(const struct reader *reader, const char *name)
{
    const struct anchor *anchor = reader->anchors;

    while (anchor != NULL && strcmp(anchor->name, name) != 0)
        anchor = anchor->next;
    return anchor;
}

static bool place_alias(struct reader *reader, const char *name, int line)
{
    const struct anchor *anchor = find_anchor(reader, name);
    struct level *level = awaiting_key(reader);
    struct doc_node *copy;

    if (anchor == NULL)
        return refuse(reader, line, "an alias without an anchor before it");
    if (is_open(reader, anchor->node))
        return refuse(reader, line, "an alias may not stand inside its own anchor");
    if (level != NULL && anchor->node->kind != DOC_SCALAR)
        return refuse(reader, line, not_a_key);
    if (level != NULL)
        return take_key(reader, level, anchor->node->text, line);
    if (!alias_fits(reader, anchor->node, line))
        return false;
    copy = ARENA_NEW(reader->arena, struct doc_node);
    *copy = *anchor->node; /* the children are shared */
    copy->line = line;
    copy->key = NULL;
    copy->next = NULL;
    return place(reader, copy);
}

/* Words that stand in nearly every definition, thousands of times: kept once, here. Sorted. */
static const char *const common_words[] = {"28d",
                                           "7d",
                                           "CountMetric",
                                           "RedisHLLMetric",
                                           "TotalCountMetric",
                                           "action",
                                           "active",
                                           "all",
                                           "broken",
                                           "category",
                                           "column",
                                           "count",
                                           "data_category",
                                           "data_source",
                                           "database",
                                           "description",
                                           "distribution",
                                           "ee",
                                           "event",
                                           "events",
                                           "false",
                                           "filter",
                                           "free",
                                           "identifiers",
                                           "instrumentation_class",
                                           "internal_events",
                                           "introduced_by_url",
                                           "key_path",
                                           "milestone",
                                           "name",
                                           "namespace",
                                           "number",
                                           "object",
                                           "operation",
                                           "operational",
                                           "optional",
                                           "options",
                                           "performance_indicator_type",
                                           "premium",
                                           "product_categories",
                                           "product_group",
                                           "project",
                                           "redis",
                                           "redis_hll",
                                           "relation",
                                           "removed",
                                           "standard",
                                           "status",
                                           "string",
                                           "subscription",
                                           "system",
                                           "tier",
                                           "tiers",
                                           "time_frame",
                                           "true",
                                           "ultimate",
                                           "unique",
                                           "user",
                                           "user.id",
                                           "value_json_schema",
                                           "value_type",
                                           "where"};

static int compare_word(const void *word, const void *other)
{
    return strcmp(word, *(const char *const *)other);
}

static const char *text_of(struct reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const char *const *word = bsearch(text, common_words, sizeof(common_words) / sizeof(char *),
                                      sizeof(char *), compare_word);

    return word != NULL ? *word : arena_copy_bytes(reader->arena, text, event->data.scalar.length);
}

static struct doc_node *node_new(struct reader *reader, enum doc_kind kind, int line)
{
    struct doc_node *node = ARENA_NEW(reader->arena, struct doc_node);

    node->kind = kind;
    node->line = line;
    return node;
}

static struct doc_node *scalar_new(struct reader *reader, const yaml_event_t *event, int line)
{
    struct doc_node *node = node_new(reader, DOC_SCALAR, line);

    node->text = text_of(reader, event);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static bool place_scalar(struct reader *reader, const yaml_event_t *event, int line)
{
    const yaml_char_t *value = event->data.scalar.value, *anchor = event->data.scalar.anchor;
    struct level *level = awaiting_key(reader);
    struct doc_node *node;

    if (memchr(value, '\0', event->data.scalar.length) != NULL)
        return refuse(reader, line, "a text may not hold a zero byte");
    /* A key needs no node of its own, unless an alias may ask for it. */
    if (level != NULL && anchor == NULL)
        return take_key(reader, level, text_of(reader, event), line);
    node = scalar_new(reader, event, line);
    remember(reader, anchor, node);
    return level != NULL ? take_key(reader, level, node->text, line) : place(reader, node);
}

static bool begin_container(struct reader *reader, const yaml_event_t *event, enum doc_kind kind)
{
    struct doc_node *node = node_new(reader, kind, (int)event->start_mark.line + 1);

    remember(reader,
             kind == DOC_MAP ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
             node);
    return open_container(reader, node);
}

static const yaml_char_t *tag_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return event->data.scalar.tag;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return event->data.sequence_start.tag;
    return event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.tag : NULL;
}

static bool take_event(struct reader *reader, const yaml_event_t *event)
{
    int line = (int)event->start_mark.line + 1;

    if (tag_of(event) != NULL)
        return refuse(reader, line, "tags (!name) are not accepted here");
    if (event->type == YAML_SCALAR_EVENT)
        return place_scalar(reader, event, line);
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return begin_container(reader, event, DOC_LIST);
    if (event->type == YAML_MAPPING_START_EVENT)
        return begin_container(reader, event, DOC_MAP);
    if (event->type == YAML_ALIAS_EVENT)
        return place_alias(reader, (const char *)event->data.alias.anchor, line);
    if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
        reader->depth--;
    else if (event->type == YAML_DOCUMENT_START_EVENT && reader->root != NULL)
        return refuse(reader, line, "a second document begins; one file holds one");
    return true;
}

/* Where libyaml gave up. Of a byte that is no UTF-8 it tells the place, but not the line. */
static int problem_line(const struct reader *reader)
{
    size_t line = reader->parser.problem_mark.line;

    if (reader->parser.error != YAML_READER_ERROR)
        return (int)line + 1;
    line = 1;
    for (size_t i = 0; i < reader->length && i < reader->parser.problem_offset; i++)
        line += reader->text[i] == '\n';
    return (int)line;
}

static bool read_events(struct reader *reader)
{
    for (;;) {
        yaml_event_t event;
        bool ended, taken;

        if (!yaml_parser_parse(&reader->parser, &event)) {
            return refuse(reader, problem_line(reader),
                          reader->parser.problem != NULL ? reader->parser.problem
                                                         : "not readable as YAML");
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        taken = take_event(reader, &event);
        yaml_event_delete(&event);
        if (ended || !taken)
            return taken;
    }
}

/* No document, or one with nothing in it: "---". */
static bool is_empty(const struct doc_node *root)
{
    return root == NULL || (root->kind == DOC_SCALAR && root->plain && root->text[0] == '\0');
}

struct doc_node *doc_parse(const char *text, size_t length, struct arena *arena, int *line,
                           struct error *err)
{
    struct reader reader = {.text = text, .length = length, .arena = arena, .err = err, .line = 1};
    bool done;

    if (yaml_parser_initialize(&reader.parser) == 0) {
        *line = 1;
        (void)error_set(err, ERROR_INVALID, "the YAML reader does not start");
        return NULL;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
    done = read_events(&reader);
    yaml_parser_delete(&reader.parser);
    *line = reader.line;
    if (done && is_empty(reader.root)) {
        reader.root = ARENA_NEW(arena, struct doc_node);
        reader.root->kind = DOC_MAP;
        reader.root->line = 1;
    }
    return done ? reader.root : NULL;
}
