/* How verbs that only look at the archive open it. */
#ifndef AGENT_VERBS_ARCHIVE_H
#define AGENT_VERBS_ARCHIVE_H

#include "agent/store_archive.h"
#include "agent/verbs/verb.h"

/*
 * The store of the settings, to be read, also beside a running agent. NULL: there is none yet
 * (*code EXIT_DONE, nothing was said), or it cannot be read (a sentence is on stderr).
 */
struct store *archive_open(const struct settings *settings, int *code);

/* Why a call on the store failed, on stderr; the code to exit with. */
int archive_failed(const struct error *err);

#endif
