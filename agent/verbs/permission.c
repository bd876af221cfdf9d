#include "agent/verbs/permission.h"

#include "agent/verbs/figures.h"

struct store *permission_store(const struct settings *settings, struct error *err)
{
    struct store *store;

    *err = (struct error){0};
    store = store_open_to_read(settings->state, err);
    if (store == NULL && err->kind == ERROR_MISSING)
        err->kind = ERROR_NONE;
    return store;
}

bool permission_find(const struct settings *settings, struct consent *consent, struct error *err)
{
    struct store *store = NULL;
    bool done = true;

    if (!settings->consent_named || !settings->categories_named) {
        store = permission_store(settings, err);
        done = store != NULL || err->kind == ERROR_NONE;
    }
    done = done && consent_read(store, settings, consent, err);
    store_close(store);
    return done;
}

int permission_failed(const struct error *err)
{
    enum exit_code code = EXIT_UNREACHABLE;

    if (err->kind == ERROR_DENIED || err->kind == ERROR_REFUSED)
        code = EXIT_NO_CONSENT;
    else if (err->kind == ERROR_UNAVAILABLE)
        code = EXIT_DEFERRED;
    return verb_failed(code, "What consent permits cannot be read: %s", err->text);
}

int permission_read(struct settings *settings, struct consent *consent)
{
    struct error err;

    if (!permission_find(settings, consent, &err))
        return permission_failed(&err);
    *settings = consent_applied(settings, consent);
    return EXIT_DONE;
}

void permission_assume(struct settings *settings)
{
    struct consent consent;
    struct error ignored;

    if (permission_find(settings, &consent, &ignored))
        *settings = consent_applied(settings, &consent);
}

struct approvals *permission_approvals(const struct settings *settings)
{
    struct error err;
    struct approvals *approvals = approvals_read(settings->state, &err);

    if (approvals == NULL) {
        (void)verb_failed(EXIT_FOUND, "%s", err.text);
        return approvals_unreadable(&err);
    }
    approvals_trust(approvals, settings->accepted);
    return approvals;
}

const char *permission_lacks(const struct settings *settings, const struct consent *consent,
                             struct arena *arena)
{
    const char *mode = consent_name(consent->mode);

    if (consent->mode == CONSENT_ON)
        return NULL;
    if (consent->not_tracked || (settings->do_not_track && consent->mode == CONSENT_LOCAL))
        return "DO_NOT_TRACK in the environment forbids it";
    if (consent->mode_by == CONSENT_BY_SETTINGS)
        return arena_format(arena,
                            "consent is '%s'; the settings say so, and 'consent: on' there "
                            "permits it",
                            mode);
    if (consent->mode_by == CONSENT_BY_STORE)
        return arena_format(arena,
                            "consent is '%s'; %s said so at %s, and 'service-ping consent on' "
                            "permits it",
                            mode, consent->changed_by, figure_time(arena, consent->changed_us));
    return "nobody has agreed yet; 'service-ping consent on' permits it";
}
