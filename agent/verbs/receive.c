#include "agent/base/log.h"
#include "agent/io/loop.h"
#include "agent/io/notify.h"
#include "agent/receiver/receiver.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The last answer is still on its way out when the last ping was counted. */
enum { LINGER_MS = 100 };

struct serving {
    struct loop *loop;
    struct loop_timer *linger;
    struct notify *notify;
    size_t most; /* posts to answer; 0: without end */
};

static void lingered(void *arg)
{
    struct serving *serving = arg;

    serving->linger = NULL;
    loop_stop(serving->loop);
}

static void stop(void *arg)
{
    struct serving *serving = arg;

    notify_stopping(serving->notify);
    loop_stop(serving->loop);
}

static void answered(size_t count, void *arg)
{
    struct serving *serving = arg;

    if (count == serving->most)
        serving->linger = loop_after(serving->loop, LINGER_MS, lingered, serving);
}

static bool read_most(struct verb_call *call, size_t *most)
{
    const char *text = verb_option(call, "--once");
    char *end = NULL;
    unsigned long number;

    *most = 0;
    if (text == NULL)
        return true;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '1' || text[0] > '9') {
        (void)verb_failed(EXIT_USAGE, "'--once' needs a whole number from 1 after it, not '%s'.",
                          text);
        return false;
    }
    *most = number;
    return true;
}

static int serve(struct serving *serving, const struct receiver_config *config)
{
    struct receiver *receiver;
    struct error err;

    serving->loop = loop_new();
    receiver = receiver_new(serving->loop, config, &err);
    if (receiver == NULL) {
        loop_free(serving->loop);
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    }
    loop_on_signal(serving->loop, SIGINT, stop, serving);
    loop_on_signal(serving->loop, SIGTERM, stop, serving);
    log_info("receive", "listening on http://%.*s:%u/v1/pings",
             (int)(strrchr(config->listen, ':') - config->listen), config->listen,
             receiver_port(receiver));
    serving->notify = notify_new(serving->loop);
    notify_ready(serving->notify);
    loop_run(serving->loop);
    loop_timer_cancel(serving->linger);
    notify_free(serving->notify);
    receiver_free(receiver);
    loop_free(serving->loop);
    return EXIT_DONE;
}

int verb_receive(struct verb_call *call)
{
    const char *listen = verb_option(call, "--listen");
    struct settings settings;
    struct serving serving = {0};
    struct receiver_config config = {
        .database = &settings.receive_database, .answered = answered, .arg = &serving};

    if (!read_most(call, &serving.most) || !verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    config.listen = listen != NULL ? listen : settings.receive_listen;
    if (config.listen == NULL || strchr(config.listen, ':') == NULL)
        return verb_failed(EXIT_USAGE, "'--listen' needs HOST:PORT, for example 127.0.0.1:8080.");
    if (settings.receive_database.conninfo == NULL)
        return verb_failed(EXIT_SETTINGS,
                           "There is no database to keep pings in; set receive.conninfo.");
    if (!call->quiet && !call->verbose)
        log_set_level(settings.log_level);
    return serve(&serving, &config);
}
