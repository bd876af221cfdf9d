#include "agent/io/stream.h"

#include "agent/base/memory.h"
#include "agent/io/address.h"
#include "agent/io/endpoints.h"
#include "agent/io/loop.h"
#include "agent/io/tls.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum stage { STAGE_CONNECTING, STAGE_SECURING, STAGE_OPEN };

struct stream {
    struct loop *loop;
    struct stream_config config;
    const struct stream_events *events;
    void *arg;
    struct endpoints endpoints; /* what is left to try */
    struct address address;     /* its host is what TLS expects; unset without TLS */
    struct bufferevent *pipe;   /* NULL: none yet, or lost */
    struct loop_timer *timer;   /* until it is open */
    enum stage stage;
    bool heard; /* something */
    bool busy;  /* an event is being told: only release() may free */
    bool freed; /* by its owner */
};

static void hold(struct stream *stream)
{
    stream->busy = true;
}

static void release(struct stream *stream)
{
    stream->busy = false;
    if (stream->freed)
        free(stream);
}

static void close_pipe(struct stream *stream)
{
    loop_timer_cancel(stream->timer);
    stream->timer = NULL;
    if (stream->pipe != NULL)
        bufferevent_free(stream->pipe);
    stream->pipe = NULL;
}

static void lose(struct stream *stream, const struct error *err)
{
    close_pipe(stream);
    stream->events->lost(err, stream->arg);
}

static bool set_unreachable(const struct stream *stream, int code, struct error *err)
{
    bool denied = code == EACCES || code == EPERM;

    return error_set(err, denied ? ERROR_DENIED : ERROR_UNAVAILABLE,
                     "Cannot reach %s at %s: %s; check %s.", stream->config.service,
                     stream->config.address, strerror(code),
                     denied ? "who may use its socket" : "the address and whether it runs");
}

static void connect_late(void *arg);
static void arrived(struct bufferevent *pipe, void *arg);
static void happened(struct bufferevent *pipe, short what, void *arg);

static bool connect_to(struct stream *stream, const struct sockaddr *address, socklen_t length)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return false;
    if (address->sa_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stream->pipe = bufferevent_socket_new(loop_base(stream->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    if (stream->pipe == NULL)
        memory_exhausted();
    bufferevent_setcb(stream->pipe, arrived, NULL, happened, stream);
    (void)bufferevent_enable(stream->pipe, EV_READ | EV_WRITE);
    stream->timer = loop_after(stream->loop, stream->config.timeout_ms, connect_late, stream);
    return bufferevent_socket_connect(stream->pipe, address, (int)length) == 0;
}

/* Tries what is left of the addresses; `code` says why the one before failed. */
static bool connect_next(struct stream *stream, int code, struct error *err)
{
    const struct sockaddr *address;
    socklen_t length;

    while ((address = endpoints_next(&stream->endpoints, &length)) != NULL) {
        close_pipe(stream);
        if (connect_to(stream, address, length))
            return true;
        code = errno;
    }
    if (code != ETIMEDOUT)
        return set_unreachable(stream, code, err);
    return error_set(err, ERROR_TIMEOUT,
                     "%s at %s did not take the connection within %u ms; check the address and "
                     "the network.",
                     stream->config.service, stream->config.address, stream->config.timeout_ms);
}

static void connect_late(void *arg)
{
    struct stream *stream = arg;
    struct error err;

    stream->timer = NULL;
    hold(stream);
    if (!connect_next(stream, ETIMEDOUT, &err))
        lose(stream, &err);
    release(stream);
}

/* A unix socket has no host, so its path is refused here. */
static bool find_host(struct stream *stream, struct error *err)
{
    return stream->config.tls == NULL ||
           address_parse(stream->config.address, stream->config.default_port, &stream->address,
                         err) ||
           error_add_context(err, "TLS is for hosts");
}

static void start(void *arg)
{
    struct stream *stream = arg;
    const struct stream_config *config = &stream->config;
    struct error err;

    stream->timer = NULL;
    hold(stream);
    if (!find_host(stream, &err) ||
        !endpoints_find(&stream->endpoints, config->address, config->default_port, &err) ||
        !connect_next(stream, ECONNREFUSED, &err))
        lose(stream, &err);
    release(stream);
}

/* Tells piece by piece, so that what is read is not gathered once more in between. */
static void arrived(struct bufferevent *pipe, void *arg)
{
    struct stream *stream = arg;
    struct evbuffer *input = bufferevent_get_input(pipe);
    struct evbuffer_iovec piece;

    hold(stream);
    stream->heard = true;
    while (stream->pipe != NULL && evbuffer_peek(input, -1, NULL, &piece, 1) > 0) {
        stream->events->arrived(piece.iov_base, piece.iov_len, stream->arg);
        if (stream->pipe != NULL)
            (void)evbuffer_drain(input, piece.iov_len);
    }
    release(stream);
}

static void secure_late(void *arg)
{
    struct stream *stream = arg;
    struct error err;

    stream->timer = NULL;
    hold(stream);
    (void)error_set(&err, ERROR_TIMEOUT,
                    "%s at %s took the connection, but not TLS within %u ms; check that it speaks "
                    "TLS at this port.",
                    stream->config.service, stream->config.address, stream->config.timeout_ms);
    lose(stream, &err);
    release(stream);
}

/* The socket moves from the plain pipe to one that speaks TLS. */
static bool secure(struct stream *stream, struct error *err)
{
    int fd = bufferevent_getfd(stream->pipe);

    (void)bufferevent_setfd(stream->pipe, -1);
    close_pipe(stream);
    stream->stage = STAGE_SECURING;
    stream->pipe = tls_start(stream->loop, fd, stream->config.tls, stream->address.host, err);
    if (stream->pipe == NULL) {
        (void)close(fd);
        return false;
    }
    bufferevent_setcb(stream->pipe, arrived, NULL, happened, stream);
    (void)bufferevent_enable(stream->pipe, EV_READ | EV_WRITE);
    stream->timer = loop_after(stream->loop, stream->config.timeout_ms, secure_late, stream);
    return true;
}

static bool connected(struct stream *stream, struct error *err)
{
    endpoints_release(&stream->endpoints);
    if (stream->stage == STAGE_CONNECTING && stream->config.tls != NULL)
        return secure(stream, err);
    loop_timer_cancel(stream->timer);
    stream->timer = NULL;
    stream->stage = STAGE_OPEN;
    stream->events->opened(stream->arg);
    return true;
}

/* Of one who hangs up at our first words. With TLS 1.3 it may do so after the handshake. */
static const char *hint(const struct stream *stream)
{
    const struct tls_config *tls = stream->config.tls;

    if (stream->heard)
        return "";
    if (tls == NULL)
        return " It said nothing before; check whether it expects TLS.";
    if (tls->client_certificate == NULL)
        return " It said nothing before; check whether it wants a client's certificate.";
    return " It said nothing before; check whether it trusts our client's certificate.";
}

static bool set_broken(const struct stream *stream, short what, int code, struct error *err)
{
    bool closed = (what & BEV_EVENT_EOF) != 0 || code == 0;
    char who[300];

    (void)snprintf(who, sizeof(who), "%s at %s", stream->config.service, stream->config.address);
    if (stream->stage != STAGE_CONNECTING && stream->config.tls != NULL &&
        tls_explain(stream->pipe, who, err))
        return false;
    return error_set(err, ERROR_UNAVAILABLE, "The connection to %s broke: %s.%s", who,
                     closed ? "the other side closed it" : strerror(code), hint(stream));
}

/* False if this is the end of the connection; `code` is the system's error number. */
static bool go_on(struct stream *stream, short what, int code, struct error *err)
{
    if ((what & BEV_EVENT_CONNECTED) != 0)
        return connected(stream, err);
    if (stream->stage == STAGE_CONNECTING)
        return connect_next(stream, code, err);
    return set_broken(stream, what, code, err);
}

static void happened(struct bufferevent *pipe, short what, void *arg)
{
    int code = EVUTIL_SOCKET_ERROR();
    struct stream *stream = arg;
    struct error err;

    (void)pipe;
    hold(stream);
    if (!go_on(stream, what, code, &err))
        lose(stream, &err);
    release(stream);
}

struct stream *stream_new(struct loop *loop, const struct stream_config *config,
                          const struct stream_events *events, void *arg)
{
    struct stream *stream = memory_alloc(sizeof(*stream));

    stream->loop = loop;
    stream->config = *config;
    stream->events = events;
    stream->arg = arg;
    stream->timer = loop_after(loop, 0, start, stream);
    return stream;
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    close_pipe(stream);
    endpoints_release(&stream->endpoints);
    stream->freed = true;
    if (!stream->busy)
        free(stream);
}

void stream_write(struct stream *stream, const void *bytes, size_t length)
{
    if (bufferevent_write(stream->pipe, bytes, length) != 0)
        memory_exhausted();
}
