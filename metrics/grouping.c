#include "metrics/grouping.h"

#include "metrics/pass_cost.h"

#include <stdlib.h>
#include <string.h>

/* Beyond this many values a column is no key of groups, even if it were the only one. */
#define MOST_VALUES 1000
/* Of all columns together. Each piece judges each group once for each metric. */
#define MOST_GROUPS 2000
/* A window is true or false; of windows on one timestamp the shorter is within the longer. */
#define WINDOW_VALUES 2
/* Names of ours begin with it; columns that do are not grouped by. */
#define OURS '_'

struct choosing {
    struct pass *pass;
    const struct relation_facts *relation;
    struct arena *arena;
    const char *reference; /* what the driving relation is called: the last part of its name */
    struct pass_grouping *grouping;
};

/*
 * Values of these types that are equal are the same, so that no condition tells them apart. Not so
 * of numeric (1.0 and 1.00), floats (0 and -0), intervals (a month and 30 days), or citext. Texts
 * may be equal by their collation only, so they are grouped by their bytes as well.
 */
static const struct {
    const char *type;
    bool by_bytes;
} types[] = {
    {"bool", false},   {"int2", false},      {"int4", false}, {"int8", false},
    {"date", false},   {"timestamp", false}, {"time", false}, {"timestamptz", false},
    {"uuid", false},   {"oid", false},       {"text", true},  {"bpchar", true},
    {"varchar", true},
};

static const struct column_facts *find_facts(const struct relation_facts *relation,
                                             const char *name)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (strcmp(relation->columns[i].name, name) == 0)
            return &relation->columns[i];
    return NULL;
}

/* False if columns of this type are not grouped by. */
static bool find_type(const char *name, bool *by_bytes)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].type, name) != 0)
            continue;
        *by_bytes = types[i].by_bytes;
        return true;
    }
    return false;
}

/* ---- Terms ---- */

/* The term's index, or PASS_MOST_TERMS if there is no room. */
static size_t add_term(const struct choosing *choosing, const struct pass_term *term)
{
    struct pass_grouping *grouping = choosing->grouping;

    for (size_t i = 0; i < grouping->term_count; i++)
        if (strcmp(grouping->terms[i].sql, term->sql) == 0)
            return i;
    if (grouping->term_count == PASS_MOST_TERMS)
        return PASS_MOST_TERMS;
    grouping->terms[grouping->term_count] = *term;
    return grouping->term_count++;
}

/* The plain name of a column of the driving relation, or NULL. In a join only what is qualified is
 * known to be of it. */
static const char *plain_name(const struct choosing *choosing, const char *reference, bool joined)
{
    const char *point = strchr(reference, '.');
    size_t length = strlen(choosing->reference);

    if (point == NULL)
        return joined ? NULL : reference;
    if ((size_t)(point - reference) != length ||
        memcmp(reference, choosing->reference, length) != 0 || strchr(point + 1, '.') != NULL)
        return NULL;
    return point + 1;
}

static size_t add_column_term(const struct choosing *choosing, const char *name)
{
    const struct column_facts *facts = name != NULL ? find_facts(choosing->relation, name) : NULL;
    struct pass_term term = {.column = name};
    struct str sql;
    bool by_bytes = false;
    size_t index;

    if (facts == NULL || !facts->has_statistics || facts->distinct > MOST_VALUES || *name == OURS ||
        !find_type(facts->type, &by_bytes))
        return PASS_MOST_TERMS;
    str_init(&sql);
    db_quote_name(choosing->reference, &sql);
    str_add_char(&sql, '.');
    db_quote_name(name, &sql);
    term.sql = arena_copy(choosing->arena, sql.text);
    str_release(&sql);
    if (by_bytes)
        term.also = arena_format(choosing->arena, "%s COLLATE \"C\"", term.sql);
    term.values = (facts->distinct > 1 ? facts->distinct : 1) + (facts->null_share > 0 ? 1 : 0);
    index = add_term(choosing, &term);
    return index;
}

static size_t add_window_term(const struct choosing *choosing, const char *window)
{
    struct pass_term term = {
        .sql = arena_format(choosing->arena, "(%s)", window),
        .name = arena_format(choosing->arena, "%cw%zu", OURS, choosing->grouping->term_count),
        .values = WINDOW_VALUES,
    };

    return add_term(choosing, &term);
}

/* ---- Judges ---- */

static const struct pass_item *item_of(const struct pass *pass, size_t column)
{
    for (size_t i = 0; i < pass->item_count; i++)
        if (pass->items[i].column == column || pass->items[i].divisor == column)
            return &pass->items[i];
    return NULL;
}

static bool take_term(size_t index, uint64_t *terms)
{
    if (index == PASS_MOST_TERMS)
        return false;
    *terms |= UINT64_C(1) << index;
    return true;
}

static bool take_columns(const struct choosing *choosing, const struct database_spec *spec,
                         uint64_t *terms)
{
    for (size_t i = 0; i < spec->where_column_count; i++) {
        const char *name = plain_name(choosing, spec->where_columns[i], spec->joined);

        if (!take_term(add_column_term(choosing, name), terms))
            return false;
    }
    return true;
}

/* False if something in the filter cannot be grouped by. Terms may have been added in vain. */
static bool take_filter(const struct choosing *choosing, const struct pass_item *item,
                        struct pass_judge *judge)
{
    const struct database_spec *spec = item != NULL ? item->placed->spec : NULL;
    const char *window = NULL;

    if (spec == NULL || spec->other_count > 0 || !take_columns(choosing, spec, &judge->terms))
        return false;
    if (item->window != NULL) {
        size_t index = add_window_term(choosing, item->window);

        if (!take_term(index, &judge->terms))
            return false;
        window = choosing->grouping->terms[index].name;
    }
    if (spec->where == NULL)
        judge->sql = window;
    else
        judge->sql = arena_format(choosing->arena, "%s%s(%s)", window != NULL ? window : "",
                                  window != NULL ? " AND " : "", spec->where);
    return true;
}

/*
 * A cast may fail for rows that the condition leaves out, so such a sum stays behind it; all
 * else can be computed of every row.
 */
static struct pass_judge judge_of(const struct choosing *choosing, size_t index)
{
    const struct pass_column *column = &choosing->pass->columns[index];
    struct pass_judge judge = {.way = WAY_JUDGED};

    if (column->kind != COLUMN_COUNT && column->kind != COLUMN_SUM)
        return (struct pass_judge){.way = WAY_APART};
    if (column->filter == NULL)
        return judge;
    if (strstr(column->argument, "::") != NULL ||
        !take_filter(choosing, item_of(choosing->pass, index), &judge))
        return (struct pass_judge){.way = WAY_WITHIN};
    return judge;
}

/* ---- The cheapest set of terms ---- */

static double group_count(const struct pass_grouping *grouping, uint64_t terms)
{
    double count = 1;

    for (size_t i = 0; i < grouping->term_count; i++)
        if ((terms >> i & 1) != 0)
            count *= grouping->terms[i].values;
    return count;
}

static uint64_t terms_of(const struct pass *pass, const struct pass_judge *judges)
{
    uint64_t terms = 0;

    for (size_t i = 0; i < pass->column_count; i++)
        terms |= judges[i].terms;
    return terms;
}

/* What needs the term is judged row by row. */
static void drop_term(const struct pass *pass, struct pass_judge *judges, size_t term)
{
    for (size_t i = 0; i < pass->column_count; i++)
        if ((judges[i].terms >> term & 1) != 0)
            judges[i] = (struct pass_judge){.way = WAY_WITHIN};
}

static double cost_with(struct pass *pass, struct pass_grouping *grouping,
                        struct pass_judge *judges, const struct relation_facts *relation)
{
    struct pass_judge *own = grouping->judges;
    double cost;

    grouping->judges = judges;
    pass->grouping = grouping;
    cost = pass_cost(pass, relation);
    grouping->judges = own;
    pass->grouping = NULL;
    return cost;
}

/* Drops the term without which it is cheapest, if there are too many groups or that pays; false if
 * neither is so. */
static bool drop_worst(const struct choosing *choosing)
{
    struct pass *pass = choosing->pass;
    struct pass_grouping *grouping = choosing->grouping;
    size_t size = pass->column_count * sizeof(struct pass_judge);
    struct pass_judge *trial = ARENA_ARRAY(choosing->arena, struct pass_judge, pass->column_count);
    uint64_t terms = terms_of(pass, grouping->judges);
    bool too_many = group_count(grouping, terms) > MOST_GROUPS;
    double best = cost_with(pass, grouping, grouping->judges, choosing->relation);
    size_t worst = PASS_MOST_TERMS;

    for (size_t i = 0; i < grouping->term_count; i++) {
        double cost;

        if ((terms >> i & 1) == 0)
            continue;
        memcpy(trial, grouping->judges, size);
        drop_term(pass, trial, i);
        cost = cost_with(pass, grouping, trial, choosing->relation);
        if (cost >= best && !(too_many && worst == PASS_MOST_TERMS))
            continue;
        best = cost;
        worst = i;
    }
    if (worst == PASS_MOST_TERMS)
        return false;
    drop_term(pass, grouping->judges, worst);
    return true;
}

static const char *last_part(const char *relation)
{
    const char *point = strchr(relation, '.');

    return point != NULL ? point + 1 : relation;
}

void grouping_choose(struct pass *pass, const struct relation_facts *relation, struct arena *arena)
{
    struct choosing choosing = {.pass = pass, .relation = relation, .arena = arena};
    struct pass_grouping *grouping;
    struct str alias;

    if ((pass->kind != PASS_SHARED && pass->kind != PASS_WINDOW) || relation == NULL ||
        pass->relation == NULL)
        return;
    choosing.reference = last_part(pass->relation);
    choosing.grouping = grouping = ARENA_NEW(arena, struct pass_grouping);
    str_init(&alias);
    db_quote_name(choosing.reference, &alias);
    grouping->alias = arena_copy(arena, alias.text);
    str_release(&alias);
    grouping->terms = ARENA_ARRAY(arena, struct pass_term, PASS_MOST_TERMS);
    grouping->judges = ARENA_ARRAY(arena, struct pass_judge, pass->column_count);
    for (size_t i = 0; i < pass->column_count; i++)
        grouping->judges[i] = judge_of(&choosing, i);
    while (drop_worst(&choosing)) {
    }
    if (terms_of(pass, grouping->judges) != 0 &&
        cost_with(pass, grouping, grouping->judges, relation) < pass_cost(pass, relation))
        pass->grouping = grouping;
}
