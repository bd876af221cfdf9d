/* What preview and send share: a sealed ping of the newest collection. */
#ifndef AGENT_VERBS_SEAL_H
#define AGENT_VERBS_SEAL_H

#include "agent/verbs/collect.h"

/* The store of the settings; NULL with a sentence on stderr, and why in *code. */
struct store *seal_open_store(const struct settings *settings, int *code);

/*
 * Seals the newest collection that is not sealed, if it is of these definitions, younger than
 * run_deadline and permitted as a whole, or collects one and seals that. EXIT_DONE, or why not,
 * with a sentence on stderr. The ping's bytes are in the call's arena.
 */
int seal_newest(const struct collect_request *request, struct store_ping *ping);

/* Says how many metrics are not collected, because they are not permitted or held. */
void seal_say_left_out(const struct collect_request *request);

/* Closes it, and lets go of what seal_permit found. */
void seal_close(struct collect_request *request);

/*
 * What the stored answer of the admin permits, and which definitions he approved: the settings then
 * have the consent in force, and what is not approved is held. With consent, what is in force when
 * nothing was approved yet is approved. EXIT_DONE, or why not, with a sentence on stderr.
 */
int seal_permit(struct collect_request *request, struct settings *settings);

#endif
