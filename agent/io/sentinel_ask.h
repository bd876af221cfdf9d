/*
 * One question to one sentinel: where the master is. What is made of the answer: sentinel.h.
 */
#ifndef AGENT_IO_SENTINEL_ASK_H
#define AGENT_IO_SENTINEL_ASK_H

#include "agent/base/error.h"

struct loop;
struct sentinel_ask;
struct tls_config;

struct sentinel_question {
    const char *address;          /* "host:port", "[v6]:port"; without a port: 26379 */
    const char *master;           /* its name */
    const char *password_file;    /* NULL: none */
    const struct tls_config *tls; /* NULL: without */
    unsigned timeout_ms;          /* for all, from connecting to the answer */
};

/* Either host and port, or err; all are gone once the callback returns. */
typedef void sentinel_answered(const char *host, const char *port, const struct error *err,
                               void *arg);

/*
 * All texts of the question must outlive it. The callback comes once, from the loop; then the
 * asking is gone. INVALID if the sentinel knows no such master, or what answers is no sentinel.
 */
struct sentinel_ask *sentinel_ask_begin(struct loop *loop, const struct sentinel_question *question,
                                        sentinel_answered *done, void *arg);
void sentinel_ask_cancel(struct sentinel_ask *ask); /* NULL is fine */

#endif
