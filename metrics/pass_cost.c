#include "metrics/pass_cost.h"

#include <math.h>
#include <string.h>

enum scan {
    SCAN_KEY,
    SCAN_HEAP,
    SCAN_SCATTERED,
    SCAN_BLOCKS,
    SCAN_VALUES,
    SCAN_VALUES_HEAP,
};

/*
 * Microseconds of the server's time for each row, measured on PostgreSQL 15, warm, 20 M rows. The
 * first holds where all pages are marked as visible, the second where none is.
 */
static const struct {
    double visible, dirty;
} scans[] = {
    [SCAN_KEY] = {0.08, 0.23},       /* the key's index alone: 1.6 s and 4.5 s */
    [SCAN_HEAP] = {0.19, 0.19},      /* and the heap, in about the same order: 3.9 s */
    [SCAN_SCATTERED] = {0.6, 0.6},   /* and the heap at random: 3 M rows in 1.9 s */
    [SCAN_BLOCKS] = {0.06, 0.06},    /* block after block, or a whole table: 1.2 s */
    [SCAN_VALUES] = {0.12, 1.4},     /* another index alone: 2.4 s; 14.9 s when half is visible */
    [SCAN_VALUES_HEAP] = {1.4, 1.4}, /* with conditions on the heap, which is read at random */
};

/* The same for what is computed of each row. */
#define FILTER_US   0.006 /* 0.003 to 0.012, by what the condition compares: 1 to 100 of them */
#define COUNT_US    0.002
#define SUM_US      0.02 /* 24 aggregates against 22 */
#define DISTINCT_US 0.25 /* sorted: one statement of 20 M rows, 6.0 s */
#define IDS_US      0.1  /* array_agg and the wire: 5.4 s */
#define BUCKETS_US  1.8  /* two md5 of a text: 0.2 M rows in 0.39 s */
#define JOIN_US     0.3  /* a look-up by key in memory, for each relation that is joined */
/* Grouping by three numbers took 0.07 longer than the scan, 3 M rows: */
#define GROUP_US  0.04
#define TERM_US   0.01
#define TEXT_US   0.07 /* and with a text, that is hashed twice, 0.15 */
#define WINDOW_US 0.03 /* with a window 0.11 */
/* Once for each statement: */
#define STATEMENT_US 200.0 /* 1,000 rows a piece: 3.7 s instead of 1.6 s in 21,053 statements */
#define COLUMN_US    5.0   /* parsing and planning: 100 columns over no rows 0.5 ms */
#define JUDGE_US     0.01  /* a condition on a group */
/* What a statement takes at the usual target: bounds how often the above is paid. */
#define PIECE_US 140000.0

static bool reads_column(const struct pass *pass, const struct pass_column *column)
{
    if (column->kind != COLUMN_COUNT || column->filter != NULL)
        return true;
    return strcmp(column->argument, "*") != 0 &&
           (pass->key.column_count == 0 || strcmp(column->argument, pass->key.columns[0]) != 0);
}

/* Whether the key's index alone cannot answer. */
static bool reads_heap(const struct pass *pass)
{
    for (size_t i = 0; i < pass->part_count; i++)
        if (pass->parts[i].where != NULL || strcmp(pass->parts[i].from, pass->key.from) != 0)
            return true;
    for (size_t i = 0; i < pass->column_count; i++)
        if (reads_column(pass, &pass->columns[i]))
            return true;
    return false;
}

static enum scan scan_of(const struct pass *pass)
{
    if (pass->key.column_count == 0 || pass->key.from == NULL || pass->key.type == KEY_BLOCK)
        return SCAN_BLOCKS;
    if (pass->kind == PASS_DISTINCT)
        return pass->key.covers ? SCAN_VALUES : SCAN_VALUES_HEAP;
    if (!reads_heap(pass))
        return SCAN_KEY;
    return pass->key.type == KEY_TUPLE ? SCAN_SCATTERED : SCAN_HEAP;
}

static double scan_us(const struct pass *pass, const struct relation_facts *relation)
{
    enum scan scan = scan_of(pass);
    double visible = relation != NULL ? relation->visible_share : 0, us;

    us = scans[scan].visible * visible + scans[scan].dirty * (1 - visible);
    if (pass->kind != PASS_GATHERED && pass->item_count > 0 &&
        pass->items[0].placed->spec->relation_count > 1)
        us += JOIN_US * (double)(pass->items[0].placed->spec->relation_count - 1);
    return us;
}

static double aggregate_us(const struct pass_column *column)
{
    static const double kinds[] = {
        [COLUMN_COUNT] = COUNT_US, [COLUMN_DISTINCT] = DISTINCT_US, [COLUMN_SUM] = SUM_US,
        [COLUMN_IDS] = IDS_US,     [COLUMN_BUCKETS] = BUCKETS_US,   [COLUMN_VALUE] = 0,
    };

    return kinds[column->kind] + (column->filter != NULL ? FILTER_US : 0);
}

/* ---- By groups ---- */

/* Whether an earlier column's aggregate serves this one as well. */
static bool is_shared(const struct pass *pass, size_t index)
{
    const struct pass_column *column = &pass->columns[index];

    if (column->kind == COLUMN_COUNT && strcmp(column->argument, "*") == 0)
        return true;
    for (size_t i = 0; i < index; i++)
        if (pass->grouping->judges[i].way == WAY_JUDGED && pass->columns[i].kind == column->kind &&
            strcmp(pass->columns[i].argument, column->argument) == 0)
            return true;
    return false;
}

static double terms_us(const struct pass_grouping *grouping, uint64_t terms, double *groups)
{
    double us = GROUP_US;

    *groups = 1;
    for (size_t i = 0; i < grouping->term_count; i++) {
        if ((terms >> i & 1) == 0)
            continue;
        us += TERM_US + (grouping->terms[i].also != NULL ? TEXT_US : 0);
        us += grouping->terms[i].column == NULL ? WINDOW_US : 0;
        *groups *= grouping->terms[i].values;
    }
    return terms != 0 ? us : 0;
}

static double grouped_us(const struct pass *pass, double scanned_us, double *judged_us)
{
    double us = scanned_us, groups, judges = 0;
    uint64_t terms = 0;
    bool apart = false;

    for (size_t i = 0; i < pass->column_count; i++) {
        const struct pass_judge *judge = &pass->grouping->judges[i];

        terms |= judge->terms;
        apart = apart || judge->way == WAY_APART;
        judges += judge->way == WAY_JUDGED ? 1 : 0;
        if (judge->way != WAY_JUDGED || !is_shared(pass, i))
            us += aggregate_us(&pass->columns[i]);
    }
    us += terms_us(pass->grouping, terms, &groups);
    *judged_us = groups * judges * JUDGE_US;
    return us + (apart ? scanned_us : 0);
}

/* Of several parts each has its own columns, and about as many rows as another. */
static double columns_us(const struct pass *pass)
{
    double us = 0;

    for (size_t i = 0; i < pass->column_count; i++)
        us += aggregate_us(&pass->columns[i]);
    return us / (double)(pass->part_count > 0 ? pass->part_count : 1);
}

double pass_cost(const struct pass *pass, const struct relation_facts *relation)
{
    double row_us = scan_us(pass, relation), once_us, total_us;

    once_us = STATEMENT_US + (double)pass->column_count * COLUMN_US;
    if (pass->grouping != NULL) {
        double judged_us;

        row_us = grouped_us(pass, row_us, &judged_us);
        once_us += judged_us;
    } else {
        row_us += columns_us(pass);
    }
    total_us = (double)pass->rows * row_us;
    return (total_us + once_us * (ceil(total_us / PIECE_US) + 1)) / 1e6;
}
