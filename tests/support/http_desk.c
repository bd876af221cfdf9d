#include "tests/support/http_desk.h"

#include "tests/support/redis_desk.h"

#include <string.h>

void http_desk_answered(const struct http_response *response, const struct error *err, void *arg)
{
    struct http_desk *desk = arg;

    if (response != NULL) {
        str_add_format(&desk->said, "%d", response->status);
        if (response->location != NULL)
            str_add_format(&desk->said, " ->%s", response->location);
        if (response->retry_after != NULL)
            str_add_format(&desk->said, " ~%s", response->retry_after);
        str_add_char(&desk->said, ' ');
        str_add_bytes(&desk->said, response->body, response->length);
    }
    if (err != NULL)
        str_add_format(&desk->said, "%s: %s", error_kind_name(err->kind), err->text);
    str_add_char(&desk->said, '\n');
    if (--desk->to_arrive == 0)
        loop_stop(desk->loop);
}

void http_desk_open(struct http_desk *desk)
{
    *desk = (struct http_desk){.loop = loop_new()};
    desk->config = (struct http_config){.proxy = "", .timeout_ms = 10000, .user_agent = "test/1"};
    desk->client = http_client_new(desk->loop, &desk->config);
    str_init(&desk->said);
}

void http_desk_close(struct http_desk *desk)
{
    http_client_free(desk->client);
    loop_free(desk->loop);
    str_release(&desk->said);
}

struct http_exchange *http_desk_request(struct http_desk *desk, const struct http_request *request)
{
    if (desk->to_arrive++ == 0)
        str_clear(&desk->said);
    return http_send(desk->client, request, http_desk_answered, desk);
}

struct http_exchange *http_desk_send(struct http_desk *desk, const char *method, const char *url,
                                     const char *body)
{
    const struct http_request request = {
        .method = method, .url = url, .body = body, .body_length = body != NULL ? strlen(body) : 0};

    return http_desk_request(desk, &request);
}

const char *http_desk_await(struct http_desk *desk)
{
    run_guarded(desk->loop);
    return desk->said.text;
}

const char *http_desk_ask(struct http_desk *desk, const char *method, const char *url,
                          const char *body)
{
    (void)http_desk_send(desk, method, url, body);
    return http_desk_await(desk);
}
