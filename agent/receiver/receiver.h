/*
 * The reference endpoint: takes pings by HTTP, stores them in PostgreSQL, answers with receipts.
 *
 *     POST /v1/pings, /usage_data or /   a ping: 201 stored, 200 stored before, 409 another ping
 *                                        has this id, 400 unreadable (kept), 503 try again later
 *     POST /usage_ping_metadata          reports beside a ping (GitLab's protocol), answered alike:
 *          /usage_ping_errors            how long its metrics took, why it could not be posted
 *     GET  /healthz                      200 as long as the process serves
 *
 * A ping is answered only when it is stored; the same ping again gets the same receipt.
 */
#ifndef AGENT_RECEIVER_RECEIVER_H
#define AGENT_RECEIVER_RECEIVER_H

#include "agent/io/db.h"

#include <stddef.h>

struct loop;
struct receiver;

struct receiver_config {
    const char *listen; /* "127.0.0.1:8080"; port 0: any free one */
    const struct db_config *database;
    void (*answered)(size_t count, void *arg); /* after each answered post; may be NULL */
    void *arg;
};

/* Listens at once and makes the tables as soon as the database can be reached. */
struct receiver *receiver_new(struct loop *loop, const struct receiver_config *config,
                              struct error *err);
void receiver_free(struct receiver *receiver); /* drops what is unanswered; NULL is fine */
unsigned receiver_port(const struct receiver *receiver);

#endif
