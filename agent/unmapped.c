#include "agent/unmapped.h"

#include "agent/base/str.h"

#include <stdlib.h>
#include <string.h>

void unmapped_add(struct unmapped *unmapped, const struct definition *definition)
{
    unmapped->definitions = arena_grow(unmapped->arena, unmapped->definitions, unmapped->count,
                                       sizeof(const struct definition *));
    unmapped->definitions[unmapped->count++] = definition;
}

static int compare(const void *left, const void *right)
{
    const struct definition *const *a = left, *const *b = right;
    int order = strcmp((*a)->instrumentation_class, (*b)->instrumentation_class);

    return order != 0 ? order : strcmp((*a)->file, (*b)->file);
}

/* The end of those, from `begin` on, that name the same class. */
static size_t end_of_class(const struct unmapped *unmapped, size_t begin)
{
    const char *name = unmapped->definitions[begin]->instrumentation_class;
    size_t end = begin + 1;

    while (end < unmapped->count &&
           strcmp(unmapped->definitions[end]->instrumentation_class, name) == 0)
        end++;
    return end;
}

/* One file may be there for several time frames. */
static const char *text_of(const struct unmapped *unmapped, size_t begin, size_t end,
                           struct arena *arena)
{
    const struct definition *const *definitions = unmapped->definitions;
    const char *before = "; so does ", *copy;
    struct str text;

    str_init(&text);
    str_add_format(&text, "names the class %s, which is not mapped",
                   definitions[begin]->instrumentation_class);
    for (size_t i = begin + 1; i < end; i++) {
        if (strcmp(definitions[i]->file, definitions[i - 1]->file) == 0)
            continue;
        str_add(&text, before);
        str_add(&text, definitions[i]->file);
        before = ", ";
    }
    copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}

void unmapped_each(struct unmapped *unmapped, struct arena *arena, unmapped_tell *tell, void *arg)
{
    size_t end;

    if (unmapped->count > 0)
        qsort(unmapped->definitions, unmapped->count, sizeof(const struct definition *), compare);
    for (size_t begin = 0; begin < unmapped->count; begin = end) {
        end = end_of_class(unmapped, begin);
        tell(unmapped->definitions[begin]->file, text_of(unmapped, begin, end, arena), arg);
    }
}
