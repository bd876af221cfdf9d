/*
 * What the values of one metric's keys come to: the union of HyperLogLogs, the intersection of such
 * unions, the sum of counters, the exact sum of decimals, or totals by value. Pure: values come in
 * as Redis gave them.
 *
 * The intersection of sets is the sum of the counts of the unions of all their subsets, those of an
 * odd number added, those of an even number taken away. GitLab gets there by recursion over the
 * intersections of fewer sets, which comes to the same. As there, it is an estimate from estimates:
 * it may be too large or below zero, and is not corrected.
 */
#ifndef METRICS_KEY_TALLY_H
#define METRICS_KEY_TALLY_H

#include "agent/base/arena.h"
#include "agent/base/error.h"
#include "agent/value.h"
#include "metrics/amount.h"
#include "metrics/hll.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_fold {
    FOLD_UNION,        /* strings that are HyperLogLogs -> how many different ones */
    FOLD_INTERSECTION, /* the same in sets -> how many are in all sets */
    FOLD_COUNT,        /* strings that are whole numbers -> their sum */
    FOLD_SUM,          /* strings that are decimals -> their sum */
    FOLD_TOTALS,       /* hashes of whole numbers -> {identifier: {field: sum}} */
};

struct tally_total {
    const char *identifier, *field;
    int64_t count;
};

struct key_tally {
    enum key_fold fold;
    struct arena *arena; /* of everything it makes */
    struct hll **sets;   /* one, of an intersection each; NULL: nothing was in it so far */
    size_t set_count;
    int64_t count;
    struct amount sum;
    struct tally_total *totals;
    size_t total_count;
};

/* `set_count` is 1 but for intersections (at most KEY_MOST_SETS). */
void key_tally_init(struct key_tally *tally, enum key_fold fold, size_t set_count,
                    struct arena *arena);

/* Adds the value of one key, of an intersection to the set. INVALID when it cannot be one; the
 * tally means nothing after that. */
MUST_CHECK bool key_tally_add(struct key_tally *tally, size_t set, const char *text, size_t length,
                              struct error *err);

/* Makes the object of this identifier, so that it stands there even if its hashes are empty. */
void key_tally_add_identifier(struct key_tally *tally, const char *identifier);

/* Adds one field of a hash. `identifier` must outlive the tally. */
MUST_CHECK bool key_tally_add_field(struct key_tally *tally, const char *identifier,
                                    const char *field, const char *text, size_t length,
                                    struct error *err);

/* An empty set of keys comes to 0, or to an object without totals. */
struct outcome key_tally_outcome(struct key_tally *tally);

/* What the fold says of itself: "hyperloglog" and its error; NULL for exact ones. */
const char *key_fold_method(enum key_fold fold);
const char *key_fold_error_bound(enum key_fold fold);

#endif
