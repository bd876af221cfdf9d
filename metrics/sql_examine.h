/*
 * Judges a parse tree: is it of the shape that was asked for, does it use only what sql_rules.c
 * allows, which columns and relations does it name. Pure; for condition.c.
 */
#ifndef METRICS_SQL_EXAMINE_H
#define METRICS_SQL_EXAMINE_H

#include "agent/base/arena.h"
#include "agent/base/error.h"

#include <stddef.h>

/* What may stand between the parentheses of "SELECT ( )". */
enum sql_shape {
    SQL_EXPRESSION, /* `where`, `on` */
    SQL_COLUMN,     /* a column's name, qualified or not */
    SQL_STATEMENT,  /* `sql`: one SELECT of one column */
};

struct sql_names {
    const char **columns; /* as they are referred to, each once: "state_id", "users.id" */
    size_t column_count;
    const char **relations; /* of sub-selects and statements, each once: "ci.builds" */
    size_t relation_count;
};

/*
 * `json` is libpg_query's tree of "SELECT (text)". False with INVALID and a sentence; `culprit` is
 * then the word to look for in the text, "" if there is none. The texts are in `arena`.
 */
MUST_CHECK bool sql_examine(const char *json, enum sql_shape shape, struct arena *arena,
                            struct sql_names *names, const char **culprit, struct error *err);

#endif
