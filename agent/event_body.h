/* The body of a request that brings events, read into events and refusals. Pure. */
#ifndef AGENT_EVENT_BODY_H
#define AGENT_EVENT_BODY_H

#include "agent/source.h"

enum event_shape {
    EVENTS_OWN,          /* an event, {"events": [...]}, a list, or one event a line */
    EVENTS_GITLAB,       /* usage_data/track_event */
    EVENTS_GITLAB_MANY,  /* usage_data/track_events: {"events": [...]}, at most 50 */
    EVENTS_GITLAB_COUNT, /* usage_data/increment_counter: {"event": "..."} and nothing else */
    EVENTS_GITLAB_USER,  /* usage_data/increment_unique_users: {"event": "...", "user_id": 1} */
};

#define EVENTS_MOST 10000 /* of one body */

/* What stands at one place of the body. */
struct event_item {
    struct event event;
    const char *fault; /* a sentence; NULL: the event can be read */
};

struct event_body {
    struct event_item *items;
    size_t count;
};

/*
 * False (INVALID) if nothing can be taken of the body: it is no JSON, not of that shape, or has too
 * many events. One event that cannot be read is an item with a fault. Everything is in `arena`.
 */
MUST_CHECK bool event_body_read(enum event_shape shape, const char *text, size_t length,
                                struct arena *arena, struct event_body *body, struct error *err);

#endif
