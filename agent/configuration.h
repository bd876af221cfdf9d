/*
 * One configuration of the long-running agent: settings, definitions and schedule, loaded together
 * and let go of together, so that a reload is either all new or not at all.
 */
#ifndef AGENT_CONFIGURATION_H
#define AGENT_CONFIGURATION_H

#include "agent/catalog.h"
#include "agent/schedule.h"
#include "agent/settings.h"

struct configuration {
    struct arena *arena; /* of everything */
    struct settings settings;
    struct catalog catalog;
    struct schedule schedule;
};

struct configuration_request {
    const char *config;       /* as settings_load's path */
    char *const *environment; /* likewise */
    const struct source_ops *const *sources;
    const char *instance_id; /* for the schedule */
};

/* NULL with everything that is wrong complained about. */
struct configuration *configuration_load(const struct configuration_request *request,
                                         struct complaints *complaints);
void configuration_free(struct configuration *configuration); /* NULL is fine */

#endif
