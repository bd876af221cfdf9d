/*
 * How large the next piece of a walk is, by what the last ones took: the law that all walks share.
 * The first piece is small; the next ones take about `aim_us` each, come to from below and growing
 * four times at most. A timeout halves the piece, down to a floor of some dozen rows, where it may
 * be patient once: take the general statement_timeout. Sizes are in units of the walk: keys,
 * blocks, rows. Pure.
 */
#ifndef METRICS_STRIDE_H
#define METRICS_STRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRIDE_FIRST_ROWS 4000 /* of the first piece, by the estimate: a few milliseconds */
#define STRIDE_FLOOR_ROWS 64

struct stride_limits {
    int64_t aim_us;    /* of a piece; what comes out may be 1.8 times as much */
    size_t most_bytes; /* of a piece's result */
    int64_t rows;      /* estimated in the range; 0: unknown */
};

struct stride_measure {
    double units, took_us, bytes;
};

struct stride {
    struct stride_limits limits;
    uint64_t width;    /* of the next piece, in units; not 0 */
    unsigned timeouts; /* in a row */
    bool patient;
    struct stride_measure last;
    double shortest_us;                 /* of all pieces */
    double us_per_unit, bytes_per_unit; /* expected of the next piece, above the shortest */
};

void stride_begin(struct stride *stride, const struct stride_limits *limits, uint64_t width);

/* A whole number of units: at least one, and not more than int64_t holds. */
uint64_t stride_width(double units);

/* A piece came; the width stays until stride_resize, which judges by the last one. */
void stride_answered(struct stride *stride, const struct stride_measure *measure);
void stride_resize(struct stride *stride);

/* `floor` is the width that is not made smaller. False: that one was asked patiently already. */
bool stride_timed_out(struct stride *stride, uint64_t floor);

#endif
