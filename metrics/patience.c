#include "metrics/patience.h"

#include <string.h>

/*
 * Pauses double from the first to the longest. The server that is away gets 7 s, a lock 4 s beside
 * its timeouts, and conflicts 12 s, because each of them may only mean that the primary has
 * cleaned up once more. Ten splits find one locked table among hundreds.
 */
static const struct {
    unsigned first_wait_ms, longest_wait_ms;
    unsigned tries;     /* after the first one */
    unsigned unchanged; /* tries before it is asked for less */
    unsigned apart;     /* failures after those while the guilty are told apart from the others */
    const char *said, *advised; /* around the number of failures; NULL: the error says it all */
} policies[TROUBLES] = {
    [TROUBLE_AWAY] = {1000, 4000, 3, 3, 0, NULL, NULL},
    [TROUBLE_LOCK] = {250, 2000, 4, 4, 10, "another session held a lock on a table of it all ",
                      " times it was asked; the next run counts it, or raise plan.lock_timeout"},
    [TROUBLE_CONFLICT] = {100, 3000, 8, 2, 0, "the standby cancelled it ",
                          " times to replay what the primary had cleaned up; set "
                          "hot_standby_feedback = on there, raise max_standby_streaming_delay, or "
                          "name another server"},
};

static const struct {
    const char *sqlstate;
    enum patience_trouble trouble;
} troubles[] = {
    {"55P03", TROUBLE_LOCK},     /* lock_not_available: lock_timeout */
    {"40001", TROUBLE_CONFLICT}, /* serialization_failure: what recovery cancels has it, too */
    {"40P01", TROUBLE_CONFLICT}, /* deadlock_detected, also with recovery */
};

enum patience_trouble patience_trouble(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
        if (strcmp(sqlstate, troubles[i].sqlstate) == 0)
            return troubles[i].trouble;
    return TROUBLE_AWAY;
}

static unsigned wait_ms(enum patience_trouble trouble, unsigned failures)
{
    unsigned wait = policies[trouble].first_wait_ms;

    for (unsigned i = 1; i < failures && wait < policies[trouble].longest_wait_ms; i++)
        wait *= 2;
    return wait < policies[trouble].longest_wait_ms ? wait : policies[trouble].longest_wait_ms;
}

struct patience_choice patience_after(struct patience *patience, const char *sqlstate)
{
    enum patience_trouble trouble = patience_trouble(sqlstate);
    unsigned failures = ++patience->failures[trouble];

    if (failures > policies[trouble].tries + policies[trouble].apart)
        return (struct patience_choice){.step = PATIENCE_OVER};
    if (failures > policies[trouble].tries)
        return (struct patience_choice){.step = PATIENCE_APART};
    return (struct patience_choice){
        .step = failures > policies[trouble].unchanged ? PATIENCE_SMALLER : PATIENCE_AGAIN,
        .wait_ms = wait_ms(trouble, failures),
    };
}

void patience_explain(const struct patience *patience, const char *sqlstate, struct error *err)
{
    enum patience_trouble trouble = patience_trouble(sqlstate);

    if (policies[trouble].said != NULL)
        (void)error_add_context(err, "%s%u%s", policies[trouble].said, patience->failures[trouble],
                                policies[trouble].advised);
}
