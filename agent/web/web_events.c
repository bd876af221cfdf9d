#include "agent/web/web_events.h"

#include "agent/base/memory.h"
#include "agent/event_desk.h"
#include "agent/event_form.h"

#include <stdlib.h>

struct web_events {
    struct daemon *daemon;
    struct event_desk *desk; /* NULL: no source of this build counts events */
};

static void parting(void *arg)
{
    struct web_events *events = arg;
    struct daemon_status status;

    daemon_status(events->daemon, &status);
    event_desk_use(events->desk, status.settings, status.catalog);
}

struct web_events *web_events_new(const struct web_request *request)
{
    const struct source_ops *writer = event_intake_writer(request->sources);
    struct web_events *events = memory_alloc(sizeof(*events));
    struct daemon_status status;

    events->daemon = request->daemon;
    if (writer == NULL)
        return events;
    daemon_status(events->daemon, &status);
    events->desk = event_desk_new(request->loop, writer, status.settings, status.catalog);
    daemon_before_parting(events->daemon, parting, events);
    return events;
}

void web_events_free(struct web_events *events)
{
    if (events == NULL)
        return;
    if (events->desk != NULL)
        daemon_before_parting(events->daemon, NULL, NULL);
    event_desk_free(events->desk);
    free(events);
}

static void answered(const struct event_answer *answer, void *arg)
{
    struct web_call *call = arg;
    const char *const headers[] = {
        arena_format(call->arena, "Retry-After: %u", answer->retry_after_s), NULL};

    web_answer_with(call, answer->status, answer->retry_after_s > 0 ? headers : NULL, answer->body);
}

static void give_up(struct web_call *call)
{
    event_post_leave(call->waiting);
}

static void take(struct web_call *call, enum event_shape shape)
{
    struct event_request request = {.shape = shape};
    struct event_post *post;

    if (call->events->desk == NULL) {
        web_refuse(call, 404, "This build has no source that counts events.");
        return;
    }
    request.text = http_call_body(call->http, &request.length);
    request.form = (shape == EVENTS_GITLAB || shape == EVENTS_GITLAB_MANY) &&
                   event_form_is_meant(http_call_header(call->http, "Content-Type"), request.text);
    post = event_desk_take(call->events->desk, &request, answered, call);
    /* Otherwise it is answered, and the call is gone. */
    if (post != NULL) {
        call->waiting = post;
        call->give_up = give_up;
    }
}

void web_post_events(struct web_call *call)
{
    take(call, EVENTS_OWN);
}

void web_track_event(struct web_call *call)
{
    take(call, EVENTS_GITLAB);
}

void web_track_events(struct web_call *call)
{
    take(call, EVENTS_GITLAB_MANY);
}

void web_increment_counter(struct web_call *call)
{
    take(call, EVENTS_GITLAB_COUNT);
}

void web_increment_unique_users(struct web_call *call)
{
    take(call, EVENTS_GITLAB_USER);
}
