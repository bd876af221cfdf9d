/* Pings that are carried by hand, while the agent owns the store. */
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/carried.h"
#include "agent/web/web_handlers.h"

#include <inttypes.h>
#include <string.h>

/* The body is the file that `upload` wrote. */
void web_keep_receipt(struct web_call *call)
{
    struct carried_receipt receipt;
    struct str body;
    struct error err;
    size_t length;
    const char *text = http_call_body(call->http, &length);
    int64_t seq;
    bool fresh;

    if (!carried_read_receipt("the receipt", text, length, call->arena, &receipt, &err) ||
        !carried_take_receipt(call->store, &receipt, &seq, &fresh, &err)) {
        web_refuse(call, err.kind == ERROR_UNAVAILABLE ? 503 : 400, "%s", err.text);
        return;
    }
    if (fresh)
        log_info("web", "the receipt of ping %s was imported by %s", receipt.ping_id,
                 web_user(call));
    str_init(&body);
    str_add_format(&body, "{\"seq\":%" PRId64 ",\"fresh\":%s}\n", seq, fresh ? "true" : "false");
    web_answer(call, 200, "application/json", &body);
    str_release(&body);
}

static bool note_export(const struct web_call *call, struct error *err)
{
    size_t length;
    const char *text = http_call_body(call->http, &length);
    struct js_value *body = js_parse(text, length, err);
    const char *id = js_text(js_get(body, "ping_id"));
    struct store_attempt exported = {
        .at_us = now_wall_us(), .said = STORE_EXPORTED, .state = PING_SEALED};
    struct store_ping ping;
    bool done =
        body != NULL && store_ping_find(call->store, id != NULL ? id : "", call->arena, &ping, err);

    exported.ping_id = ping.id;
    done = done && store_attempt(call->store, &exported, err);
    js_free(body);
    return done;
}

void web_note_export(struct web_call *call)
{
    struct error err;
    struct str body;

    if (!note_export(call, &err)) {
        web_refuse(call, err.kind == ERROR_UNAVAILABLE ? 503 : 400, "%s", err.text);
        return;
    }
    str_init(&body);
    str_add(&body, "{\"noted\":true}\n");
    web_answer(call, 200, "application/json", &body);
    str_release(&body);
}
