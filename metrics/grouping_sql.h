/* The statement of a piece that groups first and judges after, as pass->grouping says. Pure. */
#ifndef METRICS_GROUPING_SQL_H
#define METRICS_GROUPING_SQL_H

#include "metrics/pass_question.h"

#include "agent/base/str.h"

#include <stdbool.h>

/* Whether any of the columns is judged by groups. */
bool grouping_sql_serves(const struct question *question);

/*
 * SELECT coalesce(sum(_rows), 0)::text, coalesce(sum(_rows) FILTER (WHERE (state_id = 1)), 0)::text
 * FROM (SELECT issues.state_id, count(*) AS _rows FROM issues WHERE ... GROUP BY issues.state_id)
 * AS issues; columns that cannot be grouped stand beside it, of a second scan.
 */
void grouping_sql_add(const struct question *question, struct str *out);

/* " FROM issues WHERE id >= 1 AND id < 9": the rows of the piece. */
void grouping_sql_add_range(const struct question *question, struct str *out);

#endif
