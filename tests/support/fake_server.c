#include "tests/support/fake_server.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_CALLERS 16

struct fake_server {
    struct loop *loop;
    struct evconnlistener *listener;
    const char *says;
    bool closes;
    struct bufferevent *callers[MOST_CALLERS];
    size_t count;
    struct str heard;
    char address[32];
};

static int bind_anywhere(char address[32])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;

    assert(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0);
    assert(bind(fd, (const struct sockaddr *)&name, length) == 0);
    assert(getsockname(fd, (struct sockaddr *)&name, &length) == 0);
    (void)snprintf(address, 32, "127.0.0.1:%u", ntohs(name.sin_port));
    return fd;
}

/*
 * The socket stays, bound and not listening: the system gives this port to nobody who asks for any,
 * yet who asks for it by number gets it.
 */
char *free_address(char out[32])
{
    (void)bind_anywhere(out);
    return out;
}

static void forget(struct fake_server *server, struct bufferevent *caller)
{
    for (size_t i = 0; i < server->count; i++) {
        if (server->callers[i] == caller)
            server->callers[i] = NULL;
    }
    bufferevent_free(caller);
}

static void all_said(struct bufferevent *caller, void *arg)
{
    forget(arg, caller);
}

static void happened(struct bufferevent *caller, short what, void *arg)
{
    (void)what;
    forget(arg, caller);
}

static void heard(struct bufferevent *caller, void *arg)
{
    struct fake_server *server = arg;
    struct evbuffer *input = bufferevent_get_input(caller);
    size_t length = evbuffer_get_length(input);
    bool first = server->heard.length == 0;

    str_add_bytes(&server->heard, evbuffer_pullup(input, -1), length);
    (void)evbuffer_drain(input, length);
    if (server->says != NULL && first)
        (void)bufferevent_write(caller, server->says, strlen(server->says));
    if (server->closes && first)
        bufferevent_setcb(caller, heard, all_said, happened, server);
    if (server->closes && evbuffer_get_length(bufferevent_get_output(caller)) == 0)
        forget(server, caller);
}

static void called(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                   int length, void *arg)
{
    struct fake_server *server = arg;
    struct bufferevent *caller =
        bufferevent_socket_new(loop_base(server->loop), fd, BEV_OPT_CLOSE_ON_FREE);

    (void)listener;
    (void)address;
    (void)length;
    assert(caller != NULL && server->count < MOST_CALLERS);
    server->callers[server->count++] = caller;
    bufferevent_setcb(caller, heard, NULL, happened, server);
    (void)bufferevent_enable(caller, EV_READ | EV_WRITE);
}

struct fake_server *fake_server_new(struct loop *loop, const char *says, bool closes)
{
    struct fake_server *server = memory_alloc(sizeof(*server));

    server->loop = loop;
    server->says = says;
    server->closes = closes;
    str_init(&server->heard);
    server->listener = evconnlistener_new(loop_base(loop), called, server, LEV_OPT_CLOSE_ON_FREE, 8,
                                          bind_anywhere(server->address));
    assert(server->listener != NULL);
    return server;
}

void fake_server_free(struct fake_server *server)
{
    evconnlistener_free(server->listener);
    for (size_t i = 0; i < server->count; i++) {
        if (server->callers[i] != NULL)
            bufferevent_free(server->callers[i]);
    }
    str_release(&server->heard);
    free(server);
}

const char *fake_server_address(const struct fake_server *server)
{
    return server->address;
}

const struct str *fake_server_heard(const struct fake_server *server)
{
    return &server->heard;
}
