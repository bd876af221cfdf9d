#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/carried.h"
#include "agent/verbs/archive.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <stdio.h>

static void tell(const struct carried_receipt *receipt, int64_t seq, bool fresh)
{
    (void)printf("Ping %s, number %" PRId64 ", %s\n", receipt->ping_id, seq,
                 fresh ? "is sent: its receipt is kept."
                       : "was sent already and has its receipt; nothing was changed.");
}

static int take(struct store *store, const struct carried_receipt *receipt)
{
    struct error err;
    int64_t seq;
    bool fresh;

    if (!carried_take_receipt(store, receipt, &seq, &fresh, &err))
        return verb_failed(EXIT_FOUND, "The receipt is not kept: %s.", err.text);
    tell(receipt, seq, fresh);
    return EXIT_DONE;
}

static int import_into_store(const struct settings *settings, const struct carried_receipt *receipt)
{
    int code;
    struct store *store = archive_open(settings, &code);
    struct error err;

    if (store == NULL)
        return code != EXIT_DONE
                   ? code
                   : verb_failed(EXIT_FOUND, "There is no ping in %s that a receipt could be for.",
                                 settings->state);
    store_close(store);
    store = store_open(settings->state, &err);
    if (store == NULL)
        return archive_failed(&err);
    code = take(store, receipt);
    store_close(store);
    return code;
}

/* An agent that runs owns the store: it is asked to. */
static int import(const struct verb_call *call, const struct settings *settings, const char *text,
                  const struct carried_receipt *receipt)
{
    const struct beside_question question = {
        .method = "POST", .path = "/v1/receipts", .body = text};
    struct beside_answer answer;
    enum beside how = beside_ask(call, settings, &question, &answer);
    struct js_value *told;
    struct error err;

    if (how == BESIDE_NOBODY)
        return import_into_store(settings, receipt);
    if (how == BESIDE_REFUSED)
        return verb_failed(EXIT_FOUND, "The receipt is not kept: %s.", answer.body);
    if (how != BESIDE_ANSWERED)
        return beside_failed(how, &answer);
    told = js_parse(answer.body, answer.length, &err);
    tell(receipt, js_integer(js_get(told, "seq")), js_flag(js_get(told, "fresh")));
    js_free(told);
    return EXIT_DONE;
}

int verb_import(struct verb_call *call)
{
    struct carried_receipt receipt;
    struct settings settings;
    struct error err;
    const char *text;
    size_t length;

    if (!verb_arguments(call, 1, 1))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    /* Before the store is opened: as its owner we might not read it. */
    if (!file_read(call->argv[0], call->arena, &text, &length, &err) ||
        !carried_read_receipt(call->argv[0], text, length, call->arena, &receipt, &err))
        return verb_failed(EXIT_FOUND, "The receipt is not kept: %s.", err.text);
    return import(call, &settings, text, &receipt);
}
