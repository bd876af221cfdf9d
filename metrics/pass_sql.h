/*
 * The statements of a pass. One row of a table for each kind of pass: how it is asked, in words and
 * in SQL. Pure.
 */
#ifndef METRICS_PASS_SQL_H
#define METRICS_PASS_SQL_H

#include "metrics/pass_question.h"

#include "agent/base/str.h"

#include <stdbool.h>

struct pass_method {
    const char *words; /* "one walk over %s by %s, piece by piece" */
    const char *brief; /* "walk" */
    bool walks;        /* piece by piece; otherwise there is one piece, without bounds */
    bool patient;      /* may take the general statement_timeout at once */
};

const struct pass_method *pass_method(const struct pass *pass);

/*
 * The statement that asks for columns of a piece. The piece is NULL for passes that do not walk,
 * and for a walked one when people are to read it: then the bounds are :from and :to.
 *
 * A walked piece answers with one row: how many rows it counted, then the columns that stand by
 * themselves, then the pack's extras; of a walk over a column's own index they are how many values
 * have a row that the filter lets through. Others answer with a row a part: its index, then its
 * columns. All as text but the bytes of COLUMN_IDS, the part and the extras, which are integers and
 * bytes.
 */
void pass_sql_add_piece(const struct question *question, struct str *out);

#endif
