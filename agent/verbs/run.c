#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/daemon.h"
#include "agent/io/last_resort.h"
#include "agent/io/loop.h"
#include "agent/io/notify.h"
#include "agent/verbs/run_line.h"
#include "agent/verbs/seal.h"
#include "agent/verbs/verbs.h"
#include "agent/web/web.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* The agent as the service runs it. */
struct service {
    struct verb_call *call;
    struct loop *loop;
    struct daemon *daemon;
    struct web *web;
    struct notify *notify;
    struct arena *scratch; /* of one line */
};

static void set_log_level(const struct service *service, enum log_level configured)
{
    if (!service->call->quiet && !service->call->verbose)
        log_set_level(configured);
}

static void changed(void *arg)
{
    struct service *service = arg;
    struct daemon_status status;

    daemon_status(service->daemon, &status);
    set_log_level(service, status.settings->log_level);
    notify_status(service->notify, run_line(&status, service->scratch));
    arena_reset(service->scratch);
    web_follow(service->web);
}

/* ---- Signals ---- */

/* Who stops a service does not wait longer than a second, whatever hangs. */
enum { LONGEST_STOP_MS = 700 };

static void stop(void *arg)
{
    struct service *service = arg;

    notify_stopping(service->notify);
    loop_stop(service->loop);
}

static void reload(void *arg)
{
    struct service *service = arg;
    struct arena *arena = arena_new();
    struct complaints complaints;
    struct error err;

    notify_reloading(service->notify);
    complaints_init(&complaints, arena);
    if (!daemon_reload(service->daemon, &complaints))
        complaints_print(&complaints, stderr);
    arena_free(arena);
    if (!web_reload(service->web, &err))
        log_error("web", "%s", err.text);
    changed(service);
    notify_ready(service->notify);
}

static void collect_now(void *arg)
{
    struct service *service = arg;
    struct error err;

    if (!daemon_run_now(service->daemon, &err))
        log_warning("agent", "asked to collect now: %s", err.text);
}

/* ---- The start ---- */

/* After the daemon's own first turn, when it knows what is next. */
static void ready(void *arg)
{
    struct service *service = arg;

    changed(service);
    notify_ready(service->notify);
}

static int serve(struct service *service)
{
    loop_on_signal(service->loop, SIGINT, stop, service);
    loop_on_signal(service->loop, SIGTERM, stop, service);
    last_resort_after(SIGTERM, LONGEST_STOP_MS);
    loop_on_signal(service->loop, SIGHUP, reload, service);
    loop_on_signal(service->loop, SIGUSR1, collect_now, service);
    service->notify = notify_new(service->loop);
    daemon_watch(service->daemon, changed, service);
    (void)loop_after(service->loop, 0, ready, service);
    loop_run(service->loop);
    daemon_watch(service->daemon, NULL, NULL);
    notify_free(service->notify);
    return EXIT_DONE;
}

static int open_and_serve(struct service *service, struct store *store)
{
    const struct web_request request = {
        .loop = service->loop,
        .daemon = service->daemon,
        .store = store,
        .sources = service->call->sources,
    };
    struct error err;
    int code;

    service->web = web_new(&request, &err);
    if (service->web == NULL)
        return verb_failed(EXIT_SETTINGS, "%s", err.text);
    code = serve(service);
    web_free(service->web);
    return code;
}

static int load_and_serve(struct service *service, struct store *store, const char *config)
{
    struct daemon_request request = {
        .loop = service->loop,
        .store = store,
        .sources = service->call->sources,
        .config = config,
        .environment = environ,
    };
    struct complaints complaints;
    struct arena *arena = arena_new();
    int code = EXIT_SETTINGS;

    complaints_init(&complaints, arena);
    service->daemon = daemon_new(&request, &complaints);
    if (service->daemon == NULL)
        complaints_print(&complaints, stderr);
    arena_free(arena);
    if (service->daemon != NULL)
        code = open_and_serve(service, store);
    daemon_free(service->daemon);
    return code;
}

/* The settings are asked here only where the state is; the daemon loads its own, again and again.
 */
static struct store *open_store(const struct verb_call *call, int *code)
{
    struct verb_call early = *call;
    struct store *store = NULL;
    struct settings settings;

    early.arena = arena_new();
    *code = EXIT_SETTINGS;
    if (verb_settings(&early, &settings)) {
        if (!call->quiet && !call->verbose)
            log_set_level(settings.log_level);
        store = seal_open_store(&settings, code);
    }
    arena_free(early.arena);
    return store;
}

int verb_run(struct verb_call *call)
{
    const char *config = call->config != NULL ? call->config : getenv("SERVICE_PING_CONFIG");
    struct service service = {.call = call};
    struct store *store;
    int code;

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    memory_be_sparing();
    store = open_store(call, &code);
    if (store == NULL)
        return code;
    service.loop = loop_new();
    service.scratch = arena_new();
    code = load_and_serve(&service, store, config);
    arena_free(service.scratch);
    loop_free(service.loop);
    store_close(store);
    return code;
}
