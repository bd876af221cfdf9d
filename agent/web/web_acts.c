/* What an admin asks the agent to do. Bodies are JSON objects; an empty one is {}. */
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/web/web_guard.h"
#include "agent/web/web_handlers.h"

#include <string.h>

/* NULL, and the call is over, if the body is no JSON object. */
static struct js_value *read_body(struct web_call *call)
{
    struct js_value *body;
    struct error err;
    size_t length;
    const char *text = http_call_body(call->http, &length);

    if (length == 0) {
        text = "{}";
        length = strlen(text);
    }
    body = js_parse(text, length, &err);
    if (body != NULL && js_kind(body) == JS_OBJECT)
        return body;
    web_refuse(call, 400, "The body has to be a JSON object%s%s", body == NULL ? ": " : ".",
               body == NULL ? err.text : "");
    js_free(body);
    return NULL;
}

static void answer_text(struct web_call *call, int status, const char *key, const char *text)
{
    struct js_writer writer;
    struct str body;

    str_init(&body);
    js_begin(&writer, &body, false);
    js_open_object(&writer, NULL);
    js_put_text(&writer, key, text);
    js_close_object(&writer);
    str_add_char(&body, '\n');
    web_answer(call, status, "application/json", &body);
    str_release(&body);
}

static void answer_raw(struct web_call *call, int status, const char *json)
{
    struct str body;

    str_init(&body);
    str_add(&body, json);
    web_answer(call, status, "application/json", &body);
    str_release(&body);
}

/* Names of categories; false with a sentence for anything else. NULL leaves `categories` as it is.
 */
static bool read_categories(const struct js_value *list, bool categories[CATEGORY_COUNT],
                            struct error *err)
{
    if (list == NULL)
        return true;
    if (js_kind(list) != JS_LIST)
        return error_set(err, ERROR_INVALID, "\"categories\" has to be a list of names.");
    (void)memset(categories, 0, CATEGORY_COUNT * sizeof(categories[0]));
    for (size_t i = 0; i < js_count(list); i++) {
        const char *name = js_text(js_at(list, i));
        enum data_category which;

        if (name == NULL || !data_category_from_name(name, &which))
            return error_set(err, ERROR_INVALID,
                             "\"categories\" may name standard, subscription, operational and "
                             "optional, not '%.40s'.",
                             name != NULL ? name : "what stands there");
        categories[which] = true;
    }
    return true;
}

/* ---- Consent ---- */

static bool read_consent(const struct js_value *body, enum consent_mode *mode,
                         bool categories[CATEGORY_COUNT], struct error *err)
{
    const char *name = js_text(js_get(body, "mode"));

    if (name == NULL || !consent_mode_from_name(name, mode))
        return error_set(err, ERROR_INVALID, "\"mode\" has to be \"on\", \"local\" or \"off\".");
    return read_categories(js_get(body, "categories"), categories, err);
}

void web_give_consent(struct web_call *call)
{
    struct js_value *body = read_body(call);
    bool categories[CATEGORY_COUNT];
    enum consent_mode mode = CONSENT_OFF;
    struct daemon_status status;
    struct error err;
    bool done;

    if (body == NULL)
        return;
    done =
        read_consent(body, &mode, categories, &err) &&
        daemon_consent(call->daemon, mode, js_get(body, "categories") != NULL ? categories : NULL,
                       web_user(call), &err);
    js_free(body);
    if (!done) {
        web_fail(call, &err);
        return;
    }
    daemon_status(call->daemon, &status);
    answer_text(call, 200, "consent", consent_words(&status.consent, call->arena));
}

/* ---- Accepting ---- */

static bool read_patterns(const struct js_value *list, struct arena *arena,
                          struct approvals_choice *choice, struct error *err)
{
    const char **globs = ARENA_ARRAY(arena, const char *, js_count(list) + 1);

    if (list != NULL && js_kind(list) != JS_LIST)
        return error_set(err, ERROR_INVALID, "\"key_paths\" has to be a list of patterns.");
    for (size_t i = 0; i < js_count(list); i++) {
        const char *pattern = js_text(js_at(list, i));

        if (pattern == NULL)
            return error_set(err, ERROR_INVALID, "\"key_paths\" has to be a list of texts.");
        globs[choice->glob_count++] = arena_copy(arena, pattern);
    }
    choice->globs = globs;
    return true;
}

/* An empty choice means all, so that it has to be asked for in so many words. */
static bool read_choice(const struct js_value *body, struct arena *arena,
                        struct approvals_choice *choice, struct error *err)
{
    bool any = js_flag(js_get(body, "all"));

    *choice = (struct approvals_choice){0};
    if (!read_patterns(js_get(body, "key_paths"), arena, choice, err) ||
        !read_categories(js_get(body, "categories"), choice->categories, err))
        return false;
    for (int i = 0; i < CATEGORY_COUNT; i++)
        any = any || choice->categories[i];
    return any || choice->glob_count > 0 ||
           error_set(err, ERROR_INVALID,
                     "Say what is accepted: \"key_paths\", \"categories\" or \"all\": true.");
}

void web_accept(struct web_call *call)
{
    struct js_value *body = read_body(call);
    struct approval_changes accepted = {0};
    struct approvals_choice choice;
    struct error err;
    bool done;

    if (body == NULL)
        return;
    done = read_choice(body, call->arena, &choice, &err);
    js_free(body);
    if (!done || !daemon_accept(call->daemon, &choice, call->arena, &accepted, &err)) {
        web_fail(call, &err);
        return;
    }
    if (accepted.count > 0)
        log_info("web", "%zu changes of definitions were accepted by %s", accepted.count,
                 web_user(call));
    answer_raw(call, 200, arena_format(call->arena, "{\"accepted\":%zu}\n", accepted.count));
}

/* ---- Sending ---- */

void web_send(struct web_call *call)
{
    struct error err;

    if (!daemon_run_now(call->daemon, &err)) {
        web_fail(call, &err);
        return;
    }
    log_info("web", "a collection was asked for by %s", web_user(call));
    answer_raw(call, 202, "{\"started\":true}\n");
}

/* ---- Sessions ---- */

static void answer_cookie(struct web_call *call, const char *id, int seconds)
{
    const char *const headers[] = {
        "Content-Type: application/json",
        arena_format(call->arena,
                     "Set-Cookie: " GUARD_COOKIE
                     "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict",
                     id, seconds),
        NULL,
    };
    struct str body;

    str_init(&body);
    str_add_format(&body, "{\"seconds\":%d}\n", seconds);
    web_answer_with(call, 200, headers, &body);
    str_release(&body);
}

/* A session never begets another one: it would never end. */
void web_begin_session(struct web_call *call)
{
    char id[UUID_TEXT_SIZE];
    struct error err;

    if (strcmp(web_user(call), "token") != 0)
        web_refuse(call, 409, "A session begins with the token, over TCP.");
    else if (!web_log_in(call, id, &err))
        web_fail(call, &err);
    else
        answer_cookie(call, id, GUARD_SESSION_S);
}

void web_end_session(struct web_call *call)
{
    web_log_out(call);
    answer_cookie(call, "", 0);
}
