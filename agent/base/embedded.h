/*
 * Files of the tree as they were when the agent was built: the build turns them into tables
 * (agent/embed). The scripts of the page are joined to one in the order of their names: base.js
 * first, page.js before what it begins.
 */
#ifndef AGENT_BASE_EMBEDDED_H
#define AGENT_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const unsigned char *bytes; /* a zero follows */
    size_t length;
};

extern const struct embedded page_html, page_css, page_js; /* agent/web/page/ */
extern const struct embedded settings_schema, metric_schema, event_schema,
    payload_schema; /* schemas/ */

#endif
