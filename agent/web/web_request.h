/* What the agent's HTTP needs of the agent; all of it outlives the server. */
#ifndef AGENT_WEB_WEB_REQUEST_H
#define AGENT_WEB_WEB_REQUEST_H

#include "agent/daemon.h"

struct web_request {
    struct loop *loop;
    struct daemon *daemon;
    struct store *store;
    const struct source_ops *const *sources;
};

#endif
