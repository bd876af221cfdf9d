/* A request that was let in, and the table of what can be asked. For the files of agent/web alone.
 */
#ifndef AGENT_WEB_WEB_ROUTE_H
#define AGENT_WEB_WEB_ROUTE_H

#include "agent/daemon.h"
#include "agent/io/http_server.h"

#include <sys/queue.h>

struct door;
struct web_events;
struct web;

/* Everything a handler may use; the answer may come later, by web_answer or web_refuse. */
struct web_call {
    LIST_ENTRY(web_call) others;
    struct web *web;
    const struct door *door; /* web.c's own */
    struct http_call *http;
    struct loop *loop;
    struct daemon *daemon;
    struct store *store;
    const struct source_ops *const *sources;
    struct web_events *events; /* web_events.c's own */
    struct arena *arena;       /* until the answer */
    const char *rest;          /* of the path, where the route ends with one: "{id}" */
    const char *user;          /* over TCP: "token", "page"; "": nobody yet; see web_user */

    /* Of a handler that answers later: what it waits with, and how that is given up, when the
     * server goes before the answer; the call may not be answered then. NULL: nothing. */
    void *waiting;
    void (*give_up)(struct web_call *call);
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

/* The same with more headers, as in http_reply; at most 8. */
void web_answer_with(struct web_call *call, int status, const char *const *headers,
                     const struct str *body);

/* {"error": "sentence"} */
void web_refuse(struct web_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void web_refuse_with(struct web_call *call, int status, const char *header, const char *sentence);

/* Who asks, for the record: "alice (socket)", "token". Looks the name up, so only who needs it
 * asks.
 */
const char *web_user(struct web_call *call);

/* The status of HTTP for a failure, and its sentence. */
void web_fail(struct web_call *call, const struct error *err);

/* Frees a call that was answered, or never will be. */
void web_call_end(struct web_call *call);

/* A session for who asks; its cookie's value in `id`. */
MUST_CHECK bool web_log_in(struct web_call *call, char id[UUID_TEXT_SIZE], struct error *err);
void web_log_out(struct web_call *call);

#endif
