/* The columns of a piece's statement in SQL. Pure. */
#ifndef METRICS_COLUMN_SQL_H
#define METRICS_COLUMN_SQL_H

#include "metrics/pass.h"

#include "agent/base/str.h"

/* "count(weight) FILTER (WHERE state_id = 1)" */
void column_sql_add_aggregate(const struct pass_column *column, struct str *out);

/* The same in the form in which it is shipped: as text, but for the bytes of COLUMN_IDS. */
void column_sql_add(const struct pass_column *column, struct str *out);

#endif
