/*
 * What the pieces of a pass have added up to so far: one tally for each column, and the metrics'
 * values from them at the end.
 */
#ifndef METRICS_TALLY_H
#define METRICS_TALLY_H

#include "metrics/decimal.h"
#include "metrics/estimate.h"
#include "metrics/id_set.h"
#include "metrics/pass.h"

#include "agent/base/str.h"

/* Eight bytes for each number, big-endian. */
struct tally_ids {
    struct db_result *result; /* kept: the bytes are its */
    const char *bytes;
    size_t length;
    struct id_bits bits;
};

struct tally {
    enum column_kind kind;
    int64_t count;
    struct decimal sum;
    struct tally_ids *waiting; /* ids as they came, until they are settled */
    size_t waiting_count, waiting_room;
    struct id_set *ids;        /* of COLUMN_IDS, otherwise NULL */
    struct estimate *estimate; /* of COLUMN_BUCKETS, otherwise NULL */
    struct str text;           /* of COLUMN_VALUE */
    bool has_text;
};

struct tally *tallies_new(const struct pass *pass); /* one for each column */
void tallies_free(struct tally *tallies, const struct pass *pass);

/*
 * Adds one field of a piece's result. On failure nothing is added: the field is not what the column
 * is made for, such as a sum of NaN.
 */
MUST_CHECK bool tally_add(struct tally *tally, const struct db_result *result, int row, int column,
                          struct error *err);

/* The same for ids that are some bits of the field's numbers. */
MUST_CHECK bool tally_add_ids(struct tally *tally, const struct db_result *result, int row,
                              int column, struct id_bits bits, struct error *err);

/*
 * Puts the ids that came into their sets: before they are counted or saved, and best while the
 * server is busy with the next piece.
 */
void tallies_settle(struct tally *tallies, const struct pass *pass);

/* What a metric's columns add up to. Texts are in `arena`. */
struct outcome tally_outcome(const struct pass_item *item, const struct tally *tallies,
                             struct arena *arena);

/* A versioned form that an interrupted walk continues from: tallies of columns that are alive. */
void tallies_save(const struct tally *tallies, const struct pass *pass, struct str *out);

/* False if the bytes are not of such a pass; the tallies are then not to be used. */
MUST_CHECK bool tallies_load(struct tally *tallies, const struct pass *pass, const char *bytes,
                             size_t length);

#endif
