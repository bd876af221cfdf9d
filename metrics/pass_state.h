/*
 * How far a pass has come: where its walk is, what its columns have added up to, which of them have
 * failed. With it, a walk that was interrupted goes on where it was.
 */
#ifndef METRICS_PASS_STATE_H
#define METRICS_PASS_STATE_H

#include "metrics/id_pack.h"
#include "metrics/pass_walk.h"
#include "metrics/tally.h"

#include <stdbool.h>
#include <stddef.h>

struct pass_state {
    const struct pass *pass;
    struct pass_walk walk;  /* of passes that walk */
    struct id_pack pack;    /* not saved: learnt anew in the next pieces */
    struct tally *tallies;  /* one for each column */
    struct error *failures; /* one for each column; ERROR_NONE: it is alive */
    size_t *alive;          /* columns that are, ascending */
    size_t alive_count;
};

void pass_state_init(struct pass_state *state, const struct pass *pass,
                     const struct stride_limits *limits);
void pass_state_release(struct pass_state *state);

/* Takes the failed columns out of `alive`. */
void pass_state_drop_failed(struct pass_state *state);

/* What a statement's answer was like. */
struct pass_measure {
    int64_t rows; /* that a walked piece counted */
    size_t bytes; /* of the columns' fields */
    bool misfit;  /* ids did not fit as they were packed: ask again, they will be packed anew */
};

/*
 * Adds the answer to pass_sql_add_piece for `count` of the columns that are alive, from `first` on,
 * packed as `pack` is arranged. On failure and on a misfit nothing is added. A field that is not
 * what its column is made for fails that column alone.
 */
MUST_CHECK bool pass_state_add(struct pass_state *state, size_t first, size_t count,
                               const struct db_result *result, struct pass_measure *measure,
                               struct error *err);

void pass_state_save(const struct pass_state *state, struct str *out);

/* Whether the bytes are a state of this very pass, as its SQL tells; a damaged one may be, too. */
bool pass_state_is_of(const struct pass *pass, const void *bytes, size_t length);

/* False, with a fresh state, if the bytes cannot be read. The limits stay those of init: they are
 * the settings' of this run. */
bool pass_state_load(struct pass_state *state, const void *bytes, size_t length);

#endif
