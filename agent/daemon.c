#include "agent/daemon.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/base/zone.h"
#include "agent/daemon_collect.h"
#include "agent/daemon_inside.h"
#include "agent/daemon_slots.h"
#include "agent/store_memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- What is in force ---- */

static struct consent consent_in_force(struct daemon *daemon, const struct settings *settings)
{
    struct consent consent;
    struct error err;

    if (consent_read(daemon->store, settings, &consent, &err)) {
        daemon_untroubled(daemon, TROUBLE_CONSENT);
        return consent;
    }
    /* What the admin permits is not known, so nothing is done until he says it again. */
    consent.mode = CONSENT_OFF;
    daemon_troubled(daemon, TROUBLE_CONSENT, "Nothing is collected: %s", err.text);
    return consent;
}

static bool same_consent(const struct consent *a, const struct consent *b)
{
    return a->mode == b->mode && memcmp(a->categories, b->categories, sizeof(a->categories)) == 0;
}

/* What is new or changed is held from now on; what cannot be read holds all. */
static void read_approvals(struct daemon *daemon)
{
    struct error err;

    approvals_free(daemon->approvals);
    daemon_untroubled(daemon, TROUBLE_APPROVALS);
    daemon->approvals = approvals_read(daemon->now->settings.state, &err);
    if (daemon->approvals == NULL) {
        daemon_troubled(daemon, TROUBLE_APPROVALS, "Every metric is held: %s", err.text);
        daemon->approvals = approvals_unreadable(&err);
    }
    approvals_trust(daemon->approvals, daemon->now->settings.accepted);
}

/* The first consent approves what is in force, and later on there is the policy. */
static void settle_approvals(struct daemon *daemon)
{
    const struct catalog *catalog = &daemon->now->catalog;
    struct error err;

    if ((daemon->consent.mode != CONSENT_ON ||
         approvals_begin(daemon->approvals, daemon->store, catalog, &err)) &&
        approvals_settle(daemon->approvals, daemon->store, catalog, &err))
        return;
    daemon_troubled(daemon, TROUBLE_APPROVALS, "What is approved cannot be kept: %s", err.text);
}

static void count_held(struct daemon *daemon)
{
    struct arena *arena = arena_new();
    struct collection collection;

    daemon_choose(daemon, arena, &collection);
    if (collection.held > 0 && collection.held != daemon->held)
        log_warning("agent",
                    "%zu metrics are held, because their definitions are new or changed: "
                    "'service-ping diff' shows them",
                    collection.held);
    daemon->held = collection.held;
    arena_free(arena);
}

/* Settings, consent and definitions are others now; what goes by them is told. */
static void enforce(struct daemon *daemon, struct consent consent)
{
    struct permitted now;

    daemon->consent = consent;
    daemon->settings = consent_applied(&daemon->now->settings, &daemon->consent);
    if (daemon->settings.time_zone != NULL)
        zone_set(daemon->settings.time_zone);
    settle_approvals(daemon);
    count_held(daemon);
    now = (struct permitted){&daemon->settings, &daemon->now->catalog};
    courier_configure(daemon->courier, &now, consent.mode == CONSENT_ON);
}

/* Nothing happens for days, perhaps. */
static void rest(const struct daemon *daemon)
{
    if (daemon->collecting != NULL)
        return;
    store_rest(daemon->store);
    memory_be_sparing();
    memory_give_back();
}

/* ---- The beginning ---- */

static void log_start(const struct daemon *daemon)
{
    struct arena *arena = arena_new();
    char next[TIME_TEXT_SIZE];

    log_info("agent",
             "service-ping %s, instance %s, %zu metrics; schedule '%s', next collection %.16sZ; %s",
             VERSION, store_instance_id(daemon->store), daemon->now->catalog.count,
             daemon->settings.schedule,
             daemon->schedule.next != 0 ? time_text(daemon->schedule.next * US_PER_SECOND, next)
                                        : "never",
             consent_words(&daemon->consent, arena));
    arena_free(arena);
    if (daemon->consent.mode_by == CONSENT_BY_NOBODY)
        log_info("agent", "nobody has agreed yet, so nothing leaves this machine: 'service-ping "
                          "preview' shows what would, 'service-ping consent on' (or 'consent: on' "
                          "in the settings) permits it");
}

static void set_out(void *arg)
{
    struct daemon *daemon = arg;

    daemon->start = NULL;
    daemon_recover(daemon);
    daemon_look(daemon);
    log_start(daemon);
    rest(daemon);
}

static void read_memory(struct daemon *daemon)
{
    struct error err;
    bool found;

    if (!store_schedule(daemon->store, &daemon->schedule.next, &daemon->schedule.last, &err) ||
        !store_run_newest_finished(daemon->store, &daemon->last_run, &found, &err))
        daemon_troubled(daemon, TROUBLE_SCHEDULE, "What was done before cannot be read: %s",
                        err.text);
}

static void collected(struct daemon *daemon, bool again);

struct daemon *daemon_new(const struct daemon_request *request, struct complaints *complaints)
{
    struct daemon *daemon = memory_alloc(sizeof(*daemon));

    *daemon = (struct daemon){
        .loop = request->loop,
        .store = request->store,
        .loading = {.config = request->config,
                    .environment = request->environment,
                    .sources = request->sources,
                    .instance_id = store_instance_id(request->store)},
        .started_us = now_wall_us(),
        .collected = collected,
    };
    daemon->now = configuration_load(&daemon->loading, complaints);
    if (daemon->now == NULL) {
        free(daemon);
        return NULL;
    }
    daemon->courier = courier_new(daemon->loop, daemon->store);
    read_memory(daemon);
    read_approvals(daemon);
    enforce(daemon, consent_in_force(daemon, &daemon->now->settings));
    daemon->start = loop_after(daemon->loop, 0, set_out, daemon);
    return daemon;
}

void daemon_free(struct daemon *daemon)
{
    if (daemon == NULL)
        return;
    loop_timer_cancel(daemon->start);
    loop_timer_cancel(daemon->look);
    loop_timer_cancel(daemon->again);
    daemon_break_off(daemon);
    courier_free(daemon->courier);
    approvals_free(daemon->approvals);
    configuration_free(daemon->next);
    configuration_free(daemon->now);
    free(daemon);
}

/* ---- Another configuration ---- */

static void adopt(struct daemon *daemon, struct configuration *configuration)
{
    struct configuration *before = daemon->now;

    daemon->now = configuration;
    daemon->next = NULL;
    read_approvals(daemon);
    enforce(daemon, consent_in_force(daemon, &configuration->settings));
    if (daemon->parting != NULL)
        daemon->parting(daemon->parting_arg);
    configuration_free(before);
    log_info("agent", "new settings and definitions are in force: %zu metrics, %zu held",
             configuration->catalog.count, daemon->held);
}

/* The store is open for as long as the agent runs. */
static void keep_state_folder(const struct daemon *daemon, struct configuration *configuration)
{
    const char *folder = daemon->now->settings.state;

    if (strcmp(configuration->settings.state, folder) == 0)
        return;
    log_warning("agent", "`state` is %s until the agent is started anew, not %s", folder,
                configuration->settings.state);
    configuration->settings.state = arena_copy(configuration->arena, folder);
}

/* A collection is over. */
static void collected(struct daemon *daemon, bool again)
{
    if (daemon->next != NULL)
        adopt(daemon, daemon->next);
    if (again)
        daemon_again(daemon);
    daemon_look(daemon);
    rest(daemon);
}

/* Stops a collection that goes by what is in force no more, does `change`, and goes on with what
 * may be gone on with. */
static void act_on_consent(struct daemon *daemon, struct consent consent)
{
    int64_t slot = daemon->collecting != NULL ? daemon->collecting->stored.slot : 0;
    bool was_collecting = daemon->collecting != NULL;

    daemon_break_off(daemon);
    if (daemon->next != NULL)
        adopt(daemon, daemon->next);
    else
        enforce(daemon, consent);
    if (was_collecting && daemon->consent.mode == CONSENT_OFF)
        daemon_abandon(daemon, slot);
    else if (was_collecting)
        daemon_resume(daemon);
    daemon_look(daemon);
}

bool daemon_reload(struct daemon *daemon, struct complaints *complaints)
{
    struct configuration *configuration = configuration_load(&daemon->loading, complaints);
    struct consent consent;

    if (configuration == NULL) {
        daemon_troubled(daemon, TROUBLE_SETTINGS,
                        "The new settings or definitions are wrong (%zu faults, 'service-ping "
                        "check' lists them); those from before stay in force.",
                        complaints->count);
        return false;
    }
    daemon_untroubled(daemon, TROUBLE_SETTINGS);
    keep_state_folder(daemon, configuration);
    configuration_free(daemon->next);
    daemon->next = configuration;
    consent = consent_in_force(daemon, &configuration->settings);
    if (daemon->collecting == NULL || !same_consent(&consent, &daemon->consent))
        act_on_consent(daemon, consent);
    rest(daemon);
    return true;
}

/* ---- What people ask for ---- */

bool daemon_run_now(struct daemon *daemon, struct error *err)
{
    struct store_run run;

    if (daemon->collecting != NULL)
        return error_set(err, ERROR_REFUSED, "a collection is running already");
    if (daemon->consent.mode == CONSENT_OFF)
        return error_set(err, ERROR_REFUSED, "nothing is collected: consent is off");
    if (!collection_begin(daemon->store, &daemon->settings, &daemon->now->catalog, &run, err) ||
        !store_run_want(daemon->store, &run, err))
        return false;
    daemon_collect(daemon, &run);
    return true;
}

bool daemon_consent(struct daemon *daemon, enum consent_mode mode,
                    const bool categories[CATEGORY_COUNT], const char *by, struct error *err)
{
    struct consent before = daemon->consent, consent;

    if (!consent_give(daemon->store, &daemon->now->settings, mode, categories, by, err))
        return false;
    consent = consent_in_force(daemon, &daemon->now->settings);
    log_info("agent", "%s says about consent: %s", by, consent_name(mode));
    if (same_consent(&before, &consent))
        daemon->consent = consent;
    else
        act_on_consent(daemon, consent);
    daemon_changed(daemon);
    return true;
}

bool daemon_accept(struct daemon *daemon, const struct approvals_choice *choice,
                   struct arena *arena, struct approval_changes *accepted, struct error *err)
{
    struct approvals_work at = {.approvals = daemon->approvals,
                                .store = daemon->store,
                                .catalog = &daemon->now->catalog,
                                .arena = arena};

    if (!approvals_accept_chosen(&at, choice, accepted, err))
        return false;
    count_held(daemon);
    daemon_changed(daemon);
    return true;
}

/* ---- What is shown ---- */

static const char *newest_trouble(const struct daemon *daemon)
{
    const struct daemon_said *newest = NULL;

    for (size_t i = 0; i < TROUBLE_KINDS; i++)
        if (daemon->said[i].turn > (newest != NULL ? newest->turn : 0))
            newest = &daemon->said[i];
    return newest != NULL ? newest->text : NULL;
}

void daemon_status(const struct daemon *daemon, struct daemon_status *status)
{
    *status = (struct daemon_status){
        .state = daemon->collecting != NULL ? DAEMON_COLLECTING : DAEMON_IDLE,
        .settings = &daemon->settings,
        .catalog = &daemon->now->catalog,
        .approvals = daemon->approvals,
        .consent = daemon->consent,
        .started_us = daemon->started_us,
        .next_run = daemon->schedule.next,
        .last_slot = daemon->schedule.last,
        .last_run = daemon->last_run,
        .held = daemon->held,
        .courier = courier_status(daemon->courier),
        .trouble = newest_trouble(daemon),
    };
    if (daemon->collecting != NULL)
        status->progress = daemon->collecting->progress;
}

void daemon_before_parting(struct daemon *daemon, void (*parting)(void *arg), void *arg)
{
    daemon->parting = parting;
    daemon->parting_arg = arg;
}

void daemon_watch(struct daemon *daemon, void (*changed)(void *arg), void *arg)
{
    daemon->changed = changed;
    daemon->changed_arg = arg;
    courier_watch(daemon->courier, changed, arg);
}
