/*
 * Any bytes are either refused with a line and a sentence, or give a tree that is written as YAML
 * which gives the same tree again.
 */
#include "agent/base/yaml.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const struct doc_node *a, const struct doc_node *b)
{
    const struct doc_node *left = a->first, *right = b->first;

    assert(a->kind == b->kind && a->count == b->count && a->line > 0);
    if (a->kind == DOC_SCALAR) {
        assert(doc_type(a) == doc_type(b));
        assert(doc_is_null(a) || strcmp(a->text, b->text) == 0);
        return;
    }
    for (size_t i = 0; i < a->count; i++, left = left->next, right = right->next) {
        assert((left->key != NULL) == (a->kind == DOC_MAP));
        assert(left->key == NULL || strcmp(left->key, right->key) == 0);
        assert(left->key == NULL || doc_get(a, left->key) == left);
        expect_same(left, right);
    }
    assert(left == NULL && right == NULL);
}

static void expect_readable(const struct doc_node *tree, struct arena *arena)
{
    struct doc_node *again;
    struct str first, second;
    struct error err;
    int line;

    str_init(&first);
    str_init(&second);
    doc_write_yaml(tree, 0, &first);
    again = doc_parse(first.text, first.length, arena, &line, &err);
    assert(again != NULL);
    expect_same(tree, again);
    doc_write_yaml(again, 0, &second);
    assert(strcmp(first.text, second.text) == 0);
    str_release(&first);
    str_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct error err = {0};
    int line = 0;
    const struct doc_node *tree = doc_parse((const char *)data, size, arena, &line, &err);

    if (tree != NULL)
        expect_readable(tree, arena);
    else
        assert(line > 0 && err.kind == ERROR_INVALID && err.text[0] != '\0');
    arena_free(arena);
    return 0;
}
