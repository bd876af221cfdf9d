#include "metrics/metric_sql.h"

#include "metrics/key.h"
#include "metrics/period.h"

static void add_moment(int64_t seconds, struct str *out)
{
    key_write(KEY_TIMESTAMP, key_of_time(KEY_TIMESTAMP, seconds), out);
}

void metric_sql_add_window(const struct metric *metric, int64_t recorded_at, struct str *out)
{
    const struct database_spec *spec = metric->spec;
    struct period_window window;

    if (!period_window(metric->time_frame, recorded_at, &window))
        return;
    str_add_format(out, "%s BETWEEN ", spec->timestamp.sql);
    add_moment(window.from, out);
    str_add(out, " AND ");
    add_moment(window.to, out);
}

/* The window comes first: it is cheap and leaves few rows to the condition. */
void metric_sql_add_filter(const struct metric *metric, int64_t recorded_at, struct str *out)
{
    const struct database_spec *spec = metric->spec;
    size_t before = out->length;

    metric_sql_add_window(metric, recorded_at, out);
    if (spec->where != NULL)
        str_add_format(out, "%s(%s)", out->length > before ? " AND " : "", spec->where);
}

void metric_sql_add_aggregate(const struct metric *metric, struct str *out)
{
    static const char *const openings[] = {
        [OPERATION_COUNT] = "count(",
        [OPERATION_DISTINCT] = "count(DISTINCT ",
        [OPERATION_ESTIMATE] = "count(DISTINCT ",
        [OPERATION_SUM] = "sum(",
        [OPERATION_AVERAGE] = "avg(",
        [OPERATION_SQL] = "(",
    };
    const struct database_spec *spec = metric->spec;

    str_add(out, openings[spec->operation]);
    if (spec->operation == OPERATION_SQL)
        str_add(out, "value");
    else
        str_add(out, spec->column.sql != NULL ? spec->column.sql : "*");
    str_add_char(out, ')');
}

void metric_sql_add_statement(const struct metric *metric, int64_t recorded_at, struct str *out)
{
    const struct database_spec *spec = metric->spec;
    struct str filter;

    if (spec->operation == OPERATION_SQL) {
        str_add(out, spec->sql);
        return;
    }
    str_add(out, "SELECT ");
    metric_sql_add_aggregate(metric, out);
    str_add_format(out, " FROM %s", spec->from);
    str_init(&filter);
    metric_sql_add_filter(metric, recorded_at, &filter);
    if (filter.length > 0)
        str_add_format(out, " WHERE %s", filter.text);
    str_release(&filter);
}

void metric_sql_add_from(const struct metric *metric, struct str *out)
{
    const struct database_spec *spec = metric->spec;

    if (spec->operation == OPERATION_SQL)
        str_add_format(out, "(%s) AS answer(value)", spec->sql);
    else
        str_add(out, spec->from);
}
