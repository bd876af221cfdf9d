/*
 * The server's own plan for what a pass asks of one of its metrics: EXPLAIN, which executes
 * nothing. Of a walked pass the first piece of a fresh walk is explained, with its real bounds,
 * because the server's choice depends on how much is asked; the lines begin with a sentence on
 * which piece that is.
 */
#ifndef METRICS_PASS_EXPLAIN_H
#define METRICS_PASS_EXPLAIN_H

#include "metrics/pass_run.h"
#include "metrics/pass_walk.h"

#include "agent/source.h"

#include <sys/queue.h>

struct pass_explain {
    LIST_ENTRY(pass_explain) link; /* in the list that begin put it into */
    const struct pass_run_context *context;
    const struct pass *pass;
    size_t *columns; /* of the pass's, those of the metric */
    size_t column_count;
    struct pass_walk walk; /* up to its first piece */
    struct str sentence;   /* about the piece; empty: the statement is whole */
    struct db_query *query;
    explain_done *done;
    void *arg;
};

LIST_HEAD(pass_explains, pass_explain);

/* The columns of these metrics, ascending, each once: at most as many as the pass has. */
size_t pass_columns_of(const struct pass *pass, const struct metric *const *metrics, size_t count,
                       size_t *columns);

/* `done` is called once from the loop; then it takes itself out of the list and is gone. `metric`
 * is one of the pass's, `context` must outlive it. */
void pass_explain_begin(const struct pass_run_context *context, const struct pass *pass,
                        const struct metric *metric, explain_done *done, void *arg,
                        struct pass_explains *list);

/* Drops all of a list; nobody is called. */
void pass_explain_cancel_all(struct pass_explains *list);

#endif
