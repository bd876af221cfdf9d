/*
 * Redis' HyperLogLog, computed here: raw strings as GET gives them are merged into registers, and
 * the estimate is Redis' own, so that it equals what PFCOUNT of the same keys says, bit for bit.
 * Pure. The cached cardinality in a string's header is ignored: it may be stale.
 *
 * Format and estimator: hyperloglog.c of Redis 5 to 7 (16,384 registers of 6 bits, dense or
 * run-length encoded; Ertl's improved estimator, standard error 0.81 %).
 */
#ifndef METRICS_HLL_H
#define METRICS_HLL_H

#include "agent/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HLL_REGISTERS 16384

/* The union of what was merged. All zero is the empty set. */
struct hll {
    uint8_t registers[HLL_REGISTERS];
};

/*
 * Adds the set that `bytes` stands for. INVALID when they are no HyperLogLog of Redis or a damaged
 * one; the registers mean nothing after that.
 */
MUST_CHECK bool hll_merge(struct hll *hll, const void *bytes, size_t length, struct error *err);

void hll_unite(struct hll *hll, const struct hll *with);

/* At most 2^62, which no real set comes near. */
uint64_t hll_count(const struct hll *hll);

#endif
