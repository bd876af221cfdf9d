#include "metrics/stride.h"

#define LARGEST_WIDTH UINT64_C(9000000000000000000)
#define LARGEST_STEP  4

uint64_t stride_width(double units)
{
    if (units >= (double)LARGEST_WIDTH)
        return LARGEST_WIDTH;
    return units >= 1 ? (uint64_t)units : 1;
}

void stride_begin(struct stride *stride, const struct stride_limits *limits, uint64_t width)
{
    *stride = (struct stride){.limits = *limits};
    stride->width = width < LARGEST_WIDTH ? width + (width == 0) : LARGEST_WIDTH;
}

/* A worse piece counts at once, a better one by half: so the aim is come to from below. */
static void learn(double *average, double now)
{
    *average = now > *average ? now : (*average + now) / 2;
}

/*
 * What the shortest piece took is what a piece takes however small it is (planning, a sub-select
 * that is computed anew each time): making pieces smaller does not help against that.
 */
static double time_for_units(struct stride *stride)
{
    double took_us = stride->last.took_us;

    if (stride->shortest_us <= 0 || took_us < stride->shortest_us)
        stride->shortest_us = took_us;
    return took_us - stride->shortest_us;
}

static double aim_for_units(const struct stride *stride)
{
    double aim = (double)stride->limits.aim_us, left = aim - stride->shortest_us;

    return left > aim / 4 ? left : aim / 4;
}

void stride_answered(struct stride *stride, const struct stride_measure *measure)
{
    stride->last = *measure;
    stride->patient = false;
    stride->timeouts = 0;
}

void stride_resize(struct stride *stride)
{
    double units = stride->last.units, most = units * LARGEST_STEP, best = most;

    learn(&stride->us_per_unit, time_for_units(stride) / units);
    learn(&stride->bytes_per_unit, stride->last.bytes / units);
    if (stride->us_per_unit > 0)
        best = aim_for_units(stride) / stride->us_per_unit;
    if (stride->bytes_per_unit > 0) {
        double fitting = (double)stride->limits.most_bytes / stride->bytes_per_unit;

        best = best < fitting ? best : fitting;
    }
    stride->width = stride_width(best < most ? best : most);
}

/* The first timeout halves, the next one in a row quarters, and so on: each costs the server time.
 */
bool stride_timed_out(struct stride *stride, uint64_t floor)
{
    if (stride->patient)
        return false;
    stride->patient = stride->width <= floor;
    if (!stride->patient)
        stride->width >>= ++stride->timeouts;
    if (stride->width < floor)
        stride->width = floor;
    learn(&stride->us_per_unit, (double)stride->limits.aim_us / (double)stride->width);
    return true;
}
