/*
 * The numbers that events carry and that Redis keeps their sums of, added and compared exactly: no
 * double on the way. Of a fixed size and without memory of its own, unlike decimal.h, and for what
 * JSON and INCRBYFLOAT write, exponents included. Pure.
 */
#ifndef METRICS_AMOUNT_H
#define METRICS_AMOUNT_H

#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AMOUNT_LIMBS 10

/* Fixed point: limbs of nine digits, the lowest first, 45 digits on either side of the point. */
struct amount {
    int64_t limbs[AMOUNT_LIMBS]; /* each with the sign of the whole once it is written */
};

/*
 * Digits with at most one point, a sign and an exponent: "12.4", "-3", ".5", "1e3". INVALID for
 * anything else and for what has a digit more than 40 places away from the point.
 */
MUST_CHECK bool amount_parse(const char *text, size_t length, struct amount *out,
                             struct error *err);

/* As many as 10^9 sums in a row stay exact; beyond 45 digits the highest ones are lost. */
void amount_add(struct amount *sum, const struct amount *more);

/* The shortest plain form, which is JSON as well: "31", "-0.5"; no exponent. */
void amount_write(const struct amount *amount, struct str *out);

bool amount_equal(const struct amount *a, const struct amount *b);

#endif
