#include "metrics/pass_range.h"

#include <inttypes.h>
#include <string.h>

static bool is_tuple(const struct pass *pass)
{
    return pass->key.type == KEY_TUPLE;
}

/* ---- Tuples ---- */

/* "a, b" with what stands behind each, "(a, b)" when it is compared as a row. */
static void add_columns(const struct pass *pass, const char *suffix, struct str *out)
{
    for (size_t i = 0; i < pass->key.column_count; i++)
        str_add_format(out, "%s%s%s", i > 0 ? ", " : "", pass->key.columns[i], suffix);
}

static void open_row(const struct pass *pass, struct str *out)
{
    str_add(out, pass->key.column_count > 1 ? "(" : "");
}

static void close_row(const struct pass *pass, struct str *out)
{
    str_add(out, pass->key.column_count > 1 ? ")" : "");
}

static void add_tuple(const struct pass *pass, const char *tuple, struct str *out)
{
    open_row(pass, out);
    for (size_t i = 0; i < pass->key.column_count; i++, tuple += strlen(tuple) + 1) {
        str_add(out, i > 0 ? ", " : "");
        db_quote_text(tuple, out);
    }
    close_row(pass, out);
}

/* "(a, b) >= ('x', '5')"; `tuple` is NULL for people. */
static void compare(const struct pass *pass, const char *sign, const char *tuple, const char *name,
                    struct str *out)
{
    open_row(pass, out);
    add_columns(pass, "", out);
    close_row(pass, out);
    str_add_format(out, " %s ", sign);
    if (tuple != NULL) {
        add_tuple(pass, tuple, out);
        return;
    }
    open_row(pass, out);
    str_add(out, name);
    close_row(pass, out);
}

static void add_tuple_range(const struct pass *pass, const struct tuple_piece *piece,
                            struct str *out)
{
    compare(pass, ">=", piece != NULL ? piece->from : NULL, ":from", out);
    str_add(out, " AND ");
    compare(pass, piece != NULL && piece->closed ? "<=" : "<", piece != NULL ? piece->to : NULL,
            ":to", out);
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
    str_add(out, "(SELECT ");
    add_columns(pass, "::text", out);
    str_add_format(out, " FROM %s", pass->key.from);
    add_not_null(pass, out);
    str_add(out, " ORDER BY ");
    add_columns(pass, order, out);
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
    str_add(out, "SELECT ");
    add_columns(pass, "::text", out);
    str_add(out, ", ");
    compare(pass, "=", piece->from, "", out);
    str_add_format(out, " FROM %s WHERE ", pass->key.from);
    compare(pass, sign, piece->from, "", out);
    str_add(out, " AND ");
    compare(pass, "<=", piece->to, "", out);
    str_add(out, " ORDER BY ");
    add_columns(pass, "", out);
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
