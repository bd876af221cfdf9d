/* What preview and send share: a sealed ping of the newest collection. */
#ifndef AGENT_VERBS_SEAL_H
#define AGENT_VERBS_SEAL_H

#include "agent/verbs/collect.h"

/* The store of the settings; NULL with a sentence on stderr, and why in *code. */
struct store *seal_open_store(const struct settings *settings, int *code);

/*
 * Seals the newest collection that is not sealed, if it is of these definitions and younger than
 * run_deadline, or collects one and seals that. EXIT_DONE, or why not, with a sentence on stderr.
 * The ping's bytes are in the call's arena.
 */
int seal_newest(const struct collect_request *request, struct store_ping *ping);

#endif
