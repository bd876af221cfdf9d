/*
 * Exact decimal numbers of any size, for sums that are added up piece by piece and for averages.
 * Pure; never passes through a double.
 */
#ifndef METRICS_DECIMAL_H
#define METRICS_DECIMAL_H

#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sign and digits, of which the last `scale` stand behind the point. */
struct decimal {
    bool negative;
    size_t scale;
    struct str digits; /* bytes 0 to 9, the lowest first, without zeros at the high end */
};

void decimal_init(struct decimal *decimal); /* zero */
void decimal_release(struct decimal *decimal);

/*
 * Adds a number in PostgreSQL's text form of whole and numeric types: "-12.50". INVALID, and
 * nothing is added, for anything else (NaN, Infinity) and beyond 4,000 digits.
 */
MUST_CHECK bool decimal_add(struct decimal *decimal, const char *text, struct error *err);

/* Adds the text form: no exponent, no zeros at the end of the fraction, "0" for nothing. */
void decimal_write(const struct decimal *decimal, struct str *out);

/*
 * Writes the quotient as PostgreSQL's numeric division rounds it (select_div_scale in its
 * numeric.c: 16 significant digits at least, half away from zero), without zeros at its end.
 * `divisor` is from 1 to 10^17.
 */
void decimal_write_quotient(const struct decimal *decimal, int64_t divisor, struct str *out);

#endif
