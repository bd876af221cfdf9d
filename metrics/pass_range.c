#include "metrics/pass_range.h"

static void add_bound(const struct pass *pass, const struct pass_piece *piece, bool upper,
                      struct str *out)
{
    if (piece == NULL)
        str_add(out, upper ? ":to" : ":from");
    else
        key_write(pass->key.type, upper ? piece->keys.to : piece->keys.from, out);
}

void pass_range_add(const struct pass *pass, const struct pass_piece *piece, struct str *out)
{
    const char *key = pass->key.columns[0];

    str_add_format(out, "%s >= ", key);
    add_bound(pass, piece, false, out);
    str_add_format(out, " AND %s %s ", key, piece != NULL && piece->keys.closed ? "<=" : "<");
    add_bound(pass, piece, true, out);
}

static void add_range(const struct pass *pass, int64_t first, int64_t last, struct str *out)
{
    str_add_format(out, " WHERE %s >= ", pass->key.columns[0]);
    key_write(pass->key.type, first, out);
    str_add_format(out, " AND %s <= ", pass->key.columns[0]);
    key_write(pass->key.type, last, out);
}

void pass_range_add_bounds(const struct pass *pass, struct str *out)
{
    const char *key = pass->key.columns[0];

    str_add_format(out, "SELECT min(%s), max(%s) FROM %s", key, key, pass->key.from);
    if (pass->has_range)
        add_range(pass, pass->range.first, pass->range.last, out);
}

void pass_range_add_seek(const struct pass *pass, int64_t from, int64_t last, struct str *out)
{
    str_add_format(out, "SELECT min(%s) FROM %s", pass->key.columns[0], pass->key.from);
    add_range(pass, from, last, out);
}
