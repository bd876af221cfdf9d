/*
 * Time zones by their IANA names ("UTC", "Europe/Berlin"), from the system's files. The only module
 * that touches the TZ of the process; it puts it back.
 */
#ifndef AGENT_BASE_ZONE_H
#define AGENT_BASE_ZONE_H

#include <stdint.h>

/* Seconds east of UTC that clocks in `zone` show at `at` (seconds since 1970 UTC). An unknown name
 * counts as UTC, as in the C library. */
int64_t zone_offset_s(const char *zone, int64_t at);

#endif
