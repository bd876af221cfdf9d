/*
 * A connection that carries bytes both ways: TCP, TLS or a unix socket, by a libevent bufferevent.
 * It tries all addresses that a host's name stands for; the first that takes the connection must
 * also be the one that TLS trusts. What the bytes mean is the owner's.
 */
#ifndef AGENT_IO_STREAM_H
#define AGENT_IO_STREAM_H

#include "agent/base/error.h"

#include <stddef.h>

struct loop;
struct stream;
struct tls_config;

/* All are called from the loop; in each of them the owner may free the stream. */
struct stream_events {
    void (*opened)(void *arg); /* at most once */
    void (*arrived)(const void *bytes, size_t length, void *arg);
    void (*lost)(const struct error *err, void *arg); /* at most once, and the last one */
};

struct stream_config {
    const char *service;          /* for messages: "Redis" */
    const char *address;          /* as endpoints_find takes it */
    const char *default_port;     /* NULL: none */
    const struct tls_config *tls; /* NULL: without; not for a unix socket */
    unsigned timeout_ms;          /* to connect, for each address of the host; again for TLS */
};

/* Begins to connect as soon as the loop runs. All texts must outlive the stream. */
struct stream *stream_new(struct loop *loop, const struct stream_config *config,
                          const struct stream_events *events, void *arg);
void stream_free(struct stream *stream); /* calls nobody; NULL is fine */

/* Only once it is open. Copied; what is written in one go leaves in one go. */
void stream_write(struct stream *stream, const void *bytes, size_t length);

#endif
