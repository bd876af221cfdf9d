/*
 * The key ranges of a walked pass in SQL: its bounds, its pieces, where they end, what lies behind
 * a gap. Keys with an integer form are written as literals of it, tuples as the texts they came in,
 * without a cast: so the server reads each as a value of its column. Pure.
 */
#ifndef METRICS_PASS_RANGE_H
#define METRICS_PASS_RANGE_H

#include "metrics/pass.h"
#include "metrics/tuple_walk.h"

#include "agent/base/str.h"

#include <stdint.h>

/* One piece of a walk: of a pass by KEY_TUPLE its tuples count, of others its keys. */
struct pass_piece {
    struct walk_piece keys;
    struct tuple_piece tuples;
};

/*
 * "id >= 5 AND id < 9", "(a, b) >= ('x', '5') AND (a, b) < ('y', '2')". `piece` is NULL when people
 * are to read it: the bounds are :from and :to.
 */
void pass_range_add(const struct pass *pass, const struct pass_piece *piece, struct str *out);

/*
 * "SELECT min(id), max(id) FROM issues": where a walk begins and ends. Of tuples, whose types may
 * know no min(), one row with the texts of the first and of the last; no row if there is none.
 */
void pass_range_add_bounds(const struct pass *pass, struct str *out);

/* The smallest key from `from` up to `last`. Not of tuples. */
void pass_range_add_seek(const struct pass *pass, int64_t from, int64_t last, struct str *out);

/*
 * Of tuples: the texts of the key that lies `ahead` rows behind `from`, and whether it equals that;
 * no row if there are not so many up to `to`. Costs an index-only scan of these rows.
 */
void pass_range_add_reach(const struct pass *pass, const struct tuple_piece *piece,
                          struct str *out);

/* Of tuples: the next larger key than `from`, in the same form. */
void pass_range_add_beyond(const struct pass *pass, const struct tuple_piece *piece,
                           struct str *out);

#endif
