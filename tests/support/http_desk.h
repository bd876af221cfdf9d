/*
 * HTTP requests for tests. What comes is written down in one notation, one answer a line:
 * "200 body", with " ->LOCATION" and " ~RETRY-AFTER" before the body if they were given, or
 * "KIND: sentence".
 */
#ifndef TESTS_SUPPORT_HTTP_DESK_H
#define TESTS_SUPPORT_HTTP_DESK_H

#include "agent/base/str.h"
#include "agent/io/http_client.h"
#include "agent/io/loop.h"

#include <stddef.h>

struct http_desk {
    struct loop *loop;
    struct http_client *client;
    struct http_config config;
    struct str said;
    size_t to_arrive; /* the loop stops when it reaches 0 */
};

/* Without proxies and with 10 s to answer; change the config before the first request. */
void http_desk_open(struct http_desk *desk);
void http_desk_close(struct http_desk *desk);

/* To "http://ADDRESS/PATH"; body may be NULL. */
struct http_exchange *http_desk_send(struct http_desk *desk, const char *method, const char *url,
                                     const char *body);
struct http_exchange *http_desk_request(struct http_desk *desk, const struct http_request *request);
const char *http_desk_await(struct http_desk *desk);

/* Send and await. */
const char *http_desk_ask(struct http_desk *desk, const char *method, const char *url,
                          const char *body);

http_done http_desk_answered; /* its argument is the desk */

#endif
