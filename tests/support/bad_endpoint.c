#include "tests/support/bad_endpoint.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "tests/support/require.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define MOST_CALLS 4096
#define DAY_S      86400L

struct caller {
    struct bad_endpoint *endpoint;
    struct bufferevent *line;
    struct bad_manner manner;
    struct str heard;
    bool answered;
    LIST_ENTRY(caller) others;
};

struct bad_endpoint {
    struct loop *loop;
    struct evconnlistener *listener;
    struct bad_manner manner;
    SSL_CTX *contexts[BAD_CERTIFICATES];
    LIST_HEAD(caller_list, caller) callers;
    int64_t calls_us[MOST_CALLS];
    unsigned calls, port;
};

/* ---- Certificates ---- */

static const struct {
    const char *file, *names;
    long from_s, until_s; /* from now */
} certificates[BAD_CERTIFICATES] = {
    [GOOD_CERTIFICATE] = {"good.pem", "IP:127.0.0.1", -DAY_S, DAY_S},
    [OTHER_NAME] = {"other.pem", "DNS:other.example", -DAY_S, DAY_S},
    [EXPIRED] = {"expired.pem", "IP:127.0.0.1", -2 * DAY_S, -DAY_S},
};

static X509 *certify(enum bad_certificate which, EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, certificates[which].names);
    X509_NAME *subject = X509_get_subject_name(certificate);

    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)which);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), certificates[which].from_s);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), certificates[which].until_s);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(certificate, subject);
    (void)X509_set_pubkey(certificate, key);
    REQUIRE(names != NULL && X509_add_ext(certificate, names, -1) == 1);
    X509_EXTENSION_free(names);
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static SSL_CTX *context_of(enum bad_certificate which, const char *folder)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certify(which, key);
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, certificates[which].file);
    file = fopen(path, "w");
    REQUIRE(file != NULL && PEM_write_X509(file, certificate) == 1);
    REQUIRE(fclose(file) == 0);
    REQUIRE(SSL_CTX_use_certificate(context, certificate) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

/* ---- One caller ---- */

static void hang_up(struct caller *caller)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    if (caller->manner.resets)
        (void)setsockopt(bufferevent_getfd(caller->line), SOL_SOCKET, SO_LINGER, &linger,
                         sizeof(linger));
    bufferevent_free(caller->line);
    str_release(&caller->heard);
    LIST_REMOVE(caller, others);
    free(caller);
}

static void all_said(struct bufferevent *line, void *arg)
{
    struct caller *caller = arg;

    (void)line;
    if (caller->answered && !caller->manner.holds)
        hang_up(caller);
}

static void happened(struct bufferevent *line, short what, void *arg)
{
    (void)line;
    if ((what & BEV_EVENT_CONNECTED) == 0)
        hang_up(arg);
}

static bool heard_enough(const struct caller *caller)
{
    const char *head_end = strstr(caller->heard.text, "\r\n\r\n");
    const char *length = strcasestr(caller->heard.text, "\r\nContent-Length:");
    size_t body = length != NULL ? strtoul(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;

    if (caller->manner.hears > 0)
        return caller->heard.length >= caller->manner.hears;
    return head_end != NULL &&
           caller->heard.length >= (size_t)(head_end + 4 - caller->heard.text) + body;
}

static void heard(struct bufferevent *line, void *arg)
{
    struct caller *caller = arg;
    struct evbuffer *input = bufferevent_get_input(line);
    size_t length = evbuffer_get_length(input);

    str_add_bytes(&caller->heard, evbuffer_pullup(input, -1), length);
    (void)evbuffer_drain(input, length);
    if (caller->answered || !heard_enough(caller))
        return;
    caller->answered = true;
    if (caller->manner.says != NULL)
        (void)bufferevent_write(line, caller->manner.says, strlen(caller->manner.says));
    else if (!caller->manner.holds)
        hang_up(caller);
}

static struct bufferevent *line_of(struct bad_endpoint *endpoint, evutil_socket_t fd)
{
    SSL_CTX *context = endpoint->contexts[endpoint->manner.certificate];
    struct event_base *base = loop_base(endpoint->loop);

    if (context == NULL)
        return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    return bufferevent_openssl_socket_new(base, fd, SSL_new(context), BUFFEREVENT_SSL_ACCEPTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

static void called(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                   int length, void *arg)
{
    struct bad_endpoint *endpoint = arg;
    struct caller *caller = memory_alloc(sizeof(*caller));

    (void)listener;
    (void)from;
    (void)length;
    REQUIRE(endpoint->calls < MOST_CALLS);
    endpoint->calls_us[endpoint->calls++] = now_wall_us();
    *caller = (struct caller){
        .endpoint = endpoint, .line = line_of(endpoint, fd), .manner = endpoint->manner};
    REQUIRE(caller->line != NULL);
    str_init(&caller->heard);
    LIST_INSERT_HEAD(&endpoint->callers, caller, others);
    bufferevent_setcb(caller->line, heard, all_said, happened, caller);
    (void)bufferevent_enable(caller->line, EV_READ | EV_WRITE);
}

/* ---- The endpoint ---- */

struct bad_endpoint *bad_endpoint_new(struct loop *loop, const char *folder)
{
    struct bad_endpoint *endpoint = memory_alloc(sizeof(*endpoint));
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(name);

    endpoint->loop = loop;
    LIST_INIT(&endpoint->callers);
    for (enum bad_certificate i = GOOD_CERTIFICATE; i < BAD_CERTIFICATES; i++)
        endpoint->contexts[i] = context_of(i, folder);
    endpoint->listener =
        evconnlistener_new_bind(loop_base(loop), called, endpoint, LEV_OPT_CLOSE_ON_FREE, 16,
                                (const struct sockaddr *)&name, sizeof(name));
    REQUIRE(endpoint->listener != NULL);
    REQUIRE(getsockname(evconnlistener_get_fd(endpoint->listener), (struct sockaddr *)&name,
                        &length) == 0);
    endpoint->port = ntohs(name.sin_port);
    return endpoint;
}

void bad_endpoint_free(struct bad_endpoint *endpoint)
{
    while (!LIST_EMPTY(&endpoint->callers))
        hang_up(LIST_FIRST(&endpoint->callers));
    evconnlistener_free(endpoint->listener);
    for (size_t i = 0; i < BAD_CERTIFICATES; i++)
        SSL_CTX_free(endpoint->contexts[i]);
    free(endpoint);
}

void bad_endpoint_behave(struct bad_endpoint *endpoint, const struct bad_manner *manner)
{
    endpoint->manner = *manner;
}

unsigned bad_endpoint_port(const struct bad_endpoint *endpoint)
{
    return endpoint->port;
}

unsigned bad_endpoint_calls(const struct bad_endpoint *endpoint)
{
    return endpoint->calls;
}

unsigned bad_endpoint_most_within(const struct bad_endpoint *endpoint, int64_t us)
{
    unsigned most = 0;

    for (unsigned first = 0, next = 0; first < endpoint->calls; first++) {
        while (next < endpoint->calls && endpoint->calls_us[next] < endpoint->calls_us[first] + us)
            next++;
        most = next - first > most ? next - first : most;
    }
    return most;
}
