/*
 * The crowded part of a set of 32-bit numbers: pages of 65,536 bits, as CRoaring keeps them too,
 * but with a number's bit found by one look-up. Adding to a page costs a third of adding to a
 * bitmap, so ids move here once a page is no larger than what it replaces.
 */
#ifndef METRICS_ID_PAGES_H
#define METRICS_ID_PAGES_H

#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_PAGE_WORDS 1024
#define ID_PAGE_COUNT 65536

/* By a number's upper 16 bits; NULL where the numbers stand elsewhere. */
struct id_pages {
    uint64_t *of[ID_PAGE_COUNT];
};

struct id_pages *id_pages_new(void);
void id_pages_free(struct id_pages *pages); /* NULL is fine */

/* The page, made if it was not there. */
uint64_t *id_pages_open(struct id_pages *pages, uint32_t number);

/* False: there is no page for this number, and nothing is added. */
static inline bool id_pages_add(struct id_pages *pages, uint32_t number)
{
    uint64_t *page = pages->of[number >> 16];

    if (page == NULL)
        return false;
    page[number >> 6 & (ID_PAGE_WORDS - 1)] |= UINT64_C(1) << (number & 63);
    return true;
}

uint64_t id_pages_count(const struct id_pages *pages);

/* How many there are, then each one's place and bits, the same on every machine. NULL: none. */
void id_pages_save(const struct id_pages *pages, struct str *out);

/*
 * Makes what was saved, NULL for none, and moves on; false if that was not it. What was made by
 * then is the caller's, too.
 */
MUST_CHECK bool id_pages_load(struct id_pages **pages, const unsigned char **at,
                              const unsigned char *end);

/* A number of a saved set, the same on every machine; reading moves on, false if it is cut off. */
void id_number_save(uint32_t number, struct str *out);
MUST_CHECK bool id_number_load(uint32_t *number, const unsigned char **at,
                               const unsigned char *end);

#endif
