/*
 * What verbs may collect and send: the consent in force (the settings', or the answer in the store)
 * and the approvals of consent.lock. Read without owning the store, also beside a running agent.
 */
#ifndef AGENT_VERBS_PERMISSION_H
#define AGENT_VERBS_PERMISSION_H

#include "agent/approvals.h"
#include "agent/consent.h"
#include "agent/verbs/verb.h"

/* What is in force; DENIED and others if it cannot be found out. The store is only asked where the
 * settings do not decide everything. */
MUST_CHECK bool permission_find(const struct settings *settings, struct consent *consent,
                                struct error *err);

/* Says on stderr that it could not be found out, so that nothing is permitted; the code to exit
 * with: EXIT_NO_CONSENT, but for a store that is damaged or busy that of any verb which needs it.
 */
int permission_failed(const struct error *err);

/* Puts it into `settings`. EXIT_DONE, or as permission_failed. */
int permission_read(struct settings *settings, struct consent *consent);

/* The same for verbs that neither collect nor send: what cannot be found out stays as the settings
 * say it. */
void permission_assume(struct settings *settings);

/* The store to be read only, or NULL: there is none yet, or (DENIED and others, in `err`) it cannot
 * be read; `err->kind` is ERROR_NONE in the first case. */
struct store *permission_store(const struct settings *settings, struct error *err);

/* With the policy of the settings. Never NULL: where the file cannot be read a sentence is on
 * stderr, and all is held. To be freed. */
struct approvals *permission_approvals(const struct settings *settings);

/* Why `send` would send nothing, for "Nothing is sent: ..."; NULL: it may send. */
const char *permission_lacks(const struct settings *settings, const struct consent *consent,
                             struct arena *arena);

#endif
