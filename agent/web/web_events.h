/*
 * Events that come to the running agent: its own path and GitLab's, in front of one event_desk.
 * For the files of agent/web alone.
 */
#ifndef AGENT_WEB_WEB_EVENTS_H
#define AGENT_WEB_WEB_EVENTS_H

#include "agent/web/web_request.h"
#include "agent/web/web_route.h"

/* Follows the settings and definitions of the daemon by itself. */
struct web_events *web_events_new(const struct web_request *request);

/* Calls that wait must have been given up; what they brought may not be counted any more. NULL is
 * fine. */
void web_events_free(struct web_events *events);

web_handler web_post_events, web_track_event, web_track_events, web_increment_counter,
    web_increment_unique_users;

#endif
