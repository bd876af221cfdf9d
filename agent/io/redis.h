/*
 * Redis, asked without waiting: here are the commands that wait and the connection that comes back
 * when one is asked. Commands asked in one go leave in one write: pipelining is the caller's choice
 * of how many.
 * With sentinels, the connection leads to the master that they name. When it breaks, or turns out
 * to be a replica, what is in flight fails as UNAVAILABLE, whether it was done or not, and the next
 * command looks for the master, for some times `timeout_ms` while a failover goes on: callers ask
 * again.
 */
#ifndef AGENT_IO_REDIS_H
#define AGENT_IO_REDIS_H

#include "agent/base/error.h"
#include "agent/io/redis_reply.h"

#include <stddef.h>

struct loop;
struct redis;
struct redis_command;

struct redis_config {
    const char *address; /* "host:port", "[v6]:port", "/path", "unix:/path"; NULL: by sentinels */
    const char *user;    /* ACL user; NULL: the default one */
    const char *password_file; /* read at each connect (file_read_secret); NULL: none */
    const char *password;      /* from the environment or a credential; NULL: none */
    int database;              /* SELECT n */
    bool tls; /* not for a unix socket; the next four are as in struct tls_config */
    const char *ca_file;
    const char *client_certificate;
    const char *client_key;
    const char *server_name;
    const char *const *sentinels; /* "host:port", each asked until one knows; all as for Redis */
    size_t sentinel_count;
    const char *sentinel_master;        /* the name under which they watch it */
    const char *sentinel_password_file; /* of the sentinels themselves; NULL: none */
    unsigned timeout_ms;                /* for connecting and for each reply; 0: 5 s */
};

/* Whether there is any Redis at all. */
bool redis_is_configured(const struct redis_config *config);

/* `config` and its texts must outlive the redis. It connects when the first command is asked. */
struct redis *redis_new(struct loop *loop, const struct redis_config *config);

/* Drops what is in flight, with the commands' handles; calls nobody. Also from a callback. NULL is
 * fine. */
void redis_free(struct redis *redis);

/*
 * Arguments are copied; lengths may be NULL if all are zero-terminated. `done` is called once from
 * the loop, in the order of asking, never after cancel. An error reply of Redis arrives as an
 * error: NOPERM and the like as DENIED, LOADING, BUSY, MASTERDOWN as UNAVAILABLE, all else
 * (WRONGTYPE) as REFUSED.
 */
struct redis_command *redis_command(struct redis *redis, int argc, const char *const *argv,
                                    const size_t *lengths, redis_done *done, void *arg);
void redis_command_cancel(struct redis_command *command); /* NULL is fine */

/* Where it is connected to, or was last: the address, or the master that a sentinel named. Valid
 * until the loop runs on; "" when none was named yet. */
const char *redis_server(const struct redis *redis);

#endif
