#include "metrics/grouping_sql.h"

#include "metrics/column_sql.h"
#include "metrics/pass_range.h"

#include <string.h>

void grouping_sql_add_range(const struct question *question, struct str *out)
{
    const struct pass_part *part = &question->pass->parts[0];

    str_add_format(out, " FROM %s WHERE ", part->from);
    pass_range_add(question->pass, question->piece, out);
    if (part->where != NULL)
        str_add_format(out, " AND %s", part->where);
}

static uint64_t terms_of(const struct question *question)
{
    uint64_t terms = 0;

    for (size_t i = 0; i < question->count; i++)
        terms |= question->pass->grouping->judges[question->columns[i]].terms;
    return terms;
}

static enum pass_way way_of(const struct question *question, size_t index)
{
    return question->pass->grouping->judges[question->columns[index]].way;
}

static const struct pass_column *column_of(const struct question *question, size_t index)
{
    return &question->pass->columns[question->columns[index]];
}

static bool counts_rows(const struct question *question, size_t index)
{
    const struct pass_column *column = column_of(question, index);

    return way_of(question, index) == WAY_JUDGED && column->kind == COLUMN_COUNT &&
           strcmp(column->argument, "*") == 0;
}

/* The first of the columns whose aggregate of the groups serves this one. */
static size_t shared_with(const struct question *question, size_t index)
{
    const struct pass_column *column = column_of(question, index);

    for (size_t i = 0; i < index && way_of(question, index) == WAY_JUDGED; i++)
        if (way_of(question, i) == WAY_JUDGED && column_of(question, i)->kind == column->kind &&
            strcmp(column_of(question, i)->argument, column->argument) == 0)
            return i;
    return index;
}

/* "issues.state_id, "; to group by: "issues.kind, issues.kind COLLATE "C", " */
static void add_term(const struct pass_term *term, bool selected, struct str *out)
{
    str_add(out, term->sql);
    if (selected && term->name != NULL)
        str_add_format(out, " AS %s", term->name);
    if (!selected && term->also != NULL)
        str_add_format(out, ", %s", term->also);
    str_add(out, ", ");
}

static void add_terms(const struct question *question, bool selected, struct str *out)
{
    const struct pass_grouping *grouping = question->pass->grouping;
    uint64_t terms = terms_of(question);

    for (size_t i = 0; i < grouping->term_count; i++)
        if ((terms >> i & 1) != 0)
            add_term(&grouping->terms[i], selected, out);
}

/* SELECT issues.state_id, count(*) AS _rows ... GROUP BY issues.state_id */
static void add_groups(const struct question *question, struct str *out)
{
    str_add(out, "SELECT ");
    add_terms(question, true, out);
    str_add(out, "count(*) AS _rows");
    for (size_t i = 0; i < question->count; i++) {
        struct pass_column column = *column_of(question, i);

        if (way_of(question, i) == WAY_APART || counts_rows(question, i) ||
            shared_with(question, i) < i)
            continue;
        if (way_of(question, i) == WAY_JUDGED)
            column.filter = NULL;
        str_add(out, ", ");
        column_sql_add_aggregate(&column, out);
        str_add_format(out, " AS _%zu", question->columns[i]);
    }
    grouping_sql_add_range(question, out);
    str_add(out, " GROUP BY ");
    add_terms(question, false, out);
    str_truncate(out, out->length - 2);
}

/* A column of all groups. Their counts are added as numeric, which of nothing is NULL. */
static void add_judged(const struct question *question, size_t index, struct str *out)
{
    const struct pass_judge *judge = &question->pass->grouping->judges[question->columns[index]];
    bool counts = column_of(question, index)->kind == COLUMN_COUNT;
    size_t shared = shared_with(question, index);

    str_add(out, counts ? "coalesce(sum(" : "(sum(");
    if (counts_rows(question, index))
        str_add(out, "_rows");
    else
        str_add_format(out, "_%zu", question->columns[shared]);
    str_add_char(out, ')');
    if (judge->sql != NULL)
        str_add_format(out, " FILTER (WHERE %s)", judge->sql);
    str_add(out, counts ? ", 0)::text" : ")::text");
}

static bool is_packed(const struct question *question, size_t index)
{
    return id_pack_field(question->pack, question->columns[index]) != NULL;
}

/* With names, because the columns stand beside those of the second scan. */
static void add_named(const struct question *question, bool apart, struct str *out)
{
    for (size_t i = 0; i < question->count; i++) {
        if ((way_of(question, i) == WAY_APART) != apart || is_packed(question, i))
            continue;
        if (apart)
            column_sql_add(column_of(question, i), out);
        else
            add_judged(question, i, out);
        str_add_format(out, " AS _%zu, ", question->columns[i]);
    }
    for (size_t i = 0; apart && i < id_pack_extras(question->pack); i++) {
        id_pack_add_extra(question->pack, i, out);
        str_add_format(out, " AS _e%zu, ", i);
    }
    str_truncate(out, out->length - 2);
}

static void add_grouped(const struct question *question, struct str *out)
{
    str_add(out, "SELECT coalesce(sum(_rows), 0)::text");
    for (size_t i = 0; i < question->count; i++) {
        str_add(out, ", ");
        add_judged(question, i, out);
    }
    str_add(out, " FROM (");
    add_groups(question, out);
    str_add_format(out, ") AS %s", question->pass->grouping->alias);
}

static void add_grouped_and_apart(const struct question *question, struct str *out)
{
    str_add(out, "SELECT g._rows");
    for (size_t i = 0; i < question->count; i++)
        if (!is_packed(question, i))
            str_add_format(out, ", %s._%zu", way_of(question, i) == WAY_APART ? "a" : "g",
                           question->columns[i]);
    for (size_t i = 0; i < id_pack_extras(question->pack); i++)
        str_add_format(out, ", a._e%zu", i);
    str_add(out, " FROM (SELECT coalesce(sum(_rows), 0)::text AS _rows, ");
    add_named(question, false, out);
    str_add(out, " FROM (");
    add_groups(question, out);
    str_add_format(out, ") AS %s) AS g, (SELECT ", question->pass->grouping->alias);
    add_named(question, true, out);
    grouping_sql_add_range(question, out);
    str_add(out, ") AS a");
}

bool grouping_sql_serves(const struct question *question)
{
    return question->pass->grouping != NULL && terms_of(question) != 0;
}

void grouping_sql_add(const struct question *question, struct str *out)
{
    bool apart = false;

    for (size_t i = 0; i < question->count; i++)
        apart = apart || way_of(question, i) == WAY_APART;
    if (apart)
        add_grouped_and_apart(question, out);
    else
        add_grouped(question, out);
}
