/*
 * When the next run is due. Pure: it is told the time, and what the store remembers.
 *
 * A schedule is `weekly`, the instance's own minute of the week derived from its id, so that a
 * hundred thousand instances do not call at once; or a time of cron (base/cron.h). Each of its
 * moments is a slot, in seconds since 1970 UTC. There is one run for a slot at most: one that was
 * missed is caught up once, those missed before it are told as a gap, and a clock that is set back
 * does not bring a slot again.
 */
#ifndef AGENT_SCHEDULE_H
#define AGENT_SCHEDULE_H

#include "agent/base/cron.h"
#include "agent/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct schedule {
    bool weekly;
    int64_t minute_of_week; /* of `weekly`, from Monday 00:00 UTC */
    struct cron cron;
    const char *zone; /* of cron */
};

/* `zone` must outlive the schedule. False with INVALID and a sentence. */
MUST_CHECK bool schedule_parse(const char *text, const char *zone, const char *instance_id,
                               struct schedule *schedule, struct error *err);

/* The first slot later than `after`; false: there is none. */
bool schedule_next(const struct schedule *schedule, int64_t after, int64_t *slot);

/* What the store remembers; 0: nothing yet. */
struct schedule_state {
    int64_t next; /* the slot that is waited for */
    int64_t last; /* the newest slot that a run was begun for */
};

struct schedule_look {
    bool due;
    int64_t slot;         /* what is due */
    int64_t missed_first; /* the slots that passed before it without a run; count 0: none */
    int64_t missed_last;
    unsigned missed_count;
    bool clock_was_ahead; /* the newest run lies far in the future: the clock was wrong then */
};

/*
 * Looks whether a slot has come at `now`. When one has, `state` already says that its run was
 * begun: it is to be stored before anything else happens. Otherwise state->next says when to look
 * again (0: never); it may have changed, because the clock or the schedule did.
 */
struct schedule_look schedule_look(const struct schedule *schedule, struct schedule_state *state,
                                   int64_t now);

#endif
