/*
 * TLS as a client, on sockets that are connected: version 1.2 or later, with the server's
 * certificate and name verified. The only module that knows OpenSSL's libssl.
 */
#ifndef AGENT_IO_TLS_H
#define AGENT_IO_TLS_H

#include "agent/base/error.h"

struct bufferevent;
struct loop;

/* Files are PEM and read for each connection, so that a renewed one needs no restart. */
struct tls_config {
    const char *ca_file;            /* whom we trust; NULL: whom this machine trusts */
    const char *client_certificate; /* what we show, with its chain; NULL: nothing */
    const char *client_key;         /* NULL: it is in the file of the certificate */
    const char *server_name;        /* whose certificate it must be; NULL: the address' host */
};

/*
 * A pipe that shakes hands and tells BEV_EVENT_CONNECTED when `host` is proved. It owns `fd` and
 * closes it. NULL if our own files are no use (INVALID); `fd` is then still the caller's.
 */
struct bufferevent *tls_start(struct loop *loop, int fd, const struct tls_config *config,
                              const char *host, struct error *err);

/*
 * After BEV_EVENT_ERROR or BEV_EVENT_EOF: the sentence about what TLS itself found wrong with `who`
 * ("Redis at host:port"), as UNAVAILABLE, and true; false if it was not TLS that failed.
 */
bool tls_explain(struct bufferevent *pipe, const char *who, struct error *err);

#endif
