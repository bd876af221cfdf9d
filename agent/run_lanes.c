#include "agent/run_lanes.h"

#include <stddef.h>

struct run_lane {
    const void *source;
    unsigned number;
    struct run_task *waiting, **end;
    struct run_task *running;
    double work, work_done; /* estimated, of tasks that were added and of those that are finished */
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
