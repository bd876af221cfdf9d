/* How far a run is, as it tells whoever wants to show it. */
#ifndef AGENT_RUN_PROGRESS_H
#define AGENT_RUN_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* Times are now_monotonic_us(). What the budget leaves out is among neither kind of probes. */
struct run_progress {
    size_t metrics, answered, failed;
    size_t probes, probes_done;
    const char *doing; /* of the probe that spoke last: its name, or its own words; NULL: none */
    unsigned pieces;   /* that it has had answered */
    int64_t asked_us;  /* when its statement in flight was sent; 0: none is */
    double share;      /* of all estimated work, 0 to 1 */
    int64_t started_us, told_us;
    int64_t left_us; /* from told_us until the end, pauses and all; -1: too early to tell */
};

typedef void run_progressed(void *arg, const struct run_progress *progress);

#endif
