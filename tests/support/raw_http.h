/* HTTP as bytes: what a test writes goes out as it is, and all that comes back is looked at. */
#ifndef TESTS_SUPPORT_RAW_HTTP_H
#define TESTS_SUPPORT_RAW_HTTP_H

#include "agent/base/str.h"
#include "agent/io/loop.h"

struct raw_http {
    struct loop *loop; /* that the server is on */
    struct str answer; /* the whole one */
    const char *body;  /* within it; "" until there is one */
    size_t body_length;
    int status;
};

void raw_http_init(struct raw_http *raw, struct loop *loop);
void raw_http_release(struct raw_http *raw);

/* Sends and waits until the other side closes. `to` is the path of a unix socket, or a port. */
void raw_http_send(struct raw_http *raw, const char *to, const char *bytes, size_t length);

/* The value of a header of the answer, or NULL; gone at the next send. */
const char *raw_http_header(struct raw_http *raw, const char *name);

#endif
