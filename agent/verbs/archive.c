#include "agent/verbs/archive.h"

#include <unistd.h>

int archive_failed(const struct error *err)
{
    return verb_failed(err->kind == ERROR_UNAVAILABLE ? EXIT_DEFERRED : EXIT_UNREACHABLE, "%s",
                       err->text);
}

static bool is_there(const char *folder)
{
    struct str path;
    bool there;

    str_init(&path);
    str_add_format(&path, "%s/service-ping.db", folder);
    there = access(path.text, F_OK) == 0;
    str_release(&path);
    return there;
}

struct store *archive_open(const struct settings *settings, int *code)
{
    struct error err;
    struct store *store = store_open_to_read(settings->state, &err);
    bool older;

    *code = EXIT_DONE;
    if (store != NULL)
        return store;
    /* An agent that runs has brought the store up to date: so none does. */
    older = err.kind == ERROR_MISSING && is_there(settings->state);
    if (older)
        store = store_open(settings->state, &err);
    if (store == NULL && (older || err.kind != ERROR_MISSING))
        *code = archive_failed(&err);
    return store;
}
