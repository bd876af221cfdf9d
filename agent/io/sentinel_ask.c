#include "agent/io/sentinel_ask.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/io/redis_link.h"

#include <stdlib.h>

struct sentinel_ask {
    struct sentinel_question question;
    sentinel_answered *done;
    void *arg;
    struct loop_timer *timer;
    struct redis_link *link;
};

void sentinel_ask_cancel(struct sentinel_ask *ask)
{
    if (ask == NULL)
        return;
    loop_timer_cancel(ask->timer);
    redis_link_free(ask->link);
    free(ask);
}

/* The asking is gone before the callback, which may begin the next one. */
static void finish(struct sentinel_ask *ask, const char *host, const char *port,
                   const struct error *err)
{
    sentinel_answered *done = ask->done;
    void *arg = ask->arg;

    sentinel_ask_cancel(ask);
    done(host, port, err, arg);
}

static void too_late(void *arg)
{
    struct sentinel_ask *ask = arg;
    struct error err;

    ask->timer = NULL;
    (void)error_set(&err, ERROR_TIMEOUT,
                    "Sentinel at %s did not tell the master within %u ms; check its address and "
                    "the network.",
                    ask->question.address, ask->question.timeout_ms);
    finish(ask, NULL, NULL, &err);
}

static void ready(void *arg)
{
    struct sentinel_ask *ask = arg;
    const char *const words[] = {"SENTINEL", "get-master-addr-by-name", ask->question.master};

    redis_link_send(ask->link, redis_command_new(3, words, NULL), ask->question.timeout_ms);
}

static bool is_text(const struct redis_reply *list, size_t index)
{
    return redis_kind(redis_at(list, index)) == REDIS_TEXT &&
           redis_text(redis_at(list, index), NULL)[0] != '\0';
}

/* A list of host and port; nil for a name that it does not know. */
static bool understand(const struct sentinel_question *question, const struct redis_reply *reply,
                       struct error *err)
{
    struct error fault;

    if (redis_count(reply) == 2 && is_text(reply, 0) && is_text(reply, 1))
        return true;
    if (redis_kind(reply) == REDIS_NIL)
        return error_set(err, ERROR_INVALID,
                         "Sentinel at %s knows no master named \"%s\"; check the name.",
                         question->address, question->master);
    if (redis_kind(reply) != REDIS_FAULT)
        return error_set(err, ERROR_INVALID,
                         "What answers at %s is no sentinel; check the address.",
                         question->address);
    (void)redis_reply_fault(reply, &fault);
    return error_set(err, fault.kind == ERROR_REFUSED ? ERROR_INVALID : fault.kind,
                     "Sentinel at %s does not tell the master; check that it is one, and its "
                     "password: %.300s",
                     question->address, fault.text);
}

static void answered(struct redis_command *command, const struct redis_reply *reply, void *arg)
{
    struct sentinel_ask *ask = arg;
    struct error err;

    redis_command_free(command);
    if (understand(&ask->question, reply, &err))
        finish(ask, redis_text(redis_at(reply, 0), NULL), redis_text(redis_at(reply, 1), NULL),
               NULL);
    else
        finish(ask, NULL, NULL, &err);
}

static void lost(const struct error *err, void *arg)
{
    finish(arg, NULL, NULL, err);
}

struct sentinel_ask *sentinel_ask_begin(struct loop *loop, const struct sentinel_question *question,
                                        sentinel_answered *done, void *arg)
{
    static const struct redis_link_events events = {ready, answered, lost};
    struct sentinel_ask *ask = memory_alloc(sizeof(*ask));
    const struct redis_link_config link = {
        .service = "Sentinel",
        .address = question->address,
        .default_port = "26379",
        .tls = question->tls,
        .login = {.password_file = question->password_file},
        .timeout_ms = question->timeout_ms,
    };

    *ask = (struct sentinel_ask){.question = *question, .done = done, .arg = arg};
    ask->timer = loop_after(loop, question->timeout_ms, too_late, ask);
    ask->link = redis_link_new(loop, &link, &events, ask);
    return ask;
}
