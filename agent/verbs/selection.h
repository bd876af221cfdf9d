/* Which metrics a verb is about: --metric, --category, --source. */
#ifndef AGENT_VERBS_SELECTION_H
#define AGENT_VERBS_SELECTION_H

#include "agent/verbs/verb.h"

struct selection {
    const char *glob, *category; /* NULL: any */
    const char *sources;         /* names with commas between them; NULL: any */
};

/* Takes the options out of the call; false with a sentence when there is no such source. */
MUST_CHECK bool selection_read(struct verb_call *call, struct selection *selection);

bool selection_is_all(const struct selection *selection);
bool selection_takes(const struct selection *selection, const struct metric *metric);

#endif
