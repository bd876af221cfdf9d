#include "agent/base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

static bool refuse(struct reader *reader, int line, const char *what)
{
    reader->line = line;
    return error_set(reader->err, ERROR_INVALID, "%s", what);
}

static bool key_is_taken(const struct doc_node *map, const char *key)
{
    for (const struct doc_node *child = map->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return true;
    return false;
}

static bool take_key(struct reader *reader, struct level *level, const struct doc_node *node)
{
    if (node->kind != DOC_SCALAR)
        return refuse(reader, node->line, "a key must be plain text, not a list or a map");
    if (strlen(node->text) > LONGEST_KEY)
        return refuse(reader, node->line, "a key may not be longer than 250 bytes");
    if (key_is_taken(level->node, node->text)) {
        reader->line = node->line;
        return error_set(reader->err, ERROR_INVALID, "the key '%s' stands here twice", node->text);
    }
    level->pending_key = node->text;
    level->key_line = node->line;
    return true;
}

static bool count_nodes(struct reader *reader, size_t more, int line)
{
    reader->nodes += more;
    return reader->nodes <= MOST_NODES ||
           refuse(reader, line, "the document has more than 200,000 values");
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
    if (level->node->kind == DOC_MAP && level->pending_key == NULL)
        return take_key(reader, level, node);
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
    bool is_key = reader->depth > 0 && reader->levels[reader->depth - 1].node->kind == DOC_MAP &&
                  reader->levels[reader->depth - 1].pending_key == NULL;

    if (is_key)
        return refuse(reader, node->line, "a key must be plain text, not a list or a map");
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

static bool place_alias(struct reader *reader, const char *name, int line)
{
    for (const struct anchor *anchor = reader->anchors; anchor != NULL; anchor = anchor->next) {
        struct doc_node *copy;

        if (strcmp(anchor->name, name) != 0)
            continue;
        if (is_open(reader, anchor->node))
            return refuse(reader, line, "an alias may not stand inside its own anchor");
        if (!alias_fits(reader, anchor->node, line))
            return false;
        copy = ARENA_NEW(reader->arena, struct doc_node);
        *copy = *anchor->node; /* the children are shared */
        copy->line = line;
        copy->key = NULL;
        copy->next = NULL;
        return place(reader, copy);
    }
    return refuse(reader, line, "an alias without an anchor before it");
}

static struct doc_node *node_new(struct reader *reader, enum doc_kind kind, const yaml_mark_t *mark)
{
    struct doc_node *node = ARENA_NEW(reader->arena, struct doc_node);

    node->kind = kind;
    node->line = (int)mark->line + 1;
    return node;
}

static bool place_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct doc_node *node = node_new(reader, DOC_SCALAR, &event->start_mark);

    if (memchr(event->data.scalar.value, '\0', event->data.scalar.length) != NULL)
        return refuse(reader, node->line, "a text may not hold a zero byte");
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text =
        arena_copy_bytes(reader->arena, event->data.scalar.value, event->data.scalar.length);
    remember(reader, event->data.scalar.anchor, node);
    return place(reader, node);
}

static bool begin_container(struct reader *reader, const yaml_event_t *event, enum doc_kind kind)
{
    struct doc_node *node = node_new(reader, kind, &event->start_mark);

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
        return place_scalar(reader, event);
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

const struct doc_node *doc_get(const struct doc_node *map, const char *key)
{
    if (map == NULL || map->kind != DOC_MAP)
        return NULL;
    for (const struct doc_node *child = map->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static const char *const null_words[] = {"", "~", "null", NULL};
static const char *const true_words[] = {"true", "yes", "on", NULL};
static const char *const false_words[] = {"false", "no", "off", NULL};

/* Psych takes 010 for eight. Whoever writes that is asked what is meant: it is text here. */
static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    if (*text == '0' && text[1] != '\0')
        return false;
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static bool is_float(const char *text)
{
    char *end;

    if (strspn(text, "0123456789+-.eE") != strlen(text) || strpbrk(text, "0123456789") == NULL ||
        strchr(text, '.') == NULL)
        return false;
    (void)strtod(text, &end);
    return *end == '\0';
}

enum doc_type doc_type(const struct doc_node *scalar)
{
    if (!scalar->plain)
        return DOC_TEXT;
    if (is_one_of(scalar->text, null_words))
        return DOC_NULL;
    if (is_one_of(scalar->text, true_words) || is_one_of(scalar->text, false_words))
        return DOC_FLAG;
    if (is_integer(scalar->text))
        return DOC_INTEGER;
    return is_float(scalar->text) ? DOC_FLOAT : DOC_TEXT;
}

bool doc_is_null(const struct doc_node *node)
{
    return node == NULL || (node->kind == DOC_SCALAR && doc_type(node) == DOC_NULL);
}

bool doc_flag(const struct doc_node *scalar, bool *out)
{
    if (scalar->kind != DOC_SCALAR || doc_type(scalar) != DOC_FLAG)
        return false;
    *out = is_one_of(scalar->text, true_words);
    return true;
}

bool doc_integer(const struct doc_node *scalar, int64_t *out)
{
    long long value;

    if (scalar->kind != DOC_SCALAR || doc_type(scalar) != DOC_INTEGER)
        return false;
    errno = 0;
    value = strtoll(scalar->text, NULL, 10);
    *out = value;
    return errno == 0;
}
