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

void pass_answers_release(struct pass_answers *answers)
{
    arena_free(answers->arena);
    free(answers->answered);
}

static void answer(struct pass_answers *answers, size_t index, struct outcome *outcome)
{
    answers->answered[index] = true;
    outcome->took_us = answers->took_us / (int64_t)answers->pass->item_count;
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
