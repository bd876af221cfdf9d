#include "agent/approval_text.h"

#include "agent/base/json.h"

#include <stdlib.h>
#include <string.h>

struct member_list {
    const struct doc_node **nodes;
    size_t count;
};

static void add(struct member_list *list, const struct doc_node *node, struct arena *arena)
{
    list->nodes = arena_grow(arena, list->nodes, list->count, sizeof(struct doc_node *));
    list->nodes[list->count++] = node;
}

static int compare_keys(const void *left, const void *right)
{
    const struct doc_node *const *a = left, *const *b = right;

    return strcmp((*a)->key, (*b)->key);
}

static void sort(const struct member_list *list)
{
    if (list->count > 0)
        qsort(list->nodes, list->count, sizeof(struct doc_node *), compare_keys);
}

/* A block scalar ends with a newline, a folded or quoted one of the same words does not. */
static void write_text(struct js_writer *writer, const char *key, const char *text,
                       struct arena *arena)
{
    size_t length = strlen(text);

    while (length > 0 && text[length - 1] == '\n')
        length--;
    js_put_text(writer, key, arena_copy_bytes(arena, text, length));
}

/* A number with a point stays text, as it was written: "14.10" is not 14.1. */
static void write_scalar(struct js_writer *writer, const struct doc_node *node, struct arena *arena)
{
    int64_t number;
    bool flag;

    if (doc_is_null(node))
        js_put_null(writer, node->key);
    else if (doc_flag(node, &flag))
        js_put_flag(writer, node->key, flag);
    else if (doc_integer(node, &number))
        js_put_integer(writer, node->key, number);
    else
        write_text(writer, node->key, node->text, arena);
}

static void members_of(const struct doc_node *map, struct member_list *list, struct arena *arena)
{
    for (const struct doc_node *child = map->first; child != NULL; child = child->next)
        if (!doc_is_null(child))
            add(list, child, arena);
    sort(list);
}

/* Recursion is bounded, because doc_parse bounds the depth. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void write_node(struct js_writer *writer, const struct doc_node *node, struct arena *arena)
{
    struct member_list list = {0};

    if (node->kind == DOC_SCALAR) {
        write_scalar(writer, node, arena);
    } else if (node->kind == DOC_LIST) {
        js_open_list(writer, node->key);
        for (const struct doc_node *child = node->first; child != NULL; child = child->next)
            write_node(writer, child, arena);
        js_close_list(writer);
    } else {
        members_of(node, &list, arena);
        js_open_object(writer, node->key);
        for (size_t i = 0; i < list.count; i++)
            write_node(writer, list.nodes[i], arena);
        js_close_object(writer);
    }
}

static void add_text(struct member_list *list, const char *key, const char *text,
                     struct arena *arena)
{
    struct doc_node *node = ARENA_NEW(arena, struct doc_node);

    *node = (struct doc_node){.kind = DOC_SCALAR, .key = key, .text = text};
    add(list, node, arena);
}

/* The options that the source read are not the document's own, where a map gave them. */
static void add_mapping(struct member_list *list, const struct metric *metric, struct arena *arena)
{
    const struct definition *definition = metric->definition;

    if (definition->options != NULL &&
        definition->options != doc_get(definition->root, "options")) {
        struct doc_node *node = ARENA_NEW(arena, struct doc_node);

        *node = *definition->options;
        node->key = "counted_as";
        add(list, node, arena);
    }
    if (metric->elsewhere != NULL)
        add_text(list, "elsewhere", metric->elsewhere, arena);
}

static bool is_of_the_metric(const char *key)
{
    return strcmp(key, "key_path") == 0 || strcmp(key, "time_frame") == 0;
}

const char *approval_text(const struct metric *metric, struct arena *arena)
{
    const struct doc_node *root = metric->definition->root;
    struct member_list list = {0};
    struct js_writer writer;
    const char *text;
    struct str out;

    for (const struct doc_node *child = root->first; child != NULL; child = child->next)
        if (!doc_is_null(child) && !is_of_the_metric(child->key))
            add(&list, child, arena);
    add_text(&list, "key_path", metric->key_path, arena);
    add_text(&list, "time_frame", time_frame_name(metric->time_frame), arena);
    add_mapping(&list, metric, arena);
    sort(&list);
    str_init(&out);
    js_begin(&writer, &out, false);
    js_open_object(&writer, NULL);
    for (size_t i = 0; i < list.count; i++)
        write_node(&writer, list.nodes[i], arena);
    js_close_object(&writer);
    text = arena_copy_bytes(arena, out.text, out.length);
    str_release(&out);
    return text;
}

char *approval_digest(const struct metric *metric, char out[DIGEST_TEXT_SIZE])
{
    struct arena *arena = arena_new();
    const char *text = approval_text(metric, arena);

    (void)digest_text(text, strlen(text), out);
    arena_free(arena);
    return out;
}
