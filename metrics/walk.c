#include "metrics/walk.h"

#include <assert.h>

#define FIRST_KEYS 1000 /* without an estimate */
#define FLOOR_PART 10000

/* Without overflow for any two keys: their distance fits the unsigned type. */
static uint64_t distance(int64_t from, int64_t to)
{
    return (uint64_t)to - (uint64_t)from;
}

static uint64_t first_width(const struct walk_range *range, int64_t rows)
{
    double keys = (double)distance(range->first, range->last) + 1;

    if (rows <= 0)
        return FIRST_KEYS;
    return stride_width(keys / (double)rows * STRIDE_FIRST_ROWS);
}

void walk_begin(struct walk *walk, const struct walk_range *range,
                const struct stride_limits *limits)
{
    *walk = (struct walk){.step = WALK_DONE};
    stride_begin(&walk->stride, limits, 1);
    if (range == NULL || range->first > range->last)
        return;
    walk->range = *range;
    walk->at = range->first;
    walk->step = WALK_PIECE;
    walk->stride.width = first_width(range, limits->rows);
}

void walk_resume(struct walk *walk, int64_t at, uint64_t width)
{
    struct stride_limits limits = walk->stride.limits;

    if (walk->step == WALK_DONE || at < walk->range.first || at > walk->range.last)
        return;
    walk->at = at;
    stride_begin(&walk->stride, &limits, width);
}

static struct walk_piece next_piece(const struct walk *walk)
{
    struct walk_piece piece = {.from = walk->at, .patient = walk->stride.patient};

    piece.closed = distance(walk->at, walk->range.last) < walk->stride.width;
    piece.to = piece.closed ? walk->range.last : (int64_t)((uint64_t)walk->at + walk->stride.width);
    return piece;
}

enum walk_step walk_next(const struct walk *walk, struct walk_piece *piece)
{
    if (walk->step != WALK_DONE)
        *piece = next_piece(walk);
    return walk->step;
}

void walk_answered(struct walk *walk, int64_t took_us, int64_t rows, size_t bytes)
{
    struct walk_piece piece = next_piece(walk);
    double keys = (double)distance(piece.from, piece.to);
    struct stride_measure measure;

    assert(walk->step == WALK_PIECE || walk->step == WALK_STUCK);
    measure = (struct stride_measure){keys, (double)took_us, (double)bytes};
    stride_answered(&walk->stride, &measure);
    walk->keys_seen += keys;
    walk->rows_seen += (double)rows;
    walk->at = piece.to;
    walk->step = rows > 0 ? WALK_PIECE : WALK_SEEK;
    if (piece.closed)
        walk->step = WALK_DONE;
    else if (rows > 0)
        stride_resize(&walk->stride);
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* Keys that hold some dozen rows, by the estimate and by what was seen, whichever is less. */
static uint64_t floor_width(const struct walk *walk)
{
    double keys = (double)distance(walk->range.first, walk->range.last) + 1;
    double floor = keys / FLOOR_PART;

    if (walk->stride.limits.rows > 0)
        floor = smaller(floor, keys / (double)walk->stride.limits.rows * STRIDE_FLOOR_ROWS);
    if (walk->rows_seen > 0)
        floor = smaller(floor, walk->keys_seen / walk->rows_seen * STRIDE_FLOOR_ROWS);
    return stride_width(floor);
}

void walk_timed_out(struct walk *walk)
{
    uint64_t floor = floor_width(walk), left = distance(walk->at, walk->range.last);

    assert(walk->step == WALK_PIECE);
    /* What remains may be less than the width, and it is what was asked. */
    if (walk->stride.width > left)
        walk->stride.width = left + 1;
    if (!stride_timed_out(&walk->stride, floor))
        walk->step = WALK_STUCK;
}

/* A gap tells nothing of what lies behind it; but keys that go on were read and merely not counted.
 */
void walk_sought(struct walk *walk, const int64_t *key)
{
    assert(walk->step == WALK_SEEK);
    walk->step = WALK_DONE;
    if (key == NULL || *key > walk->range.last)
        return;
    walk->step = WALK_PIECE;
    if (*key <= walk->at || distance(walk->at, *key) < walk->stride.width)
        stride_resize(&walk->stride);
    if (*key > walk->at)
        walk->at = *key;
}

double walk_share(const struct walk *walk)
{
    double whole = (double)distance(walk->range.first, walk->range.last) + 1;

    if (walk->step == WALK_DONE)
        return 1;
    return (double)distance(walk->range.first, walk->at) / whole;
}
