#include "agent/consent.h"

#include "agent/base/clock.h"
#include "agent/store_memory.h"

#include <stdio.h>
#include <string.h>

bool consent_mode_from_name(const char *name, enum consent_mode *mode)
{
    static const enum consent_mode modes[] = {CONSENT_ON, CONSENT_LOCAL, CONSENT_OFF};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(name, consent_name(modes[i])) != 0)
            continue;
        *mode = modes[i];
        return true;
    }
    return false;
}

const char *consent_categories_text(const bool categories[CATEGORY_COUNT], struct arena *arena)
{
    const char *text = "";

    for (int i = 0; i < CATEGORY_COUNT; i++)
        if (categories[i])
            text = arena_format(arena, "%s%s%s", text, text[0] != '\0' ? "," : "",
                                data_category_name((enum data_category)i));
    return text;
}

bool consent_categories_from_text(const char *text, bool categories[CATEGORY_COUNT])
{
    char name[32];

    (void)memset(categories, 0, CATEGORY_COUNT * sizeof(categories[0]));
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        enum data_category which;

        (void)snprintf(name, sizeof(name), "%.*s", (int)(length < 31 ? length : 31), text);
        if (!data_category_from_name(name, &which))
            return false;
        categories[which] = true;
        text += length + (text[length] == ',' ? 1 : 0);
    }
    return true;
}

/* The store is sound, so this is no damage to recover from. */
static bool damaged(const struct store_consent *stored, struct error *err)
{
    return error_set(err, ERROR_REFUSED,
                     "the stored answer about consent ('%s', '%s') cannot be read; nothing is sent "
                     "until 'service-ping consent' has a new one",
                     stored->mode, stored->categories);
}

/* The answer that is stored, where the settings leave it to that. */
static bool take_stored(const struct settings *settings, const struct store_consent *stored,
                        struct consent *consent, struct error *err)
{
    if (stored->mode[0] == '\0')
        return true;
    consent->changed_us = stored->changed_us;
    (void)snprintf(consent->changed_by, sizeof(consent->changed_by), "%s", stored->changed_by);
    if (!settings->consent_named) {
        consent->mode_by = CONSENT_BY_STORE;
        if (!consent_mode_from_name(stored->mode, &consent->mode))
            return damaged(stored, err);
    }
    if (!settings->categories_named) {
        consent->categories_by = CONSENT_BY_STORE;
        if (!consent_categories_from_text(stored->categories, consent->categories))
            return damaged(stored, err);
    }
    return true;
}

bool consent_read(struct store *store, const struct settings *settings, struct consent *consent,
                  struct error *err)
{
    struct store_consent stored = {0};

    *consent = (struct consent){.mode = settings->consent};
    (void)memcpy(consent->categories, settings->categories, sizeof(consent->categories));
    if (settings->consent_named)
        consent->mode_by = CONSENT_BY_SETTINGS;
    if (settings->categories_named)
        consent->categories_by = CONSENT_BY_SETTINGS;
    if ((store != NULL && !store_consent(store, &stored, err)) ||
        !take_stored(settings, &stored, consent, err))
        return false;
    /* settings_load has turned its own `on` already. */
    consent->not_tracked = (settings->do_not_track && consent->mode == CONSENT_ON) ||
                           (settings->consent_named && settings->consent_not_tracked);
    if (consent->not_tracked)
        consent->mode = CONSENT_LOCAL;
    return true;
}

enum consent_mode consent_of_settings(const struct settings *settings)
{
    return settings->consent_not_tracked ? CONSENT_ON : settings->consent;
}

bool consent_may_change(const struct settings *settings, const bool *categories, struct error *err)
{
    if (settings->consent_named)
        return error_set(err, ERROR_REFUSED,
                         "the settings decide: `consent: %s` stands there; change it there, or "
                         "take it out and ask again",
                         consent_name(consent_of_settings(settings)));
    if (categories != NULL && settings->categories_named)
        return error_set(err, ERROR_REFUSED,
                         "the settings decide: `categories` stands there; change it there, or "
                         "take it out and ask again");
    return true;
}

/* The categories of the last answer, whatever the settings say meanwhile; without one that can be
 * read those of the settings. */
static void last_categories(struct store *store, const struct settings *settings,
                            bool categories[CATEGORY_COUNT])
{
    struct store_consent stored;
    struct error ignored;

    if (!store_consent(store, &stored, &ignored) || stored.mode[0] == '\0' ||
        !consent_categories_from_text(stored.categories, categories))
        (void)memcpy(categories, settings->categories, sizeof(settings->categories));
}

bool consent_give(struct store *store, const struct settings *settings, enum consent_mode mode,
                  const bool *categories, const char *by, struct error *err)
{
    struct store_consent answer = {.changed_us = now_wall_us()};
    bool last[CATEGORY_COUNT];
    struct arena *arena;
    bool done;

    if (!consent_may_change(settings, categories, err))
        return false;
    arena = arena_new();
    last_categories(store, settings, last);
    (void)snprintf(answer.mode, sizeof(answer.mode), "%s", consent_name(mode));
    (void)snprintf(answer.categories, sizeof(answer.categories), "%s",
                   consent_categories_text(categories != NULL ? categories : last, arena));
    (void)snprintf(answer.changed_by, sizeof(answer.changed_by), "%s", by);
    done = store_consent_give(store, &answer, err);
    arena_free(arena);
    return done;
}

struct settings consent_applied(const struct settings *settings, const struct consent *consent)
{
    struct settings applied = *settings;

    applied.consent = consent->mode;
    (void)memcpy(applied.categories, consent->categories, sizeof(applied.categories));
    return applied;
}

const char *consent_words(const struct consent *consent, struct arena *arena)
{
    static const char *const modes[] = {
        [CONSENT_ON] = "Metrics are collected and sent",
        [CONSENT_LOCAL] = "Metrics are collected and kept here; nothing is sent",
        [CONSENT_OFF] = "Nothing is collected and nothing is sent",
    };
    const char *said = consent->not_tracked ? "`on`" : "so";
    char when[TIME_TEXT_SIZE];
    const char *who;

    if (consent->mode_by == CONSENT_BY_SETTINGS)
        who = arena_format(arena, "the settings say %s", said);
    else if (consent->mode_by == CONSENT_BY_STORE)
        who = arena_format(arena, "%s said %s at %.19sZ", consent->changed_by, said,
                           time_text(consent->changed_us, when));
    else
        who = "nobody has answered yet";
    if (consent->not_tracked)
        who = arena_format(arena, "%s, but DO_NOT_TRACK in the environment forbids sending", who);
    return arena_format(arena, "%s: %s. Categories: %s.", modes[consent->mode], who,
                        consent_categories_text(consent->categories, arena));
}
