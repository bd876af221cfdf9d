/*
 * What goes ahead of all commands on each connection to Redis: who we are, which database, our
 * name, and is it a master. No waiting here: the connection sends the commands and hands in what is
 * answered.
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
    bool master; /* refuse a server that is none */
};

/*
 * Adds the commands, each with its greeting, to `commands`. Fails if the password file cannot be
 * read. Their bytes hold the password: they are for the connection only.
 */
MUST_CHECK bool redis_greet(const struct redis_login *login, struct redis_commands *commands,
                            struct error *err);

/* Whether the connection can be used after this answer; `who` is "Redis at host:port". */
MUST_CHECK bool redis_greeting_accepted(const struct redis_greeting *greeting,
                                        const struct redis_reply *reply, const char *who,
                                        struct error *err);

#endif
