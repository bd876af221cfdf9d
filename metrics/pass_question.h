/* What is asked of one piece. */
#ifndef METRICS_PASS_QUESTION_H
#define METRICS_PASS_QUESTION_H

#include "metrics/id_pack.h"
#include "metrics/pass.h"

#include <stddef.h>

struct pass_piece;

struct question {
    const struct pass *pass;
    const struct pass_piece *piece;
    const size_t *columns; /* indexes of the pass's, ascending */
    size_t count;
    const struct id_pack *pack; /* arranged for these columns; NULL: each stands by itself */
};

#endif
