/*
 * The stretches of time that time frames mean. Pure; everything derives from a run's recorded_at,
 * so that a resumed run counts the same rows and reads the same keys.
 *
 * A database metric's 7d and 28d end two days ago, so that late rows are in. A Redis metric reads
 * whole ISO weeks, Monday to Sunday, and never the running one: its 7d is not the database's 7d.
 * Days begin at midnight of the process's time zone (TZ, as tzset(3) has read it).
 */
#ifndef METRICS_PERIOD_H
#define METRICS_PERIOD_H

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

/* A week of ISO 8601: `year` is the one that its Thursday is in. */
struct period_week {
    int year, week;
};

#define PERIOD_MOST_WEEKS 4

/*
 * The weeks that a Redis metric reads, oldest first: one for 7d, four for 28d, none for the rest.
 * Returns how many.
 */
size_t period_weeks(enum time_frame frame, int64_t recorded_at,
                    struct period_week weeks[PERIOD_MOST_WEEKS]);

/* The week that an event of this moment is counted in. */
struct period_week period_week_of(int64_t when);

/* The date of a moment as days since 1970-01-01, and of a day of the calendar. */
int64_t period_day(int64_t when);
int64_t period_day_of_date(int year, int month, int day);

/*
 * The weeks from the one of day `first` to the last one that ended before the week of day `last`:
 * GitLab's rule for weekly keys. Fills at most `room`; returns how many there are, 0 if none.
 */
size_t period_weeks_between(int64_t first, int64_t last, struct period_week *weeks, size_t room);

#endif
