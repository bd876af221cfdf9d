/*
 * One collection of the long-running agent, from the stored run to the ping: begun, cancelled,
 * sealed, handed to the courier. Not when: that is daemon_slots.h.
 */
#ifndef AGENT_DAEMON_COLLECT_H
#define AGENT_DAEMON_COLLECT_H

#include "agent/daemon_inside.h"

/* Begins, or goes on with, the collection of a stored run; daemon->collected is called when it is
 * over. */
void daemon_collect(struct daemon *daemon, const struct store_run *stored);

/* Stops it; its stored run stays open, to be resumed. Fine when there is none. */
void daemon_break_off(struct daemon *daemon);

/*
 * Makes a ping of a finished run: one that waits for the courier if consent is on and there is an
 * endpoint. False: it is to be tried again. Troubled if it failed, also where
 * trying again is no use.
 */
bool daemon_seal(struct daemon *daemon, struct store_run *run);

/* The same for a run that an earlier process finished, when perhaps more was permitted. */
bool daemon_seal_old(struct daemon *daemon, struct store_run *run);

/* What there is to collect by what is permitted and approved now. */
void daemon_choose(const struct daemon *daemon, struct arena *arena, struct collection *collection);

#endif
