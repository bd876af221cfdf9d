/*
 * Walks a range of keys piece by piece. A pure stepper: it says what to ask next and is told what
 * came back; it does no I/O and knows no time of its own.
 *
 *     for (;;)
 *         switch (walk_next(&walk, &piece)) {
 *         case WALK_PIECE:  ... walk_answered() or walk_timed_out() ...
 *         case WALK_SEEK:   ... walk_sought() with the first key from piece.from on ...
 *         case WALK_STUCK:  ... walk_answered() if it could be had otherwise, or give up ...
 *         case WALK_DONE:   ...
 *         }
 *
 * Keys are their integer form (key.h). The pieces cover the range once, in order, without a gap but
 * for what a seek found empty: an empty piece asks for the next key instead of stepping through a
 * gap. How large they are is stride.h's to say. When even a patient piece times out, the walk is
 * stuck.
 */
#ifndef METRICS_WALK_H
#define METRICS_WALK_H

#include "metrics/stride.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk_range {
    int64_t first, last; /* the smallest and the largest key, both included */
};

/* from <= key < to; of the last piece, which is closed, from <= key <= to. */
struct walk_piece {
    int64_t from, to;
    bool closed;
    bool patient;
};

enum walk_step { WALK_PIECE, WALK_SEEK, WALK_STUCK, WALK_DONE };

struct walk {
    struct walk_range range;
    struct stride stride; /* in keys */
    int64_t at;           /* where the next piece begins */
    enum walk_step step;
    double keys_seen, rows_seen;
};

/* `range` is NULL when there is no key at all. */
void walk_begin(struct walk *walk, const struct walk_range *range,
                const struct stride_limits *limits);

/* Goes on from where an earlier walk over the same range was: its `at` and `width`. */
void walk_resume(struct walk *walk, int64_t at, uint64_t width);

enum walk_step walk_next(const struct walk *walk, struct walk_piece *piece);

/* `rows` are those that the piece counted; 0: a seek tells whether it lies in a gap. */
void walk_answered(struct walk *walk, int64_t took_us, int64_t rows, size_t bytes);
void walk_timed_out(struct walk *walk);

/* The smallest key at or behind the asked place; NULL: there is none up to the range's end. */
void walk_sought(struct walk *walk, const int64_t *key);

/* How much of the range is behind, of 1. */
double walk_share(const struct walk *walk);

#endif
