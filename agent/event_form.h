/*
 * Events as HTML forms and GitLab's clients may send them, application/x-www-form-urlencoded:
 * `event=e&user_id=1&additional_properties[label]=l`, and for several
 * `events[][event]=e&events[][user_id]=1&events[][event]=f`, where an event begins with a field
 * that the one before it has already, as in Rack. Pure.
 */
#ifndef AGENT_EVENT_FORM_H
#define AGENT_EVENT_FORM_H

#include "agent/base/arena.h"
#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a Content-Type (NULL: there is none) says so. curl says it of every body, so that one
 * which begins with a brace is JSON all the same. */
bool event_form_is_meant(const char *content_type, const char *text);

/*
 * Adds the JSON that says the same. Every value is a text, but for the property `value`, which is a
 * number where it spells one. Other fields are left out, and of one that is repeated the last
 * counts. False (INVALID) for what cannot be decoded or has too many fields; what is not UTF-8 is
 * left for the reader of JSON to refuse.
 */
MUST_CHECK bool event_form_to_json(const char *text, size_t length, struct arena *arena,
                                   struct str *json, struct error *err);

#endif
