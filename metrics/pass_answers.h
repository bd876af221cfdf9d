/* Answers the metrics of a pass, each once: those whose columns failed, and in the end the rest. */
#ifndef METRICS_PASS_ANSWERS_H
#define METRICS_PASS_ANSWERS_H

#include "metrics/pass_state.h"

struct pass_answers {
    struct probe *probe;
    const struct pass *pass;
    const struct database_facts *facts;
    struct arena *arena; /* of texts, until they are copied */
    bool *answered;      /* one for each item */
    int64_t took_us;     /* the whole pass so far; each metric is told its share */
};

void pass_answers_init(struct pass_answers *answers, struct probe *probe, const struct pass *pass,
                       const struct database_facts *facts);
/* From now on the items of another pass over the same metrics; those answered stay so. */
void pass_answers_switch(struct pass_answers *answers, const struct pass *pass);
void pass_answers_release(struct pass_answers *answers);

void pass_answers_failed(struct pass_answers *answers, const struct pass_state *state);
void pass_answers_rest(struct pass_answers *answers, const struct pass_state *state);

#endif
