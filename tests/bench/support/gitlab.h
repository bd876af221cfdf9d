/*
 * GitLab's manner: each metric is a walk of its own. Counts go by the primary key in batches of
 * 100,000 ids, distinct counts by the counted column's own values in batches of 10,000, and after
 * each batch it sleeps for 10 ms. (lib/gitlab/database/batch_counter.rb.) Sums and averages are
 * walked in batches of 100,000, too: its own 1,000 would give up on a table of this size. It asks
 * for the least and the largest id of the table, as most of its definitions do by `start` and
 * `finish`, or else with the metric's own condition.
 */
#ifndef TESTS_BENCH_SUPPORT_GITLAB_H
#define TESTS_BENCH_SUPPORT_GITLAB_H

#include "tests/bench/support/metric.h"

#include <libpq-fe.h>
#include <stdbool.h>

struct gitlab {
    PGconn *session;
    const char *recorded_at;
    unsigned sleep_us;
    bool bounds_of_metric; /* least and largest id with the metric's own condition */
};

#define GITLAB_SLEEP_US 10000

/* A session as Rails has it, but without parallel workers, which a ping may not take. */
void gitlab_open(struct gitlab *gitlab, const char *database);
void gitlab_close(struct gitlab *gitlab);

double gitlab_value(const struct gitlab *gitlab, const char *relation,
                    const struct bench_metric *metric);

#endif
