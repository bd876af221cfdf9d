#include "agent/io/tls.h"

#include "agent/base/memory.h"
#include "agent/io/loop.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <string.h>

/* What OpenSSL says about a certificate, and what helps. All others: about_trust. */
static const struct {
    long code; /* X509_V_ERR_... */
    const char *advice;
} certificates[] = {
    {X509_V_ERR_HOSTNAME_MISMATCH, "check the address and the server name"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "check the address and the server name"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "renew it, or check this machine's clock"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "check this machine's clock"},
};
static const char about_trust[] = "check the CA file";

/* How a handshake fails, and what helps. All others: about_version. */
static const struct {
    int reason; /* SSL_R_... */
    const char *advice;
} faults[] = {
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "it wants a client's certificate and key"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "it may want a client's certificate and key"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "check the client's certificate and key"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "renew the client's certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "check the client's certificate"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "check the client's certificate"},
};
static const char about_version[] = "check that it speaks TLS 1.2 or later at this port";

/* The first thing that went wrong; what follows are its consequences. */
static const char *first_reason(void)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_SYSTEM_ERROR(code) ? strerror((int)ERR_GET_REASON(code))
                                                : ERR_reason_error_string(code);

    ERR_clear_error();
    return reason != NULL ? reason : "OpenSSL does not say why";
}

static bool set_unusable(const char *path, const char *what, struct error *err)
{
    return error_set(err, ERROR_INVALID, "%s cannot be used as the %s: %s.", path, what,
                     first_reason());
}

/* OpenSSL would ask for it at the terminal. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)writing;
    (void)arg;
    if (size > 0)
        out[0] = '\0';
    return 0;
}

static bool trust(SSL_CTX *context, const char *ca_file, struct error *err)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (ca_file != NULL)
        return SSL_CTX_load_verify_file(context, ca_file) == 1 ||
               set_unusable(ca_file, "CA file", err);
    return SSL_CTX_set_default_verify_paths(context) == 1 ||
           set_unusable("This machine's CA store", "CA file", err);
}

static bool show(SSL_CTX *context, const struct tls_config *config, struct error *err)
{
    const char *certificate = config->client_certificate;
    const char *key = config->client_key != NULL ? config->client_key : certificate;

    if (certificate == NULL)
        return true;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return set_unusable(certificate, "client's certificate", err);
    return (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 &&
            SSL_CTX_check_private_key(context) == 1) ||
           set_unusable(key, "client's key (PEM, without a passphrase)", err);
}

static SSL_CTX *context_new(const struct tls_config *config, struct error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        memory_exhausted();
    /* A connection that is cut is lost, with TLS or without: replies tell their length. */
    (void)SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    ERR_clear_error();
    if (trust(context, config->ca_file, err) && show(context, config, err))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static bool is_ip(const char *name)
{
    struct in6_addr address;

    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* The name goes to the server, which may have several; an IP address does not (RFC 6066, 3). */
static bool expect(SSL *ssl, const char *name)
{
    if (is_ip(name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct bufferevent *tls_start(struct loop *loop, int fd, const struct tls_config *config,
                              const char *host, struct error *err)
{
    const char *name = config->server_name != NULL ? config->server_name : host;
    SSL_CTX *context = context_new(config, err);
    struct bufferevent *pipe;
    SSL *ssl;

    if (context == NULL)
        return NULL;
    ssl = SSL_new(context);
    SSL_CTX_free(context);
    if (ssl == NULL)
        memory_exhausted();
    if (!expect(ssl, name)) {
        (void)error_set(err, ERROR_INVALID, "No certificate can be for \"%s\"; check the name.",
                        name);
        SSL_free(ssl);
        return NULL;
    }
    pipe = bufferevent_openssl_socket_new(loop_base(loop), fd, ssl, BUFFEREVENT_SSL_CONNECTING,
                                          BEV_OPT_CLOSE_ON_FREE);
    if (pipe == NULL)
        memory_exhausted();
    return pipe;
}

static bool explain_certificate(long code, const char *who, struct error *err)
{
    const char *advice = about_trust;

    for (size_t i = 0; i < sizeof(certificates) / sizeof(certificates[0]); i++) {
        if (certificates[i].code == code)
            advice = certificates[i].advice;
    }
    (void)error_set(err, ERROR_UNAVAILABLE, "The certificate of %s is not trusted: %s; %s.", who,
                    X509_verify_cert_error_string(code), advice);
    return true;
}

bool tls_explain(struct bufferevent *pipe, const char *who, struct error *err)
{
    unsigned long code = bufferevent_get_openssl_error(pipe);
    long verdict = SSL_get_verify_result(bufferevent_openssl_get_ssl(pipe));
    const char *reason = ERR_reason_error_string(code), *advice = about_version;

    if (verdict != X509_V_OK)
        return explain_certificate(verdict, who, err);
    /* Without a library in it, it is only one of SSL_get_error's: the socket itself broke. */
    if (ERR_SYSTEM_ERROR(code) || ERR_GET_LIB(code) == 0)
        return false;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].reason == ERR_GET_REASON(code))
            advice = faults[i].advice;
    }
    (void)error_set(err, ERROR_UNAVAILABLE, "%s fails in TLS: %s; %s.", who,
                    reason != NULL ? reason : "OpenSSL does not say why", advice);
    return true;
}
