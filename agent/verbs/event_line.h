/* One event as people write it, in options or as a line of JSON. Pure. */
#ifndef AGENT_VERBS_EVENT_LINE_H
#define AGENT_VERBS_EVENT_LINE_H

#include "agent/base/error.h"
#include "agent/source.h"

/*
 * {"event": "...", "user": 1, "project": 2, "namespace": 3, "label": "...", "value": 4, ...}: ids
 * may be numbers or texts, null is the same as absent, every other key is a property. In `arena`.
 */
MUST_CHECK bool event_line_read(const char *text, size_t length, struct arena *arena,
                                struct event *event, struct error *err);

/* Adds a property; a number must be one as JSON writes it. */
MUST_CHECK bool event_line_add(struct event *event, struct arena *arena,
                               const struct event_property *property, struct error *err);

#endif
