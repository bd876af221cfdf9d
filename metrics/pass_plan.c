#include "metrics/pass_plan.h"

#include "metrics/metric_sql.h"
#include "metrics/pass_cost.h"
#include "metrics/period.h"

#include "agent/base/digest.h"
#include "agent/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* PostgreSQL takes 1,664 columns; a plan of some hundred is long enough to compute. */
#define MOST_COLUMNS 400
#define MOST_PARTS   50
/* Rows that small tables may have together, for each millisecond of a piece's target. */
#define GATHERED_ROWS 500
/* Of a table's rows those in a window, by rule of thumb; the walk finds out. */
#define WINDOW_SHARE 20

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
        order = compare_texts(a->key, b->key);
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

static const char *filter_in_window(const struct planning *planning, const struct pass *pass,
                                    const struct placed *placed)
{
    const struct database_spec *spec = placed->spec;
    struct period_window window;
    const char *filter = NULL;
    struct str text;
    int64_t first;

    str_init(&text);
    (void)period_window(placed->metric->time_frame, planning->request->recorded_at, &window);
    first = key_of_time(pass->key.type, window.from);
    if (first > pass->range.first) {
        str_add_format(&text, "%s >= ", pass->key.columns[0]);
        key_write(pass->key.type, first, &text);
    }
    if (spec->where != NULL)
        str_add_format(&text, "%s(%s)", text.length > 0 ? " AND " : "", spec->where);
    if (text.length > 0)
        filter = arena_copy(planning->arena, text.text);
    str_release(&text);
    return filter;
}

static const char *filter_of(const struct planning *planning, const struct pass *pass,
                             const struct placed *placed)
{
    const char *filter = NULL;
    struct str text;

    if (pass->kind == PASS_WINDOW)
        return filter_in_window(planning, pass, placed);
    if (placed->spec->operation == OPERATION_SQL)
        return NULL;
    str_init(&text);
    metric_sql_add_filter(placed->metric, planning->request->recorded_at, &text);
    if (text.length > 0)
        filter = arena_copy(planning->arena, text.text);
    str_release(&text);
    return filter;
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

    if (choice->distinct_is_count)
        return COLUMN_COUNT;
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
    return spec->column.sql;
}

static void add_item(const struct planning *planning, struct pass *pass,
                     const struct pass_choice *choice)
{
    const struct placed *placed = choice->placed;
    struct pass_column column = {.kind = column_kind_of(choice), .part = pass->part_count - 1};
    struct pass_item item = {.metric = placed->metric, .placed = placed};

    column.argument = argument_of(planning, choice, column.kind);
    column.filter = filter_of(planning, pass, placed);
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
    if (placed->relation != NULL)
        pass->rows += placed->relation->rows / (pass->kind == PASS_WINDOW ? WINDOW_SHARE : 1);
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

/* " with users, projects": what is joined. */
static const char *joined_of(struct planning *planning, const struct database_spec *spec)
{
    struct str text;
    const char *copy;

    str_init(&text);
    for (size_t i = 1; i < spec->relation_count; i++)
        str_add_format(&text, "%s%s", i == 1 ? " with " : ", ", spec->relations[i]);
    copy = arena_copy(planning->arena, text.text);
    str_release(&text);
    return copy;
}

/*
 * The names of passes stay the same from run to run, as long as they do the same work: a few digits
 * of a digest tell joins of the same relations by other columns apart.
 */
static const char *name_of(struct planning *planning, const struct pass *pass,
                           const struct pass_choice *first)
{
    const char *database = planning->request->facts[pass->database].name;
    const struct database_spec *spec = first->placed->spec;
    char digest[DIGEST_TEXT_SIZE] = "";
    const char *identity, *name;

    if (pass->kind == PASS_GATHERED)
        return arena_format(planning->arena, "%s: small tables %zu", database,
                            ++planning->gathered);
    if (pass->kind == PASS_WHOLE && first->apart == first->placed->metric->key_path)
        return arena_format(planning->arena, "%s: %s", database, first->apart);
    name = arena_format(planning->arena, "%s: %s%s%s%s%s", database, pass->relation,
                        joined_of(planning, spec), pass->key.column_count > 0 ? " by " : "",
                        pass->key.column_count > 0 ? first->key : "",
                        pass->kind == PASS_WINDOW ? ", window" : "");
    if (!spec->joined && first->apart == NULL)
        return name;
    identity = arena_format(planning->arena, "%s %s", spec->from,
                            first->apart != NULL ? first->apart : "");
    (void)digest_text(identity, strlen(identity), digest);
    return arena_format(planning->arena, "%s (%.4s)", name, digest);
}

static void settle_key(const struct planning *planning, struct pass *pass,
                       const struct pass_choice *first)
{
    const char *relation = first->placed->spec->relation;
    const char **columns = ARENA_ARRAY(planning->arena, const char *, 1);
    struct str text;

    if (first->key == NULL)
        return;
    str_init(&text);
    db_quote_name(relation, &text);
    pass->key.from = arena_copy(planning->arena, text.text);
    str_clear(&text);
    str_add_format(&text, "%s.", database_spec_reference(relation, planning->arena));
    db_quote_name(first->key, &text);
    columns[0] = arena_copy(planning->arena, text.text);
    pass->key.columns = columns;
    pass->key.column_count = 1;
    pass->key.type = first->key_type;
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
    int64_t rows = (int64_t)planning->request->piece_target_ms * GATHERED_ROWS;

    return pass->column_count >= MOST_COLUMNS ||
           (new_part && (pass->part_count >= MOST_PARTS || pass->rows > rows));
}

/* Takes as many of the group as one pass has room for; returns how many. */
static size_t add_pass(struct planning *planning, const struct pass_choice *choices, size_t count)
{
    struct pass *pass = ARENA_NEW(planning->arena, struct pass);
    size_t taken = 0;

    pass->kind = choices->kind;
    pass->database = choices->placed->database;
    pass->relation = pass->kind == PASS_GATHERED ? NULL : choices->placed->spec->relation;
    settle_key(planning, pass, choices);
    settle_range(planning, pass, choices, count);
    for (; taken < count; taken++) {
        const struct placed *placed = choices[taken].placed;
        bool new_part = taken == 0 || compare_texts(placed->spec->from,
                                                    choices[taken - 1].placed->spec->from) != 0;

        if (taken > 0 && is_full(planning, pass, new_part))
            break;
        if (new_part)
            add_part(planning, pass, placed);
        add_item(planning, pass, &choices[taken]);
    }
    for (size_t i = 0; i < pass->part_count; i++)
        share_filter(pass, i);
    pass->cost_s = pass_cost(pass, choices->placed->relation);
    pass->name = name_of(planning, pass, choices);
    planning->list.passes = arena_grow(planning->arena, planning->list.passes, planning->list.count,
                                       sizeof(struct pass *));
    planning->list.passes[planning->list.count++] = pass;
    return taken;
}

static size_t group_length(const struct pass_choice *choices, size_t count)
{
    size_t length = 1;

    while (length < count && compare_groups(&choices[0], &choices[length]) == 0)
        length++;
    return length;
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
    for (size_t i = 0; i < count;)
        i += add_pass(&planning, choices + i, group_length(choices + i, count - i));
    free(choices);
    return planning.list;
}
