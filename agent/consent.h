/*
 * What may be collected and what may leave: the one place that decides it.
 *
 * Where the settings name `consent` or `categories`, they win over the answer that is stored.
 * Before anybody answered it is `local`: nothing leaves. DO_NOT_TRACK=1 turns `on` into `local`.
 */
#ifndef AGENT_CONSENT_H
#define AGENT_CONSENT_H

#include "agent/settings.h"
#include "agent/store.h"

enum consent_source {
    CONSENT_BY_NOBODY,   /* the default: nobody has been asked */
    CONSENT_BY_STORE,    /* an answer, by the verb or the agent's socket */
    CONSENT_BY_SETTINGS, /* an answer cannot change it */
};

struct consent {
    enum consent_mode mode; /* in force */
    bool categories[CATEGORY_COUNT];
    enum consent_source mode_by, categories_by;
    bool not_tracked;    /* it would be `on`, were it not for DO_NOT_TRACK */
    int64_t changed_us;  /* wall time of the stored answer; 0: there is none */
    char changed_by[64]; /* its user */
};

/* `store` may be one that is only read; NULL: there is none yet, so nobody has answered. REFUSED
 * for a stored answer that makes no sense. */
MUST_CHECK bool consent_read(struct store *store, const struct settings *settings,
                             struct consent *consent, struct error *err);

/* What stands in the settings, whatever DO_NOT_TRACK makes of it. */
enum consent_mode consent_of_settings(const struct settings *settings);

/* REFUSED with a sentence if the settings decide what an answer is to change. */
MUST_CHECK bool consent_may_change(const struct settings *settings, const bool *categories,
                                   struct error *err);

/*
 * Stores an answer; `by` names the user. `categories` NULL: as they are. REFUSED as
 * by consent_may_change.
 */
MUST_CHECK bool consent_give(struct store *store, const struct settings *settings,
                             enum consent_mode mode, const bool *categories, const char *by,
                             struct error *err);

/* Settings with the consent that is in force, for everything that asks them. */
struct settings consent_applied(const struct settings *settings, const struct consent *consent);

/* A sentence or two for people: what is collected, what leaves, who said so. */
const char *consent_words(const struct consent *consent, struct arena *arena);

/* "standard,optional", and back; false for an unknown name. */
const char *consent_categories_text(const bool categories[CATEGORY_COUNT], struct arena *arena);
MUST_CHECK bool consent_categories_from_text(const char *text, bool categories[CATEGORY_COUNT]);

bool consent_mode_from_name(const char *name, enum consent_mode *mode);

#endif
