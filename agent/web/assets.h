/*
 * The files of the page, agent/web/page/, as they were when the agent was built: the build turns
 * them into a table (agent/web/page/embed). They hold nothing secret and may be served to anybody;
 * what they show is asked for separately.
 */
#ifndef AGENT_WEB_ASSETS_H
#define AGENT_WEB_ASSETS_H

#include <stddef.h>

struct web_asset {
    const char *path; /* as it is asked for: "/page.css"; the page itself is "/" */
    const char *type; /* of Content-Type */
    const unsigned char *bytes;
    size_t length;
};

/* NULL if there is none of that path. */
const struct web_asset *web_asset_find(const char *path);

#endif
