/*
 * The time. The only module that asks the system for it, so that tests can move it.
 * Wall time is microseconds since 1970 UTC; monotonic time never jumps and means nothing by itself.
 */
#ifndef AGENT_BASE_CLOCK_H
#define AGENT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define US_PER_SECOND INT64_C(1000000)

int64_t now_wall_us(void);
int64_t now_monotonic_us(void);

/*
 * For tests: from now on both clocks stand at `wall_us` and only move by now_advance. Stopping
 * again moves the wall clock alone, as an admin does who sets it.
 */
void now_stop_at(int64_t wall_us);
void now_advance(int64_t us);

/* "2026-11-21T10:04:05.123456Z", in UTC. Returns `out`. */
#define TIME_TEXT_SIZE 32
char *time_text(int64_t wall_us, char out[TIME_TEXT_SIZE]);

#endif
