/*
 * Walks the rows of an index piece by piece, whatever the types of its columns: a bound is a tuple
 * of texts that only the server can compare. A pure stepper, as walk.h is:
 *
 *     for (;;)
 *         switch (tuple_walk_next(&walk, &piece)) {
 *         case TUPLE_REACH:  ... tuple_walk_reached() with the key `ahead` rows behind from ...
 *         case TUPLE_BEYOND: ... tuple_walk_reached() with the first key that is larger ...
 *         case TUPLE_PIECE:  ... tuple_walk_answered() ...
 *         case TUPLE_STUCK:  ... tuple_walk_answered() if it could be had otherwise, or give up ...
 *         case TUPLE_DONE:   ...
 *         }
 *
 * Each but the last two may be told tuple_walk_timed_out() instead. A piece begins and ends at
 * keys, so rows of one key are never parted, and rows that come or go meanwhile shift nothing.
 * Pieces are sized in rows (stride.h). When a whole stride has one key, the piece is that key.
 */
#ifndef METRICS_TUPLE_WALK_H
#define METRICS_TUPLE_WALK_H

#include "metrics/stride.h"

#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tuples are their texts one after the other, each ended by a zero byte, which no text holds. */

/* from <= key < to; of the last piece, which is closed, from <= key <= to. */
struct tuple_piece {
    const char *from,
        *to;        /* `to` of REACH and BEYOND is the walk's end: nothing behind it counts */
    uint64_t ahead; /* of REACH */
    bool closed;
    bool patient;
};

/* What the server found; NULL: nothing up to the walk's end. `same`: it equals `from`. */
struct tuple_reach {
    const struct str *tuple;
    bool same;
};

enum tuple_step { TUPLE_REACH, TUPLE_BEYOND, TUPLE_PIECE, TUPLE_STUCK, TUPLE_DONE };

struct tuple_walk {
    struct stride stride; /* in rows */
    enum tuple_step step;
    struct str at, to, last;
    bool closed;        /* the piece is the last one */
    bool single;        /* all its rows have one key, so it cannot become smaller */
    int64_t reach_us;   /* that the piece's end took */
    double rows_behind; /* as far as they were measured */
};

void tuple_walk_init(struct tuple_walk *walk);
void tuple_walk_release(struct tuple_walk *walk);

/* The smallest and the largest key, both included; NULL when there is none. */
void tuple_walk_begin(struct tuple_walk *walk, const struct str *first, const struct str *last,
                      const struct stride_limits *limits);

/* Goes on at where an earlier walk to the same end was: begin at its `at`, then this. */
void tuple_walk_resume(struct tuple_walk *walk, uint64_t width, double rows_behind);

/* The texts are valid until the walk is told something. */
enum tuple_step tuple_walk_next(const struct tuple_walk *walk, struct tuple_piece *piece);

void tuple_walk_reached(struct tuple_walk *walk, const struct tuple_reach *reach, int64_t took_us);

/* `rows` are those that the piece counted. */
void tuple_walk_answered(struct tuple_walk *walk, int64_t took_us, int64_t rows, size_t bytes);
void tuple_walk_timed_out(struct tuple_walk *walk);

/* How much is behind, of 1, by the estimate of all rows. */
double tuple_walk_share(const struct tuple_walk *walk);

#endif
