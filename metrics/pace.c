#include "metrics/pace.h"

#include "agent/base/clock.h"

#define SLOW_PIECES    3
#define SLOW_FROM_US   (US_PER_SECOND / 5)
#define HOPELESS_PART  100
#define HOPELESS_TIMES 2

bool pace_is_slow(const struct pace *pace, double cost_s, int64_t all_rows)
{
    double expected_us;

    if (cost_s <= 0 || all_rows <= 0 || pace->pieces < SLOW_PIECES || pace->took_us < SLOW_FROM_US)
        return false;
    expected_us = cost_s * US_PER_SECOND * (double)pace->rows / (double)all_rows;
    return (double)pace->took_us > PACE_SLOW_TIMES * expected_us;
}

bool pace_is_hopeless(const struct pace *pace, int64_t deadline_us)
{
    double done = pace->share - pace->from;

    if (deadline_us <= 0 || pace->pieces < SLOW_PIECES ||
        pace->elapsed_us < deadline_us / HOPELESS_PART)
        return false;
    return (double)pace->elapsed_us > done * HOPELESS_TIMES * (double)deadline_us;
}
