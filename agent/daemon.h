/*
 * The long-running agent: waits for the slots of the schedule, collects, seals, hands over to the
 * courier; gone on with after a restart from wherever it was.
 *
 *     IDLE --slot due, or asked--> COLLECTING --> SEALING --> IDLE      (courier: on its own)
 *
 * The slot is stored as begun before its collection begins, its run is resumed after a crash, and
 * what is sealed for sending waits in the store until it is delivered: so there is one ping for
 * each slot, whatever happens. Without consent to collect (`off`) a slot passes as a told gap.
 */
#ifndef AGENT_DAEMON_H
#define AGENT_DAEMON_H

#include "agent/approvals_compare.h"
#include "agent/catalog.h"
#include "agent/consent.h"
#include "agent/courier.h"
#include "agent/run.h"
#include "agent/schedule.h"
#include "agent/settings.h"

struct daemon;

enum daemon_state { DAEMON_IDLE, DAEMON_COLLECTING };

struct daemon_request {
    struct loop *loop;
    struct store *store; /* owned by the caller */
    const struct source_ops *const *sources;
    const char *config;       /* as --config; NULL: the default place */
    char *const *environment; /* for settings_load at each reload */
};

/*
 * Loads settings and definitions itself. NULL with everything that is wrong complained about (exit
 * 78). Nothing is begun before the loop runs.
 */
struct daemon *daemon_new(const struct daemon_request *request, struct complaints *complaints);

/* Cancels what is in flight (a run stays open, to be resumed) and calls nobody. */
void daemon_free(struct daemon *daemon);

/* HUP: new settings and definitions, or, if anything is wrong with them, the old ones, with all
 * complaints; a run in flight is finished with the old ones first. False: they are bad. */
MUST_CHECK bool daemon_reload(struct daemon *daemon, struct complaints *complaints);

/* USR1, and the admin's send-now: collects as if a slot were due; the schedule stays as it is.
 * REFUSED with a sentence while a collection runs or consent is off. */
MUST_CHECK bool daemon_run_now(struct daemon *daemon, struct error *err);

/* The admin's answer by the socket; acts at once: `off` cancels a collection, all but `on` holds
 * the courier, the first `on` approves what is in force. `categories` NULL: as they are. */
MUST_CHECK bool daemon_consent(struct daemon *daemon, enum consent_mode mode,
                               const bool categories[CATEGORY_COUNT], const char *by,
                               struct error *err);

/* The admin's acceptance of changed definitions by the socket (approvals_compare.h); what was held
 * is collected from the next run on. `accepted` is in `arena`. */
MUST_CHECK bool daemon_accept(struct daemon *daemon, const struct approvals_choice *choice,
                              struct arena *arena, struct approval_changes *accepted,
                              struct error *err);

/* What status, the page and /metrics show; texts are valid until the loop turns. */
struct daemon_status {
    enum daemon_state state;
    const struct settings *settings;
    const struct catalog *catalog;
    const struct approvals *approvals;
    struct consent consent;
    struct run_progress progress; /* while COLLECTING */
    int64_t started_us;           /* of the agent */
    int64_t next_run;             /* seconds; 0: never */
    int64_t last_slot;            /* that a collection was begun for; 0: none yet */
    struct store_run last_run;    /* the newest that was finished; id 0: none yet */
    size_t held;                  /* metrics that wait for approval */
    struct courier_status courier;
    const char *trouble; /* a sentence: the newest thing that went wrong and still is; NULL */
};
void daemon_status(const struct daemon *daemon, struct daemon_status *status);

/* Called from the loop whenever something of the status has changed, for systemd's status line. */
void daemon_watch(struct daemon *daemon, void (*changed)(void *arg), void *arg);

/* Called when other settings and definitions are in force, before the old ones go: for whoever
 * works by them beyond one turn of the loop. NULL: nobody. */
void daemon_before_parting(struct daemon *daemon, void (*parting)(void *arg), void *arg);

#endif
