/*
 * Times by cron's five fields: minute, hour, day of the month, month, day of the week; lists,
 * ranges, steps, names, and @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.
 * Pure.
 *
 * As in Vixie's cron, day and day of the week are joined by OR if neither begins with `*`, else by
 * AND. The fields are of the clocks of a time zone: a time that they skip counts as the moment of
 * the skip, one that they show twice as the first of both.
 */
#ifndef AGENT_BASE_CRON_H
#define AGENT_BASE_CRON_H

#include "agent/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct cron {
    uint64_t minutes;                       /* bit 0 is minute 0 */
    uint32_t hours, days, months, weekdays; /* bits by their own numbers; Sunday is bit 0 */
    bool either_day;                        /* day OR day of the week */
};

/* False with INVALID and a sentence that names the field. */
MUST_CHECK bool cron_parse(const char *text, struct cron *cron, struct error *err);

/* The first such moment later than `after` (both seconds since 1970 UTC) in `zone` (zone.h), looked
 * for in the next nine years: false if there is none, as on 31 February. */
bool cron_next(const struct cron *cron, const char *zone, int64_t after, int64_t *next);

#endif
