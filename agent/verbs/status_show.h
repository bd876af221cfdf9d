/* The document of GET /v1/status (web/page_data.h) as people read it. Pure. */
#ifndef AGENT_VERBS_STATUS_SHOW_H
#define AGENT_VERBS_STATUS_SHOW_H

#include "agent/base/arena.h"
#include "agent/base/json.h"
#include "agent/base/str.h"

struct status_shown {
    struct arena *arena;
    const struct js_value *status; /* the document */
    const char *told_by;           /* "the store in /var/lib/service-ping" */
    const char *state;             /* the folder; NULL, and its size 0: not known */
    size_t state_bytes;
    size_t width; /* of lines; 0: any */
};

void status_write(const struct status_shown *shown, struct str *out);

#endif
