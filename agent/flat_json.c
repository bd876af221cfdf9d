#include "agent/flat_json.h"

#include "agent/metric.h"

#include <stdlib.h>
#include <string.h>

/* Objects that are still to be opened stand in one list with the leaves, behind those they came
 * from. */
struct flattening {
    struct arena *arena;
    const char *prefix; /* of the object that is open */
    struct flat_leaf *found;
    size_t count;
};

static void add(const char *key, const struct js_value *value, void *arg)
{
    struct flattening *work = arg;
    const char *path = work->prefix == NULL ? arena_copy(work->arena, key)
                                            : arena_format(work->arena, "%s.%s", work->prefix, key);

    work->found = arena_grow(work->arena, work->found, work->count, sizeof(work->found[0]));
    work->found[work->count++] = (struct flat_leaf){path, value};
}

static bool is_whole(const struct js_value *whole, const char *path)
{
    for (size_t i = 0; i < js_count(whole); i++) {
        const char *name = js_text(js_at(whole, i));

        if (name != NULL && strcmp(name, path) == 0)
            return true;
    }
    return false;
}

static int compare(const void *left, const void *right)
{
    const struct flat_leaf *a = left, *b = right;

    return key_path_compare(a->path, b->path);
}

void flat_json_sort(struct flat_json *flat)
{
    if (flat->count > 0)
        qsort(flat->leaves, flat->count, sizeof(flat->leaves[0]), compare);
}

void flat_json_make(const struct js_value *root, const struct js_value *whole, struct arena *arena,
                    struct flat_json *flat)
{
    struct flattening work = {.arena = arena};

    *flat = (struct flat_json){0};
    js_members(root, add, &work);
    for (size_t i = 0; i < work.count; i++) {
        struct flat_leaf leaf = work.found[i];
        size_t before = work.count;

        work.prefix = leaf.path;
        if (!is_whole(whole, leaf.path))
            js_members(leaf.value, add, &work);
        /* What was taken out of an object stands in its place: nothing, or what was no object. */
        if (work.count == before)
            work.found[flat->count++] = leaf;
    }
    flat->leaves = work.found;
    flat_json_sort(flat);
}

const struct flat_leaf *flat_json_find(const struct flat_json *flat, const char *path)
{
    const struct flat_leaf wanted = {.path = path};

    if (flat->count == 0)
        return NULL;
    return bsearch(&wanted, flat->leaves, flat->count, sizeof(wanted), compare);
}

static const struct flat_leaf *leaf_at(const struct flat_json *flat, size_t index)
{
    return index < flat->count ? &flat->leaves[index] : NULL;
}

bool flat_pair_next(struct flat_pair *pair, const struct flat_leaf **before,
                    const struct flat_leaf **after)
{
    const struct flat_leaf *left = leaf_at(pair->before, pair->before_at);
    const struct flat_leaf *right = leaf_at(pair->after, pair->after_at);
    int order = left != NULL ? -1 : 1;

    if (left != NULL && right != NULL)
        order = key_path_compare(left->path, right->path);
    *before = order <= 0 ? left : NULL;
    *after = order >= 0 ? right : NULL;
    pair->before_at += *before != NULL;
    pair->after_at += *after != NULL;
    return *before != NULL || *after != NULL;
}
