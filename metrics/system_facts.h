/*
 * Facts about the installation that need no service: what the admin gives under `facts` in the
 * settings (it wins), the instance's identity, the operating system, the time of the run.
 */
#ifndef METRICS_SYSTEM_FACTS_H
#define METRICS_SYSTEM_FACTS_H

#include "agent/source.h"

#include <stdbool.h>

enum fact_origin {
    FACT_UNKNOWN,
    FACT_GIVEN,    /* facts.NAME of the settings */
    FACT_INSTANCE, /* identity and settings of the instance; may be missing */
    FACT_SYSTEM,   /* /etc/os-release */
    FACT_RUN,      /* recorded_at */
    FACT_CLOCK,    /* the time at which it is answered: GitLab's recording_ce_finished_at */
    FACT_DATABASE, /* asked of the first database */
    FACT_REDIS,    /* asked of Redis */
};

/* Where the fact of this name comes from. Pure. */
enum fact_origin fact_origin(const struct source_context *context, const char *name);

/*
 * The outcome of a fact that no service is asked for; `absent` if it is not known. Reads
 * /etc/os-release for the one fact that needs it.
 */
struct outcome fact_outcome(const struct source_context *context, const char *name,
                            struct arena *arena);

/* A node of the settings as a value: text, number, true or false, or JSON with sorted keys. */
struct outcome fact_of_node(const struct doc_node *node, struct arena *arena);

/* "debian-12" of the text of an os-release(5) file; NULL if it has no ID. */
const char *fact_system_name(const char *os_release, struct arena *arena);

#endif
