#include "metrics/column_sql.h"

/*
 * GitLab's own hash of a value: the first 32 bits of md5, of which the lowest nine are the bucket,
 * and the rank is the place of the first one bit behind the highest. Both %s are the column. A
 * value without one bit has rank 32, where GitLab's logarithm of 0 would fail.
 */
#define HASH "('x' || md5(CAST(%s AS text)))::bit(32)"
#define BUCKETS                                                                                    \
    "(" HASH " & B'00000000000000000000000111111111')::integer * 64 + "                            \
    "position(B'1' IN ((" HASH " & B'01111111111111111111111111111111') || B'1')) - 1"

/*
 * The text form of all but ids is the same for every type, and exact. Ids are one string of bytes,
 * eight for each: a list's elements cost the server half as much again, to make and to send.
 */
static const struct {
    const char *opening, *closing, *cast;
} aggregates[] = {
    [COLUMN_COUNT] = {"count(", ")", "::text"},
    [COLUMN_DISTINCT] = {"count(DISTINCT ", ")", "::text"},
    [COLUMN_SUM] = {"sum(", ")", "::text"},
    [COLUMN_IDS] = {"string_agg(int8send(", "), NULL)", ""},
    [COLUMN_BUCKETS] = {"array_agg(DISTINCT ", ")", "::text"},
    [COLUMN_VALUE] = {"", "", "::text"},
};

/* As it is written: the shorter one of two forms. */
static struct pass_column written(const struct pass_column *column)
{
    struct pass_column shorter = *column;

    if (column->present != NULL && column->filter != NULL) {
        shorter.argument = column->present;
        shorter.filter = column->present_filter;
    }
    return shorter;
}

void column_sql_add_aggregate(const struct pass_column *column, struct str *out)
{
    const struct pass_column form = written(column);
    bool buckets = form.kind == COLUMN_BUCKETS;

    str_add(out, aggregates[form.kind].opening);
    if (buckets)
        str_add_format(out, BUCKETS, form.argument, form.argument);
    else
        str_add(out, form.argument);
    str_add(out, aggregates[form.kind].closing);
    if (buckets || form.filter != NULL)
        str_add(out, " FILTER (WHERE ");
    if (form.filter != NULL)
        str_add(out, form.filter);
    if (buckets)
        str_add_format(out, "%s%s IS NOT NULL", form.filter != NULL ? " AND " : "", form.argument);
    if (buckets || form.filter != NULL)
        str_add_char(out, ')');
}

void column_sql_add(const struct pass_column *column, struct str *out)
{
    bool filtered = column->kind == COLUMN_BUCKETS || written(column).filter != NULL;

    str_add(out, filtered ? "(" : "");
    column_sql_add_aggregate(column, out);
    str_add_format(out, "%s%s", filtered ? ")" : "", aggregates[column->kind].cast);
}
