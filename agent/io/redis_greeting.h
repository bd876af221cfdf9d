/*
 * What goes ahead of all commands on each connection to Redis: who we are, which database, our
 * name. No waiting here: the connection sends the commands and hands in what is answered.
 */
#ifndef AGENT_IO_REDIS_GREETING_H
#define AGENT_IO_REDIS_GREETING_H

#include "agent/io/redis_command.h"

/* As in struct redis_config. */
struct redis_login {
    const char *user;
    const char *password_file;
    const char *password;
    int database;
};

/*
 * Adds the commands, each with its greeting, to `commands`. Fails if the password file cannot be
 * read. Their bytes hold the password: they are for the connection only.
 */
MUST_CHECK bool redis_greet(const struct redis_login *login, struct redis_commands *commands,
                            struct error *err);

/* Whether the connection can be used after this answer of the server at `address`. */
MUST_CHECK bool redis_greeting_accepted(const struct redis_greeting *greeting,
                                        const struct redis_reply *reply, const char *address,
                                        struct error *err);

#endif
