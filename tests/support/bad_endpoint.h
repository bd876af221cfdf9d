/*
 * An endpoint that misbehaves, with or without TLS: what it does once it has heard a request, or a
 * part of it, is a manner, which may change from one connection to the next. It notes when somebody
 * connected, by the test's clock.
 */
#ifndef TESTS_SUPPORT_BAD_ENDPOINT_H
#define TESTS_SUPPORT_BAD_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct bad_endpoint;

enum bad_certificate { NO_CERTIFICATE, GOOD_CERTIFICATE, OTHER_NAME, EXPIRED, BAD_CERTIFICATES };

struct bad_manner {
    const char *says; /* and closes then; NULL: nothing */
    bool resets;      /* what it closes is reset, so that the other side hears of an error */
    size_t hears;     /* bytes, before it closes; 0: the whole request */
    enum bad_certificate certificate; /* NO_CERTIFICATE: plain HTTP */
    bool holds;                       /* never closes */
};

/* On a free port of 127.0.0.1. Certificates are written as PEM files into `folder`, for clients
 * that shall trust them. */
struct bad_endpoint *bad_endpoint_new(struct loop *loop, const char *folder);
void bad_endpoint_free(struct bad_endpoint *endpoint);

void bad_endpoint_behave(struct bad_endpoint *endpoint, const struct bad_manner *manner);
unsigned bad_endpoint_port(const struct bad_endpoint *endpoint);

unsigned bad_endpoint_calls(const struct bad_endpoint *endpoint);
/* The most of them within any `us`. */
unsigned bad_endpoint_most_within(const struct bad_endpoint *endpoint, int64_t us);

#endif
