/*
 * HTTP requests without waiting. The only module that knows libcurl. TLS 1.2 at least, certificates
 * verified, no redirect followed, no Referer; the answer's body is capped.
 */
#ifndef AGENT_IO_HTTP_CLIENT_H
#define AGENT_IO_HTTP_CLIENT_H

#include "agent/base/error.h"

#include <stddef.h>

struct loop;
struct http_client;
struct http_exchange;

struct http_config {
    const char *ca_file;            /* trusted instead of the system's; NULL: the system's */
    const char *client_certificate; /* PEM files; NULL: none */
    const char *client_key;
    const char *socket; /* path of a unix socket that all requests go to; NULL: by the URL's host */
    const char *proxy; /* NULL: http_proxy, https_proxy and no_proxy of the environment; "": none */
    unsigned timeout_ms; /* of a whole exchange; 0: 30 s */
    const char *user_agent;
};

struct http_request {
    const char *method; /* "GET", "POST" */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    const void *body;
    size_t body_length;
};

struct http_response {
    int status;
    const char *body; /* zero-terminated, at most 1 MiB */
    size_t length;
    const char *location;    /* of a redirect; NULL: none */
    const char *retry_after; /* NULL: none */
    const char *date;        /* the other side's clock, as it says it; NULL: none */
};

/* Exactly one of response and err is set; both are gone once the callback returns. */
typedef void http_done(const struct http_response *response, const struct error *err, void *arg);

/* `config` must outlive the client. */
struct http_client *http_client_new(struct loop *loop, const struct http_config *config);

/* Drops what is in flight, with the handles; calls nobody. Also from a callback. NULL is fine. */
void http_client_free(struct http_client *client);

/*
 * Everything is copied. Any status is a response; an error means that none came: UNAVAILABLE (also
 * for certificates), TIMEOUT, or INVALID for a bad URL and an answer beyond 1 MiB. Its sentence
 * names the host, and never a URL's credentials.
 */
struct http_exchange *http_send(struct http_client *client, const struct http_request *request,
                                http_done *done, void *arg);
void http_cancel(struct http_exchange *exchange); /* NULL is fine */

#endif
