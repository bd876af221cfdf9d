/* One event as people and programs write it: in options, or as an object of JSON. Pure. */
#ifndef AGENT_EVENT_LINE_H
#define AGENT_EVENT_LINE_H

#include "agent/base/error.h"
#include "agent/base/json.h"
#include "agent/source.h"

/*
 * {"event": "...", "user": 1, "project": 2, "namespace": 3, "label": "...", "value": 4, ...}: ids
 * may be numbers or texts, null is the same as absent, every other key is a property. In `arena`.
 */
MUST_CHECK bool event_line_read(const char *text, size_t length, struct arena *arena,
                                struct event *event, struct error *err);

/* The same of JSON that was parsed. */
MUST_CHECK bool event_line_of_json(const struct js_value *value, struct arena *arena,
                                   struct event *event, struct error *err);

/*
 * GitLab's form: {"event": "...", "user_id": 1, "project_id": 2, "namespace_id": 3,
 * "additional_properties": {"label": "...", ...}}; other keys mean nothing here.
 */
MUST_CHECK bool event_line_of_gitlab(const struct js_value *value, struct arena *arena,
                                     struct event *event, struct error *err);

/* Adds a property; a number must be one as JSON writes it. All of an event's are added by this. */
MUST_CHECK bool event_line_add(struct event *event, struct arena *arena,
                               const struct event_property *property, struct error *err);

#endif
