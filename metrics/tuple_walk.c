#include "metrics/tuple_walk.h"

#include <assert.h>

#define LARGEST_STEP 4

void tuple_walk_init(struct tuple_walk *walk)
{
    *walk = (struct tuple_walk){.step = TUPLE_DONE};
    str_init(&walk->at);
    str_init(&walk->to);
    str_init(&walk->last);
}

void tuple_walk_release(struct tuple_walk *walk)
{
    str_release(&walk->at);
    str_release(&walk->to);
    str_release(&walk->last);
}

static void copy(struct str *to, const struct str *from)
{
    str_clear(to);
    str_add_bytes(to, from->text, from->length);
}

void tuple_walk_begin(struct tuple_walk *walk, const struct str *first, const struct str *last,
                      const struct stride_limits *limits)
{
    stride_begin(&walk->stride, limits, STRIDE_FIRST_ROWS);
    walk->step = TUPLE_DONE;
    if (first == NULL || last == NULL)
        return;
    copy(&walk->at, first);
    copy(&walk->last, last);
    walk->rows_behind = 0;
    walk->step = TUPLE_REACH;
}

void tuple_walk_resume(struct tuple_walk *walk, uint64_t width, double rows_behind)
{
    struct stride_limits limits = walk->stride.limits;

    stride_begin(&walk->stride, &limits, width);
    walk->rows_behind = rows_behind > 0 ? rows_behind : 0;
}

enum tuple_step tuple_walk_next(const struct tuple_walk *walk, struct tuple_piece *piece)
{
    bool asks = walk->step == TUPLE_REACH || walk->step == TUPLE_BEYOND;
    bool open = !asks && !walk->closed;

    *piece = (struct tuple_piece){
        .from = walk->at.text,
        .to = open ? walk->to.text : walk->last.text,
        .ahead = walk->stride.width,
        .closed = !open,
        .patient = walk->stride.patient || walk->step == TUPLE_BEYOND,
    };
    return walk->step;
}

void tuple_walk_reached(struct tuple_walk *walk, const struct tuple_reach *reach, int64_t took_us)
{
    assert(walk->step == TUPLE_REACH || walk->step == TUPLE_BEYOND);
    walk->single = walk->step == TUPLE_BEYOND;
    if (!walk->single)
        walk->reach_us = took_us;
    if (reach->tuple != NULL && reach->same && !walk->single) {
        walk->step = TUPLE_BEYOND;
        return;
    }
    walk->closed = reach->tuple == NULL;
    if (!walk->closed)
        copy(&walk->to, reach->tuple);
    walk->step = TUPLE_PIECE;
}

/* Rows of a single key may be many more than what was reached for, but never fewer. */
static double rows_of(const struct tuple_walk *walk, int64_t rows)
{
    double width = (double)walk->stride.width;

    return walk->single && (double)rows > width ? (double)rows : width;
}

void tuple_walk_answered(struct tuple_walk *walk, int64_t took_us, int64_t rows, size_t bytes)
{
    uint64_t most = stride_width((double)walk->stride.width * LARGEST_STEP);
    struct stride_measure measure = {
        .units = rows_of(walk, rows),
        .took_us = (double)(took_us > walk->reach_us ? took_us : walk->reach_us),
        .bytes = (double)bytes,
    };

    assert(walk->step == TUPLE_PIECE || walk->step == TUPLE_STUCK);
    stride_answered(&walk->stride, &measure);
    if (walk->closed) {
        walk->step = TUPLE_DONE;
        return;
    }
    walk->rows_behind += measure.units;
    stride_resize(&walk->stride);
    if (walk->stride.width > most)
        walk->stride.width = most;
    copy(&walk->at, &walk->to);
    walk->step = TUPLE_REACH;
}

/* To ask for a piece that is smaller, its end is looked for anew. */
void tuple_walk_timed_out(struct tuple_walk *walk)
{
    bool single = walk->step == TUPLE_PIECE && walk->single;

    assert(walk->step != TUPLE_STUCK && walk->step != TUPLE_DONE);
    if (walk->step == TUPLE_BEYOND ||
        !stride_timed_out(&walk->stride, single ? walk->stride.width : STRIDE_FLOOR_ROWS))
        walk->step = TUPLE_STUCK;
    else if (!single)
        walk->step = TUPLE_REACH;
}

double tuple_walk_share(const struct tuple_walk *walk)
{
    double rows = (double)walk->stride.limits.rows;
    double least = walk->rows_behind + (double)walk->stride.width;

    if (walk->step == TUPLE_DONE)
        return 1;
    return walk->rows_behind / (rows > least ? rows : least);
}
