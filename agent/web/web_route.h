/* A request that was let in, and the table of what can be asked. For the files of agent/web alone.
 */
#ifndef AGENT_WEB_WEB_ROUTE_H
#define AGENT_WEB_WEB_ROUTE_H

#include "agent/web/web.h"

/* Everything a handler may use; the answer may come later, by http_reply or web_answer. */
struct web_call {
    struct web *web;
    struct http_call *http;
    struct daemon *daemon;
    struct store *store;
    const struct source_ops *const *sources;
    struct arena *arena; /* until the answer */
    const char *rest;    /* of the path, where the route ends with one: "{id}" */
    const char *user;    /* who asks, for the record: "alice (socket)", "token" */
};

typedef void web_handler(struct web_call *call);

struct web_route {
    const char *method; /* GET routes answer HEAD, too */
    const char *path;   /* "/v1/pings/" followed by anything, if it ends with '/' and is not "/" */
    web_handler *handle;
    bool open; /* without a token, also over TCP */
};

extern const struct web_route web_routes[]; /* ended by a row without a method */

/* Answers `status` with a body of that type; the call is over. */
void web_answer(struct web_call *call, int status, const char *type, const struct str *body);

/* {"error": "sentence"} */
void web_refuse(struct web_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
