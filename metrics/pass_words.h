/*
 * What people are told about a pass: how it counts, how exactly, and which index would help. Pure.
 */
#ifndef METRICS_PASS_WORDS_H
#define METRICS_PASS_WORDS_H

#include "metrics/pass.h"

#include "agent/base/arena.h"

/* "one walk over issues by id, piece by piece" */
const char *pass_words_method(const struct pass *pass, struct arena *arena);

/* NULL if its counts are exact while rows change, too. */
const char *pass_words_error_bound(const struct pass *pass);

/* "issues.closed_at has no index, so 7d and 28d metrics read the whole table", of `metric` alone
 * or, if it is NULL, of all; NULL: no index would make it cheaper. */
const char *pass_words_unindexed(const struct pass *pass, const struct metric *metric,
                                 struct arena *arena);

#endif
