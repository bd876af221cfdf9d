#include "agent/schedule.h"

#include "agent/base/digest.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_WEEK INT64_C(604800)
#define MINUTES_PER_WEEK 10080
#define FIRST_MONDAY     INT64_C(345600) /* 1970-01-05 */

/* A run further ahead than this was made by a clock that was wrong. */
#define MOST_AHEAD (8 * INT64_C(86400))
/* So many missed slots are stepped through; a schedule by the minute may have more in a long night.
 */
#define MOST_MISSED 1000

/* The first 32 bits of the id's SHA-256: near enough to evenly spread over the week. */
static int64_t minute_of(const char *instance_id)
{
    char digest[DIGEST_TEXT_SIZE];

    (void)digest_text(instance_id, strlen(instance_id), digest);
    digest[8] = '\0';
    return (int64_t)(strtoul(digest, NULL, 16) % MINUTES_PER_WEEK);
}

bool schedule_parse(const char *text, const char *zone, const char *instance_id,
                    struct schedule *schedule, struct error *err)
{
    *schedule = (struct schedule){.zone = zone, .weekly = strcmp(text, "weekly") == 0};
    if (schedule->weekly)
        schedule->minute_of_week = minute_of(instance_id);
    return schedule->weekly || cron_parse(text, &schedule->cron, err);
}

static int64_t next_of_week(const struct schedule *schedule, int64_t after)
{
    int64_t first = FIRST_MONDAY + schedule->minute_of_week * 60;
    int64_t since = (after - first) % SECONDS_PER_WEEK;

    /* Before the first slot of all the remainder is negative: it is the way up to the next one. */
    return after - since + (since < 0 ? 0 : SECONDS_PER_WEEK);
}

bool schedule_next(const struct schedule *schedule, int64_t after, int64_t *slot)
{
    if (!schedule->weekly)
        return cron_next(&schedule->cron, schedule->zone, after, slot);
    *slot = next_of_week(schedule, after);
    return true;
}

/* The slot that comes next, but never one that was run before; 0: none. */
static int64_t upcoming(const struct schedule *schedule, const struct schedule_state *state,
                        int64_t now)
{
    int64_t slot;

    return schedule_next(schedule, now > state->last ? now : state->last, &slot) ? slot : 0;
}

/* The newest slot that has come is run; those before it were missed. */
static void take_due(const struct schedule *schedule, struct schedule_state *state, int64_t now,
                     struct schedule_look *look)
{
    int64_t slot;

    look->due = true;
    look->slot = state->next;
    while (look->missed_count < MOST_MISSED && schedule_next(schedule, look->slot, &slot) &&
           slot <= now) {
        look->missed_first = look->missed_count == 0 ? look->slot : look->missed_first;
        look->missed_last = look->slot;
        look->missed_count++;
        look->slot = slot;
    }
    state->last = look->slot;
    state->next = upcoming(schedule, state, now);
}

struct schedule_look schedule_look(const struct schedule *schedule, struct schedule_state *state,
                                   int64_t now)
{
    struct schedule_look look = {0};
    int64_t next;

    if (state->last > now + MOST_AHEAD) {
        look.clock_was_ahead = true;
        state->last = 0;
    }
    next = upcoming(schedule, state, now);
    if (state->next > now || state->next <= state->last)
        state->next = next;
    if (state->next != 0 && state->next <= now)
        take_due(schedule, state, now, &look);
    return look;
}
