/*
 * One metric of the database as plain SQL: what it means, whatever way it is counted. Pure.
 * SQL of definitions was checked by condition.c, so it stays between the parentheses put around it.
 */
#ifndef METRICS_METRIC_SQL_H
#define METRICS_METRIC_SQL_H

#include "metrics/database_spec.h"

#include "agent/base/str.h"

#include <stdint.h>

/* The window alone; adds nothing if there is none. */
void metric_sql_add_window(const struct metric *metric, int64_t recorded_at, struct str *out);

/* The rows that count: window and condition, joined by AND; adds nothing if all rows do. */
void metric_sql_add_filter(const struct metric *metric, int64_t recorded_at, struct str *out);

/* "count(*)", "count(DISTINCT author_id)"; "(value)" of a statement. */
void metric_sql_add_aggregate(const struct metric *metric, struct str *out);

/* The whole: "SELECT count(*) FROM issues WHERE (state_id = 1)". */
void metric_sql_add_statement(const struct metric *metric, int64_t recorded_at, struct str *out);

/* A statement of a definition as something that can be selected from: one column, `value`. */
void metric_sql_add_from(const struct metric *metric, struct str *out);

#endif
