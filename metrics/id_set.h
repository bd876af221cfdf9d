/*
 * A set of 64-bit whole numbers, for exact distinct counts: two million close ids take 0.25 MB. The
 * only module that knows CRoaring, whose bitmaps hold 32 bits: there is one for each upper half.
 */
#ifndef METRICS_ID_SET_H
#define METRICS_ID_SET_H

#include "agent/base/str.h"

#include <stddef.h>
#include <stdint.h>

struct id_set;

/* Which bits of a number are an id. */
struct id_bits {
    unsigned shift;
    uint64_t mask; /* of what is left after shifting */
    uint64_t none; /* the bit that says that there is no id; 0: there always is */
};

#define ID_BITS_ALL ((struct id_bits){.mask = UINT64_MAX})

struct id_set *id_set_new(void);
void id_set_free(struct id_set *set); /* NULL is fine */

void id_set_add(struct id_set *set, int64_t id);
/* Of each number, which is eight bytes, big-endian. */
void id_set_add_bytes(struct id_set *set, const char *bytes, size_t length, struct id_bits bits);
int64_t id_set_count(struct id_set *set);

/* Adds the set's bytes, the same on every machine. */
void id_set_save(struct id_set *set, struct str *out);

/* NULL unless id_set_save wrote exactly these bytes. */
struct id_set *id_set_load(const void *bytes, size_t length);

#endif
