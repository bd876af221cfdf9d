/*
 * What SQL of definitions may use: the parts of a statement and the functions, as tables. What is
 * not in them is refused, so that a definition cannot read files, sleep, write, reach other servers
 * or change settings. Pure.
 */
#ifndef METRICS_SQL_RULES_H
#define METRICS_SQL_RULES_H

#include "metrics/sql_tree.h"

#include <stdbool.h>

enum sql_function { FUNCTION_REFUSED, FUNCTION_PLAIN, FUNCTION_AGGREGATE };

/* `name` as it was written, in lower case; "pg_catalog." before it is fine. */
enum sql_function sql_function(const char *name);

/* Of a node of libpg_query's parse tree ("SubLink"): NULL if it is allowed, otherwise what people
 * call it. */
const char *sql_node_refused(struct tree_word node);

#endif
