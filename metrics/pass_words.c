#include "metrics/pass_words.h"

#include "metrics/pass_sql.h"

#include "agent/base/str.h"

#include <string.h>

/* The columns' plain names as pass->name has them would be ambiguous; these are qualified. */
static void add_key(const struct pass_key *key, struct str *out)
{
    if (key->type == KEY_BLOCK) {
        str_add(out, "its blocks");
        return;
    }
    for (size_t i = 0; i < key->column_count; i++) {
        const char *point = strchr(key->columns[i], '.');

        str_add_format(out, "%s%s", i > 0 ? ", " : "",
                       point != NULL && point[1] != '"' ? point + 1 : key->columns[i]);
    }
}

/* Who looks at the server's statements would not find these columns as the definition says them. */
static bool may_pack(const struct pass *pass)
{
    size_t ids = 0;

    for (size_t i = 0; i < pass->column_count; i++)
        ids += pass->columns[i].kind == COLUMN_IDS && pass->columns[i].filter == NULL;
    return ids > 1;
}

const char *pass_words_method(const struct pass *pass, struct arena *arena)
{
    static const struct {
        const char *opening, *middle;
    } words[] = {
        [PASS_SHARED] = {"one walk over", "by"},
        [PASS_WINDOW] = {"one walk over the window of", "by"},
        [PASS_DISTINCT] = {"one walk over", "by the values of"},
        [PASS_WHOLE] = {NULL, NULL},
    };
    const char *copy;
    struct str text;

    if (!pass_method(pass)->walks || words[pass->kind].opening == NULL)
        return pass_method(pass)->words;
    str_init(&text);
    str_add_format(&text, "%s %s %s ", words[pass->kind].opening, pass->relation,
                   words[pass->kind].middle);
    add_key(&pass->key, &text);
    str_add(&text, ", piece by piece");
    if (pass->grouping != NULL)
        str_add(&text, "; the conditions are put to groups of rows");
    if (may_pack(pass))
        str_add(&text, "; the ids of a row come in one number where they fit");
    copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}

const char *pass_words_error_bound(const struct pass *pass)
{
    return pass->key.type == KEY_BLOCK
               ? "rows moved by updates during the walk may be missed or counted twice"
               : NULL;
}

static bool is_windowed(const struct pass_item *item)
{
    return item->metric->time_frame == TIME_FRAME_7D || item->metric->time_frame == TIME_FRAME_28D;
}

/* The last part of a relation's name names it, too. */
static bool is_driving(const struct database_spec *spec, const char *relation)
{
    const char *point = strchr(spec->relation, '.');

    return relation != NULL && (strcmp(spec->relation, relation) == 0 ||
                                (point != NULL && strcmp(point + 1, relation) == 0));
}

/* The timestamp that the metric would be walked by, if it had an index; or NULL. */
static const char *missing_timestamp(const struct pass *pass, const struct pass_item *item)
{
    const struct database_spec *spec = item->placed->spec;
    const char *column = spec->timestamp.name;

    if (item->placed->relation == NULL || !is_windowed(item) || column == NULL ||
        !is_driving(spec, spec->timestamp.relation) || pass->kind == PASS_GATHERED ||
        item->placed->relation->kind == 'v' || item->placed->relation->kind == 'f' ||
        facts_column_type(item->placed->relation, column) == NULL ||
        facts_indexed(item->placed->relation, column) != KEY_NONE)
        return NULL;
    return column;
}

/* A sentence for each timestamp. */
static void add_timestamps(const struct pass *pass, const struct metric *metric, struct str *out)
{
    for (size_t i = 0; i < pass->item_count; i++) {
        const char *column = missing_timestamp(pass, &pass->items[i]);
        bool told = metric != NULL && pass->items[i].metric != metric;

        for (size_t j = 0; metric == NULL && j < i && column != NULL && !told; j++) {
            const char *earlier = missing_timestamp(pass, &pass->items[j]);

            told = earlier != NULL && strcmp(earlier, column) == 0;
        }
        if (column != NULL && !told)
            str_add_format(out, "%s%s.%s has no index, so 7d and 28d metrics read the whole table",
                           out->length > 0 ? "; " : "", pass->relation, column);
    }
}

static bool has_primary_key(const struct relation_facts *relation)
{
    for (size_t i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].primary)
            return true;
    return false;
}

/* A table that cannot be walked by a key. One that has its key and is still one statement is small,
 * and its condition is not. */
static void add_missing_key(const struct pass *pass, struct str *out)
{
    const struct placed *placed = pass->items[0].placed;
    const char *what;

    if (placed->relation == NULL || strchr("rpm", placed->relation->kind) == NULL)
        return;
    what = has_primary_key(placed->relation) ? "key that could be walked" : "primary key";
    if (pass->key.type == KEY_BLOCK && !pass->key.by_wish)
        str_add_format(out,
                       "%s has no %s: it is walked by its blocks, and its counts are not exact "
                       "while rows change",
                       pass->relation, what);
    else if (pass->kind == PASS_WHOLE && pass->columns[0].kind != COLUMN_DISTINCT &&
             !has_primary_key(placed->relation))
        str_add_format(out, "%s has no primary key: it is counted in one statement",
                       pass->relation);
}

/* A distinct count that stands alone for want of an index on its column. */
static void add_missing_values(const struct pass *pass, struct str *out)
{
    const struct database_spec *spec = pass->items[0].placed->spec;

    if (pass->kind == PASS_WHOLE && pass->columns[0].kind == COLUMN_DISTINCT && !spec->joined &&
        pass->items[0].placed->relation != NULL &&
        strchr("rpm", pass->items[0].placed->relation->kind) != NULL)
        str_add_format(out, "%s.%s has no index that fits, so its distinct count is one statement",
                       pass->relation, spec->column.name);
}

const char *pass_words_unindexed(const struct pass *pass, const struct metric *metric,
                                 struct arena *arena)
{
    const char *copy = NULL;
    struct str text;

    if (pass->kind == PASS_GATHERED || pass->item_count == 0)
        return NULL;
    str_init(&text);
    add_missing_key(pass, &text);
    add_missing_values(pass, &text);
    add_timestamps(pass, metric, &text);
    if (text.length > 0)
        copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}
