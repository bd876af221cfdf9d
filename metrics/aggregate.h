/*
 * AggregatedMetric of GitLab 14 to 18, of redis_hll and internal events alike:
 *
 *     options: {events: [a, b], aggregate: {operator: OR, attribute: user_id}}
 *
 * The attribute is the identifier of the keys: user_id or project_id (user.id, project.id mean the
 * same); without one the keys have none, as those of GitLab 14 to 16. OR, which is also meant where
 * no operator is given, is the union of all events; AND what all events have in common. Pure.
 */
#ifndef METRICS_AGGREGATE_H
#define METRICS_AGGREGATE_H

#include "metrics/event_rule.h"
#include "metrics/key_spec.h"

/* Whether the definition is one. */
bool aggregate_is_meant(const struct definition *definition);

/* The spec, or NULL after a complaint. */
struct key_spec *aggregate_read(struct rule_critic *critic, struct arena *arena);

#endif
