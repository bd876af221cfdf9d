/*
 * The walk of a pass over whatever its key is: it says what to ask and takes the answers, so that
 * pass_run.c need not know of keys. A stepper without I/O:
 *
 *     switch (pass_walk_next(&walk, &piece)) {
 *     case PASS_WALK_QUESTION: ... pass_walk_add_question(), then pass_walk_take() ...
 *     case PASS_WALK_PIECE:    ... the pass's columns of this piece, then pass_walk_answered() ...
 *     case PASS_WALK_END:      ... also when the walk is stuck ...
 *     }
 */
#ifndef METRICS_PASS_WALK_H
#define METRICS_PASS_WALK_H

#include "metrics/pass_range.h"
#include "metrics/tuple_walk.h"
#include "metrics/walk.h"

#include "agent/base/error.h"
#include "agent/io/db.h"

enum pass_walk_step { PASS_WALK_QUESTION, PASS_WALK_PIECE, PASS_WALK_END };

struct pass_walk {
    const struct pass *pass;
    struct stride_limits limits;
    bool bounded; /* the server has said where it begins and ends */
    struct walk keys;
    struct tuple_walk tuples;
};

void pass_walk_init(struct pass_walk *walk, const struct pass *pass,
                    const struct stride_limits *limits);
void pass_walk_release(struct pass_walk *walk);

/* `*patient`: what comes next may take the general statement_timeout. Of QUESTION the piece says
 * nothing; that of PIECE is valid until the walk is told something. */
enum pass_walk_step pass_walk_next(const struct pass_walk *walk, struct pass_piece *piece,
                                   bool *patient);

void pass_walk_add_question(const struct pass_walk *walk, struct str *out);

/* On failure the walk cannot go on. */
MUST_CHECK bool pass_walk_take(struct pass_walk *walk, const struct db_result *result,
                               struct error *err);

void pass_walk_answered(struct pass_walk *walk, int64_t took_us, int64_t rows, size_t bytes);

/* Of a question or a piece. False: it cannot become smaller. A piece may still be answered. */
bool pass_walk_timed_out(struct pass_walk *walk);

/* How much is behind, of 1. */
double pass_walk_share(const struct pass_walk *walk);

/* Where it is. The limits are the settings' of each run. `*used` is how many bytes were read. */
void pass_walk_save(const struct pass_walk *walk, struct str *out);
MUST_CHECK bool pass_walk_load(struct pass_walk *walk, const char *bytes, size_t length,
                               size_t *used);

#endif
