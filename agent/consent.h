/*
 * What may be collected and what may leave: the one place that decides it.
 *
 * DO_NOT_TRACK=1 turns `on` into `local`. Where the settings name `consent` or `categories`, they
 * win over what the verb stored. Before anybody was asked it is `local`: nothing leaves.
 */
#ifndef AGENT_CONSENT_H
#define AGENT_CONSENT_H

#include "agent/settings.h"
#include "agent/store.h"

enum consent_source {
    CONSENT_BY_NOBODY,      /* the default: nobody has been asked */
    CONSENT_BY_STORE,       /* the verb, or the agent's socket */
    CONSENT_BY_SETTINGS,    /* the verb cannot change it */
    CONSENT_BY_ENVIRONMENT, /* DO_NOT_TRACK */
};

struct consent {
    enum consent_mode mode;
    enum consent_source mode_by, categories_by;
    bool categories[CATEGORY_COUNT];
    int64_t changed_us;  /* wall time of the stored answer; 0: there is none */
    char changed_by[64]; /* user of the stored answer */
};

/* `do_not_track` is the environment's value or NULL. */
MUST_CHECK bool consent_read(struct store *store, const struct settings *settings,
                             const char *do_not_track, struct consent *consent, struct error *err);

/* Stores an answer; `by` names the user. REFUSED with a sentence if the settings decide it. */
MUST_CHECK bool consent_give(struct store *store, const struct settings *settings,
                             enum consent_mode mode, const bool categories[CATEGORY_COUNT],
                             const char *by, struct error *err);

/* A sentence for people: what is collected, what leaves, who said so, how to change it. */
const char *consent_words(const struct consent *consent, struct arena *arena);

#endif
