/*
 * Root does not leave files of its own in a folder of somebody else's: who is started as root acts
 * as the folder's owner there. Started as anybody else nothing changes.
 */
#ifndef AGENT_BASE_OWNER_H
#define AGENT_BASE_OWNER_H

#include "agent/base/error.h"

/* Makes a folder that is not there for the user `service-ping`, if there is one, and this is root;
 * otherwise nothing happens, and that is no failure. */
MUST_CHECK bool owner_make(const char *folder, struct error *err);

/* For good: user, group and all further groups become those of the folder's owner. What only root
 * may read, a password say, must have been read before. */
MUST_CHECK bool owner_become(const char *folder, struct error *err);

/* The same until owner_leave: for a verb that also writes where only its caller may. */
MUST_CHECK bool owner_enter(const char *folder, struct error *err);
void owner_leave(void); /* without owner_enter nothing happens */

#endif
