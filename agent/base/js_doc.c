#include "agent/base/js_doc.h"

#include <string.h>

/* A container that is being filled. */
struct filling {
    struct doc_node *node;
    struct doc_node **end;
    struct arena *arena;
};

/* JSON is 64 levels deep at most. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void add_child(struct filling *filling, const char *key, const struct js_value *value)
{
    struct doc_node *child = js_doc(value, filling->arena);

    child->key = key != NULL ? arena_copy(filling->arena, key) : NULL;
    *filling->end = child;
    filling->end = &child->next;
    filling->node->count++;
}

static void add_member(const char *key, const struct js_value *value, void *arg)
{
    add_child(arg, key, value);
}

/* YAML knows no 1e5: a number with an exponent has a point there. */
static const char *number_text(const struct js_value *value, struct arena *arena)
{
    const char *text = js_number_text(value);
    size_t length = strcspn(text, ".eE");

    if (text[length] == '\0' || text[length] == '.')
        return arena_copy(arena, text);
    return arena_format(arena, "%.*s.0%s", (int)length, text, text + length);
}

static void set_scalar(struct doc_node *node, const struct js_value *value, struct arena *arena)
{
    node->plain = js_kind(value) != JS_TEXT;
    if (js_kind(value) == JS_TEXT)
        node->text = arena_copy(arena, js_text(value));
    else if (js_kind(value) == JS_FLAG)
        node->text = js_flag(value) ? "true" : "false";
    else if (js_kind(value) == JS_NULL)
        node->text = "null";
    else
        node->text = number_text(value, arena);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
struct doc_node *js_doc(const struct js_value *value, struct arena *arena)
{
    struct doc_node *node = ARENA_NEW(arena, struct doc_node);
    struct filling filling = {node, &node->first, arena};

    if (js_kind(value) == JS_OBJECT) {
        node->kind = DOC_MAP;
        js_members(value, add_member, &filling);
    } else if (js_kind(value) == JS_LIST) {
        node->kind = DOC_LIST;
        for (size_t i = 0; i < js_count(value); i++)
            add_child(&filling, NULL, js_at(value, i));
    } else {
        set_scalar(node, value, arena);
    }
    return node;
}
