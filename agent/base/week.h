/*
 * Days and ISO 8601 weeks, by arithmetic alone. A day is counted from 1970-01-01 (day 0, a
 * Thursday), in whatever time zone the caller means; days before it are negative.
 */
#ifndef AGENT_BASE_WEEK_H
#define AGENT_BASE_WEEK_H

#include <stdint.h>

/* The day on which the clocks show `at` (seconds since 1970 UTC), `offset_s` seconds east of UTC.
 */
int64_t day_of(int64_t at, int64_t offset_s);

/* The first day of the ISO week that `day` lies in. */
int64_t monday_of(int64_t day);

/* A week belongs to the year that its Thursday lies in: 2021-01-03 is in week 53 of 2020. */
struct iso_week {
    int year, week; /* week from 1 to 53 */
};
struct iso_week iso_week_of(int64_t day);

/* "2026-11-21", for the years 0 to 9999. Returns `out`. */
#define DAY_TEXT_SIZE 32
char *day_text(int64_t day, char out[DAY_TEXT_SIZE]);

#endif
