#include "agent/io/http_server.h"

#include "agent/base/memory.h"
#include "agent/base/str.h"
#include "agent/io/address.h"
#include "agent/io/loop.h"
#include "agent/io/unix_socket.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/util.h>

#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_HEADER_BYTES (16 << 10)
#define MOST_SILENCE_S    30

struct http_call {
    LIST_ENTRY(http_call) others;
    struct evhttp_request *request;
    char *path;
    const char *body; /* NULL until it is asked for */
    size_t body_length;
};

struct http_server {
    struct evhttp *http;
    http_handler *handler;
    void *arg;
    unsigned port;
    char *path;                        /* of a unix socket; NULL: it listens on TCP */
    LIST_HEAD(calls, http_call) calls; /* not answered yet */
};

static const struct {
    enum evhttp_cmd_type type;
    const char *name;
} methods[] = {
    {EVHTTP_REQ_GET, "GET"}, {EVHTTP_REQ_HEAD, "HEAD"},     {EVHTTP_REQ_POST, "POST"},
    {EVHTTP_REQ_PUT, "PUT"}, {EVHTTP_REQ_DELETE, "DELETE"},
};

#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

/* Calls */

const char *http_call_method(const struct http_call *call)
{
    enum evhttp_cmd_type type = evhttp_request_get_command(call->request);

    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (methods[i].type == type)
            return methods[i].name;
    }
    return "";
}

const char *http_call_path(const struct http_call *call)
{
    return call->path;
}

const char *http_call_header(const struct http_call *call, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(call->request), name);
}

const char *http_call_body(struct http_call *call, size_t *length)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(call->request);

    if (call->body == NULL) {
        call->body_length = evbuffer_get_length(input);
        if (evbuffer_add(input, "", 1) != 0)
            memory_exhausted();
        call->body = (const char *)evbuffer_pullup(input, -1);
        if (call->body == NULL)
            memory_exhausted();
    }
    *length = call->body_length;
    return call->body;
}

static void call_free(struct http_call *call)
{
    LIST_REMOVE(call, others);
    free(call->path);
    free(call);
}

/* Lines that are no "Name: value" are a mistake of ours, and left out. */
static void add_headers(struct evkeyvalq *out, const char *const *headers)
{
    for (; headers != NULL && *headers != NULL; headers++) {
        const char *colon = strchr(*headers, ':');
        struct str name;

        if (colon == NULL)
            continue;
        str_init(&name);
        str_add_bytes(&name, *headers, (size_t)(colon - *headers));
        (void)evhttp_add_header(out, name.text, colon + 1 + strspn(colon + 1, " "));
        str_release(&name);
    }
    if (evhttp_find_header(out, "Content-Type") == NULL)
        (void)evhttp_add_header(out, "Content-Type", "application/json");
}

/* A HEAD is told how long the body would be. */
static void add_length(struct evkeyvalq *out, size_t length)
{
    struct str number;

    str_init(&number);
    str_add_format(&number, "%zu", length);
    (void)evhttp_add_header(out, "Content-Length", number.text);
    str_release(&number);
}

static void answer(struct evhttp_request *request, int status, const char *const *headers,
                   const void *body, size_t length)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(request);
    struct evbuffer *buffer = evbuffer_new();

    if (buffer == NULL)
        memory_exhausted();
    add_headers(out, headers);
    if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
        add_length(out, length);
    else if (evbuffer_add(buffer, body, length) != 0)
        memory_exhausted();
    evhttp_send_reply(request, status, NULL, buffer);
    evbuffer_free(buffer);
}

/* evhttp leaves a request to us when its client has gone; then the reply only frees it. */
void http_reply(struct http_call *call, int status, const char *const *headers, const void *body,
                size_t length)
{
    struct evhttp_request *request = call->request;

    call_free(call);
    answer(request, status, headers, body, length);
}

/* The server */

/* NULL for a path with a zero byte in it: whoever compares it would take it for a shorter one. */
static char *decoded_path(const struct evhttp_request *request)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    size_t length = 0;
    char *decoded = evhttp_uridecode(path != NULL && path[0] != '\0' ? path : "/", 0, &length);

    if (decoded != NULL && strlen(decoded) == length)
        return decoded;
    free(decoded);
    return NULL;
}

static void called(struct evhttp_request *request, void *arg)
{
    struct http_server *server = arg;
    char *path = decoded_path(request);
    struct http_call *call;

    if (path == NULL) {
        answer(request, HTTP_BADREQUEST, NULL, "", 0);
        return;
    }
    call = memory_alloc(sizeof(*call));
    call->request = request;
    call->path = path;
    LIST_INSERT_HEAD(&server->calls, call, others);
    server->handler(call, server->arg);
}

/* The port that the system chose, if it was left to it. */
static bool learn_port(struct http_server *server, int fd)
{
    struct sockaddr_storage name;
    struct sockaddr *any = (struct sockaddr *)&name;
    socklen_t length = sizeof(name);
    char port[8];

    if (getsockname(fd, any, &length) != 0 ||
        getnameinfo(any, length, NULL, 0, port, sizeof(port), NI_NUMERICSERV) != 0)
        return false;
    server->port = (unsigned)strtoul(port, NULL, 10);
    return true;
}

static bool bind_to(struct http_server *server, const char *listen, struct error *err)
{
    struct evhttp_bound_socket *bound;
    struct address address;

    if (!address_parse(listen, NULL, &address, err))
        return false;
    errno = 0;
    bound = evhttp_bind_socket_with_handle(server->http, address.host,
                                           (uint16_t)strtoul(address.port, NULL, 10));
    if (bound != NULL && learn_port(server, evhttp_bound_socket_get_fd(bound)))
        return true;
    return error_set(err, ERROR_UNAVAILABLE, "Cannot listen on %s: %s; check the address.", listen,
                     errno != 0 ? strerror(errno) : "the host is not known");
}

static struct http_server *server_new(struct loop *loop, size_t largest_body, http_handler *handler,
                                      void *arg)
{
    struct http_server *server = memory_alloc(sizeof(*server));
    unsigned allowed = 0;

    server->handler = handler;
    server->arg = arg;
    LIST_INIT(&server->calls);
    server->http = evhttp_new(loop_base(loop));
    if (server->http == NULL)
        memory_exhausted();
    for (size_t i = 0; i < METHOD_COUNT; i++)
        allowed |= methods[i].type;
    evhttp_set_allowed_methods(server->http, (ev_uint16_t)allowed);
    evhttp_set_max_headers_size(server->http, MOST_HEADER_BYTES);
    evhttp_set_max_body_size(server->http, (ev_ssize_t)largest_body);
    evhttp_set_timeout(server->http, MOST_SILENCE_S);
    /* Without this a client may see a reset before it has read its 413. */
    (void)evhttp_set_flags(server->http, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_gencb(server->http, called, server);
    return server;
}

struct http_server *http_server_new(struct loop *loop, const char *listen, size_t largest_body,
                                    http_handler *handler, void *arg, struct error *err)
{
    struct http_server *server = server_new(loop, largest_body, handler, arg);

    if (bind_to(server, listen, err))
        return server;
    http_server_free(server);
    return NULL;
}

struct http_server *http_server_new_unix(struct loop *loop, const struct http_socket *socket,
                                         size_t largest_body, http_handler *handler, void *arg,
                                         struct error *err)
{
    int listener = unix_socket_listen(socket->path, socket->group, err);
    struct http_server *server;

    if (listener < 0)
        return NULL;
    server = server_new(loop, largest_body, handler, arg);
    server->path = memory_alloc(strlen(socket->path) + 1);
    (void)memcpy(server->path, socket->path, strlen(socket->path));
    if (evhttp_accept_socket_with_handle(server->http, listener) == NULL)
        memory_exhausted();
    return server;
}

void http_call_user(const struct http_call *call, char *out, size_t size)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(call->request);
    struct bufferevent *stream =
        connection != NULL ? evhttp_connection_get_bufferevent(connection) : NULL;

    out[0] = '\0';
    if (stream != NULL)
        unix_socket_user(bufferevent_getfd(stream), out, size);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    for (struct http_call *next, *each = LIST_FIRST(&server->calls); each != NULL; each = next) {
        next = LIST_NEXT(each, others);
        /* Without a client it is ours alone; the others go with their connections. */
        if (evhttp_request_get_connection(each->request) == NULL)
            evhttp_request_free(each->request);
        call_free(each);
    }
    evhttp_free(server->http);
    if (server->path != NULL)
        (void)unlink(server->path);
    free(server->path);
    free(server);
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}
