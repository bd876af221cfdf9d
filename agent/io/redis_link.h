/*
 * One connection to one server that speaks as Redis does: it opens, greets, takes commands, and
 * when it is lost, it is over. Whether there shall be another one is the owner's business
 * (redis.c).
 */
#ifndef AGENT_IO_REDIS_LINK_H
#define AGENT_IO_REDIS_LINK_H

#include "agent/io/redis_command.h"
#include "agent/io/redis_greeting.h"

struct loop;
struct redis_link;
struct tls_config;

struct redis_link_config {
    const char *service; /* for messages: "Redis", "Sentinel" */
    const char *address; /* as endpoints_find takes it */
    const char *default_port;
    const struct tls_config *tls; /* NULL: without; must outlive the link */
    struct redis_login login;
    unsigned timeout_ms; /* for connecting and for each answer to the greeting */
};

/* All are called from the loop; in each of them the owner may free the link. */
struct redis_link_events {
    void (*ready)(void *arg); /* at most once */
    /* Replies come in the order of sending; the command is the owner's again, the reply not. */
    void (*answered)(struct redis_command *command, const struct redis_reply *reply, void *arg);
    void (*lost)(const struct error *err, void *arg); /* at most once, and the last one */
};

/* Begins to connect as soon as the loop runs. All texts must outlive the link. */
struct redis_link *redis_link_new(struct loop *loop, const struct redis_link_config *config,
                                  const struct redis_link_events *events, void *arg);

/* With the commands that are in flight; calls nobody. NULL is fine. */
void redis_link_free(struct redis_link *link);

/* Only once it is ready. If it takes longer than `timeout_ms`, the link is lost. */
void redis_link_send(struct redis_link *link, struct redis_command *command, unsigned timeout_ms);

/* Moves what is in flight to the end of `commands`: for a lost link. */
void redis_link_take(struct redis_link *link, struct redis_commands *commands);

#endif
