#include "agent/catalog_items.h"

#include <stdlib.h>
#include <string.h>

static int compare_items(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    int order = key_path_compare(a->name, b->name);

    if (order == 0)
        order = a->preferred - b->preferred;
    if (order == 0)
        order = (a->file->folder > b->file->folder) - (a->file->folder < b->file->folder);
    if (order == 0)
        order = strcmp(a->kind, b->kind);
    return order != 0 ? order : strcmp(a->file->name, b->file->name);
}

static void sort_items(struct item_list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(list->items[0]), compare_items);
}

struct item *items_add(struct item_list *list, struct arena *arena)
{
    list->items = arena_grow(arena, list->items, list->count, sizeof(list->items[0]));
    return &list->items[list->count++];
}

/* One call of items_settle. */
struct settling {
    struct complaints *complaints;
    items_overridden *overridden;
    void *arg;
};

static void complain_of_twin(struct complaints *complaints, const struct item *first,
                             const struct item *second)
{
    complain(complaints, second->file->path, second->line, second->name,
             "is defined a second time; the first is at %s:%d", first->file->path, first->line);
}

/* `winner` is the last of all items of one name. */
static void settle_name(const struct settling *settling, const struct item *first,
                        const struct item *winner)
{
    for (const struct item *item = first; item < winner; item++) {
        const struct item *next = item + 1;

        if (item->file->folder == next->file->folder && item->preferred == next->preferred &&
            strcmp(item->kind, next->kind) == 0)
            complain_of_twin(settling->complaints, item, next);
        else
            settling->overridden(winner, item, settling->arg);
    }
}

void items_settle(struct item_list *list, struct complaints *complaints,
                  items_overridden *overridden, void *arg)
{
    const struct settling settling = {complaints, overridden, arg};
    size_t kept = 0;

    sort_items(list);
    for (size_t first = 0, last; first < list->count; first = last + 1) {
        last = first;
        while (last + 1 < list->count &&
               strcmp(list->items[last + 1].name, list->items[first].name) == 0)
            last++;
        settle_name(&settling, &list->items[first], &list->items[last]);
        list->items[last].file->in_force++;
        list->items[kept++] = list->items[last];
    }
    list->count = kept;
}

static bool is_below(const char *path, const char *parent)
{
    size_t length = strlen(parent);

    return strncmp(path, parent, length) == 0 && path[length] == '.';
}

/* In sorted order what is below a path follows it at once. */
void items_complain_of_collisions(const struct item_list *list, struct complaints *complaints)
{
    const struct item *parent = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];

        if (parent == NULL || !is_below(item->name, parent->name)) {
            parent = item;
            continue;
        }
        complain(complaints, item->file->path, item->line, item->name,
                 "lies below %s, which has a value of its own by %s:%d", parent->name,
                 parent->file->path, parent->line);
    }
}
