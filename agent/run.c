/*
 * How a run goes. Everything moves in `turn`, which the loop calls once for any number of things
 * that have happened since: sources that opened are planned, lanes whose probe is done begin the
 * next one, and when nothing is left the run ends. What sources call (opened, answer, done, saved,
 * progress) only notes and asks for a turn, so a source is never called from inside its own call,
 * and the run's owner, who may free the run, is called last and from the loop.
 *
 *     GOING --all answered or deadline--> ENDED --one turn later--> listener->finished
 */
#include "agent/run.h"

#include "agent/answers.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/run_costs.h"
#include "agent/run_journal.h"
#include "agent/run_lanes.h"
#include "agent/run_news.h"
#include "agent/run_sources.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct run_request request;
    struct loop *loop;
    struct arena *arena;
    struct answers answers;
    struct run_journal journal;
    struct run_sources sources;
    struct plan plan;
    struct run_lanes lanes;
    struct run_costs costs;
    struct run_news news;
    struct loop_timer *turn, *deadline;
    bool ended;
    run_planned_call *planned; /* of run_plan_only; otherwise NULL */
    void *planned_arg;
};

static void turn(void *arg);

static void ask_turn(void *arg)
{
    struct run *run = arg;

    if (run->turn == NULL && !run->ended)
        run->turn = loop_after(run->loop, 0, turn, run);
}

/* Outcomes. */

static void note(struct run *run, size_t index, const struct outcome *outcome)
{
    answers_note(&run->answers, index, outcome);
    run_journal_outcome(&run->journal, run->answers.metrics[index]->key_path,
                        &run->answers.outcomes[index]);
    if (run->planned == NULL)
        run_news_changed(&run->news);
}

static void note_metric(struct run *run, const struct metric *metric, const struct outcome *outcome)
{
    size_t index = 0;
    bool found = answers_find(&run->answers, metric->key_path, &index);

    assert(found);
    note(run, index, outcome);
}

static void note_unanswered(struct run *run, const struct metric *const *metrics, size_t count,
                            const struct outcome *outcome)
{
    for (size_t i = 0; i < count; i++) {
        size_t index;

        if (answers_find(&run->answers, metrics[i]->key_path, &index) && !run->answers.given[index])
            note(run, index, outcome);
    }
}

static const struct outcome no_answer = {.status = STATUS_ERROR,
                                         .reason = "the source gave no answer"};
static const struct outcome too_late = {
    .status = STATUS_TIMEOUT,
    .reason = "the time for the whole collection was up before this was counted"};

/* What sources call. */

static void refused(void *listener, const struct metric *metric, const struct outcome *outcome)
{
    note_metric(listener, metric, outcome);
}

static void answered(void *listener, struct probe *probe, const struct metric *metric,
                     const struct outcome *outcome)
{
    struct run_task *task = listener;

    (void)probe;
    note_metric(task->run, metric, outcome);
}

static void done(void *listener, struct probe *probe)
{
    struct run_task *task = listener;

    (void)probe;
    task->finished = true;
    ask_turn(task->run);
}

static void saved(void *listener, struct probe *probe, const void *bytes, size_t length)
{
    struct run_task *task = listener;

    run_journal_state(&task->run->journal, probe->name, bytes, length);
}

static void progressed(void *listener, struct probe *probe, const struct probe_progress *progress)
{
    struct run_task *task = listener;

    (void)probe;
    run_news_heard(&task->run->news, task, progress);
}

static void cost(void *listener, struct probe *probe, const struct probe_cost *what)
{
    struct run_task *task = listener;

    (void)probe;
    task->cost = *what;
    task->has_cost = true;
}

static const struct probe_listener heard = {
    .answer = answered, .done = done, .saved = saved, .progress = progressed, .cost = cost};

/* The end. */

static void finish(void *arg)
{
    struct run *run = arg;

    run->turn = NULL;
    run->request.listener->finished(run->request.arg, run);
}

static void log_end(const struct run *run)
{
    size_t counts[STATUS_OFF + 1] = {0};
    struct str text;

    str_init(&text);
    for (size_t i = 0; i < run->answers.count; i++)
        counts[run->answers.outcomes[i].status]++;
    for (size_t i = 0; i <= STATUS_OFF; i++)
        if (counts[i] > 0)
            str_add_format(&text, ", %zu %s", counts[i], status_name((enum outcome_status)i));
    log_info("run", "%zu metrics in %" PRId64 " ms%s", run->answers.count,
             (now_monotonic_us() - run->news.started_us) / 1000, text.text);
    str_release(&text);
}

/* The last words come in two turns, because the owner may free the run in each of them. */
static void end(struct run *run, const struct outcome *rest)
{
    run->ended = true;
    loop_timer_cancel(run->deadline);
    loop_timer_cancel(run->turn);
    run_news_cancel(&run->news);
    run->deadline = NULL;
    note_unanswered(run, run->answers.metrics, run->answers.count, rest);
    run_sources_close(&run->sources);
    run_journal_finish(&run->journal, &run->answers);
    log_end(run);
    run->turn = loop_after(run->loop, 0, finish, run);
    run_news_tell_last(&run->news);
}

static void deadline_passed(void *arg)
{
    struct run *run = arg;

    run->deadline = NULL;
    run_lanes_cancel(&run->lanes);
    end(run, &too_late);
}

/* Going on. */

/* Those that the plan has more of than before. */
static void add_probes(struct run *run, struct probe *first)
{
    struct budget_item *items;
    size_t count;

    if (run->request.store != NULL)
        run_costs_measure(first, run->request.store);
    items = run_costs_admit(&run->costs, first, &count);
    for (size_t i = 0; i < count; i++) {
        struct probe *probe = items[i].owner;
        struct outcome without;

        probe->to = &heard;
        if (!items[i].left_out) {
            if (run->planned == NULL)
                run_lanes_add(&run->lanes, run, probe);
            continue;
        }
        without = run_costs_without(&run->costs, &items[i]);
        note_unanswered(run, probe->metrics, probe->metric_count, &without);
    }
}

static void settle(struct run *run, const struct run_task *task)
{
    note_unanswered(run, task->probe->metrics, task->probe->metric_count, &no_answer);
    run_costs_done(&run->costs, task->probe, task->has_cost ? &task->cost : NULL);
    if (task->has_cost)
        run_journal_cost(&run->journal, task->probe, &task->cost,
                         !task->continued && run_costs_are_usual(task->probe, &run->answers));
    run_news_done(&run->news, task);
}

static void begin(struct run *run, struct run_task *task)
{
    struct arena *scratch = arena_new();
    struct probe *probe = task->probe;
    struct store_bytes saved_bytes = run_journal_saved(&run->journal, probe->name, scratch);

    task->continued = saved_bytes.bytes != NULL;
    run_news_begun(&run->news, task);
    probe->ops->begin(probe->source, probe, saved_bytes.bytes, saved_bytes.length);
    arena_free(scratch);
}

static void begin_or_leave_out(struct run *run, struct run_task *task)
{
    const struct probe *probe = task->probe;
    struct outcome without;

    if (run_costs_begin(&run->costs, task->probe, &without)) {
        begin(run, task);
        return;
    }
    note_unanswered(run, probe->metrics, probe->metric_count, &without);
    run_lanes_drop(&run->lanes, task);
}

static void tell_plan(struct run *run)
{
    void **opened = ARENA_ARRAY(run->arena, void *, run->sources.count);
    struct run_planned planned = {.plan = &run->plan, .opened = opened};

    for (size_t i = 0; i < run->sources.count; i++)
        opened[i] = run->sources.items[i].opened;
    run->ended = true;
    run->planned(&planned, run->planned_arg);
}

static void work(struct run *run)
{
    struct run_task *task;

    while ((task = run_lanes_take_finished(&run->lanes)) != NULL)
        settle(run, task);
    while ((task = run_lanes_take_next(&run->lanes)) != NULL)
        begin_or_leave_out(run, task);
    run_news_changed(&run->news);
}

static void turn(void *arg)
{
    struct run *run = arg;
    struct probe **from = run->plan.end;
    bool planned;

    run->turn = NULL;
    planned = run_sources_plan(&run->sources, &run->plan);
    add_probes(run, *from);
    if (run->planned != NULL) {
        if (planned)
            tell_plan(run);
        return;
    }
    run->news.planned = planned;
    work(run);
    if (planned && run->lanes.tasks_done == run->lanes.tasks)
        end(run, &no_answer);
}

/* The beginning. */

static struct run *run_new(const struct run_request *request)
{
    struct run *run = memory_alloc(sizeof(*run));

    run->request = *request;
    run->loop = request->context.loop;
    run->arena = arena_new();
    run->plan = (struct plan){.arena = run->arena, .refused = refused, .listener = run};
    run->plan.end = &run->plan.first;
    run->lanes.arena = run->arena;
    run->costs = (struct run_costs){.arena = run->arena, .budget_s = request->budget_s};
    run->news = (struct run_news){
        .loop = run->loop,
        .progressed = request->listener != NULL ? request->listener->progressed : NULL,
        .arg = request->arg,
        .answers = &run->answers,
        .lanes = &run->lanes,
        .started_us = now_monotonic_us(),
    };
    answers_init(&run->answers, run->arena, request->metrics, request->count);
    run_sources_init(&run->sources, run->arena, request->sources);
    run->sources.ready = ask_turn;
    run->sources.arg = run;
    return run;
}

static bool is_asked_for(const struct run_request *request, size_t index)
{
    return request->given == NULL || request->given[index].status == STATUS_OK;
}

static void set_out(struct run *run)
{
    const struct run_request *request = &run->request;

    for (size_t i = 0; i < run->answers.count; i++) {
        struct outcome without;

        if (run->answers.given[i])
            continue;
        if (!is_asked_for(request, i))
            note(run, i, &request->given[i]);
        else if (!run_sources_assign(&run->sources, run->answers.metrics[i], &without))
            note(run, i, &without);
    }
    run_sources_open(&run->sources, &request->context);
    ask_turn(run);
}

struct run *run_start(const struct run_request *request)
{
    struct run *run = run_new(request);

    memory_be_quick();
    run->journal =
        (struct run_journal){.loop = run->loop, .store = request->store, .stored = request->stored};
    run_journal_begin(&run->journal, &run->answers);
    if (request->store != NULL)
        run->costs.spent_s = (double)request->stored->busy_us / (double)US_PER_SECOND;
    set_out(run);
    if (request->deadline_ms > 0)
        run->deadline = loop_after(run->loop, request->deadline_ms, deadline_passed, run);
    return run;
}

struct run *run_plan_only(const struct run_request *request, run_planned_call *planned, void *arg)
{
    struct run *run = run_new(request);

    run->planned = planned;
    run->planned_arg = arg;
    set_out(run);
    return run;
}

void run_free(struct run *run)
{
    if (run == NULL)
        return;
    loop_timer_cancel(run->turn);
    loop_timer_cancel(run->deadline);
    run_news_cancel(&run->news);
    run_lanes_cancel(&run->lanes);
    run_sources_close(&run->sources);
    run_journal_stop(&run->journal);
    arena_free(run->arena);
    free(run);
}

const struct outcome *run_outcomes(const struct run *run)
{
    return run->answers.outcomes;
}

const struct error *run_journal_fault(const struct run *run)
{
    return run->journal.failed ? &run->journal.err : NULL;
}
