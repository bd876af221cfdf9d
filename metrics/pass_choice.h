/* How one metric is counted, before others join it. Pure; for pass_plan.c. */
#ifndef METRICS_PASS_CHOICE_H
#define METRICS_PASS_CHOICE_H

#include "metrics/placing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pass_kind { PASS_SHARED, PASS_WINDOW, PASS_DISTINCT, PASS_GATHERED, PASS_WHOLE };

struct pass_request {
    const struct placed *placed; /* refused ones are left out */
    size_t count;
    const struct database_facts *facts;
    int64_t recorded_at;
    int64_t small_table_rows;
    unsigned piece_target_ms; /* bounds what is gathered in one statement */
};

struct pass_choice {
    const struct placed *placed;
    enum pass_kind kind;
    const char *key; /* the walked column's name, or NULL */
    enum key_type key_type;
    const char *apart;      /* only metrics with an equal text may join; NULL: all */
    bool distinct_by_ids;   /* a distinct count that rides in a walk */
    bool distinct_is_count; /* each value stands in one row only */
    bool sum_of_float;
    size_t order; /* of the request */
};

struct pass_choice pass_choose(const struct pass_request *request, const struct placed *placed);

#endif
