/*
 * When the long-running agent collects: the slots of its schedule, what an earlier process left
 * unfinished, and the gaps where a slot passed without a ping.
 *
 * In whatever moment the process dies, a slot has one run at most: the run is stored first (one for
 * each slot), the schedule after it.
 */
#ifndef AGENT_DAEMON_SLOTS_H
#define AGENT_DAEMON_SLOTS_H

#include "agent/daemon_inside.h"

/* At the start, and after a failure: seals what is finished, goes on with what is open, tells what
 * came to nothing. */
void daemon_recover(struct daemon *daemon);

/* Goes on with the run that was open until now, of a slot or not, by what is permitted now; or
 * tells that it could not. */
void daemon_resume(struct daemon *daemon);

/* Recovers and looks some minutes later: something failed. */
void daemon_again(struct daemon *daemon);

/* Looks whether a slot has come, and waits for the next one; also when a collection is over, and
 * when the schedule, consent or the clock has changed. */
void daemon_look(struct daemon *daemon);

/* Consent was withdrawn: the open run, of this slot (0: of none), is not gone on with. */
void daemon_abandon(struct daemon *daemon, int64_t slot);

#endif
