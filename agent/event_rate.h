/*
 * A limit to how many events of one name are taken in a second, so that one caller that runs wild
 * cannot fill Redis. Each name has as many tokens as the limit says; they come back evenly. Counts
 * what this process takes. Pure but for its memory.
 */
#ifndef AGENT_EVENT_RATE_H
#define AGENT_EVENT_RATE_H

#include "agent/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct event_rate;

/* `per_second` 0 is no limit. */
struct event_rate *event_rate_new(int64_t per_second);
void event_rate_free(struct event_rate *rate); /* NULL is fine */

/*
 * Takes one event at a moment of the monotonic clock; false (UNAVAILABLE) if it is one too many.
 * Only for names that have a definition, so that the names stay few.
 */
MUST_CHECK bool event_rate_take(struct event_rate *rate, const char *name, int64_t now_us,
                                struct error *err);

#endif
