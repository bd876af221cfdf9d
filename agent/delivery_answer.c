#include "agent/delivery_answer.h"

#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/io/http_client.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LONGEST_WAIT_S (INT64_C(7) * 86400)

const char *answer_shown_url(const char *url, struct arena *arena)
{
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end != NULL ? scheme_end + strlen("://") : url;
    size_t host_length = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', host_length);
    const char *from = at != NULL ? at + 1 : host;

    return arena_format(arena, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "?#"), from);
}

/* The beginning of a text from outside as one line: a person reads it in a message. */
static const char *shown_text(const char *from, struct arena *arena)
{
    enum { SHOWN = 200 };
    char *text = arena_format(arena, "%.*s", SHOWN, from);

    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    return text + strspn(text, " ");
}

/* What is judged, and by what it is called. */
struct hearing {
    const struct http_response *response;
    const char *endpoint;
    struct arena *arena;
};

static const char *receipt_of(enum delivery_end end, const struct hearing *hearing)
{
    const struct http_response *response = hearing->response;

    if (end != DELIVERY_SENT)
        return NULL;
    return arena_copy_bytes(hearing->arena, response->body, response->length);
}

/* Our own protocol. */

static const char *say_sent(const struct hearing *hearing)
{
    return arena_format(hearing->arena, "%s has received the ping (HTTP %d).", hearing->endpoint,
                        hearing->response->status);
}

static const char *say_redirect(const struct hearing *hearing)
{
    const struct http_response *response = hearing->response;

    if (response->location == NULL)
        return arena_format(hearing->arena,
                            "%s answers with a redirect to nowhere (HTTP %d); nothing was sent "
                            "elsewhere, and the ping is kept. Check the setting `endpoint`.",
                            hearing->endpoint, response->status);
    return arena_format(hearing->arena,
                        "%s redirects to %s (HTTP %d); nothing was sent there, and the ping is "
                        "kept. If that is the right place, set `endpoint` to it.",
                        hearing->endpoint, answer_shown_url(response->location, hearing->arena),
                        response->status);
}

static const char *say_later(const struct hearing *hearing)
{
    const struct http_response *response = hearing->response;
    const char *wait = "";

    if (response->retry_after != NULL)
        wait = arena_format(hearing->arena, ", and asks to wait (Retry-After: %.40s)",
                            response->retry_after);
    return arena_format(hearing->arena,
                        "%s cannot take the ping now (HTTP %d)%s; it is kept and can be sent "
                        "again.",
                        hearing->endpoint, response->status, wait);
}

static const char *say_rejected(const struct hearing *hearing)
{
    const char *body = shown_text(hearing->response->body, hearing->arena);

    return arena_format(hearing->arena,
                        "%s rejects the ping (HTTP %d): %s; it is kept, and not sent again by "
                        "itself.",
                        hearing->endpoint, hearing->response->status,
                        body[0] != '\0' ? body : "no further words");
}

static bool read_date(const char *text, int64_t *seconds)
{
    struct tm date = {0};
    const char *rest = text != NULL ? strptime(text, "%a, %d %b %Y %H:%M:%S", &date) : NULL;

    if (rest == NULL || strcmp(rest, " GMT") != 0)
        return false;
    *seconds = (int64_t)timegm(&date);
    return true;
}

int64_t answer_wait_s(const char *retry_after, const char *date, int64_t now)
{
    int64_t until, wait = 0;

    if (retry_after == NULL)
        return 0;
    if (retry_after[0] != '\0' && retry_after[strspn(retry_after, "0123456789")] == '\0') {
        wait = strtoll(retry_after, NULL, 10);
    } else if (read_date(retry_after, &until)) {
        (void)read_date(date, &now);
        wait = until - now;
    }
    if (wait < 0)
        return 0;
    return wait < LONGEST_WAIT_S ? wait : LONGEST_WAIT_S;
}

static int64_t wait_of(const struct http_response *response)
{
    return answer_wait_s(response->retry_after, response->date, now_wall_us() / US_PER_SECOND);
}

/* The first row that fits. */
static const struct answer {
    int least, most; /* HTTP statuses */
    enum delivery_end end;
    const char *(*say)(const struct hearing *hearing);
} answers[] = {
    {200, 299, DELIVERY_SENT, say_sent},
    {300, 399, DELIVERY_DEFERRED, say_redirect},
    {408, 408, DELIVERY_DEFERRED, say_later},
    {425, 425, DELIVERY_DEFERRED, say_later},
    {429, 429, DELIVERY_DEFERRED, say_later},
    {500, 599, DELIVERY_DEFERRED, say_later},
    {0, INT32_MAX, DELIVERY_REJECTED, say_rejected},
};

void answer_judge_ours(const struct http_response *response, const char *endpoint,
                       struct arena *arena, struct delivery_result *result)
{
    const struct hearing hearing = {response, endpoint, arena};
    const struct answer *answer = answers;

    while (response->status < answer->least || response->status > answer->most)
        answer++;
    *result = (struct delivery_result){
        .end = answer->end,
        .http_status = response->status,
        .said = answer->say(&hearing),
        .receipt = receipt_of(answer->end, &hearing),
        .wait_s = wait_of(response),
    };
}

/* GitLab's protocol. */

/* The first of the two names that holds an id at all; NULL: neither does. */
static const struct js_value *find_usage_data_id(const struct js_value *root)
{
    static const char *const names[] = {"conv_index", "dev_ops_score"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct js_value *id = js_get(js_get(root, names[i]), "usage_data_id");

        if (id != NULL && js_kind(id) != JS_NULL)
            return id;
    }
    return NULL;
}

/* An id that is none, as it was written. */
static const char *shown_id(const struct js_value *id, struct arena *arena)
{
    if (js_text(id) != NULL)
        return arena_format(arena, "\"%s\"", shown_text(js_text(id), arena));
    if (js_number_text(id) != NULL)
        return shown_text(js_number_text(id), arena);
    return id == NULL ? "there is none" : "it is no number";
}

static bool judge_body(const struct hearing *hearing, const char **said)
{
    const struct http_response *response = hearing->response;
    struct error ignored;
    struct js_value *root = js_parse(response->body, response->length, &ignored);
    const struct js_value *id = find_usage_data_id(root);
    bool taken = js_integer(id) > 0;

    if (taken)
        *said = arena_format(hearing->arena,
                             "%s has received the ping (HTTP %d), as usage_data_id %" PRId64 ".",
                             hearing->endpoint, response->status, js_integer(id));
    else
        *said = arena_format(hearing->arena,
                             "Invalid usage_data_id in response: %s (HTTP %d of %s). The ping is "
                             "kept and can be sent again.",
                             shown_id(id, hearing->arena), response->status, hearing->endpoint);
    js_free(root);
    return taken;
}

void answer_judge_gitlab(const struct http_response *response, const char *endpoint,
                         struct arena *arena, struct delivery_result *result)
{
    const struct hearing hearing = {response, endpoint, arena};

    *result = (struct delivery_result){
        .end = DELIVERY_DEFERRED, .http_status = response->status, .wait_s = wait_of(response)};
    if (response->status < 200 || response->status > 299)
        result->said = arena_format(arena,
                                    "Unsuccessful response code: %d (of %s). The ping is kept and "
                                    "can be sent again.",
                                    response->status, endpoint);
    else if (judge_body(&hearing, &result->said))
        result->end = DELIVERY_SENT;
    result->receipt = receipt_of(result->end, &hearing);
}

const char *answer_silence(const struct error *err, const char *endpoint, struct arena *arena)
{
    size_t length = strlen(err->text);

    return arena_format(arena, "%s gave no answer. %s%s The ping is kept and can be sent again.",
                        endpoint, err->text, length > 0 && err->text[length - 1] == '.' ? "" : ".");
}
