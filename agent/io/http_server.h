/*
 * An HTTP server on the loop, by libevent's evhttp. It hands over whole requests; routing is the
 * caller's. Answers may come later, also after other requests.
 */
#ifndef AGENT_IO_HTTP_SERVER_H
#define AGENT_IO_HTTP_SERVER_H

#include "agent/base/error.h"

#include <stddef.h>

struct loop;
struct http_server;
struct http_call;

typedef void http_handler(struct http_call *call, void *arg);

/*
 * `listen` is "host:port" or "[v6]:port" (port 0: any free one). Bodies above `largest_body` bytes
 * are answered 413, headers above 16 KiB 400, and who is silent for 30 s is cut off, without the
 * handler. NULL on failure: INVALID for a bad address, UNAVAILABLE for one that cannot be had.
 */
struct http_server *http_server_new(struct loop *loop, const char *listen, size_t largest_body,
                                    http_handler *handler, void *arg, struct error *err);

struct http_socket {
    const char *path;
    const char *group; /* that may use it; NULL: the process' own */
};

/*
 * The same on a unix socket, which only the owner and the group may use: 0660. A file that a dead
 * process left there is replaced, a living one is UNAVAILABLE.
 */
struct http_server *http_server_new_unix(struct loop *loop, const struct http_socket *socket,
                                         size_t largest_body, http_handler *handler, void *arg,
                                         struct error *err);

/* The user name of who calls over a unix socket, in `out`; "" over TCP. */
void http_call_user(const struct http_call *call, char *out, size_t size);

/* Calls not answered yet are dropped, with their handles. Not from within a handler. NULL is fine.
 */
void http_server_free(struct http_server *server);
unsigned http_server_port(const struct http_server *server);

const char *http_call_method(const struct http_call *call); /* "GET", "POST", ... */
const char *http_call_path(const struct http_call *call);   /* decoded, without the query */
const char *http_call_header(const struct http_call *call, const char *name); /* or NULL */
const char *http_call_body(struct http_call *call, size_t *length); /* zero-terminated, too */

/*
 * Once for every call, also if its client has gone meanwhile; the call and its texts are gone
 * afterwards. `headers` as in http_request; may be NULL; without a Content-Type it is JSON. A HEAD
 * is told the length of the body only.
 */
void http_reply(struct http_call *call, int status, const char *const *headers, const void *body,
                size_t length);

#endif
