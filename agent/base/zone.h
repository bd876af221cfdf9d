/*
 * Time zones by their IANA names ("UTC", "Europe/Berlin"), from the system's files. The only module
 * that touches the TZ of the process.
 */
#ifndef AGENT_BASE_ZONE_H
#define AGENT_BASE_ZONE_H

#include <stdint.h>

/* The zone of this process from now on; NULL: that of the machine. */
void zone_set(const char *zone);

/* Seconds east of UTC that clocks in `zone` show at `at` (seconds since 1970 UTC). An unknown name
 * counts as UTC, as in the C library. The zone of the process stays as it is. */
int64_t zone_offset_s(const char *zone, int64_t at);

/* The same time on the clocks of this process's zone so many days before: an hour more or less than
 * whole days lie between where the clocks were changed. On a failure, that of UTC. */
int64_t zone_days_before(int64_t when, int days);

#endif
