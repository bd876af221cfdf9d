#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/owner.h"
#include "agent/carried.h"
#include "agent/verbs/archive.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct exporting {
    struct verb_call *call;
    struct store *store;
    bool ours; /* the store may be written */
    const struct settings *settings;
    const char *output;
    struct store_ping ping;
};

/* ---- Which ping ---- */

static void take_unsent(const struct store_ping_line *line, void *arg)
{
    struct exporting *exporting = arg;
    bool unsent = line->ping.state == PING_SEALED || line->ping.state == PING_WAITING;

    if (unsent && exporting->ping.id[0] == '\0')
        (void)memcpy(exporting->ping.id, line->ping.id, sizeof(exporting->ping.id));
}

/* Without a word it is the newest that was not sent. */
static int choose(struct exporting *exporting)
{
    const struct verb_call *call = exporting->call;
    struct error err;

    if (call->argc == 0 &&
        !store_pings(exporting->store, SIZE_MAX >> 1, take_unsent, exporting, &err))
        return archive_failed(&err);
    if (call->argc == 0 && exporting->ping.id[0] == '\0')
        return verb_failed(EXIT_FOUND, "No ping waits to be sent; 'service-ping history' lists "
                                       "those there are, 'service-ping preview' makes one.");
    if (!store_ping_find(exporting->store,
                         call->argc > 0 ? call->argv[0]
                                        : arena_copy(call->arena, exporting->ping.id),
                         call->arena, &exporting->ping, &err))
        return verb_failed(EXIT_FOUND, "%s.", err.text);
    return EXIT_DONE;
}

/* ---- The files ---- */

/* The same again is fine; anything else that is there stays. */
static bool write_once(const struct exporting *exporting, const char *path, const char *bytes,
                       size_t length, struct error *err)
{
    const char *there;
    size_t there_length;

    if (!file_read(path, exporting->call->arena, &there, &there_length, err))
        return err->kind == ERROR_MISSING && file_replace(path, bytes, length, err);
    if (there_length == length && memcmp(there, bytes, length) == 0)
        return true;
    return error_set(err, ERROR_REFUSED, "%s is there already and holds something else", path);
}

static bool write_files(const struct exporting *exporting, struct error *err)
{
    const struct store_ping *ping = &exporting->ping;
    struct carried_meta meta = {
        .seq = ping->seq,
        .schema = PAYLOAD_SCHEMA,
        .sealed_us = ping->sealed_us,
        .length = (int64_t)ping->length,
    };
    struct str text;
    bool done;

    (void)memcpy(meta.ping_id, ping->id, sizeof(meta.ping_id));
    (void)snprintf(meta.instance_id, sizeof(meta.instance_id), "%s",
                   store_instance_id(exporting->store));
    (void)digest_text(ping->bytes, ping->length, meta.digest);
    str_init(&text);
    carried_write_meta(&meta, &text);
    /* The ping last: where it is, the other is, too. */
    done = write_once(exporting,
                      arena_format(exporting->call->arena, "%s" CARRIED_META, exporting->output),
                      text.text, text.length, err) &&
           write_once(exporting, exporting->output, ping->bytes, ping->length, err);
    str_release(&text);
    return done;
}

/* ---- The store ---- */

/* An agent that runs owns the store: it is asked to. */
static int ask_to_note(const struct exporting *exporting)
{
    const struct beside_question question = {
        .method = "POST",
        .path = "/v1/exports",
        .body = arena_format(exporting->call->arena, "{\"ping_id\": \"%s\"}", exporting->ping.id),
    };
    struct beside_answer answer;
    enum beside how = beside_ask(exporting->call, exporting->settings, &question, &answer);

    if (how == BESIDE_ANSWERED)
        return EXIT_DONE;
    return verb_failed(EXIT_FOUND,
                       "The ping was exported, but the history will not say so: the agent that "
                       "owns the store %s%s",
                       how == BESIDE_NOBODY ? "has no socket." : "says: ", answer.body);
}

static int note(const struct exporting *exporting)
{
    const struct store_attempt exported = {
        .ping_id = exporting->ping.id,
        .at_us = now_wall_us(),
        .said = STORE_EXPORTED,
        .state = PING_SEALED, /* stays what it is */
    };
    struct error err;

    if (!exporting->ours)
        return ask_to_note(exporting);
    if (!store_attempt(exporting->store, &exported, &err))
        return verb_failed(EXIT_FOUND,
                           "The ping was exported, but the history will not say so: %s.", err.text);
    return EXIT_DONE;
}

static void say_what_next(const struct exporting *exporting)
{
    (void)printf("Ping %s, number %" PRId64 ", %s bytes:\n  %s\n  %s" CARRIED_META "\n",
                 exporting->ping.id, exporting->ping.seq,
                 figure_count(exporting->call->arena, (int64_t)exporting->ping.length),
                 exporting->output, exporting->output);
    verb_say(exporting->call,
             "Carry both to a machine that reaches the endpoint, and there:\n"
             "  service-ping upload %s\n"
             "Carry what it writes back, and here:\n"
             "  service-ping import %s" CARRIED_RECEIPT,
             exporting->output, exporting->output);
}

/* The store belongs to its owner, the files to whoever asks for them. */
static int export_as(struct exporting *exporting, const char *state)
{
    struct error err;
    bool written;
    int code = choose(exporting);

    if (code != EXIT_DONE)
        return code;
    owner_leave();
    written = write_files(exporting, &err);
    if (!written)
        return verb_failed(EXIT_FOUND, "Nothing was exported: %s.", err.text);
    say_what_next(exporting);
    if (!owner_enter(state, &err))
        return archive_failed(&err);
    return note(exporting);
}

static struct store *open_any(struct exporting *exporting, const struct settings *settings,
                              int *code)
{
    struct error err;
    struct store *store = archive_open(settings, code);

    /* There is none: it is not to be made. */
    if (store == NULL)
        return NULL;
    store_close(store);
    store = store_open(settings->state, &err);
    exporting->ours = store != NULL;
    if (store != NULL || err.kind != ERROR_UNAVAILABLE)
        return store;
    return archive_open(settings, code);
}

int verb_export(struct verb_call *call)
{
    struct exporting exporting = {.call = call, .output = verb_option(call, "--output")};
    struct settings settings;
    struct error err;
    int code = EXIT_DONE;

    if (!verb_arguments(call, 0, 1))
        return EXIT_USAGE;
    if (exporting.output == NULL)
        return verb_failed(EXIT_USAGE, "'export' needs '--output FILE': where to write the ping.");
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    exporting.settings = &settings;
    if (!owner_enter(settings.state, &err))
        return archive_failed(&err);
    exporting.store = open_any(&exporting, &settings, &code);
    if (exporting.store == NULL && code == EXIT_DONE)
        code = verb_failed(EXIT_FOUND, "There is no ping yet in %s.", settings.state);
    else if (exporting.store != NULL)
        code = export_as(&exporting, settings.state);
    store_close(exporting.store);
    owner_leave();
    return code;
}
