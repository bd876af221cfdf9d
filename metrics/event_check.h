/* Whether an event fits its definition. Pure. */
#ifndef METRICS_EVENT_CHECK_H
#define METRICS_EVENT_CHECK_H

#include "agent/source.h"

/*
 * Whether GitLab's lists know the event and no definition says that it is an internal one: such an
 * event has no properties, only the one id that it counts.
 */
bool event_is_old(const struct source_context *context, const char *name);

/* The one id that the event has; NULL if it has none, an empty one or several. */
const char *event_only_id(const struct event *event);

/*
 * Refuses (INVALID) an event without a definition, an identifier that its definition does not list,
 * a label or property that is not text, a value that is no number, and a custom property that is
 * not declared. What is missing is fine: the counters that need it are not raised.
 */
MUST_CHECK bool event_check(const struct source_context *context, const struct event *event,
                            struct error *err);

#endif
