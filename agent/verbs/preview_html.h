/* What was previewed, as one file for a browser: the page of the agent, without an agent. */
#ifndef AGENT_VERBS_PREVIEW_HTML_H
#define AGENT_VERBS_PREVIEW_HTML_H

#include "agent/verbs/collect.h"

/* Writes it to `path`, whole or not at all, readable by its owner alone; to stdout if that is "-".
 * The exit code; on failure with a sentence on stderr. */
int preview_write_html(const struct collect_request *request, const char *path);

#endif
