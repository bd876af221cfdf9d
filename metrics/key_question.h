/*
 * What a metric asks Redis for in one run: the stems of its spec, the exceptions of GitLab's lists
 * and the days and weeks of its time frame come to the keys. Pure.
 *
 * A RedisHLLMetric (`named` with events): an event that a registry of GitLab 13 to 16 knows has its
 * series of that time; otherwise, in a metric of more than one event, one that the legacy list
 * names has no identifier, so that old and new events can be united; otherwise it is as the
 * definition says. GitLab answers -1 where slots or aggregations of known events differ; here they
 * are united.
 *
 * A definition of 2021 without a class (`by_path`) is answered by GitLab's hand-written part:
 *
 *     redis_hll_counters.CATEGORY.EVENT_weekly, _monthly         a known event
 *     redis_hll_counters.CATEGORY.CATEGORY_total_unique_counts_  the union of the category's
 *     counts_weekly.aggregated_metrics.NAME, counts_monthly...   an aggregate
 */
#ifndef METRICS_KEY_QUESTION_H
#define METRICS_KEY_QUESTION_H

#include "agent/source.h"
#include "metrics/key_batch.h"
#include "metrics/key_spec.h"

#include <stdbool.h>

/* False if the spec is `by_path` and no list says which keys those are. In `arena`. */
bool key_question_make(const struct metric *metric, const struct source_context *context,
                       struct arena *arena, struct key_question *question);

/* Why there is no question. */
extern const char key_question_unknown[];

/* Whether a key path is one that `by_path` could mean. */
bool key_question_path(const char *key_path);

#endif
