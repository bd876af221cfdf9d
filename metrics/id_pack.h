/*
 * Ids of a row in one number. Making ids into bytes and sending them costs the server more than all
 * else that it does with a row; so the ids of several columns are put side by side into one number
 * of 64 bits: as many bits for each as its ids had in the pieces so far, and one more that says
 * NULL. The server tells with each piece which bits its ids had, or, where an index knows that in
 * no time, those of the whole relation: so a piece with an id that needs more of them says so, and
 * is asked again. Pure.
 */
#ifndef METRICS_ID_PACK_H
#define METRICS_ID_PACK_H

#include "metrics/id_set.h"
#include "metrics/pass.h"

#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of a column's ids. */
struct id_known {
    bool known;
    uint64_t bits; /* that were set in any of them */
    double share;  /* of the rows that had one, in the first piece that was counted */
};

/* Where a column's ids stand. */
struct id_field {
    size_t column; /* of the pass */
    size_t word;
    unsigned shift, width; /* of an id, whose NULL is the bit above it */
};

/* What is known of a pass, and how the columns of its next statement are packed. */
struct id_pack {
    const struct pass *pass;
    struct id_known *known;  /* one for each column */
    struct id_field *fields; /* those of a word one after the other */
    size_t field_count, word_count;
    size_t *asked; /* columns whose bits are asked for: the fields' in their order, then others */
    size_t asked_count;
    bool avoids_indexes;
};

void id_pack_init(struct id_pack *pack, const struct pass *pass);
void id_pack_release(struct id_pack *pack);

/* For a statement that asks these columns of the pass; of no columns: nothing is packed. */
void id_pack_arrange(struct id_pack *pack, const size_t *columns, size_t count);

/* From now on no index is asked: many dead rows at its ends make it slow. */
void id_pack_avoid_indexes(struct id_pack *pack);

/* NULL: the column stands by itself; as all do without a pack. */
const struct id_field *id_pack_field(const struct id_pack *pack, size_t column);

/*
 * What the statement asks besides the columns that stand by themselves: first `asked_count` numbers
 * with the bits that ids had, then `word_count` strings of bytes, eight for each row. Without a
 * pack nothing.
 */
size_t id_pack_extras(const struct id_pack *pack);
void id_pack_add_extra(const struct id_pack *pack, size_t index, struct str *out);

/* The bits that the ids of a field had in a piece; false: not all of them fit. */
bool id_pack_fits(struct id_pack *pack, size_t field, uint64_t bits);

/* The same of an asked column behind the fields', which stands by itself; and how many of the
 * piece's rows had an id, of 1. */
void id_pack_learn(struct id_pack *pack, size_t asked, uint64_t bits, double share);

struct id_bits id_pack_bits(const struct id_field *field);

#endif
