#include "agent/io/redis_command.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/io/redis_protocol.h"

#include <stdlib.h>

struct redis_command *redis_command_new(int argc, const char *const *argv, const size_t *lengths)
{
    struct redis_command *command = memory_alloc(sizeof(*command));

    command->bytes = redis_format(argc, argv, lengths, &command->length);
    return command;
}

void redis_command_free(struct redis_command *command)
{
    free(command->bytes);
    free(command);
}

struct redis_command *redis_commands_take(struct redis_commands *commands)
{
    struct redis_command *command = STAILQ_FIRST(commands);

    if (command != NULL)
        STAILQ_REMOVE_HEAD(commands, others);
    return command;
}

void redis_commands_move(struct redis_commands *from, struct redis_commands *to)
{
    struct redis_command *command;

    while ((command = redis_commands_take(from)) != NULL)
        STAILQ_INSERT_TAIL(to, command, others);
}

void redis_commands_free(struct redis_commands *commands)
{
    struct redis_command *command;

    while ((command = redis_commands_take(commands)) != NULL)
        redis_command_free(command);
}

void redis_command_deliver(struct redis_command *command, const struct redis_reply *reply,
                           const struct error *err)
{
    redis_done *done = command->done;

    command->done = NULL;
    if (done != NULL)
        done(reply, err, command->arg);
    redis_command_free(command);
}

/* A command whose own time is not over is only a victim of the one before it. */
void redis_command_fail(struct redis_command *command, const struct error *err)
{
    struct error other;

    if (err->kind != ERROR_TIMEOUT || command->due_us <= now_monotonic_us()) {
        redis_command_deliver(command, NULL, err);
        return;
    }
    (void)error_set(&other, ERROR_UNAVAILABLE,
                    "The connection to Redis was closed, because it did not answer an earlier "
                    "command in time.");
    redis_command_deliver(command, NULL, &other);
}
