/*
 * By which key a relation is walked, as its indexes and statistics tell. Pure.
 */
#ifndef METRICS_WALKED_KEY_H
#define METRICS_WALKED_KEY_H

#include "metrics/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walked_key {
    enum key_type type;
    const char *const *columns; /* plain names; of KEY_BLOCK "ctid" */
    size_t column_count;
    bool by_wish; /* KEY_BLOCK, because it is to be fast */
};

struct walked_key_request {
    const struct relation_facts *relation;
    int64_t piece_rows; /* more should not share one value, for no piece is smaller than that */
    int server_version;
    bool fast; /* blocks are taken rather than a key */
};

/*
 * The key for all rows. In this order, unless it is to be fast: a unique key whose first column is
 * a number or a moment; any unique key, as tuples; an index that begins with a number or a moment;
 * the table's blocks. None of their columns can be NULL, and none of the first ones is skewed.
 * KEY_NONE: none of it.
 */
struct walked_key walked_key_choose(const struct walked_key_request *request);

/*
 * The key for the values of one column, but NULL: an index that begins with it and holds the
 * `needed` columns as well, unless it is known to be skewed. Heirs may have other indexes.
 */
struct walked_key walked_key_of_values(const struct walked_key_request *request, const char *column,
                                       const char *const *needed, size_t needed_count);

/* Whether it is known that no value of the column stands in more rows than a piece should have. */
bool walked_key_is_even(const struct walked_key_request *request, const struct index_facts *index);

#endif
