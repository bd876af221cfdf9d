#include "metrics/pass_range.h"

#include <inttypes.h>
#include <string.h>

static bool is_tuple(const struct pass *pass)
{
    return pass->key.type == KEY_TUPLE;
}

/* ---- Tuples ---- */

/* Columns of the key from the `first` on: with others than all of it when the ones before are the
 * same in all that is meant. */
struct columns {
    const struct pass *pass;
    size_t first;
};

static struct columns all_columns(const struct pass *pass)
{
    return (struct columns){.pass = pass};
}

static size_t count_of(const struct columns *columns)
{
    return columns->pass->key.column_count - columns->first;
}

/* "a, b" with what stands behind each. */
static void add_names(const struct columns *columns, const char *suffix, struct str *out)
{
    for (size_t i = 0; i < count_of(columns); i++)
        str_add_format(out, "%s%s%s", i > 0 ? ", " : "",
                       columns->pass->key.columns[columns->first + i], suffix);
}

/* The text of a tuple that belongs to that column. */
static const char *text_of(const char *tuple, size_t column)
{
    for (; column > 0; column--)
        tuple += strlen(tuple) + 1;
    return tuple;
}

static void add_texts(const struct columns *columns, const char *tuple, struct str *out)
{
    for (size_t i = 0; i < count_of(columns); i++) {
        str_add(out, i > 0 ? ", " : "");
        db_quote_text(text_of(tuple, columns->first + i), out);
    }
}

/* "(a, b) >= ('x', '5')", without brackets if it is one column; `tuple` is NULL for people. */
static void compare(const struct columns *columns, const char *sign, const char *tuple,
                    const char *name, struct str *out)
{
    const char *open = count_of(columns) > 1 ? "(" : "", *close = *open != '\0' ? ")" : "";

    str_add(out, open);
    add_names(columns, "", out);
    str_add_format(out, "%s %s %s", close, sign, open);
    if (tuple != NULL)
        add_texts(columns, tuple, out);
    else
        str_add(out, name);
    str_add(out, close);
}

static void compare_column(const struct columns *columns, const char *sign, const char *tuple,
                           struct str *out)
{
    str_add_format(out, "%s %s ", columns->pass->key.columns[columns->first], sign);
    db_quote_text(text_of(tuple, columns->first), out);
}

/*
 * The server judges how many rows a comparison of rows meets by the first column alone: if that
 * has few values, it would read the whole table for each piece. So it is told again what is implied
 * already, in words that it judges well, one index look-up each.
 */
static void add_hint(const struct columns *columns, const struct tuple_piece *piece,
                     const char *below, struct str *out)
{
    const struct columns rest = {columns->pass, columns->first + 1};

    str_add(out, " AND ((");
    compare_column(columns, "=", piece->from, out);
    str_add(out, " AND ");
    compare(&rest, ">=", piece->from, "", out);
    str_add(out, ") OR (");
    compare_column(columns, ">", piece->from, out);
    str_add(out, " AND ");
    compare_column(columns, "<", piece->to, out);
    str_add(out, ") OR (");
    compare_column(columns, "=", piece->to, out);
    str_add(out, " AND ");
    compare(&rest, below, piece->to, "", out);
    str_add(out, "))");
}

/* What both bounds have in common is asked for as such, for the same reason. */
static struct columns add_common(const struct pass *pass, const struct tuple_piece *piece,
                                 struct str *out)
{
    struct columns columns = all_columns(pass);

    for (; count_of(&columns) > 0; columns.first++) {
        if (strcmp(text_of(piece->from, columns.first), text_of(piece->to, columns.first)) != 0)
            break;
        str_add(out, columns.first > 0 ? " AND " : "");
        compare_column(&columns, "=", piece->from, out);
    }
    return columns;
}

static void add_tuple_range(const struct pass *pass, const struct tuple_piece *piece,
                            struct str *out)
{
    const char *below = piece != NULL && piece->closed ? "<=" : "<";
    struct columns columns = all_columns(pass);

    if (piece != NULL)
        columns = add_common(pass, piece, out);
    if (count_of(&columns) == 0)
        return;
    str_add(out, columns.first > 0 ? " AND " : "");
    compare(&columns, ">=", piece != NULL ? piece->from : NULL, ":from", out);
    str_add(out, " AND ");
    compare(&columns, below, piece != NULL ? piece->to : NULL, ":to", out);
    if (piece != NULL && count_of(&columns) > 1)
        add_hint(&columns, piece, below, out);
}

/* Rows without a value stand in the index of a column, but are no values of it. */
static void add_not_null(const struct pass *pass, struct str *out)
{
    for (size_t i = 0; pass->kind == PASS_DISTINCT && i < pass->key.column_count; i++)
        str_add_format(out, "%s%s IS NOT NULL", i > 0 ? " AND " : " WHERE ", pass->key.columns[i]);
}

/* The columns are qualified: a bare name in ORDER BY would mean the text that is selected. */
static void add_end(const struct pass *pass, const char *name, const char *order, struct str *out)
{
    const struct columns columns = all_columns(pass);

    str_add(out, "(SELECT ");
    add_names(&columns, "::text", out);
    str_add_format(out, " FROM %s", pass->key.from);
    add_not_null(pass, out);
    str_add(out, " ORDER BY ");
    add_names(&columns, order, out);
    str_add_format(out, " LIMIT 1) AS %s", name);
}

static void add_tuple_bounds(const struct pass *pass, struct str *out)
{
    str_add(out, "SELECT * FROM ");
    add_end(pass, "first_key", "", out);
    str_add(out, ", ");
    add_end(pass, "last_key", " DESC", out);
}

static void add_next(const struct pass *pass, const struct tuple_piece *piece, const char *sign,
                     struct str *out)
{
    const struct columns columns = all_columns(pass);

    str_add(out, "SELECT ");
    add_names(&columns, "::text", out);
    str_add(out, ", ");
    compare(&columns, "=", piece->from, "", out);
    str_add_format(out, " FROM %s WHERE ", pass->key.from);
    compare(&columns, sign, piece->from, "", out);
    str_add(out, " AND ");
    compare(&columns, "<=", piece->to, "", out);
    str_add(out, " ORDER BY ");
    add_names(&columns, "", out);
}

void pass_range_add_reach(const struct pass *pass, const struct tuple_piece *piece, struct str *out)
{
    add_next(pass, piece, ">=", out);
    str_add_format(out, " OFFSET %" PRIu64 " LIMIT 1", piece->ahead);
}

void pass_range_add_beyond(const struct pass *pass, const struct tuple_piece *piece,
                           struct str *out)
{
    add_next(pass, piece, ">", out);
    str_add(out, " LIMIT 1");
}

/* ---- Integer forms ---- */

static void add_bound(const struct pass *pass, const struct pass_piece *piece, bool upper,
                      struct str *out)
{
    /* All rows of the last block, too: the place before the next one. */
    bool behind = pass->key.type == KEY_BLOCK && upper && piece != NULL && piece->keys.closed;

    if (piece == NULL)
        str_add(out, upper ? ":to" : ":from");
    else
        key_write(pass->key.type, upper ? piece->keys.to + behind : piece->keys.from, out);
}

void pass_range_add(const struct pass *pass, const struct pass_piece *piece, struct str *out)
{
    const char *key = pass->key.columns[0];
    bool closed = piece != NULL && piece->keys.closed && pass->key.type != KEY_BLOCK;

    if (is_tuple(pass)) {
        add_tuple_range(pass, piece != NULL ? &piece->tuples : NULL, out);
        return;
    }
    str_add_format(out, "%s >= ", key);
    add_bound(pass, piece, false, out);
    str_add_format(out, " AND %s %s ", key, closed ? "<=" : "<");
    add_bound(pass, piece, true, out);
}

static void add_range(const struct pass *pass, int64_t first, int64_t last, struct str *out)
{
    str_add_format(out, " WHERE %s >= ", pass->key.columns[0]);
    key_write(pass->key.type, first, out);
    str_add_format(out, " AND %s <= ", pass->key.columns[0]);
    key_write(pass->key.type, last, out);
}

static void add_blocks(const struct pass *pass, struct str *out)
{
    str_add(out, "SELECT 0::bigint, pg_relation_size(");
    db_quote_text(pass->key.from, out);
    str_add(out, "::regclass) / current_setting('block_size')::bigint - 1");
}

static void add_ends(const struct pass *pass, struct str *out)
{
    const char *key = pass->key.columns[0];

    str_add_format(out, "SELECT min(%s), max(%s) FROM %s", key, key, pass->key.from);
    if (pass->has_range)
        add_range(pass, pass->range.first, pass->range.last, out);
}

void pass_range_add_bounds(const struct pass *pass, struct str *out)
{
    static void (*const adders[])(const struct pass *pass, struct str *out) = {
        [KEY_NONE] = add_ends, [KEY_INTEGER] = add_ends, [KEY_TIMESTAMP] = add_ends,
        [KEY_DATE] = add_ends, [KEY_BLOCK] = add_blocks, [KEY_TUPLE] = add_tuple_bounds,
    };

    adders[pass->key.type](pass, out);
}

void pass_range_add_seek(const struct pass *pass, int64_t from, int64_t last, struct str *out)
{
    str_add_format(out, "SELECT min(%s) FROM %s", pass->key.columns[0], pass->key.from);
    add_range(pass, from, last, out);
}
