/*
 * Whether what was collected once may still leave: more categories may have been permitted then
 * than now. The one place that decides it, for the verbs and for the courier of the agent.
 */
#ifndef AGENT_PERMITTED_H
#define AGENT_PERMITTED_H

#include "agent/catalog.h"
#include "agent/settings.h"
#include "agent/store.h"

/* What is in force: settings with the consent applied (consent.h), and the definitions. */
struct permitted {
    const struct settings *settings;
    const struct catalog *catalog;
};

/* Of a finished run. A metric that no definition knows any more may if all categories are. */
MUST_CHECK bool permitted_run(const struct permitted *now, struct store *store, int64_t run_id,
                              bool *permitted, struct error *err);

/*
 * Of a sealed ping, with its bytes. One that was collected when no more was permitted than now
 * says so itself; of the others, and of GitLab's bare form, the outcomes of its run are asked, as
 * above. Where there are none any more, it may not.
 */
MUST_CHECK bool permitted_ping(const struct permitted *now, struct store *store,
                               const struct store_ping *ping, bool *permitted, struct error *err);

#endif
