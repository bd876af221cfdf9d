#include "agent/verbs/seal.h"

#include "agent/base/clock.h"
#include "agent/consent.h"
#include "agent/permitted.h"
#include "agent/ping.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/permission.h"

#include <string.h>

struct store *seal_open_store(const struct settings *settings, int *code)
{
    struct error err;
    struct store *store = store_open(settings->state, &err);

    if (store == NULL)
        *code = verb_failed(err.kind == ERROR_UNAVAILABLE ? EXIT_DEFERRED : EXIT_UNREACHABLE, "%s",
                            err.text);
    return store;
}

static bool settle_approvals(const struct collect_request *request, struct approvals *approvals,
                             struct error *err)
{
    approvals_trust(approvals, request->settings->accepted);
    if (request->settings->consent == CONSENT_ON &&
        !approvals_begin(approvals, request->store, request->catalog, err))
        return false;
    return approvals_settle(approvals, request->store, request->catalog, err);
}

static int find_approvals(struct collect_request *request)
{
    struct error err;
    struct approvals *approvals = approvals_read(request->settings->state, &err);

    if (approvals == NULL)
        return verb_failed(EXIT_SETTINGS, "%s", err.text);
    if (!settle_approvals(request, approvals, &err)) {
        approvals_free(approvals);
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    }
    request->approvals = approvals;
    return EXIT_DONE;
}

void seal_close(struct collect_request *request)
{
    approvals_free(request->approvals);
    store_close(request->store);
    request->approvals = NULL;
    request->store = NULL;
}

int seal_permit(struct collect_request *request, struct settings *settings)
{
    struct consent consent;
    struct error err;

    if (!consent_read(request->store, settings, &consent, &err))
        return permission_failed(&err);
    *settings = consent_applied(settings, &consent);
    return find_approvals(request);
}

void seal_say_left_out(const struct collect_request *request)
{
    struct collected all = {0};

    collect_metrics(request, &all);
    if (all.not_permitted > 0)
        verb_say(request->call, "%s of categories that are not permitted: not collected.",
                 figure_of(request->call->arena, all.not_permitted, "metric is", "metrics are"));
    if (all.held > 0)
        verb_say(request->call, "%s held until 'service-ping accept' lets them be collected.",
                 figure_of(request->call->arena, all.held, "metric is", "metrics are"));
}

/* A collection of other definitions, or of another day, is not what anybody wants to see now; one
 * of more than is permitted by now nobody is to see. */
static bool find_wanted(const struct collect_request *request, struct store_run *run, bool *found,
                        struct error *err)
{
    const struct permitted now = {request->settings, request->catalog};
    int64_t oldest = now_wall_us() / US_PER_SECOND - (int64_t)request->settings->run_deadline_s;

    if (!store_run_unsealed(request->store, run, found, err))
        return false;
    *found = *found && run->recorded_at >= oldest &&
             strcmp(run->definitions_digest, request->catalog->digest) == 0;
    return !*found || permitted_run(&now, request->store, run->id, found, err);
}

int seal_newest(const struct collect_request *request, struct store_ping *ping)
{
    const struct verb_call *call = request->call;
    struct collected collected;
    struct store_run run;
    struct error err;
    bool found;

    if (!find_wanted(request, &run, &found, &err))
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    if (found) {
        verb_say(call, "The collection of %s was not sealed yet; it is sealed now.",
                 figure_time(call->arena, run.finished_us));
    } else {
        int code = collect_run(request, &collected);

        if (code != EXIT_DONE)
            return code;
        run = collected.stored;
    }
    ping->state = ping_fate(&run, request->settings);
    if (!ping_seal(request->store, &run, request->settings, call->arena, ping, &err))
        return verb_failed(EXIT_FOUND, "The collection cannot be sealed: %s", err.text);
    ping_trim(request->store, request->settings);
    return EXIT_DONE;
}
