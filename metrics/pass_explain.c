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
    pass_sql_add_piece(explain->pass, piece, explain->columns, explain->column_count, &sql);
    ask(explain, sql.text, planned);
    str_release(&sql);
}

/* ---- The first piece ---- */

/*
 *     The first piece, 4000 of 1204331 rows if its keys were even:
 *       id >= 1 AND id < 4021
 */
static void say_piece(struct pass_explain *explain, const struct walk *walk,
                      const struct pass_piece *piece)
{
    const struct pass *pass = explain->pass;
    double all = (double)walk->range.last - (double)walk->range.first + 1;
    double part = (double)piece->keys.to - (double)piece->keys.from;
    int64_t rows = (int64_t)((double)pass->rows * part / all + 0.5);
    struct str *sentence = &explain->sentence;

    if (piece->keys.closed)
        str_add(sentence, "All of it, in one piece");
    else if (pass->rows > 0)
        str_add_format(sentence,
                       "The first piece, %" PRId64 " of %" PRId64 " rows if its keys were even",
                       rows > 0 ? rows : 1, pass->rows);
    else
        str_add(sentence, "The first piece");
    str_add(sentence, ":\n  ");
    pass_range_add(pass, piece, sentence);
    str_add_char(sentence, '\n');
}

static bool read_bounds(const struct db_result *result, struct walk_range *range)
{
    int64_t *const ends[] = {&range->first, &range->last};

    for (int i = 0; i < 2; i++) {
        size_t length;
        const char *bytes = db_bytes(result, 0, i, &length);

        if (db_rows(result) != 1 || db_is_null(result, 0, i) || !key_read(bytes, length, ends[i]))
            return false;
    }
    return true;
}

static void bounded(const struct db_result *result, const struct error *err, void *arg)
{
    struct pass_explain *explain = arg;
    struct walk_limits limits = {.rows = explain->pass->rows};
    struct pass_piece piece = {0};
    struct walk_range range;
    struct walk walk;

    explain->query = NULL;
    if (err != NULL) {
        tell(explain, NULL, err);
        return;
    }
    if (!read_bounds(result, &range)) {
        str_add(&explain->sentence, "There is no row to walk: only its ends are asked for.\n");
        tell(explain, explain->sentence.text, NULL);
        return;
    }
    walk_begin(&walk, &range, &limits);
    (void)walk_next(&walk, &piece.keys);
    say_piece(explain, &walk, &piece);
    ask_plan(explain, &piece);
}

static void ask_bounds(struct pass_explain *explain)
{
    struct str sql;

    str_init(&sql);
    pass_range_add_bounds(explain->pass, &sql);
    ask(explain, sql.text, bounded);
    str_release(&sql);
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
    struct pass_explain *explain = memory_alloc(sizeof(*explain));

    *explain = (struct pass_explain){.context = context, .pass = pass, .done = done, .arg = arg};
    str_init(&explain->sentence);
    explain->columns = memory_alloc((pass->column_count + 1) * sizeof(explain->columns[0]));
    explain->column_count = pass_columns_of(pass, &metric, 1, explain->columns);
    LIST_INSERT_HEAD(list, explain, link);
    if (pass_method(pass)->walks)
        ask_bounds(explain);
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
