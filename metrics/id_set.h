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

struct id_set *id_set_new(void);
void id_set_free(struct id_set *set); /* NULL is fine */

void id_set_add(struct id_set *set, int64_t id);
void id_set_add_bytes(struct id_set *set, const char *bytes, size_t length); /* big-endian, by 8 */
int64_t id_set_count(struct id_set *set);

/* Adds the set's bytes, the same on every machine. */
void id_set_save(struct id_set *set, struct str *out);

/* NULL unless id_set_save wrote exactly these bytes. */
struct id_set *id_set_load(const void *bytes, size_t length);

#endif
