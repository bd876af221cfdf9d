#include "metrics/walk.h"

#include <assert.h>

#define FIRST_ROWS    4000 /* of the first piece, by the estimate: a few milliseconds */
#define FIRST_KEYS    1000 /* without an estimate */
#define FLOOR_ROWS    64
#define LARGEST_WIDTH UINT64_C(9000000000000000000)
#define LARGEST_STEP  4
#define SMALLEST_TIME 1e-6 /* per key, so that nothing is divided by zero */

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

static void resize(struct walk *walk, double keys, int64_t took_us, size_t bytes)
{
    double best, most = keys * LARGEST_STEP, shipped;

    learn(&walk->us_per_key, (double)took_us / keys);
    learn(&walk->bytes_per_key, (double)bytes / keys);
    best = (double)walk->limits.aim_us /
           (walk->us_per_key > SMALLEST_TIME ? walk->us_per_key : SMALLEST_TIME);
    if (walk->bytes_per_key > 0) {
        shipped = (double)walk->limits.most_bytes / walk->bytes_per_key;
        best = best < shipped ? best : shipped;
    }
    walk->width = at_least_one(best < most ? best : most);
}

void walk_answered(struct walk *walk, int64_t took_us, int64_t rows, size_t bytes)
{
    struct walk_piece piece = next_piece(walk);

    assert(walk->step == WALK_PIECE || walk->step == WALK_STUCK);
    /* The closed piece is the last one, and an empty one tells nothing of those behind a gap. */
    if (rows > 0 && !piece.closed)
        resize(walk, (double)walk->width, took_us, bytes);
    walk->patient = false;
    walk->timeouts = 0;
    walk->keys_seen += (double)distance(piece.from, piece.to);
    walk->rows_seen += (double)rows;
    walk->at = piece.to;
    if (piece.closed)
        walk->step = WALK_DONE;
    else
        walk->step = rows > 0 ? WALK_PIECE : WALK_SEEK;
}

/* How many keys hold about FLOOR_ROWS rows, by what was seen; one while nothing was. */
static uint64_t floor_width(const struct walk *walk)
{
    return walk->rows_seen > 0 ? at_least_one(walk->keys_seen / walk->rows_seen * FLOOR_ROWS) : 1;
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

void walk_sought(struct walk *walk, const int64_t *key)
{
    assert(walk->step == WALK_SEEK);
    walk->step = WALK_DONE;
    if (key == NULL || *key > walk->range.last)
        return;
    walk->at = *key > walk->at ? *key : walk->at;
    walk->step = WALK_PIECE;
}

double walk_share(const struct walk *walk)
{
    double whole = (double)distance(walk->range.first, walk->range.last) + 1;

    if (walk->step == WALK_DONE)
        return 1;
    return (double)distance(walk->range.first, walk->at) / whole;
}
