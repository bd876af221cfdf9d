#include "agent/base/gzip.h"
#include "agent/base/json.h"
#include "agent/base/owner.h"
#include "agent/delivery.h"
#include "agent/permitted.h"
#include "agent/verbs/archive.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/preview_html.h"
#include "agent/verbs/preview_show.h"
#include "agent/verbs/seal.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_WIDTH = 100 };

static const char consent_is_off[] = "Consent is 'off'";

struct preview {
    struct verb_call *call;
    struct settings settings; /* with the consent that is in force */
    struct consent consent;
    struct catalog catalog;
    struct selection selection;
    struct collect_request request;
    struct shown_list shown;
    bool json;
    const char *html;   /* the file to write; NULL: none */
    struct error owned; /* why the store cannot be opened */
};

static void print(const struct str *text)
{
    (void)fwrite(text->text, 1, text->length, stdout);
}

static void add_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    preview_add(arg, key_path, outcome);
}

/* As the endpoint gets it. */
static size_t sent_size(const struct settings *settings, const struct store_ping *ping)
{
    struct error ignored;
    struct str packed;
    size_t size;

    if (!delivery_packs(settings))
        return ping->length;
    str_init(&packed);
    size = gzip_compress(ping->bytes, ping->length, &packed, &ignored) ? packed.length : 0;
    str_release(&packed);
    return size;
}

/* What 'send' would do now. */
static const char *what_send_does(const struct preview *preview, const struct store_ping *ping)
{
    const struct settings *settings = &preview->settings;
    const struct permitted now = {settings, &preview->catalog};
    struct arena *arena = preview->call->arena;
    const char *lacks = permission_lacks(settings, &preview->consent, arena);
    struct error ignored;
    bool permitted;

    if (lacks != NULL)
        return arena_format(arena, "'service-ping send' would send nothing: %s.", lacks);
    if (settings->endpoint == NULL)
        return "'service-ping send' would send nothing: no endpoint is set.";
    if (!permitted_ping(&now, preview->request.store, ping, &permitted, &ignored) || !permitted)
        return "'service-ping send' would not post these bytes but collect anew: more was "
               "permitted when they were sealed than now.";
    return arena_format(arena, "'service-ping send' would post these bytes to %s: consent is 'on'.",
                        figure_url(arena, delivery_url(settings, arena)));
}

static void write_ping(const struct preview *preview, const struct store_ping *ping,
                       struct str *out)
{
    struct arena *arena = preview->call->arena;

    str_add_format(out, "Ping %s, number %" PRId64 " of this instance, sealed at %s:\n", ping->id,
                   ping->seq, figure_time(arena, ping->sealed_us));
    str_add_format(out, "%s bytes of JSON, %s on the wire.",
                   figure_count(arena, (int64_t)ping->length),
                   figure_bytes(arena, sent_size(&preview->settings, ping)));
    str_add(out, " 'service-ping preview --sealed --format json' prints them.\n");
    str_add_format(out, "%s\n", what_send_does(preview, ping));
}

static int show_ping(struct preview *preview, const struct store_ping *ping)
{
    struct error err;
    struct str out;

    if (preview->html != NULL)
        return preview_write_html(&preview->request, preview->html);
    if (preview->json) {
        (void)fwrite(ping->bytes, 1, ping->length, stdout);
        verb_say(preview->call, "Ping %s is sealed. %s", ping->id, what_send_does(preview, ping));
        return EXIT_DONE;
    }
    if (!store_outcomes(preview->request.store, ping->run_id, add_outcome, &preview->shown, &err))
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    preview_sort(&preview->shown);
    str_init(&out);
    preview_write_table(&preview->shown, terminal_width(STDOUT_FILENO, USUAL_WIDTH), &out);
    str_add_char(&out, '\n');
    preview_write_summary(&preview->shown, &out);
    str_add_char(&out, '\n');
    write_ping(preview, ping, &out);
    print(&out);
    str_release(&out);
    return EXIT_DONE;
}

static int seal_and_show(struct preview *preview)
{
    struct store_ping ping;
    int code;

    seal_say_left_out(&preview->request);
    code = seal_newest(&preview->request, &ping);
    return code == EXIT_DONE ? show_ping(preview, &ping) : code;
}

/* What was sealed before and not sent yet: what `send` would post just now. */
static int show_sealed(struct preview *preview)
{
    struct store_ping ping;
    struct error err;
    bool found;

    found = false;
    if (preview->request.store != NULL &&
        !store_ping_sealed(preview->request.store, preview->call->arena, &ping, &found, &err))
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    if (!found)
        return verb_failed(EXIT_FOUND, "No sealed ping waits to be sent.");
    return show_ping(preview, &ping);
}

/* Computes and shows, and leaves no trace. */
static int preview_some(struct preview *preview, const char *why)
{
    struct collected collected;
    struct str out;
    int code;

    if (preview->html != NULL)
        return verb_failed(EXIT_NO_CONSENT, "%s: a page would have nothing to show.", why);
    verb_say(preview->call, "%s: nothing is sealed or stored.", why);
    preview->request.approvals = permission_approvals(&preview->settings);
    seal_say_left_out(&preview->request);
    code = collect_run(&preview->request, &collected);
    approvals_free(preview->request.approvals);
    if (code != EXIT_DONE)
        return code;
    if (collected.count == 0)
        verb_say(preview->call, "No metric was chosen.");
    for (size_t i = 0; i < collected.count; i++)
        preview_add(&preview->shown, collected.metrics[i]->key_path, &collected.outcomes[i]);
    str_init(&out);
    if (preview->json) {
        preview_write_json(&preview->shown, &out);
    } else {
        preview_write_table(&preview->shown, terminal_width(STDOUT_FILENO, USUAL_WIDTH), &out);
        str_add_char(&out, '\n');
        preview_write_summary(&preview->shown, &out);
    }
    print(&out);
    str_release(&out);
    return EXIT_DONE;
}

/* ---- What is only read, so that an agent may run meanwhile ---- */

static int read_store(struct preview *preview)
{
    struct error err;
    int code = EXIT_DONE;

    preview->request.store = archive_open(&preview->settings, &code);
    if (preview->request.store == NULL)
        return code;
    if (!consent_read(preview->request.store, &preview->settings, &preview->consent, &err))
        return permission_failed(&err);
    preview->settings = consent_applied(&preview->settings, &preview->consent);
    return EXIT_DONE;
}

static int preview_kept(struct preview *preview, int (*show)(struct preview *preview))
{
    int code = read_store(preview);

    if (code == EXIT_DONE)
        code = show(preview);
    seal_close(&preview->request);
    owner_leave();
    return code;
}

static int write_page(struct preview *preview)
{
    verb_say(preview->call, "The agent is running: the page shows what it has collected so far.");
    return preview_write_html(&preview->request, preview->html);
}

static bool is_collecting(const struct beside_answer *answer)
{
    struct error ignored;
    struct js_value *status = js_parse(answer->body, answer->length, &ignored);
    const char *state = js_text(js_get(js_get(status, "agent"), "state"));
    bool collecting = state != NULL && strcmp(state, "collecting") == 0;

    js_free(status);
    return collecting;
}

/* An agent owns the store. It is not collected twice at a time. */
static int preview_beside(struct preview *preview)
{
    static const struct beside_question question = {.method = "GET", .path = "/v1/status"};
    struct beside_answer answer;
    enum beside how = beside_ask(preview->call, &preview->settings, &question, &answer);

    if (how == BESIDE_NOBODY)
        return verb_failed(EXIT_DEFERRED, "%s", preview->owned.text);
    if (how != BESIDE_ANSWERED)
        return beside_failed(how, &answer);
    if (preview->html != NULL)
        return preview_kept(preview, write_page);
    if (is_collecting(&answer))
        return verb_failed(EXIT_DEFERRED, "The agent is collecting just now; 'service-ping status' "
                                          "tells how far it is, and 'service-ping show' what "
                                          "comes of it.");
    return preview_some(preview, "The agent is running and owns the store");
}

/* ---- What is collected and sealed ---- */

static int preview_whole(struct preview *preview)
{
    struct collect_request *request = &preview->request;
    int code;
    bool off;

    request->store = store_open(preview->settings.state, &preview->owned);
    if (request->store == NULL && preview->owned.kind == ERROR_UNAVAILABLE)
        return preview_beside(preview);
    if (request->store == NULL)
        return verb_failed(EXIT_UNREACHABLE, "%s", preview->owned.text);
    code = seal_permit(request, &preview->settings);
    off = preview->settings.consent == CONSENT_OFF;
    if (code == EXIT_DONE && !off)
        code = seal_and_show(preview);
    seal_close(request);
    owner_leave();
    return code == EXIT_DONE && off ? preview_some(preview, consent_is_off) : code;
}

/* A page is written by whoever asked for it, so root must be able to come back. */
static bool act_as_owner(const struct preview *preview)
{
    struct error err;

    if (preview->html == NULL || owner_enter(preview->settings.state, &err))
        return true;
    (void)verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    return false;
}

int verb_preview(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    bool sealed = verb_option(call, "--sealed") != NULL;
    struct preview preview = {.call = call, .shown.arena = call->arena};
    int code;

    preview.html = verb_option(call, "--html");
    preview.json = format != NULL && strcmp(format, "json") == 0;
    preview.request = (struct collect_request){
        .call = call,
        .settings = &preview.settings,
        .catalog = &preview.catalog,
        .selection = &preview.selection,
    };
    if (!selection_read(call, &preview.selection) || !verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (preview.html != NULL && (format != NULL || !selection_is_all(&preview.selection)))
        return verb_failed(EXIT_USAGE, "The page shows everything: '--html' goes without "
                                       "'--format', '--metric', '--category' and '--source'.");
    if (sealed && !selection_is_all(&preview.selection))
        return verb_failed(EXIT_USAGE, "A sealed ping is shown whole: '--sealed' goes without "
                                       "'--metric', '--category' and '--source'.");
    if (!verb_settings(call, &preview.settings) ||
        !verb_catalog(call, &preview.settings, &preview.catalog))
        return EXIT_SETTINGS;
    if (!act_as_owner(&preview))
        return EXIT_UNREACHABLE;
    code = permission_read(&preview.settings, &preview.consent);
    if (code != EXIT_DONE)
        return code;
    if (sealed)
        return preview_kept(&preview, show_sealed);
    if (!selection_is_all(&preview.selection))
        return preview_some(&preview, "Only some metrics");
    if (preview.settings.consent == CONSENT_OFF)
        return preview_some(&preview, consent_is_off);
    return preview_whole(&preview);
}
