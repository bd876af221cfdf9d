#include "metrics/pass_explain.h"

#include "metrics/pass_range.h"
#include "metrics/pass_sql.h"

#include "agent/base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void release(struct pass_explain *explain)
{
    db_query_cancel(explain->query);
    pass_walk_release(&explain->walk);
    str_release(&explain->sentence);
    free(explain->columns);
    free(explain);
}

/* Out of the list first, because whoever is told may drop all that is in it. */
static void tell(struct pass_explain *explain, const char *lines, const struct error *err)
{
    LIST_REMOVE(explain, link);
    explain->done(lines, err, explain->arg);
    release(explain);
}

static void ask(struct pass_explain *explain, const char *sql, db_done *came)
{
    const struct source_settings *settings = explain->context->settings;
    const struct db_statement statement = {
        .sql = sql,
        .timeout_ms = settings->statement_timeout_ms,
        .lock_timeout_ms = settings->lock_timeout_ms,
    };

    explain->query = db_query(explain->context->db, &statement, came, explain);
}

/* ---- The plan ---- */

static void planned(const struct db_result *result, const struct error *err, void *arg)
{
    struct pass_explain *explain = arg;
    struct str lines;

    explain->query = NULL;
    if (err != NULL) {
        tell(explain, NULL, err);
        return;
    }
    str_init(&lines);
    str_add(&lines, explain->sentence.text);
    for (int row = 0; row < db_rows(result); row++) {
        size_t length;
        const char *line = db_bytes(result, row, 0, &length);

        str_add_bytes(&lines, line, length);
        str_add_char(&lines, '\n');
    }
    tell(explain, lines.text, NULL);
    str_release(&lines);
}

static void ask_plan(struct pass_explain *explain, const struct pass_piece *piece)
{
    struct str sql;

    str_init(&sql);
    str_add(&sql, "EXPLAIN ");
    pass_sql_add_piece(
        &(struct question){explain->pass, piece, explain->columns, explain->column_count, NULL},
        &sql);
    ask(explain, sql.text, planned);
    str_release(&sql);
}

/* ---- The first piece ---- */

/* How many rows a piece of numbers has, if each number stood in as many. */
static double rows_of_keys(const struct pass_explain *explain, const struct walk_piece *piece)
{
    const struct walk_range *range = &explain->walk.keys.range;
    double all = (double)range->last - (double)range->first + 1;

    return (double)explain->pass->rows * ((double)piece->to - (double)piece->from) / all + 0.5;
}

static void say_rows(struct pass_explain *explain, double rows, const char *provided)
{
    str_add_format(&explain->sentence, "The first piece, %" PRId64 " of %" PRId64 " rows%s:\n  ",
                   rows >= 1 ? (int64_t)rows : 1, explain->pass->rows, provided);
}

/*
 *     The first piece, 4000 of 1204331 rows if its keys were even:
 *       id >= 1 AND id < 4021
 */
static void say_piece(struct pass_explain *explain, const struct pass_piece *piece)
{
    const struct pass *pass = explain->pass;
    bool tuples = pass->key.type == KEY_TUPLE;

    if (tuples ? piece->tuples.closed : piece->keys.closed)
        str_add(&explain->sentence, "All of it, in one piece:\n  ");
    else if (pass->rows <= 0)
        str_add(&explain->sentence, "The first piece:\n  ");
    else if (tuples)
        say_rows(explain, (double)explain->walk.tuples.stride.width, "");
    else
        say_rows(explain, rows_of_keys(explain, &piece->keys), " if its keys were even");
    pass_range_add(pass, piece, &explain->sentence);
    str_add_char(&explain->sentence, '\n');
}

static void go_on(struct pass_explain *explain);

static void answered(const struct db_result *result, const struct error *err, void *arg)
{
    struct pass_explain *explain = arg;
    struct error wrong = {0};

    explain->query = NULL;
    if (err == NULL && !pass_walk_take(&explain->walk, result, &wrong))
        err = &wrong;
    if (err != NULL)
        tell(explain, NULL, err);
    else
        go_on(explain);
}

static void ask_question(struct pass_explain *explain)
{
    struct str sql;

    str_init(&sql);
    pass_walk_add_question(&explain->walk, &sql);
    ask(explain, sql.text, answered);
    str_release(&sql);
}

static void go_on(struct pass_explain *explain)
{
    struct pass_piece piece = {0};
    bool patient;

    switch (pass_walk_next(&explain->walk, &piece, &patient)) {
    case PASS_WALK_QUESTION:
        ask_question(explain);
        break;
    case PASS_WALK_PIECE:
        say_piece(explain, &piece);
        ask_plan(explain, &piece);
        break;
    case PASS_WALK_END:
        tell(explain, "There is no row to walk: only its ends are asked for.\n", NULL);
        break;
    }
}

/* ---- Beginning and ending ---- */

static bool is_among(const struct metric *metric, const struct metric *const *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (metrics[i] == metric)
            return true;
    return false;
}

size_t pass_columns_of(const struct pass *pass, const struct metric *const *metrics, size_t count,
                       size_t *columns)
{
    bool *wanted = memory_alloc((pass->column_count + 1) * sizeof(wanted[0]));
    size_t found = 0;

    for (size_t i = 0; i < pass->item_count; i++) {
        const struct pass_item *item = &pass->items[i];

        if (metrics == pass->metrics || is_among(item->metric, metrics, count))
            wanted[item->column] = wanted[item->divisor] = true;
    }
    for (size_t i = 0; i < pass->column_count; i++)
        if (wanted[i])
            columns[found++] = i;
    free(wanted);
    return found;
}

void pass_explain_begin(const struct pass_run_context *context, const struct pass *pass,
                        const struct metric *metric, explain_done *done, void *arg,
                        struct pass_explains *list)
{
    const struct stride_limits limits = {.rows = pass->rows};
    struct pass_explain *explain = memory_alloc(sizeof(*explain));

    *explain = (struct pass_explain){.context = context, .pass = pass, .done = done, .arg = arg};
    str_init(&explain->sentence);
    explain->columns = memory_alloc((pass->column_count + 1) * sizeof(explain->columns[0]));
    explain->column_count = pass_columns_of(pass, &metric, 1, explain->columns);
    LIST_INSERT_HEAD(list, explain, link);
    pass_walk_init(&explain->walk, pass, &limits);
    if (pass_method(pass)->walks)
        go_on(explain);
    else
        ask_plan(explain, NULL);
}

void pass_explain_cancel_all(struct pass_explains *list)
{
    struct pass_explain *next;

    for (struct pass_explain *explain = LIST_FIRST(list); explain != NULL; explain = next) {
        next = LIST_NEXT(explain, link);
        LIST_REMOVE(explain, link);
        release(explain);
    }
}
