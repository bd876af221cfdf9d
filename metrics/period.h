/*
 * The stretches of time that time frames mean. Pure; everything derives from a run's recorded_at,
 * so that a resumed run counts the same rows and reads the same keys.
 *
 * A database metric's 7d and 28d end two days ago, so that late rows are in. Its days are those of
 * the calendar, as Rails' `9.days.ago` has them: both ends have the same time on the clock, so that
 * a window over a change of the clocks is an hour longer or shorter. A Redis metric reads
 * whole ISO weeks, Monday to Sunday, and never the running one: its 7d is not the database's 7d.
 * Days begin at midnight of the process's time zone (TZ, as tzset(3) has read it).
 */
#ifndef METRICS_PERIOD_H
#define METRICS_PERIOD_H

#include "agent/base/week.h"
#include "agent/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds since 1970 UTC; both ends belong to it. */
struct period_window {
    int64_t from, to;
};

/* False for `all` and `none`, which have no window. */
bool period_window(enum time_frame frame, int64_t recorded_at, struct period_window *window);

#define PERIOD_MOST_WEEKS 4

/*
 * The weeks that a Redis metric reads, oldest first: one for 7d, four for 28d, none for the rest.
 * Returns how many.
 */
size_t period_weeks(enum time_frame frame, int64_t recorded_at,
                    struct iso_week weeks[PERIOD_MOST_WEEKS]);

/* The day that an event of this moment is counted on, as in week.h. */
int64_t period_day_of(int64_t when);

/*
 * The days that an old daily series is read for: `first` to `last`, which is today, both included.
 * False for time frames without a window.
 */
bool period_days(enum time_frame frame, int64_t recorded_at, int64_t *first, int64_t *last);

/*
 * The weeks from the one of day `first` (days as in week.h) to the last one that ended before the
 * week of day `last`: GitLab's rule for weekly keys. Fills at most `room`; returns how many there
 * are, 0 if none.
 */
size_t period_weeks_between(int64_t first, int64_t last, struct iso_week *weeks, size_t room);

#endif
