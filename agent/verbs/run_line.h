/* What the running agent does, in one line, for `systemctl status`. Pure. */
#ifndef AGENT_VERBS_RUN_LINE_H
#define AGENT_VERBS_RUN_LINE_H

#include "agent/daemon.h"

/* "next collection Mon 2026-11-23 04:12 UTC; consent on; 0 pings waiting", or "collecting: 2,140 of
 * 3,981 metrics; ...", and what is wrong, if anything is; in `arena`. */
const char *run_line(const struct daemon_status *status, struct arena *arena);

#endif
