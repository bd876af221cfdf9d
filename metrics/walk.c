#include "metrics/walk.h"

#include <assert.h>

#define FIRST_ROWS    4000 /* of the first piece, by the estimate: a few milliseconds */
#define FIRST_KEYS    1000 /* without an estimate */
#define FLOOR_ROWS    64
#define LARGEST_WIDTH UINT64_C(9000000000000000000)
#define FLOOR_PART    10000
#define LARGEST_STEP  4

/* Without overflow for any two keys: their distance fits the unsigned type. */
static uint64_t distance(int64_t from, int64_t to)
{
    return (uint64_t)to - (uint64_t)from;
}

static uint64_t at_least_one(double number)
{
    if (number >= 9e18)
        return LARGEST_WIDTH;
    return number >= 1 ? (uint64_t)number : 1;
}

static uint64_t first_width(const struct walk_range *range, int64_t rows)
{
    double keys = (double)distance(range->first, range->last) + 1;

    if (rows <= 0)
        return FIRST_KEYS;
    return at_least_one(keys / (double)rows * FIRST_ROWS);
}

void walk_begin(struct walk *walk, const struct walk_range *range, const struct walk_limits *limits)
{
    *walk = (struct walk){.limits = *limits, .step = WALK_DONE};
    if (range == NULL || range->first > range->last)
        return;
    walk->range = *range;
    walk->at = range->first;
    walk->step = WALK_PIECE;
    walk->width = first_width(range, limits->rows);
}

void walk_resume(struct walk *walk, int64_t at, uint64_t width)
{
    if (walk->step == WALK_DONE || at < walk->range.first || at > walk->range.last)
        return;
    walk->at = at;
    walk->width = width < LARGEST_WIDTH ? width + (width == 0) : LARGEST_WIDTH;
}

static struct walk_piece next_piece(const struct walk *walk)
{
    struct walk_piece piece = {.from = walk->at, .patient = walk->patient};

    piece.closed = distance(walk->at, walk->range.last) < walk->width;
    piece.to = piece.closed ? walk->range.last : (int64_t)((uint64_t)walk->at + walk->width);
    return piece;
}

enum walk_step walk_next(const struct walk *walk, struct walk_piece *piece)
{
    if (walk->step != WALK_DONE)
        *piece = next_piece(walk);
    return walk->step;
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
static double time_for_keys(struct walk *walk, double took_us)
{
    if (walk->shortest_us <= 0 || took_us < walk->shortest_us)
        walk->shortest_us = took_us;
    return took_us - walk->shortest_us;
}

static double aim_for_keys(const struct walk *walk)
{
    double aim = (double)walk->limits.aim_us, left = aim - walk->shortest_us;

    return left > aim / 4 ? left : aim / 4;
}

static void resize(struct walk *walk, const struct walk_measure *measure)
{
    double most = measure->keys * LARGEST_STEP, best = most;

    learn(&walk->us_per_key, time_for_keys(walk, measure->took_us) / measure->keys);
    learn(&walk->bytes_per_key, measure->bytes / measure->keys);
    if (walk->us_per_key > 0)
        best = aim_for_keys(walk) / walk->us_per_key;
    if (walk->bytes_per_key > 0) {
        double fitting = (double)walk->limits.most_bytes / walk->bytes_per_key;

        best = best < fitting ? best : fitting;
    }
    walk->width = at_least_one(best < most ? best : most);
}

void walk_answered(struct walk *walk, int64_t took_us, int64_t rows, size_t bytes)
{
    struct walk_piece piece = next_piece(walk);
    double keys = (double)distance(piece.from, piece.to);

    assert(walk->step == WALK_PIECE || walk->step == WALK_STUCK);
    walk->last =
        (struct walk_measure){.keys = keys, .took_us = (double)took_us, .bytes = (double)bytes};
    walk->patient = false;
    walk->timeouts = 0;
    walk->keys_seen += keys;
    walk->rows_seen += (double)rows;
    walk->at = piece.to;
    walk->step = rows > 0 ? WALK_PIECE : WALK_SEEK;
    if (piece.closed)
        walk->step = WALK_DONE;
    else if (rows > 0)
        resize(walk, &walk->last);
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

    if (walk->limits.rows > 0)
        floor = smaller(floor, keys / (double)walk->limits.rows * FLOOR_ROWS);
    if (walk->rows_seen > 0)
        floor = smaller(floor, walk->keys_seen / walk->rows_seen * FLOOR_ROWS);
    return at_least_one(floor);
}

/* The first timeout halves, the next one in a row quarters, and so on: each costs the server time.
 */
void walk_timed_out(struct walk *walk)
{
    uint64_t floor = floor_width(walk), left;

    assert(walk->step == WALK_PIECE);
    if (walk->patient) {
        walk->step = WALK_STUCK;
        return;
    }
    left = distance(walk->at, walk->range.last);
    /* What remains may be less than the width, and it is what was asked. */
    if (walk->width > left)
        walk->width = left + 1;
    walk->patient = walk->width <= floor;
    if (!walk->patient)
        walk->width >>= ++walk->timeouts;
    if (walk->width < floor)
        walk->width = floor;
    learn(&walk->us_per_key, (double)walk->limits.aim_us / (double)walk->width);
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
    if (*key <= walk->at || distance(walk->at, *key) < walk->width)
        resize(walk, &walk->last);
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
