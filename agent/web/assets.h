/*
 * The files of the page, agent/web/page/, which the build puts into the agent (base/embedded.h).
 * They hold nothing secret and may be served to anybody; what they show is asked for separately.
 */
#ifndef AGENT_WEB_ASSETS_H
#define AGENT_WEB_ASSETS_H

#include "agent/base/embedded.h"

struct web_asset {
    const char *path; /* as it is asked for: "/page.css"; the page itself is "/" */
    const char *type; /* of Content-Type */
    const struct embedded *file;
};

/* NULL if there is none of that path. */
const struct web_asset *web_asset_find(const char *path);

#endif
