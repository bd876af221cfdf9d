/* How one metric is counted, before others join it. Pure; for pass.c. */
#ifndef METRICS_PASS_CHOICE_H
#define METRICS_PASS_CHOICE_H

#include "metrics/pass.h"

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
