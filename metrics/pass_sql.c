#include "metrics/pass_sql.h"

#include "metrics/pass_range.h"

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

    return &methods[pass->kind];
}

/* The text form of all but lists is the same for every type, and exact. */
static const struct {
    const char *opening, *closing, *cast;
} aggregates[] = {
    [COLUMN_COUNT] = {"count(", ")", "::text"},
    [COLUMN_DISTINCT] = {"count(DISTINCT ", ")", "::text"},
    [COLUMN_SUM] = {"sum(", ")", "::text"},
    [COLUMN_IDS] = {"array_agg(", ")", ""},
    [COLUMN_VALUE] = {"", "", "::text"},
};

static void add_column(const struct pass_column *column, struct str *out)
{
    bool ids = column->kind == COLUMN_IDS;
    bool filtered = ids || column->filter != NULL;

    str_add_format(out, "%s%s%s%s", filtered ? "(" : "", aggregates[column->kind].opening,
                   column->argument, aggregates[column->kind].closing);
    if (filtered)
        str_add(out, " FILTER (WHERE ");
    if (column->filter != NULL)
        str_add(out, column->filter);
    if (ids)
        str_add_format(out, "%s%s IS NOT NULL", column->filter != NULL ? " AND " : "",
                       column->argument);
    str_add_format(out, "%s%s", filtered ? "))" : "", aggregates[column->kind].cast);
}

static void add_walked(const struct pass *pass, const struct pass_piece *piece,
                       const size_t *columns, size_t count, struct str *out)
{
    const struct pass_part *part = &pass->parts[0];

    str_add(out, "SELECT count(*)::text");
    for (size_t i = 0; i < count; i++) {
        str_add(out, ", ");
        add_column(&pass->columns[columns[i]], out);
    }
    str_add_format(out, " FROM %s WHERE ", part->from);
    pass_range_add(pass, piece, out);
    if (part->where != NULL)
        str_add_format(out, " AND %s", part->where);
}

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
            add_column(&pass->columns[columns[i]], out);
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

void pass_sql_add_piece(const struct pass *pass, const struct pass_piece *piece,
                        const size_t *columns, size_t count, struct str *out)
{
    if (pass_method(pass)->walks)
        add_walked(pass, piece, columns, count, out);
    else
        add_parts(pass, columns, count, out);
}
