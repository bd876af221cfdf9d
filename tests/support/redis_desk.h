/*
 * Redis commands for tests: asked in plain words, and what comes is written down in one notation:
 * nil, "text", (7), [item item], or KIND: sentence.
 */
#ifndef TESTS_SUPPORT_REDIS_DESK_H
#define TESTS_SUPPORT_REDIS_DESK_H

#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "agent/io/redis.h"

struct desk {
    struct loop *loop;
    struct redis *redis;
    struct redis_config config;
    struct str said;  /* one answer a line, in the order of arrival */
    size_t to_arrive; /* the loop stops when it reaches 0 */
};

/* To the Redis of with-services. Another config: change it before the first command. */
void desk_open(struct desk *desk);
void desk_close(struct desk *desk);

/* `words` ends with NULL. */
struct redis_command *desk_ask(struct desk *desk, const char *const *words);

#define ASK(desk, ...) desk_ask((desk), (const char *const[]){__VA_ARGS__, NULL})

/* Runs the loop until all that was asked has arrived; what they said since the last time. */
const char *desk_await(struct desk *desk);

/* How often Redis ran a command ("mget") since the last CONFIG RESETSTAT. */
unsigned long desk_calls_of(struct desk *desk, const char *command);

/* The callback that desk_ask uses; its argument is the desk. */
redis_done desk_answered;

void write_answer(const struct redis_reply *reply, const struct error *err, struct str *out);

/* Runs the loop until loop_stop; ends the process after 30 s, so that no test hangs. */
void run_guarded(struct loop *loop);

#endif
