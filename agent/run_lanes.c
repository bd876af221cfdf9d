#include "agent/run_lanes.h"

#include <stddef.h>

struct run_lane {
    const void *source;
    unsigned number;
    struct run_task *waiting, **end;
    struct run_task *running;
    double work, work_done; /* estimated, of tasks that were added and of those that are finished */
    double work_here;       /* of the latter what this process did */
    struct run_lane *next;
};

/* Probes of unknown cost count a little, so that a run of only such ones moves, too. */
static double weight(const struct run_task *task)
{
    return task->probe->cost_s > 0.001 ? task->probe->cost_s : 0.001;
}

static struct run_lane *find_lane(struct run_lanes *lanes, const struct probe *probe)
{
    struct run_lane *lane = lanes->first;

    while (lane != NULL && (lane->source != probe->source || lane->number != probe->lane))
        lane = lane->next;
    return lane;
}

static struct run_lane *add_lane(struct run_lanes *lanes, const struct probe *probe)
{
    struct run_lane *lane = ARENA_NEW(lanes->arena, struct run_lane);

    lane->source = probe->source;
    lane->number = probe->lane;
    lane->end = &lane->waiting;
    if (lanes->last != NULL)
        lanes->last->next = lane;
    else
        lanes->first = lane;
    lanes->last = lane;
    return lane;
}

void run_lanes_add(struct run_lanes *lanes, struct run *run, struct probe *probe)
{
    struct run_lane *lane = find_lane(lanes, probe);
    struct run_task *task = ARENA_NEW(lanes->arena, struct run_task);

    if (lane == NULL)
        lane = add_lane(lanes, probe);
    task->run = run;
    task->probe = probe;
    probe->listener = task;
    *lane->end = task;
    lane->end = &task->next;
    lane->work += weight(task);
    lanes->tasks++;
}

struct run_task *run_lanes_take_finished(struct run_lanes *lanes)
{
    for (struct run_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        struct run_task *task = lane->running;

        if (task == NULL || !task->finished)
            continue;
        lane->running = NULL;
        lane->work_done += weight(task);
        lane->work_here += weight(task) * (1 - task->from);
        lanes->tasks_done++;
        return task;
    }
    return NULL;
}

struct run_task *run_lanes_take_next(struct run_lanes *lanes)
{
    for (struct run_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        struct run_task *task = lane->waiting;

        if (task == NULL || lane->running != NULL)
            continue;
        lane->waiting = task->next;
        if (lane->waiting == NULL)
            lane->end = &lane->waiting;
        lane->running = task;
        return task;
    }
    return NULL;
}

void run_lanes_drop(struct run_lanes *lanes, struct run_task *task)
{
    for (struct run_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        if (lane->running != task)
            continue;
        lane->running = NULL;
        lane->work -= weight(task);
        lanes->tasks--;
    }
}

void run_lanes_note(struct run_task *task, double share)
{
    if (task->continued && !task->heard)
        task->from = share;
    task->heard = true;
    task->share = share;
}

void run_lanes_cancel(struct run_lanes *lanes)
{
    for (struct run_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        struct run_task *task = lane->running;

        lane->waiting = NULL;
        lane->end = &lane->waiting;
        lane->running = NULL;
        if (task != NULL && !task->finished)
            task->probe->ops->cancel(task->probe->source, task->probe);
    }
}

double run_lanes_share(const struct run_lanes *lanes)
{
    double all = 0, done = 0;

    for (const struct run_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        all += lane->work;
        done += lane->work_done;
        if (lane->running != NULL)
            done += lane->running->share * weight(lane->running);
    }
    return all > 0 ? done / all : 0;
}

/* Below these what was done says nothing about what is left. */
#define LEAST_DONE    0.05
#define LEAST_TOLD_US 3000000
/* So much of what is told of may be left that nothing can be told of. */
#define NEGLIGIBLE 0.01

static int64_t lane_left_us(const struct run_lane *lane, int64_t elapsed_us)
{
    double done = lane->work_done, here = lane->work_here;

    if (lane->running != NULL) {
        done += lane->running->share * weight(lane->running);
        here += (lane->running->share - lane->running->from) * weight(lane->running);
    }
    if (elapsed_us < LEAST_TOLD_US || here <= 0 || here < LEAST_DONE * (lane->work - done + here))
        return -1;
    return (int64_t)((lane->work - done) * ((double)elapsed_us / here));
}

int64_t run_lanes_left_us(const struct run_lanes *lanes, int64_t elapsed_us)
{
    double told = 0, untold = 0;
    int64_t most = -1;

    for (const struct run_lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        int64_t left;

        if (lane->running == NULL && lane->waiting == NULL)
            continue;
        left = lane_left_us(lane, elapsed_us);
        *(left < 0 ? &untold : &told) += lane->work - lane->work_done;
        if (left > most)
            most = left;
    }
    return untold <= told * NEGLIGIBLE ? most : -1;
}
