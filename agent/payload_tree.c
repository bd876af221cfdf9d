#include "agent/payload_tree.h"

#include "agent/base/str.h"
#include "agent/metric.h"

#include <stdlib.h>
#include <string.h>

/* A key path cut at its dots. */
struct path {
    struct str text;
    const char *parts[PAYLOAD_LEVELS];
    size_t count;
};

static size_t count_parts(const char *key_path)
{
    size_t count = 1;

    for (; *key_path != '\0'; key_path++)
        if (*key_path == '.')
            count++;
    return count;
}

static void path_cut(struct path *path, const char *key_path)
{
    char *dot;

    str_clear(&path->text);
    str_add(&path->text, key_path);
    path->parts[0] = path->text.text;
    path->count = 1;
    for (dot = strchr(path->text.text, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        *dot = '\0';
        path->parts[path->count++] = dot + 1;
    }
}

static int compare_leaves(const void *left, const void *right)
{
    const struct payload_leaf *a = left, *b = right;

    return key_path_compare(a->key_path, b->key_path);
}

/* In sorted order a key path stands directly before those that run through it. */
static bool check_neighbours(const char *before, const char *key_path, struct error *err)
{
    size_t length = strlen(before);

    if (strncmp(before, key_path, length) != 0)
        return true;
    if (key_path[length] == '\0')
        return error_set(err, ERROR_REFUSED,
                         "the key path %s is used twice in the payload; rename one of the metrics",
                         key_path);
    if (key_path[length] == '.')
        return error_set(err, ERROR_REFUSED,
                         "the key path %s runs through %s, which has a value of its own; rename "
                         "one of the two",
                         key_path, before);
    return true;
}

static bool check_leaves(const struct payload_leaf *leaves, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *key_path = leaves[i].key_path;

        if (count_parts(key_path) > PAYLOAD_LEVELS)
            return error_set(err, ERROR_REFUSED, "the key path %.200s has more than %d parts",
                             key_path, PAYLOAD_LEVELS);
        if (i > 0 && !check_neighbours(leaves[i - 1].key_path, key_path, err))
            return false;
    }
    return true;
}

/* How many objects around `a` are around `b`, too. */
static size_t shared_objects(const struct path *a, const struct path *b)
{
    size_t shared = 0;

    while (shared + 1 < a->count && shared + 1 < b->count &&
           strcmp(a->parts[shared], b->parts[shared]) == 0)
        shared++;
    return shared;
}

static void close_objects(struct js_writer *writer, size_t count)
{
    for (size_t i = 0; i < count; i++)
        js_close_object(writer);
}

static void write_leaves(struct js_writer *writer, const struct payload_leaf *leaves, size_t count)
{
    struct path paths[2] = {{.count = 1}, {.count = 1}};

    str_init(&paths[0].text);
    str_init(&paths[1].text);
    js_open_object(writer, NULL);
    for (size_t i = 0; i < count; i++) {
        struct path *path = &paths[i % 2];
        const struct path *before = &paths[(i + 1) % 2];
        size_t shared;

        path_cut(path, leaves[i].key_path);
        shared = shared_objects(before, path);
        close_objects(writer, before->count - 1 - shared);
        for (size_t depth = shared; depth + 1 < path->count; depth++)
            js_open_object(writer, path->parts[depth]);
        leaves[i].write(writer, path->parts[path->count - 1], leaves[i].arg);
    }
    close_objects(writer, count > 0 ? paths[(count - 1) % 2].count : 1);
    str_release(&paths[0].text);
    str_release(&paths[1].text);
}

bool payload_tree_write(struct js_writer *writer, struct payload_leaf *leaves, size_t count,
                        struct error *err)
{
    qsort(leaves, count, sizeof(leaves[0]), compare_leaves);
    if (!check_leaves(leaves, count, err))
        return false;
    write_leaves(writer, leaves, count);
    return true;
}
