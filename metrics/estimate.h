/*
 * GitLab's estimate of how many different values there are, bit for bit: a HyperLogLog of 512
 * buckets over the md5 of the values as text (its PostgresHll::Buckets, since 14.6). Off by up to
 * 5.3%, as GitLab says, and dearer than the exact count: for those who must compare with it. Pure.
 */
#ifndef METRICS_ESTIMATE_H
#define METRICS_ESTIMATE_H

#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESTIMATE_BUCKETS     512
#define ESTIMATE_RANKS       64 /* more than there can be: a value in a bucket is one number */
#define ESTIMATE_ERROR_BOUND "5.3%"

struct estimate {
    unsigned char ranks[ESTIMATE_BUCKETS]; /* the highest of each; 0: empty */
};

/*
 * Adds values as the server ships them: "{65,130}", of each bucket * ESTIMATE_RANKS + rank. False,
 * with nothing added, if it is no such list.
 */
bool estimate_add(struct estimate *estimate, const char *list);

/* The estimate as GitLab's payload has it: "5.024574181542231", or a whole number from 1280 on. */
void estimate_write(const struct estimate *estimate, struct str *out);

#endif
