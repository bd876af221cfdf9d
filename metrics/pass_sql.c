#include "metrics/pass_sql.h"

#include "metrics/column_sql.h"
#include "metrics/grouping_sql.h"

#include <inttypes.h>

const struct pass_method *pass_method(const struct pass *pass)
{
    static const struct pass_method methods[] = {
        [PASS_SHARED] = {"one walk over the relation by its key, piece by piece", "walk", true,
                         false},
        [PASS_WINDOW] = {"one walk over the window by its timestamp, piece by piece", "window",
                         true, false},
        [PASS_DISTINCT] = {"one walk over the column's own index, value by value", "values", true,
                           false},
        [PASS_GATHERED] = {"small tables, gathered in one statement", "gathered", false, false},
        [PASS_WHOLE] = {"one statement", "one statement", false, true},
    };
    static const struct pass_method grouped[] = {
        [PASS_SHARED] = {"one walk over the relation by its key, piece by piece; the conditions "
                         "are put to groups of rows",
                         "walk, grouped", true, false},
        [PASS_WINDOW] = {"one walk over the window by its timestamp, piece by piece; the "
                         "conditions are put to groups of rows",
                         "window, grouped", true, false},
    };

    return pass->grouping != NULL ? &grouped[pass->kind] : &methods[pass->kind];
}

/* ---- Walks ---- */

static void add_rows(const struct question *question, struct str *out)
{
    str_add(out, "SELECT count(*)::text");
    for (size_t i = 0; i < question->count; i++) {
        if (id_pack_field(question->pack, question->columns[i]) != NULL)
            continue;
        str_add(out, ", ");
        column_sql_add(&question->pass->columns[question->columns[i]], out);
    }
    for (size_t i = 0; i < id_pack_extras(question->pack); i++) {
        str_add(out, ", ");
        id_pack_add_extra(question->pack, i, out);
    }
    grouping_sql_add_range(question, out);
}

/* Bits of a bigint but for its sign; a bit for each filter says whether any row of a value fits. */
#define MASK_BITS 62

static const char *filter_of(const struct question *question, size_t index)
{
    return question->pass->columns[question->columns[index]].filter;
}

/* ", bit_or(CASE WHEN p THEN 1 ELSE 0 END | CASE WHEN q THEN 2 ELSE 0 END) AS _0" */
static void add_masks(const struct question *question, struct str *out)
{
    size_t filters = 0;

    for (size_t i = 0; i < question->count; i++) {
        size_t bit = filters % MASK_BITS;

        if (filter_of(question, i) == NULL)
            continue;
        if (bit == 0 && filters > 0)
            str_add_format(out, ") AS _%zu", filters / MASK_BITS - 1);
        str_add_format(out, "%sCASE WHEN %s THEN %" PRIu64 " ELSE 0 END",
                       bit == 0 ? ", bit_or(" : " | ", filter_of(question, i), UINT64_C(1) << bit);
        filters++;
    }
    if (filters > 0)
        str_add_format(out, ") AS _%zu", (filters - 1) / MASK_BITS);
}

/* The column's values, each with its rows, and which filters let any of them through. */
static void add_values(const struct question *question, struct str *out)
{
    size_t filters = 0;

    str_add(out, "SELECT coalesce(sum(_rows), 0)::text");
    for (size_t i = 0; i < question->count; i++) {
        str_add(out, ", ");
        if (filter_of(question, i) == NULL) {
            str_add(out, "count(*)::text");
            continue;
        }
        str_add_format(out, "(count(*) FILTER (WHERE _%zu & %" PRIu64 " <> 0))::text",
                       filters / MASK_BITS, UINT64_C(1) << filters % MASK_BITS);
        filters++;
    }
    str_add(out, " FROM (SELECT count(*) AS _rows");
    add_masks(question, out);
    grouping_sql_add_range(question, out);
    str_add_format(out, " GROUP BY %s) AS value", question->pass->key.columns[0]);
}

static void add_walked(const struct question *question, struct str *out)
{
    if (question->pass->kind == PASS_DISTINCT)
        add_values(question, out);
    else if (grouping_sql_serves(question))
        grouping_sql_add(question, out);
    else
        add_rows(question, out);
}

/* ---- Parts ---- */

/* Parts with fewer columns are filled up, because all rows of a statement have the same. */
static void add_part(const struct pass *pass, const size_t *columns, size_t count, size_t width,
                     struct str *out)
{
    size_t index = pass->columns[columns[0]].part;
    const struct pass_part *part = &pass->parts[index];

    str_add_format(out, "SELECT %zu", index);
    for (size_t i = 0; i < width; i++) {
        str_add(out, ", ");
        if (i < count)
            column_sql_add(&pass->columns[columns[i]], out);
        else
            str_add(out, "NULL::text");
    }
    str_add_format(out, " FROM %s", part->from);
    if (part->where != NULL)
        str_add_format(out, " WHERE %s", part->where);
    if (part->is_statement)
        str_add(out, " LIMIT 2"); /* two are as wrong as many */
}

/* How many of the columns from `first` on are of the same part. */
static size_t columns_of_part(const struct pass *pass, const size_t *columns, size_t count)
{
    size_t same = 1;

    while (same < count && pass->columns[columns[same]].part == pass->columns[columns[0]].part)
        same++;
    return same;
}

static void add_parts(const struct pass *pass, const size_t *columns, size_t count, struct str *out)
{
    size_t width = 0;

    for (size_t i = 0, same; i < count; i += same) {
        same = columns_of_part(pass, columns + i, count - i);
        width = same > width ? same : width;
    }
    for (size_t i = 0, same; i < count; i += same) {
        same = columns_of_part(pass, columns + i, count - i);
        str_add(out, i > 0 ? "\nUNION ALL " : "");
        add_part(pass, columns + i, same, width, out);
    }
}

void pass_sql_add_piece(const struct question *question, struct str *out)
{
    if (pass_method(question->pass)->walks)
        add_walked(question, out);
    else
        add_parts(question->pass, question->columns, question->count, out);
}
