/* How requests are answered: with headers that keep the page to itself. */
#include "agent/web/web_route.h"

#include "agent/base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_HEADERS = 8 };

/* Nothing foreign is loaded, nothing runs that does not come from here, and nobody frames it. */
static const char policy[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

static const char *const safe_headers[] = {
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: no-referrer",
    "Cross-Origin-Resource-Policy: same-origin",
    policy,
};

#define SAFE_COUNT (sizeof(safe_headers) / sizeof(safe_headers[0]))

void web_call_end(struct web_call *call)
{
    LIST_REMOVE(call, others);
    arena_free(call->arena);
    free(call);
}

void web_answer_with(struct web_call *call, int status, const char *const *headers,
                     const struct str *body)
{
    const char *all[SAFE_COUNT + MOST_HEADERS + 1] = {0};
    size_t count = 0;

    for (size_t i = 0; i < SAFE_COUNT; i++)
        all[count++] = safe_headers[i];
    for (size_t i = 0; headers != NULL && headers[i] != NULL && i < MOST_HEADERS; i++)
        all[count++] = headers[i];
    http_reply(call->http, status, all, body->text, body->length);
    web_call_end(call);
}

void web_answer(struct web_call *call, int status, const char *type, const struct str *body)
{
    const char *const headers[] = {arena_format(call->arena, "Content-Type: %s", type), NULL};

    web_answer_with(call, status, headers, body);
}

void web_refuse_with(struct web_call *call, int status, const char *header, const char *sentence)
{
    const char *const headers[] = {header, NULL};
    struct js_writer writer;
    struct str body;

    str_init(&body);
    js_begin(&writer, &body, false);
    js_open_object(&writer, NULL);
    js_put_text(&writer, "error", sentence);
    js_close_object(&writer);
    str_add_char(&body, '\n');
    web_answer_with(call, status, headers, &body);
    str_release(&body);
}

void web_refuse(struct web_call *call, int status, const char *format, ...)
{
    char sentence[1024];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, values);
    va_end(values);
    web_refuse_with(call, status, NULL, sentence);
}

void web_fail(struct web_call *call, const struct error *err)
{
    static const struct {
        enum error_kind kind;
        int status;
    } statuses[] = {
        {ERROR_INVALID, 400}, {ERROR_MISSING, 404},     {ERROR_DENIED, 403},
        {ERROR_REFUSED, 409}, {ERROR_UNAVAILABLE, 503}, {ERROR_TIMEOUT, 504},
    };
    int status = 500;

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].kind == err->kind)
            status = statuses[i].status;
    web_refuse(call, status, "%s", err->text);
}
