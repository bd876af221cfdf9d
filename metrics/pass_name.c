#include "metrics/pass_name.h"

#include "agent/base/digest.h"
#include "agent/base/str.h"

#include <string.h>

/* " with users, projects": what is joined. */
static const char *joined_of(const struct database_spec *spec, struct arena *arena)
{
    struct str text;
    const char *copy;

    str_init(&text);
    for (size_t i = 1; i < spec->relation_count; i++)
        str_add_format(&text, "%s%s", i == 1 ? " with " : ", ", spec->relations[i]);
    copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}

/* " by namespace_id, path" */
static const char *key_words(const struct walked_key *key, struct arena *arena)
{
    struct str text;
    const char *copy;

    if (key->type == KEY_NONE || key->type == KEY_BLOCK)
        return key->type == KEY_NONE ? "" : " by blocks";
    str_init(&text);
    for (size_t i = 0; i < key->column_count; i++)
        str_add_format(&text, "%s%s", i == 0 ? " by " : ", ", key->columns[i]);
    copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}

/* A few digits of a digest tell joins of the same relations by other columns apart. */
const char *pass_name(const struct pass *pass, const struct pass_choice *first,
                      const char *database, struct arena *arena)
{
    static const char *const endings[] = {
        [PASS_WINDOW] = ", window", [PASS_DISTINCT] = ", values", [PASS_WHOLE] = NULL};
    const struct database_spec *spec = first->placed->spec;
    char digest[DIGEST_TEXT_SIZE] = "";
    const char *identity, *name;

    if (pass->kind == PASS_WHOLE && first->apart == first->placed->metric->key_path)
        return arena_format(arena, "%s: %s", database, first->apart);
    name = arena_format(arena, "%s: %s%s%s%s", database, pass->relation, joined_of(spec, arena),
                        key_words(&first->key, arena),
                        endings[pass->kind] != NULL ? endings[pass->kind] : "");
    if (!spec->joined && first->apart == NULL)
        return name;
    identity = arena_format(arena, "%s %s", spec->from, first->apart != NULL ? first->apart : "");
    (void)digest_text(identity, strlen(identity), digest);
    return arena_format(arena, "%s (%.4s)", name, digest);
}
