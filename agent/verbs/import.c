#include "agent/base/file.h"
#include "agent/carried.h"
#include "agent/verbs/archive.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <stdio.h>

static int take(struct store *store, const struct carried_receipt *receipt)
{
    struct error err;
    int64_t seq;
    bool fresh;

    if (!carried_take_receipt(store, receipt, &seq, &fresh, &err))
        return verb_failed(EXIT_FOUND, "The receipt is not kept: %s.", err.text);
    (void)printf("Ping %s, number %" PRId64 ", %s\n", receipt->ping_id, seq,
                 fresh ? "is sent: its receipt is kept."
                       : "was sent already and has its receipt; nothing was changed.");
    return EXIT_DONE;
}

static struct store *open_store(const struct settings *settings, int *code)
{
    struct store *store = archive_open(settings, code);
    struct error err;

    if (store == NULL) {
        if (*code == EXIT_DONE)
            *code = verb_failed(EXIT_FOUND, "There is no ping in %s that a receipt could be for.",
                                settings->state);
        return NULL;
    }
    store_close(store);
    store = store_open(settings->state, &err);
    if (store == NULL)
        *code = archive_failed(&err);
    return store;
}

int verb_import(struct verb_call *call)
{
    struct carried_receipt receipt;
    struct settings settings;
    struct store *store;
    struct error err;
    const char *text;
    size_t length;
    int code;

    if (!verb_arguments(call, 1, 1))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    /* Before the store is opened: as its owner we might not read it. */
    if (!file_read(call->argv[0], call->arena, &text, &length, &err) ||
        !carried_read_receipt(call->argv[0], text, length, call->arena, &receipt, &err))
        return verb_failed(EXIT_FOUND, "The receipt is not kept: %s.", err.text);
    store = open_store(&settings, &code);
    if (store == NULL)
        return code;
    code = take(store, &receipt);
    store_close(store);
    return code;
}
