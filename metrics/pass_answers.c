#include "metrics/pass_answers.h"

#include "agent/base/memory.h"

#include <stdlib.h>

void pass_answers_init(struct pass_answers *answers, struct probe *probe, const struct pass *pass,
                       const struct database_facts *facts)
{
    *answers = (struct pass_answers){.probe = probe, .pass = pass, .facts = facts};
    answers->arena = arena_new();
    answers->answered = memory_alloc(pass->item_count + 1);
}

static bool is_answered(const struct pass_answers *answers, const struct metric *metric)
{
    for (size_t i = 0; i < answers->pass->item_count; i++)
        if (answers->pass->items[i].metric == metric)
            return answers->answered[i];
    return false;
}

void pass_answers_switch(struct pass_answers *answers, const struct pass *pass)
{
    bool *answered = memory_alloc(pass->item_count + 1);

    for (size_t i = 0; i < pass->item_count; i++)
        answered[i] = is_answered(answers, pass->items[i].metric);
    free(answers->answered);
    answers->answered = answered;
    answers->pass = pass;
}

void pass_answers_release(struct pass_answers *answers)
{
    arena_free(answers->arena);
    free(answers->answered);
}

/* A row's place changes when it is updated, so a walk by places is not exact. An estimate is
 * further off than that. */
static void say_method(const struct pass *pass, struct outcome *outcome)
{
    if (pass->key.type != KEY_BLOCK || outcome->status != STATUS_OK || outcome->error_bound != NULL)
        return;
    outcome->method = "tid";
    outcome->error_bound = "rows moved by updates during the walk may be missed or counted twice";
}

static void answer(struct pass_answers *answers, size_t index, struct outcome *outcome)
{
    answers->answered[index] = true;
    outcome->took_us = answers->took_us / (int64_t)answers->pass->item_count;
    say_method(answers->pass, outcome);
    probe_answer(answers->probe, answers->pass->items[index].metric, outcome);
}

static const struct error *failure_of(const struct pass_state *state, const struct pass_item *item)
{
    const struct error *failure = &state->failures[item->column];

    return failure->kind != ERROR_NONE ? failure : &state->failures[item->divisor];
}

void pass_answers_failed(struct pass_answers *answers, const struct pass_state *state)
{
    for (size_t i = 0; i < answers->pass->item_count; i++) {
        const struct pass_item *item = &answers->pass->items[i];
        const struct error *failure = failure_of(state, item);
        struct outcome outcome;

        if (failure->kind == ERROR_NONE || answers->answered[i])
            continue;
        outcome = placing_fault(item->placed, answers->facts, failure, answers->arena);
        answer(answers, i, &outcome);
    }
}

void pass_answers_rest(struct pass_answers *answers, const struct pass_state *state)
{
    for (size_t i = 0; i < answers->pass->item_count; i++) {
        struct outcome outcome;

        if (answers->answered[i])
            continue;
        outcome = tally_outcome(&answers->pass->items[i], state->tallies, answers->arena);
        answer(answers, i, &outcome);
    }
}
