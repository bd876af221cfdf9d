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
    double share;   /* of this probe's work, 0 to 1 */
    double from;    /* the share that was there when it was begun, of one that goes on */
    bool continued; /* it was begun with what it had saved */
    bool heard;     /* how far it is was said since it was begun */
    bool finished;  /* set by whoever hears that the probe is done */
    bool has_cost;
    struct probe_cost cost; /* that it said */
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

/* A task that was just taken is not begun, after all: it counts as if it had never been added. */
void run_lanes_drop(struct run_lanes *lanes, struct run_task *task);

/* How far a running task is, 0 to 1. */
void run_lanes_note(struct run_task *task, double share);

/* Cancels what is running and drops what waits. */
void run_lanes_cancel(struct run_lanes *lanes);

/* What is done of all the work, weighed by the probes' costs, 0 to 1. */
double run_lanes_share(const struct run_lanes *lanes);

/*
 * How much longer it takes: what each lane has left, at the pace that it had in the `elapsed_us`
 * since the first task was taken; the longest of the lanes. Pauses between statements are in it,
 * as they were in the time that went by. -1: too little is done to tell.
 */
int64_t run_lanes_left_us(const struct run_lanes *lanes, int64_t elapsed_us);

#endif
