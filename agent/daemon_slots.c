#include "agent/daemon_slots.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/daemon_collect.h"
#include "agent/store_memory.h"

#include <inttypes.h>

/* What failed is tried again after this, and no more often: a full disk is not filled by trying. */
enum { AGAIN_MS = 600 * 1000 };

static const char broken_off[] =
    "the collection was broken off, and could not be gone on with: it was too old, or the "
    "definitions had changed";
static const char not_running[] = "the agent was not running";
static const char asleep[] = "the machine was asleep, or its clock was set forward";
static const char consent_off[] = "consent was off";
static const char withdrawn[] = "consent was withdrawn during the collection";
static const char still_running[] = "the collection before it was still running";
static const char clock_ahead[] =
    "the machine's clock was ahead: what was collected for this slot was collected at another time";

static void try_again(void *arg)
{
    struct daemon *daemon = arg;

    daemon->again = NULL;
    daemon_recover(daemon);
    daemon_look(daemon);
}

void daemon_again(struct daemon *daemon)
{
    if (daemon->again == NULL)
        daemon->again = loop_after(daemon->loop, AGAIN_MS, try_again, daemon);
}

/* ---- What an earlier process, or a failure, left ---- */

static bool seal_finished(struct daemon *daemon, struct error *err)
{
    struct store_run run;
    bool found;

    if (!store_run_unsealed(daemon->store, &run, &found, err))
        return false;
    if (found && run.wanted && daemon->consent.mode != CONSENT_OFF &&
        !daemon_seal_old(daemon, &run))
        daemon_again(daemon);
    return true;
}

static bool resume(struct daemon *daemon, struct error *err)
{
    struct store_run run;
    bool found;

    if (!collection_resume(daemon->store, &daemon->settings, &daemon->now->catalog, &run, &found,
                           err))
        return false;
    if (found)
        daemon_collect(daemon, &run);
    return store_gaps_of_runs(daemon->store, broken_off, err);
}

static void tell_recovery(struct daemon *daemon, bool done, const struct error *err)
{
    if (done) {
        daemon_untroubled(daemon, TROUBLE_RECOVERY);
        return;
    }
    daemon_troubled(daemon, TROUBLE_RECOVERY,
                    "What was begun before cannot be gone on with, and is tried again: %s",
                    err->text);
    daemon_again(daemon);
}

void daemon_resume(struct daemon *daemon)
{
    struct error err;
    bool done = resume(daemon, &err);

    tell_recovery(daemon, done, &err);
}

/* One of a slot is a gap; one that somebody asked for has nobody but the log to tell of it. */
static void tell_lost(const struct daemon *daemon, const struct store_run *run)
{
    if (daemon->collecting == NULL && run->slot == 0) {
        char when[TIME_TEXT_SIZE];

        log_warning("agent", "of the collection that was asked for at %.19sZ nothing comes: %s",
                    time_text(run->started_us, when), broken_off);
    }
}

static bool go_on_with_open(struct daemon *daemon, struct error *err)
{
    struct store_run run;
    bool found;

    if (!store_run_open(daemon->store, &run, &found, err))
        return false;
    if (!found)
        return store_gaps_of_runs(daemon->store, broken_off, err);
    if (daemon->consent.mode == CONSENT_OFF) {
        daemon_abandon(daemon, run.slot);
        return true;
    }
    if (!resume(daemon, err))
        return false;
    tell_lost(daemon, &run);
    return true;
}

void daemon_recover(struct daemon *daemon)
{
    struct error err;
    bool done;

    if (daemon->collecting != NULL)
        return;
    done = seal_finished(daemon, &err) && go_on_with_open(daemon, &err);
    tell_recovery(daemon, done, &err);
}

void daemon_abandon(struct daemon *daemon, int64_t slot)
{
    struct store_gap gap = {.from = slot, .to = slot, .reason = withdrawn};
    struct error err;

    if (store_run_abandon(daemon->store, &err) &&
        (slot == 0 || store_schedule_keep(daemon->store, daemon->schedule.next,
                                          daemon->schedule.last, &gap, &err)))
        return;
    daemon_troubled(daemon, TROUBLE_SCHEDULE, "That a collection was abandoned cannot be kept: %s",
                    err.text);
}

/* ---- The slots ---- */

static bool keep(struct daemon *daemon, struct schedule_state state, const struct store_gap *gap,
                 struct error *err)
{
    if (!store_schedule_keep(daemon->store, state.next, state.last, gap, err))
        return false;
    daemon->schedule = state;
    daemon_untroubled(daemon, TROUBLE_SCHEDULE);
    return true;
}

static const char *why_missed(const struct daemon *daemon, int64_t when_us)
{
    const struct store_run *last = &daemon->last_run;

    if (last->started_us < when_us && when_us < last->finished_us)
        return still_running;
    return when_us < daemon->started_us ? not_running : asleep;
}

/* Those before the one that is due now: it is still to come after this. */
static bool keep_missed(struct daemon *daemon, const struct schedule_look *look, struct error *err)
{
    struct schedule_state until = {.next = look->slot, .last = look->missed_last};
    struct store_gap gap = {.from = look->missed_first,
                            .to = look->missed_last,
                            .reason = why_missed(daemon, look->missed_last * US_PER_SECOND)};

    log_warning("agent", "slots of the schedule that passed without a collection: %u, because %s",
                look->missed_count, gap.reason);
    return keep(daemon, until, &gap, err);
}

/* A run that cannot be begun, because there is one for that slot already, needs nothing. */
static bool begin(struct daemon *daemon, int64_t slot, struct error *err)
{
    int64_t now = now_wall_us() / US_PER_SECOND;
    struct store_run run;

    if (store_run_begin_slot(daemon->store, slot, now, daemon->now->catalog.digest, &run, err)) {
        daemon_collect(daemon, &run);
        return store_gaps_of_runs(daemon->store, broken_off, err);
    }
    return err->kind == ERROR_REFUSED;
}

static bool is_busy_with_another(const struct daemon *daemon, int64_t slot)
{
    return daemon->collecting != NULL && daemon->collecting->stored.slot != slot;
}

/* A slot that comes during a collection waits for its end. */
static bool take_due(struct daemon *daemon, const struct schedule_look *look,
                     struct schedule_state state, struct error *err)
{
    struct store_gap gap = {.from = look->slot, .to = look->slot, .reason = consent_off};
    bool off = daemon->consent.mode == CONSENT_OFF;

    daemon_recover(daemon);
    if (is_busy_with_another(daemon, look->slot))
        return true;
    if (look->missed_count > 0 && !keep_missed(daemon, look, err))
        return false;
    if (off)
        log_info("agent",
                 "a slot of the schedule passes without a collection, because consent is off");
    else if (daemon->collecting == NULL && !begin(daemon, look->slot, err))
        return false;
    return keep(daemon, state, off ? &gap : NULL, err);
}

static bool take_look(struct daemon *daemon, struct error *err)
{
    struct schedule_state state = daemon->schedule;
    int64_t now = now_wall_us() / US_PER_SECOND;
    struct schedule_look look = schedule_look(&daemon->now->schedule, &state, now);
    struct store_gap gap = {
        .from = daemon->schedule.last, .to = daemon->schedule.last, .reason = clock_ahead};

    if (look.clock_was_ahead) {
        log_warning("agent", "%s", clock_ahead);
        if (!keep(daemon, (struct schedule_state){.next = daemon->schedule.next}, &gap, err))
            return false;
    }
    if (look.due)
        return take_due(daemon, &look, state, err);
    if (state.next == daemon->schedule.next && state.last == daemon->schedule.last)
        return true;
    return keep(daemon, state, NULL, err);
}

static void slot_has_come(void *arg)
{
    struct daemon *daemon = arg;

    daemon->look = NULL;
    daemon_look(daemon);
}

void daemon_look(struct daemon *daemon)
{
    int64_t next;
    struct error err;

    if (!take_look(daemon, &err)) {
        daemon_troubled(daemon, TROUBLE_SCHEDULE, "The schedule cannot go on: %s", err.text);
        daemon_again(daemon);
    }
    next = daemon->schedule.next;
    loop_timer_cancel(daemon->look);
    daemon->look = NULL;
    /* After a failure a slot that has come already is tried by the other timer. */
    if (next > now_wall_us() / US_PER_SECOND)
        daemon->look = loop_at(daemon->loop, next * US_PER_SECOND, slot_has_come, daemon);
    daemon_changed(daemon);
}
