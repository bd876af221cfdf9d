#include "agent/difference.h"

#include "agent/flat_json.h"
#include "agent/metric.h"

#include <string.h>

static const char options[] = "options.";

/* What a definition of ours says about counting stands in `options`; `events` stands in both. */
static const char *short_name(const char *path)
{
    const char *name = path + strlen(options);

    if (strncmp(path, options, strlen(options)) != 0)
        return path;
    return strncmp(name, "events", strlen("events")) == 0 ? path : name;
}

static const char *one_line(const struct flat_leaf *leaf, struct arena *arena)
{
    return leaf != NULL ? arena_copy(arena, js_one_line(leaf->value)) : NULL;
}

static struct difference_field *add_field(struct difference_fields *fields,
                                          struct difference_field *list, struct arena *arena)
{
    list = arena_grow(arena, list, fields->count, sizeof(list[0]));
    fields->fields = list;
    fields->count++;
    return list;
}

static void compare_fields(const struct js_value *before, const struct js_value *after,
                           struct arena *arena, struct difference_fields *fields)
{
    struct flat_json old, new;
    struct flat_pair pair = {.before = &old, .after = &new};
    struct difference_field *list = NULL;
    const struct flat_leaf *from, *to;

    flat_json_make(before, NULL, arena, &old);
    flat_json_make(after, NULL, arena, &new);
    while (flat_pair_next(&pair, &from, &to)) {
        struct difference_field field = {
            .name = short_name(from != NULL ? from->path : to->path),
            .from = one_line(from, arena),
            .to = one_line(to, arena),
        };

        if (field.from != NULL && field.to != NULL && strcmp(field.from, field.to) == 0)
            continue;
        list = add_field(fields, list, arena);
        list[fields->count - 1] = field;
    }
}

bool difference_of_definitions(const char *before, const char *after, struct arena *arena,
                               struct difference_fields *fields, struct error *err)
{
    struct js_value *old = js_parse(before, strlen(before), err);
    struct js_value *new = old != NULL ? js_parse(after, strlen(after), err) : NULL;

    *fields = (struct difference_fields){0};
    if (new != NULL)
        compare_fields(old, new, arena, fields);
    js_free(old);
    js_free(new);
    return new != NULL;
}

const char *difference_field_words(const struct difference_field *field, struct arena *arena)
{
    if (field->from == NULL)
        return arena_format(arena, "%s: new, %s", field->name, field->to);
    if (field->to == NULL)
        return arena_format(arena, "%s: gone, was %s", field->name, field->from);
    return arena_format(arena, "%s: from %s to %s", field->name, field->from, field->to);
}

const char *difference_words(const struct difference_fields *fields, struct arena *arena)
{
    const char *words;
    struct str out;

    str_init(&out);
    for (size_t i = 0; i < fields->count; i++) {
        str_add(&out, i > 0 ? "; " : "");
        str_add(&out, difference_field_words(&fields->fields[i], arena));
    }
    words = arena_copy(arena, out.text);
    str_release(&out);
    return words;
}
