/* The key ranges of a walked pass in SQL: its bounds, its pieces, what lies behind a gap. Pure. */
#ifndef METRICS_PASS_RANGE_H
#define METRICS_PASS_RANGE_H

#include "metrics/pass.h"

#include "agent/base/str.h"

#include <stdint.h>

/* One piece of a walk. */
struct pass_piece {
    struct walk_piece keys;
};

/* "id >= 5 AND id < 9". `piece` is NULL when people are to read it: the bounds are :from and :to.
 */
void pass_range_add(const struct pass *pass, const struct pass_piece *piece, struct str *out);

/* "SELECT min(id), max(id) FROM issues": where a walk begins and ends. */
void pass_range_add_bounds(const struct pass *pass, struct str *out);

/* The smallest key from `from` up to `last`. */
void pass_range_add_seek(const struct pass *pass, int64_t from, int64_t last, struct str *out);

#endif
