#include "agent/base/clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static struct {
    bool stopped;
    int64_t wall_us, monotonic_us;
} moved;

static int64_t read_clock(clockid_t which)
{
    struct timespec now;

    (void)clock_gettime(which, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t now_wall_us(void)
{
    return moved.stopped ? moved.wall_us : read_clock(CLOCK_REALTIME);
}

int64_t now_monotonic_us(void)
{
    return moved.stopped ? moved.monotonic_us : read_clock(CLOCK_MONOTONIC);
}

void now_stop_at(int64_t wall_us)
{
    /* Stopping again somewhere else is a jump, and monotonic time never jumps. */
    if (!moved.stopped)
        moved.monotonic_us = wall_us;
    moved.stopped = true;
    moved.wall_us = wall_us;
}

void now_advance(int64_t us)
{
    moved.wall_us += us;
    moved.monotonic_us += us;
}

char *time_text(int64_t wall_us, char out[TIME_TEXT_SIZE])
{
    int64_t rest = wall_us % US_PER_SECOND; /* of the sign of wall_us */
    int64_t fraction = rest < 0 ? rest + US_PER_SECOND : rest;
    time_t seconds = (time_t)(wall_us / US_PER_SECOND - (rest < 0));
    struct tm utc = {0};
    size_t used;

    (void)gmtime_r(&seconds, &utc);
    used = strftime(out, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(out + used, TIME_TEXT_SIZE - used, ".%06" PRId64 "Z", fraction);
    return out;
}
