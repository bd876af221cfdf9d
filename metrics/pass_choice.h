/* How one metric is counted, before others join it. Pure; for pass_plan.c. */
#ifndef METRICS_PASS_CHOICE_H
#define METRICS_PASS_CHOICE_H

#include "metrics/placing.h"
#include "metrics/walked_key.h"

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
    bool compat_estimates;    /* estimates are GitLab's own, otherwise exact */
};

/* About as many as one statement should count. */
int64_t pass_request_rows(const struct pass_request *request);

struct pass_choice {
    const struct placed *placed;
    enum pass_kind kind;
    struct walked_key key; /* KEY_NONE of what is not walked */
    /* A distinct count that rides in a walk may be counted by the values of this key instead; once
     * it is, this is the key of the walk that it could ride in. Or KEY_NONE. */
    struct walked_key other_key;
    int64_t rows;           /* estimated to be read */
    const char *apart;      /* only metrics with an equal text may join; NULL: all */
    bool distinct_by_ids;   /* a distinct count that rides in a walk, or could */
    bool estimated;         /* as GitLab does, of any type, in any pass */
    bool distinct_is_count; /* each value stands in one row only */
    bool covered;           /* all that PASS_DISTINCT needs stands in the index */
    bool sum_of_float;
    const char *ids_type; /* of a domain's column, that below it: lists of it are lists of numbers;
                             otherwise NULL */
    size_t order;         /* of the request */
};

struct pass_choice pass_choose(const struct pass_request *request, const struct placed *placed);

#endif
