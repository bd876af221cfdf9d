/*
 * Redis, asked without waiting: here are the commands that wait and the connection that comes back
 * when one is asked. Commands asked in one go leave in one write: pipelining is the caller's choice
 * of how many.
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
    const char *address;       /* "host:port", "[v6]:port", "/path" or "unix:/path" */
    const char *user;          /* ACL user; NULL: the default one */
    const char *password_file; /* read at each connect (file_read_secret); NULL: none */
    const char *password;      /* from the environment or a credential; NULL: none */
    int database;              /* SELECT n */
    unsigned timeout_ms;       /* for connecting and for each reply; 0: 5 s */
};

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

#endif
