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

/* Puts it into `settings`. False with a sentence on stderr (exit EXIT_NO_CONSENT) if it cannot be
 * found out: then nothing is permitted. */
MUST_CHECK bool permission_read(struct settings *settings, struct consent *consent);

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
