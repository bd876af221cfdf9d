#include "tests/support/planned.h"

#include "tests/support/test.h"

#include <string.h>

static enum time_frame frame_of(const char *text)
{
    static const char *const names[] = {"none ", "7d ", "28d ", "all "};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return (enum time_frame)i;
    fail_msg("no time frame: %s", text);
    return TIME_FRAME_ALL;
}

struct placed planned_place(const char *text, size_t index, const struct database_facts *facts,
                            struct arena *arena)
{
    struct definition *definition = ARENA_NEW(arena, struct definition);
    struct metric *metric = ARENA_NEW(arena, struct metric);
    struct complaints complaints;
    struct placed placed = {.metric = metric};
    struct error err;
    int line;

    complaints_init(&complaints, arena);
    definition->file = "x.yml";
    definition->root = doc_parse(strchr(text, '{'), strlen(strchr(text, '{')), arena, &line, &err);
    if (definition->root == NULL)
        fail_msg("%s: %s", text, err.text);
    definition->options = definition->root;
    *metric = (struct metric){.key_path = arena_format(arena, "m%zu", index),
                              .value_type = TYPE_NUMBER,
                              .time_frame = frame_of(text),
                              .definition = definition};
    database_spec_parse(definition, metric, arena, &complaints);
    if (complaints.count > 0)
        fail_msg("%s: %s", text, complaints.items[0].text);
    placing_place(&placed, facts, 1, arena);
    if (placed.refused)
        fail_msg("%s: %s", text, placed.outcome.reason);
    return placed;
}
