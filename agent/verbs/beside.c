#include "agent/verbs/beside.h"

#include "agent/base/json.h"
#include "agent/io/http_client.h"
#include "agent/io/loop.h"
#include "agent/io/unix_socket.h"
#include "agent/verbs/figures.h"

#include <string.h>

enum { TIMEOUT_MS = 10000, LONGEST_SENTENCE = 500 };

struct asking {
    struct arena *arena;
    struct loop *loop;
    struct beside_answer *answer;
    enum beside how;
    bool changes; /* something, if it is done */
};

/* What it was asked waits in its socket. */
static const char may_still[] =
    " It may still do what it was asked when it goes on: 'service-ping status' tells.";

/* {"error": "sentence"}, or whatever else somebody answers there. */
static const char *sentence_of(const struct http_response *response, struct arena *arena)
{
    struct error ignored;
    struct js_value *root = js_parse(response->body, response->length, &ignored);
    const char *text = js_text(js_get(root, "error"));
    const char *sentence;

    if (text != NULL)
        sentence = figure_plain(arena, text, LONGEST_SENTENCE);
    else
        sentence =
            arena_format(arena, "The running agent answers with HTTP status %d.", response->status);
    js_free(root);
    return sentence;
}

static void answered(const struct http_response *response, const struct error *err, void *arg)
{
    struct asking *asking = arg;
    struct beside_answer *answer = asking->answer;

    loop_stop(asking->loop);
    if (err != NULL) {
        asking->how = BESIDE_FAILED;
        answer->body = arena_format(asking->arena, "The running agent does not answer: %s%s",
                                    err->text, asking->changes ? may_still : "");
        return;
    }
    answer->status = response->status;
    if (response->status >= 200 && response->status < 300) {
        asking->how = BESIDE_ANSWERED;
        answer->body = arena_copy_bytes(asking->arena, response->body, response->length);
        answer->length = response->length;
    } else {
        asking->how = BESIDE_REFUSED;
        answer->body = sentence_of(response, asking->arena);
    }
}

static enum beside ask(struct arena *arena, const struct settings *settings,
                       const struct beside_question *question, struct beside_answer *answer)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    const struct http_config config = {
        .socket = settings->socket,
        .proxy = "",
        .timeout_ms = TIMEOUT_MS,
        .user_agent = settings->http.user_agent,
    };
    const struct http_request request = {
        .method = question->method,
        .url = arena_format(arena, "http://localhost%s", question->path),
        .headers = headers,
        .body = question->body != NULL ? question->body : "",
        .body_length = question->body != NULL ? strlen(question->body) : 0,
    };
    struct asking asking = {.arena = arena,
                            .answer = answer,
                            .how = BESIDE_FAILED,
                            .changes = strcmp(question->method, "GET") != 0};
    struct http_client *client;

    asking.loop = loop_new();
    client = http_client_new(asking.loop, &config);
    (void)http_send(client, &request, answered, &asking);
    loop_run(asking.loop);
    http_client_free(client);
    loop_free(asking.loop);
    return asking.how;
}

enum beside beside_ask(const struct verb_call *call, const struct settings *settings,
                       const struct beside_question *question, struct beside_answer *answer)
{
    struct error err;

    *answer = (struct beside_answer){.body = ""};
    if (settings->socket == NULL || settings->socket[0] == '\0')
        return BESIDE_NOBODY;
    if (unix_socket_knock(settings->socket, &err))
        return ask(call->arena, settings, question, answer);
    if (err.kind == ERROR_MISSING)
        return BESIDE_NOBODY;
    answer->body = arena_copy(call->arena, err.text);
    return BESIDE_FAILED;
}

int beside_failed(enum beside how, const struct beside_answer *answer)
{
    enum exit_code code = EXIT_UNREACHABLE;

    if (how == BESIDE_REFUSED)
        code = answer->status == 409 ? EXIT_NO_CONSENT : EXIT_FOUND;
    return verb_failed(code, "%s", answer->body);
}
