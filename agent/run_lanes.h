/*
 * Which probe is next: probes of one source on one lane run one after the other, in the order of
 * the plan; lanes run side by side. A stepper: no I/O, no loop, no time.
 */
#ifndef AGENT_RUN_LANES_H
#define AGENT_RUN_LANES_H

#include "agent/source.h"

struct run;
struct run_lane;

/* A probe's place in the run; probe->listener. */
struct run_task {
    struct run *run;
    struct probe *probe;
    double share;  /* of this probe's work, 0 to 1 */
    bool finished; /* set by whoever hears that the probe is done */
    struct run_task *next;
};

struct run_lanes {
    struct arena *arena;
    struct run_lane *first, *last;
    size_t tasks, tasks_done;
};

/* probe->source and lane are set; sets probe->listener. */
void run_lanes_add(struct run_lanes *lanes, struct run *run, struct probe *probe);

/* A task that is running and finished: no longer running. NULL: there is none. */
struct run_task *run_lanes_take_finished(struct run_lanes *lanes);

/* A task whose lane is free: running from now on, to be begun. NULL: there is none. */
struct run_task *run_lanes_take_next(struct run_lanes *lanes);

/* Cancels what is running and drops what waits. */
void run_lanes_cancel(struct run_lanes *lanes);

/* What is done of all the work, weighed by the probes' costs, 0 to 1. */
double run_lanes_share(const struct run_lanes *lanes);

#endif
