/*
 * Takes events that are posted in bodies and says what came of them, for whatever server they came
 * by. Each body is answered when its own events were recorded; one event that is refused does not
 * keep the others of its body from being counted, and nothing is tried twice, so that nothing
 * counts twice. What waits is bounded: more is turned away before any of it is counted.
 */
#ifndef AGENT_EVENT_DESK_H
#define AGENT_EVENT_DESK_H

#include "agent/event_body.h"
#include "agent/event_intake.h"

struct event_desk;
struct event_post;

struct event_desk *event_desk_new(struct loop *loop, const struct source_ops *writer,
                                  const struct settings *settings, const struct catalog *catalog);
void event_desk_free(struct event_desk *desk); /* answers nobody; NULL is fine */

/* After a reload, before the old settings and definitions go; see event_intake_use. */
void event_desk_use(struct event_desk *desk, const struct settings *settings,
                    const struct catalog *catalog);

/*
 * 200 {"recorded": 2, "refused": [{"index": 0, "error": "a sentence"}]} if anything was recorded,
 * or was not to be; otherwise with "error" and, for GitLab's shapes, the same as "message":
 * 400 (nothing of the body fits; of GitLab's shapes, which answer 200 then, it cannot be read),
 * 429 (beyond the rate, or too much waits), 500 (Redis refuses it), 503 (Redis cannot be reached).
 */
struct event_answer {
    int status;
    unsigned retry_after_s; /* of 429 and 503 */
    const struct str *body; /* gone when the call returns */
};

typedef void event_answered(const struct event_answer *answer, void *arg);

struct event_request {
    enum event_shape shape;
    bool form; /* application/x-www-form-urlencoded (event_form.h), not JSON */
    const char *text;
    size_t length;
};

/*
 * `answered` is called once: before this returns, which then is NULL, if nothing of the body is to
 * be recorded, otherwise from the loop. The text is not needed after this.
 */
struct event_post *event_desk_take(struct event_desk *desk, const struct event_request *request,
                                   event_answered *answered, void *arg);

/* Nobody waits for the answer any more; the events are recorded all the same. */
void event_post_leave(struct event_post *post);

#endif
