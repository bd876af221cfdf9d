#include "agent/base/digest.h"
#include "agent/base/json.h"
#include "agent/base/owner.h"
#include "agent/delivery.h"
#include "agent/io/loop.h"
#include "agent/permitted.h"
#include "agent/store_archive.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/seal.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct sending {
    struct verb_call *call;
    const struct store_ping *ping;
    struct loop *loop;
    bool answered;
    int code;
};

/* The receipt says what the other side stored: its digest must be that of the bytes sent. */
static void print_receipt(const struct sending *sending, const char *text)
{
    struct error ignored;
    struct js_value *root = js_parse(text, strlen(text), &ignored);
    const struct js_value *receipt = js_get(root, "receipt");
    const char *digest = js_text(js_get(receipt, "digest"));
    const char *received_at = js_text(js_get(receipt, "received_at"));
    struct arena *arena = sending->call->arena;
    char own[DIGEST_TEXT_SIZE];

    (void)digest_text(sending->ping->bytes, sending->ping->length, own);
    if (digest != NULL && strcmp(digest, own) != 0)
        verb_say(sending->call,
                 "The receipt is for other bytes than those that were sent (%s "
                 "instead of %s): something on the way changes them.",
                 figure_plain(arena, digest, DIGEST_TEXT_SIZE), own);
    else if (digest != NULL)
        (void)printf("Receipt: received at %s, %s stored, SHA-256 %s as sent.\n",
                     received_at != NULL ? figure_plain(arena, received_at, 40) : "?",
                     figure_of(arena, (size_t)js_integer(js_get(receipt, "rows")), "row", "rows"),
                     own);
    js_free(root);
}

static void delivered(const struct delivery_result *result, void *arg)
{
    static const enum exit_code codes[] = {
        [DELIVERY_SENT] = EXIT_DONE,
        [DELIVERY_DEFERRED] = EXIT_DEFERRED,
        [DELIVERY_REJECTED] = EXIT_FOUND,
    };
    struct sending *sending = arg;

    sending->answered = true;
    sending->code = (int)codes[result->end];
    if (result->end != DELIVERY_SENT) {
        (void)verb_failed(codes[result->end], "%s", result->said);
    } else {
        (void)printf("Sent ping %s, number %" PRId64 ", %s bytes. %s\n", sending->ping->id,
                     sending->ping->seq,
                     figure_count(sending->call->arena, (int64_t)sending->ping->length),
                     result->said);
        if (result->receipt != NULL)
            print_receipt(sending, result->receipt);
    }
    loop_stop(sending->loop);
}

static void interrupted(void *arg)
{
    loop_stop(arg);
}

static int post(const struct collect_request *request, struct verb_call *call,
                const struct store_ping *ping)
{
    struct sending sending = {.call = call, .ping = ping, .loop = loop_new()};
    struct delivery *delivery;

    loop_on_signal(sending.loop, SIGINT, interrupted, sending.loop);
    loop_on_signal(sending.loop, SIGTERM, interrupted, sending.loop);
    delivery =
        delivery_start(sending.loop, request->settings, request->store, ping, delivered, &sending);
    loop_run(sending.loop);
    /* Interrupted while a report was on its way, the ping itself has arrived or not by now. */
    if (!sending.answered && delivery_known(delivery) != NULL)
        delivered(delivery_known(delivery), &sending);
    delivery_free(delivery);
    loop_free(sending.loop);
    if (!sending.answered)
        return verb_failed(EXIT_DEFERRED,
                           "Interrupted. Ping %s is kept; sending it again does no harm.",
                           ping->id);
    return sending.code;
}

/* The sealed ping that was not sent yet, so that what was previewed is what leaves; unless it holds
 * more than is permitted by now. */
static bool find_sealed(const struct collect_request *request, struct store_ping *ping, bool *found,
                        struct error *err)
{
    const struct permitted now = {request->settings, request->catalog};

    if (!store_ping_sealed(request->store, request->call->arena, ping, found, err))
        return false;
    if (!*found)
        return true;
    if (!permitted_ping(&now, request->store, ping, found, err))
        return false;
    if (*found)
        return true;
    verb_say(request->call,
             "Ping %s was sealed when more was permitted than now: it stays here, and "
             "a new one is made.",
             ping->id);
    return store_ping_withhold(request->store, ping->id, err);
}

static int find_and_post(const struct collect_request *request, struct verb_call *call)
{
    struct store_ping ping;
    struct error err;
    bool found = false;

    if (!find_sealed(request, &ping, &found, &err))
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    if (!found) {
        int code;

        seal_say_left_out(request);
        code = seal_newest(request, &ping);
        if (code != EXIT_DONE)
            return code;
    }
    return post(request, call, &ping);
}

static int check_permission(const struct settings *settings, const struct consent *consent,
                            struct arena *arena)
{
    const char *lacks = permission_lacks(settings, consent, arena);

    if (lacks != NULL)
        return verb_failed(EXIT_NO_CONSENT,
                           "Nothing is sent: %s. 'service-ping preview' shows what would be sent.",
                           lacks);
    if (settings->endpoint == NULL)
        return verb_failed(EXIT_SETTINGS, "Nothing is sent: no endpoint is set (endpoint.url).");
    return EXIT_DONE;
}

/* An agent that runs owns the store: it collects and sends, as if a slot of the schedule were due.
 */
static bool is_done_beside(struct verb_call *call, const struct settings *settings, int *code)
{
    static const struct beside_question question = {"POST", "/v1/send", "{}"};
    struct beside_answer answer;
    enum beside how = beside_ask(call, settings, &question, &answer);

    *code = EXIT_DONE;
    if (how == BESIDE_NOBODY)
        return false;
    if (how != BESIDE_ANSWERED)
        *code = beside_failed(how, &answer);
    else
        (void)printf("The running agent collects now, and sends what comes of it; 'service-ping "
                     "status' shows how far it is.\n");
    return true;
}

static int send_here(struct verb_call *call, struct settings *settings)
{
    struct catalog catalog;
    struct collect_request request = {.call = call, .settings = settings, .catalog = &catalog};
    int code = EXIT_DONE;

    if (!verb_catalog(call, settings, &catalog))
        return EXIT_SETTINGS;
    request.store = seal_open_store(settings, &code);
    if (request.store == NULL)
        return code;
    code = seal_permit(&request, settings);
    if (code == EXIT_DONE)
        code = find_and_post(&request, call);
    seal_close(&request);
    return code;
}

int verb_send(struct verb_call *call)
{
    struct settings settings;
    struct consent consent;
    struct error err;
    bool known;
    int code = EXIT_DONE;

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    /* And then root as himself again: the agent says in its log by whom it was asked. */
    known = owner_enter(settings.state, &err) && permission_find(&settings, &consent, &err);
    owner_leave();
    if (known) {
        settings = consent_applied(&settings, &consent);
        code = check_permission(&settings, &consent, call->arena);
    }
    if (code != EXIT_DONE || is_done_beside(call, &settings, &code))
        return code;
    /* Who may not read the state folder could still ask the agent. */
    if (!known)
        return permission_failed(&err);
    return send_here(call, &settings);
}
