#include "tests/support/raw_http.h"

#include "tests/support/redis_desk.h"
#include "tests/support/require.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void raw_http_init(struct raw_http *raw, struct loop *loop)
{
    *raw = (struct raw_http){.loop = loop, .body = ""};
    str_init(&raw->answer);
}

void raw_http_release(struct raw_http *raw)
{
    str_release(&raw->answer);
}

static void take(struct bufferevent *stream, struct str *answer)
{
    struct evbuffer *input = bufferevent_get_input(stream);
    size_t length = evbuffer_get_length(input);
    const void *bytes = evbuffer_pullup(input, -1);

    if (length > 0)
        str_add_bytes(answer, bytes, length);
    (void)evbuffer_drain(input, length);
}

static void arrived(struct bufferevent *stream, void *arg)
{
    struct raw_http *raw = arg;

    take(stream, &raw->answer);
}

static void ended(struct bufferevent *stream, short what, void *arg)
{
    struct raw_http *raw = arg;

    take(stream, &raw->answer);
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        loop_stop(raw->loop);
}

static struct bufferevent *stream_to(struct raw_http *raw, const char *to)
{
    struct bufferevent *stream =
        bufferevent_socket_new(loop_base(raw->loop), -1, BEV_OPT_CLOSE_ON_FREE);
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                               .sin_port = htons((uint16_t)strtoul(to, NULL, 10))};
    const struct sockaddr *any = (const struct sockaddr *)&port;
    size_t size = sizeof(port);

    if (to[0] == '/') {
        (void)snprintf(path.sun_path, sizeof(path.sun_path), "%s", to);
        any = (const struct sockaddr *)&path;
        size = sizeof(path);
    }
    bufferevent_setcb(stream, arrived, NULL, ended, raw);
    REQUIRE(bufferevent_enable(stream, EV_READ | EV_WRITE) == 0);
    REQUIRE(bufferevent_socket_connect(stream, any, (int)size) == 0);
    return stream;
}

void raw_http_send(struct raw_http *raw, const char *to, const char *bytes, size_t length)
{
    struct bufferevent *stream;
    char *end;

    str_clear(&raw->answer);
    stream = stream_to(raw, to);
    REQUIRE(bufferevent_write(stream, bytes, length) == 0);
    run_guarded(raw->loop);
    bufferevent_free(stream);
    raw->status = (int)strtol(raw->answer.length > 9 ? raw->answer.text + 9 : "0", NULL, 10);
    end = strstr(raw->answer.text, "\r\n\r\n");
    raw->body = end != NULL ? end + 4 : "";
    raw->body_length =
        end != NULL ? raw->answer.length - (size_t)(raw->body - raw->answer.text) : 0;
    if (end != NULL)
        end[2] = '\0';
}

const char *raw_http_header(struct raw_http *raw, const char *name)
{
    static char value[1024];
    const char *line = strstr(raw->answer.text, "\r\n");
    size_t length = strlen(name);

    for (; line != NULL && line[0] != '\0'; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1 + strspn(line + length + 1, " ");
        (void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
        return value;
    }
    return NULL;
}
