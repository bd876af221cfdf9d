/*
 * Commands on their way through redis.c and redis_link.c: who waits for the answer, and in which
 * line. For these modules only.
 */
#ifndef AGENT_IO_REDIS_COMMAND_H
#define AGENT_IO_REDIS_COMMAND_H

#include "agent/io/redis_reply.h"

#include <stdint.h>
#include <sys/queue.h>

struct redis_greeting;

struct redis_command {
    STAILQ_ENTRY(redis_command) others;
    redis_done *done; /* NULL: cancelled, being called, or a greeting */
    void *arg;
    const struct redis_greeting *greeting; /* NULL: the caller's */
    char *bytes;                           /* NULL once sent */
    size_t length;
    unsigned timeout_ms; /* once sent */
    int64_t due_us;      /* monotonic; 0 until sent */
};

STAILQ_HEAD(redis_commands, redis_command);

struct redis_command *redis_command_new(int argc, const char *const *argv, const size_t *lengths);
void redis_command_free(struct redis_command *command);

struct redis_command *redis_commands_take(struct redis_commands *commands); /* NULL: none left */
void redis_commands_move(struct redis_commands *from, struct redis_commands *to);
void redis_commands_free(struct redis_commands *commands);

/* The end of a command that is in no line any more. The caller may cancel it or free the redis. */
void redis_command_deliver(struct redis_command *command, const struct redis_reply *reply,
                           const struct error *err);

/* As deliver; if it is TIMEOUT, a command whose own time is not over hears UNAVAILABLE. */
void redis_command_fail(struct redis_command *command, const struct error *err);

#endif
