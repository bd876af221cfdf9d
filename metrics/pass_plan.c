#include "metrics/pass_plan.h"

#include "metrics/grouping.h"
#include "metrics/metric_sql.h"
#include "metrics/pass_cost.h"
#include "metrics/pass_name.h"
#include "metrics/period.h"

#include "agent/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* PostgreSQL takes 1,664 columns; a plan of some hundred is long enough to compute. */
#define MOST_COLUMNS 400
#define MOST_PARTS   50

struct planning {
    const struct pass_request *request;
    struct arena *arena;
    struct pass_list list;
    size_t gathered; /* passes of that kind so far, for their names */
};

/* ---- Order ---- */

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare_keys(const struct walked_key *a, const struct walked_key *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->column_count != b->column_count)
        return a->column_count < b->column_count ? -1 : 1;
    for (size_t i = 0; i < a->column_count; i++) {
        int order = strcmp(a->columns[i], b->columns[i]);

        if (order != 0)
            return order;
    }
    return 0;
}

/* Whether two metrics may share a pass, and the order of passes if not. */
static int compare_groups(const struct pass_choice *a, const struct pass_choice *b)
{
    int order;

    if (a->placed->database != b->placed->database)
        return a->placed->database < b->placed->database ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->kind == PASS_GATHERED)
        return 0;
    order = compare_texts(a->placed->spec->from, b->placed->spec->from);
    if (order == 0)
        order = compare_keys(&a->key, &b->key);
    return order != 0 ? order : compare_texts(a->apart, b->apart);
}

static int compare_choices(const void *left, const void *right)
{
    const struct pass_choice *a = left, *b = right;
    int order = compare_groups(a, b);

    if (order == 0)
        order = compare_texts(a->placed->spec->from, b->placed->spec->from);
    if (order == 0)
        order = (a->order > b->order) - (a->order < b->order);
    return order;
}

/* ---- Columns ---- */

static void add_window(const struct planning *planning, const struct pass *pass,
                       const struct metric *metric, struct str *out)
{
    struct period_window window;
    int64_t first;

    if (pass->kind != PASS_WINDOW) {
        metric_sql_add_window(metric, planning->request->recorded_at, out);
        return;
    }
    (void)period_window(metric->time_frame, planning->request->recorded_at, &window);
    first = key_of_time(pass->key.type, window.from);
    if (first <= pass->range.first)
        return;
    str_add_format(out, "%s >= ", pass->key.columns[0]);
    key_write(pass->key.type, first, out);
}

/* What is left of the metric's window inside the pass: nothing, where the pass walks just that. */
static const char *window_of(const struct planning *planning, const struct pass *pass,
                             const struct placed *placed)
{
    const char *window = NULL;
    struct str text;

    if (placed->spec->operation == OPERATION_SQL)
        return NULL;
    str_init(&text);
    add_window(planning, pass, placed->metric, &text);
    if (text.length > 0)
        window = arena_copy(planning->arena, text.text);
    str_release(&text);
    return window;
}

static const char *filter_of(const struct planning *planning, const struct pass_item *item)
{
    const char *where = item->placed->spec->where;

    if (where == NULL)
        return item->window;
    if (item->window == NULL)
        return arena_format(planning->arena, "(%s)", where);
    return arena_format(planning->arena, "%s AND (%s)", item->window, where);
}

static bool is_same(const struct pass_column *a, const struct pass_column *b)
{
    return a->kind == b->kind && a->part == b->part && strcmp(a->argument, b->argument) == 0 &&
           compare_texts(a->filter, b->filter) == 0;
}

static size_t add_column(const struct planning *planning, struct pass *pass,
                         const struct pass_column *column)
{
    for (size_t i = 0; i < pass->column_count; i++)
        if (is_same(&pass->columns[i], column))
            return i;
    pass->columns =
        arena_grow(planning->arena, pass->columns, pass->column_count, sizeof(pass->columns[0]));
    pass->columns[pass->column_count] = *column;
    return pass->column_count++;
}

static enum column_kind column_kind_of(const struct pass_choice *choice)
{
    static const enum column_kind kinds[] = {
        [OPERATION_COUNT] = COLUMN_COUNT,       [OPERATION_DISTINCT] = COLUMN_DISTINCT,
        [OPERATION_ESTIMATE] = COLUMN_DISTINCT, [OPERATION_SUM] = COLUMN_SUM,
        [OPERATION_AVERAGE] = COLUMN_SUM,       [OPERATION_SQL] = COLUMN_VALUE,
    };

    if (choice->distinct_is_count || choice->kind == PASS_DISTINCT)
        return COLUMN_COUNT;
    if (choice->estimated)
        return COLUMN_BUCKETS;
    return choice->distinct_by_ids ? COLUMN_IDS : kinds[choice->placed->spec->operation];
}

static const char *argument_of(const struct planning *planning, const struct pass_choice *choice,
                               enum column_kind kind)
{
    const struct database_spec *spec = choice->placed->spec;

    if (kind == COLUMN_VALUE)
        return "value";
    if (spec->column.sql == NULL)
        return "*";
    /* Floats are added as exact decimals: so the sum does not depend on the order of the rows. */
    if (kind == COLUMN_SUM && choice->sum_of_float)
        return arena_format(planning->arena, "%s::numeric", spec->column.sql);
    if (kind == COLUMN_IDS && choice->ids_type != NULL)
        return arena_format(planning->arena, "%s::%s", spec->column.sql, choice->ids_type);
    return spec->column.sql;
}

/* The column, if all that the metric's condition says is that it is not NULL. Of a whole row that
 * would mean that none of its columns is. */
static const char *present_column(const struct planning *planning, const struct placed *placed)
{
    const struct database_spec *spec = placed->spec;
    const char *column, *type;

    if (spec->operation != OPERATION_COUNT || spec->column.sql != NULL || spec->where == NULL ||
        spec->joined || spec->where_column_count != 1)
        return NULL;
    column = spec->where_columns[0];
    type = facts_column_type(placed->relation, database_spec_where_column(spec, 0));
    if (type == NULL || key_type_of(type) == KEY_NONE ||
        strcasecmp(spec->where, arena_format(planning->arena, "%s IS NOT NULL", column)) != 0)
        return NULL;
    return column;
}

/* Of several tables, as partitions are, each would have to be asked. */
static bool is_indexed(const struct pass_choice *choice)
{
    const struct placed *placed = choice->placed;
    const struct relation_facts *relation = placed->relation;

    return choice->ids_type == NULL && !placed->spec->joined && relation->kind == 'r' &&
           !relation->has_heirs &&
           facts_indexed(relation, placed->spec->column.name) == KEY_INTEGER;
}

static void add_item(const struct planning *planning, struct pass *pass,
                     const struct pass_choice *choice)
{
    const struct placed *placed = choice->placed;
    struct pass_column column = {.kind = column_kind_of(choice), .part = pass->part_count - 1};
    struct pass_item item = {.metric = placed->metric, .placed = placed};

    column.argument = argument_of(planning, choice, column.kind);
    item.window = window_of(planning, pass, placed);
    column.filter = filter_of(planning, &item);
    column.indexed = column.kind == COLUMN_IDS && is_indexed(choice);
    column.present = present_column(planning, placed);
    column.present_filter = item.window;
    item.column = item.divisor = add_column(planning, pass, &column);
    if (placed->spec->operation == OPERATION_AVERAGE) {
        column.kind = COLUMN_COUNT;
        column.argument = argument_of(planning, choice, COLUMN_COUNT);
        item.divisor = add_column(planning, pass, &column);
    }
    pass->items =
        arena_grow(planning->arena, pass->items, pass->item_count, sizeof(pass->items[0]));
    pass->metrics =
        arena_grow(planning->arena, pass->metrics, pass->item_count, sizeof(const struct metric *));
    pass->metrics[pass->item_count] = placed->metric;
    pass->items[pass->item_count++] = item;
}

/* ---- Parts and passes ---- */

static void add_part(const struct planning *planning, struct pass *pass,
                     const struct placed *placed)
{
    struct str from;

    str_init(&from);
    metric_sql_add_from(placed->metric, &from);
    pass->parts =
        arena_grow(planning->arena, pass->parts, pass->part_count, sizeof(pass->parts[0]));
    pass->parts[pass->part_count++] = (struct pass_part){
        .from = arena_copy(planning->arena, from.text),
        .is_statement = placed->spec->operation == OPERATION_SQL,
    };
    str_release(&from);
}

/* Each part is read once; of a window the longest. */
static void add_rows(struct pass *pass, const struct pass_choice *choice, int64_t *of_part)
{
    if (choice->rows <= *of_part)
        return;
    pass->rows += choice->rows - *of_part;
    *of_part = choice->rows;
}

/* What all columns of a part ask for is asked once: the server tests each row once for it. */
static void share_filter(struct pass *pass, size_t part)
{
    const struct pass_column *first = NULL;

    for (size_t i = 0; i < pass->column_count; i++) {
        const struct pass_column *column = &pass->columns[i];

        if (column->part != part)
            continue;
        first = first != NULL ? first : column;
        if (column->filter == NULL || strcmp(column->filter, first->filter) != 0)
            return;
    }
    if (first == NULL)
        return;
    pass->parts[part].where = first->filter;
    for (size_t i = 0; i < pass->column_count; i++)
        if (pass->columns[i].part == part)
            pass->columns[i].filter = NULL;
}

static const char *name_of(struct planning *planning, const struct pass *pass,
                           const struct pass_choice *first)
{
    const char *database = planning->request->facts[pass->database].name;

    if (pass->kind == PASS_GATHERED)
        return arena_format(planning->arena, "%s: small tables %zu", database,
                            ++planning->gathered);
    return pass_name(pass, first, database, planning->arena);
}

static void settle_key(const struct planning *planning, struct pass *pass,
                       const struct pass_choice *first)
{
    const char *relation = first->placed->spec->relation;
    const struct walked_key *key = &first->key;
    const char **columns = ARENA_ARRAY(planning->arena, const char *, key->column_count + 1);
    struct str text;

    if (key->type == KEY_NONE)
        return;
    str_init(&text);
    db_quote_name(relation, &text);
    pass->key.from = arena_copy(planning->arena, text.text);
    for (size_t i = 0; i < key->column_count; i++) {
        str_clear(&text);
        str_add_format(&text, "%s.", database_spec_reference(relation, planning->arena));
        db_quote_name(key->columns[i], &text);
        columns[i] = arena_copy(planning->arena, text.text);
    }
    pass->key.columns = columns;
    pass->key.column_count = key->column_count;
    pass->key.type = key->type;
    pass->key.by_wish = key->by_wish;
    str_release(&text);
}

/* From the beginning of the longest window to the end that all have. */
static void settle_range(const struct planning *planning, struct pass *pass,
                         const struct pass_choice *choices, size_t count)
{
    struct period_window window;

    pass->has_range = pass->kind == PASS_WINDOW;
    for (size_t i = 0; i < count && pass->has_range; i++) {
        int64_t first;

        (void)period_window(choices[i].placed->metric->time_frame, planning->request->recorded_at,
                            &window);
        first = key_of_time(pass->key.type, window.from);
        if (i == 0 || first < pass->range.first)
            pass->range.first = first;
        pass->range.last = key_of_time(pass->key.type, window.to);
    }
}

static bool is_full(const struct planning *planning, const struct pass *pass, bool new_part)
{
    return pass->column_count >= MOST_COLUMNS ||
           (new_part &&
            (pass->part_count >= MOST_PARTS || pass->rows > pass_request_rows(planning->request)));
}

/* Takes as many of the group as one pass has room for: its items. */
static struct pass *make_pass(struct planning *planning, const struct pass_choice *choices,
                              size_t count)
{
    struct pass *pass = ARENA_NEW(planning->arena, struct pass);
    int64_t rows = 0;

    pass->kind = choices->kind;
    pass->database = choices->placed->database;
    pass->relation = pass->kind == PASS_GATHERED ? NULL : choices->placed->spec->relation;
    settle_key(planning, pass, choices);
    settle_range(planning, pass, choices, count);
    pass->key.covers = pass->kind == PASS_DISTINCT;
    for (size_t i = 0; i < count; i++) {
        const struct placed *placed = choices[i].placed;
        bool new_part =
            i == 0 || compare_texts(placed->spec->from, choices[i - 1].placed->spec->from) != 0;

        if (i > 0 && is_full(planning, pass, new_part))
            break;
        if (new_part) {
            rows = 0;
            add_part(planning, pass, placed);
        }
        pass->key.covers = pass->key.covers && choices[i].covered;
        add_rows(pass, &choices[i], &rows);
        add_item(planning, pass, &choices[i]);
    }
    for (size_t i = 0; i < pass->part_count; i++)
        share_filter(pass, i);
    grouping_choose(pass, choices->placed->relation, planning->arena);
    pass->cost_s = pass_cost(pass, choices->placed->relation);
    return pass;
}

/* The other way to count a distinct count: in a walk or by its values. */
static void swap_way(struct pass_choice *choice)
{
    const struct walked_key key = choice->key;

    choice->kind = choice->kind == PASS_DISTINCT ? PASS_SHARED : PASS_DISTINCT;
    choice->key = choice->other_key;
    choice->other_key = key;
}

/* What a walk by values is given up for if it turns out slow; NULL: nothing. */
static struct pass *otherwise(struct planning *planning, const struct pass_choice *choices,
                              size_t count)
{
    struct pass_choice *others;
    struct pass *pass;

    for (size_t i = 0; i < count; i++)
        if (choices[i].kind != PASS_DISTINCT || choices[i].other_key.type == KEY_NONE)
            return NULL;
    others = memory_alloc(count * sizeof(*others));
    memcpy(others, choices, count * sizeof(*others));
    for (size_t i = 0; i < count; i++)
        swap_way(&others[i]);
    pass = make_pass(planning, others, count);
    pass->name = name_of(planning, pass, others);
    free(others);
    return pass;
}

/* Returns how many of the group it took. */
static size_t add_pass(struct planning *planning, const struct pass_choice *choices, size_t count)
{
    struct pass *pass = make_pass(planning, choices, count);

    pass->name = name_of(planning, pass, choices);
    pass->otherwise = otherwise(planning, choices, pass->item_count);
    planning->list.passes = arena_grow(planning->arena, planning->list.passes, planning->list.count,
                                       sizeof(struct pass *));
    planning->list.passes[planning->list.count++] = pass;
    return pass->item_count;
}

static size_t group_length(const struct pass_choice *choices, size_t count)
{
    size_t length = 1;

    while (length < count && compare_groups(&choices[0], &choices[length]) == 0)
        length++;
    return length;
}

/* ---- Distinct counts: in a walk or by their values ---- */

static double cost_of(struct planning *planning, const struct pass_choice *choices, size_t count)
{
    double cost_s = 0;

    for (size_t i = 0; i < count;) {
        const struct pass *pass =
            make_pass(planning, choices + i, group_length(choices + i, count - i));

        cost_s += pass->cost_s;
        i += pass->item_count;
    }
    return cost_s;
}

/*
 * Of a walk and the distinct counts that ride in it: if it is cheaper to walk all that can be by
 * their values, they are. What else rides in the walk decides, for it may have to read the table
 * in any case.
 */
static void settle_way(struct planning *planning, struct pass_choice *choices, size_t count)
{
    struct pass_choice *others = memory_alloc(count * sizeof(*others));
    size_t changed = 0;

    memcpy(others, choices, count * sizeof(*others));
    for (size_t i = 0; i < count; i++)
        if (others[i].kind == PASS_SHARED && others[i].other_key.type != KEY_NONE) {
            swap_way(&others[i]);
            changed++;
        }
    qsort(others, count, sizeof(*others), compare_choices);
    if (changed > 0 && cost_of(planning, others, count) < cost_of(planning, choices, count))
        memcpy(choices, others, count * sizeof(*others));
    free(others);
}

static void settle_ways(struct planning *planning, struct pass_choice *choices, size_t count)
{
    for (size_t i = 0, length; i < count; i += length) {
        length = group_length(choices + i, count - i);
        settle_way(planning, choices + i, length);
    }
    qsort(choices, count, sizeof(*choices), compare_choices);
}

struct pass_list pass_plan(const struct pass_request *request, struct arena *arena)
{
    struct planning planning = {.request = request, .arena = arena};
    struct pass_choice *choices = memory_alloc((request->count + 1) * sizeof(*choices));
    size_t count = 0;

    for (size_t i = 0; i < request->count; i++) {
        if (request->placed[i].refused)
            continue;
        choices[count] = pass_choose(request, &request->placed[i]);
        choices[count].order = i;
        count++;
    }
    qsort(choices, count, sizeof(*choices), compare_choices);
    settle_ways(&planning, choices, count);
    for (size_t i = 0; i < count;)
        i += add_pass(&planning, choices + i, group_length(choices + i, count - i));
    free(choices);
    return planning.list;
}
