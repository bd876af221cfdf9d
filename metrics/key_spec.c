#include "metrics/key_spec.h"

#include <string.h>

struct key_spec *key_spec_new(struct arena *arena, enum key_fold fold, size_t room)
{
    struct key_spec *spec = ARENA_NEW(arena, struct key_spec);

    spec->fold = fold;
    spec->stems = ARENA_ARRAY(arena, const char *, room);
    if (fold == FOLD_TOTALS)
        spec->identifiers = ARENA_ARRAY(arena, const char *, room);
    return spec;
}

void key_spec_add(struct key_spec *spec, const char *stem, const char *identifier)
{
    for (size_t i = 0; i < spec->count; i++)
        if (strcmp(spec->stems[i], stem) == 0)
            return;
    if (spec->identifiers != NULL)
        spec->identifiers[spec->count] = identifier;
    spec->stems[spec->count++] = stem;
}

void key_spec_add_event(struct key_spec *spec, struct arena *arena, size_t room, const char *event,
                        const char *identifier)
{
    size_t length = identifier != NULL ? strcspn(identifier, ".") : 0;
    size_t before = spec->count;

    if (spec->events == NULL)
        spec->events = ARENA_ARRAY(arena, const char *, room);
    key_spec_add(spec,
                 arena_format(arena, "{hll_counters}_%s%s%.*s", event, length > 0 ? "-" : "",
                              (int)length, length > 0 ? identifier : ""),
                 NULL);
    if (spec->count > before)
        spec->events[before] = event;
}
