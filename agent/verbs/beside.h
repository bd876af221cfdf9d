/*
 * Verbs beside a running agent: it owns the store, so what changes it is asked of the agent, over
 * its own socket (http.socket). Where none runs, a verb does it itself.
 */
#ifndef AGENT_VERBS_BESIDE_H
#define AGENT_VERBS_BESIDE_H

#include "agent/verbs/verb.h"

enum beside {
    BESIDE_NOBODY,   /* no agent listens: the verb takes the store's lock and does it */
    BESIDE_ANSWERED, /* 2xx: `body` is the answer */
    BESIDE_REFUSED,  /* the agent says no: `body` is its sentence, `status` says of what kind */
    BESIDE_FAILED,   /* it could not be asked, or did not answer: `body` is a sentence */
};

struct beside_question {
    const char *method, *path; /* "POST", "/v1/consent" */
    const char *body;          /* JSON; NULL: none */
};

struct beside_answer {
    int status; /* of HTTP; 0: there was none */
    const char *body;
    size_t length;
};

/* Waits for the answer, in a loop of its own; everything is in the call's arena. */
enum beside beside_ask(const struct verb_call *call, const struct settings *settings,
                       const struct beside_question *question, struct beside_answer *answer);

/* Says on stderr why nothing was done, for REFUSED and FAILED; the code to exit with. */
int beside_failed(enum beside how, const struct beside_answer *answer);

#endif
