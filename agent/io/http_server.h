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

/* `listen` is "host:port" (port 0: any free one). Bodies above `largest_body` bytes are answered
 * 413. */
struct http_server *http_server_new(struct loop *loop, const char *listen, size_t largest_body,
                                    http_handler *handler, void *arg, struct error *err);
void http_server_free(struct http_server *server); /* calls not answered yet are dropped */
unsigned http_server_port(const struct http_server *server);

const char *http_call_method(const struct http_call *call); /* "GET", "POST", ... */
const char *http_call_path(const struct http_call *call);   /* decoded, without the query */
const char *http_call_header(const struct http_call *call, const char *name); /* or NULL */
const char *http_call_body(struct http_call *call, size_t *length);

/* Once for every call; the call is gone afterwards. `headers` as in http_request; may be NULL. */
void http_reply(struct http_call *call, int status, const char *const *headers, const void *body,
                size_t length);

#endif
