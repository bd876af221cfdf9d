/*
 * Metrics whose definitions do not say what they count but name one of GitLab's classes, or have
 * nothing but a key path: what instrumentation.yml says of it is put in place of their options.
 */
#ifndef AGENT_MAPPED_METRIC_H
#define AGENT_MAPPED_METRIC_H

#include "agent/base/arena.h"
#include "agent/instrumentation.h"
#include "agent/source.h"

/*
 * To be called before the source parses `metric`. Either it becomes one of the database source,
 * whatever its data source, with options that are made in `arena`; or it becomes a fact that only
 * the settings can give, because its number lives in GitLab's process; or `not_computed` says why a
 * database metric cannot be counted; or it is left as it was, for its source to judge: if it says
 * itself what it counts, or the map does not know it, or it is a fact that the map has no statement
 * for. False if it names a class that the map does not know.
 */
MUST_CHECK bool mapped_metric_apply(struct metric *metric, const struct instrumentation_map *map,
                                    const struct source_ops *const *sources, struct arena *arena);

#endif
