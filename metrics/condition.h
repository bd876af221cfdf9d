/*
 * SQL text of definitions, checked offline by PostgreSQL's own parser. The only module that knows
 * libpg_query.
 *
 * What passes may stand between parentheses inside a larger statement, with a line break behind it:
 * it cannot close them, holds no comment, is one expression (or one SELECT of one column), only
 * reads, and calls only functions of sql_rules.c. Whether its tables and columns exist is the
 * server's to say.
 */
#ifndef METRICS_CONDITION_H
#define METRICS_CONDITION_H

#include "metrics/sql_examine.h"

#include "agent/base/arena.h"
#include "agent/base/error.h"

#define CONDITION_LONGEST 20000 /* bytes */

struct condition {
    const char *text; /* without blanks at its ends */
    struct sql_names names;
};

/* Where in the text a fault is, from 1; 0: the text as a whole. */
struct condition_place {
    int line, column;
};

/* False with INVALID and a sentence. All texts are in `arena`. */
MUST_CHECK bool condition_parse(const char *text, enum sql_shape shape, struct arena *arena,
                                struct condition *condition, struct condition_place *place,
                                struct error *err);

#endif
