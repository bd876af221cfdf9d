/* Redis over TLS: whom we trust, what we show, and that nothing else changes. */
#include "tests/support/test.h"

#include "agent/base/memory.h"
#include "tests/support/fake_server.h"
#include "tests/support/redis_desk.h"
#include "tests/support/redis_extra.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One server for all, which takes plain connections at one port and TLS at the other. */
static struct redis_extra *extra;
static char plain_address[32], tls_address[32];

static int start_server(void **state)
{
    (void)state;
    extra = redis_extra_new();
    redis_extra_do(extra, "certificates");
    redis_extra_do(extra,
                   "server tls %s --tls-port %s --tls-cert-file %s --tls-key-file %s "
                   "--tls-ca-cert-file %s --tls-auth-clients no",
                   strchr(free_address(plain_address), ':') + 1,
                   strchr(free_address(tls_address), ':') + 1, redis_extra_path("here.pem"),
                   redis_extra_path("here.key"), redis_extra_path("authority.pem"));
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    redis_extra_free(extra);
    return 0;
}

static void plain_desk_open(struct desk *desk)
{
    desk_open(desk);
    desk->config.address = plain_address;
}

static void tls_desk_open(struct desk *desk)
{
    desk_open(desk);
    desk->config.address = tls_address;
    desk->config.tls = true;
    desk->config.ca_file = redis_extra_path("authority.pem");
}

/* What a row leaves out is: the certificate "here", at 127.0.0.1, signed by "authority". */
struct trust {
    const char *name;
    const char *server;         /* whose certificate it has */
    const char *auth, *options; /* its tls-auth-clients and tls-protocols */
    const char *host;
    const char *ca;                /* file; "": what this machine trusts */
    const char *certificate, *key; /* what we show */
    const char *server_name;
    const char *begins, *holds; /* of what comes; NULL: PONG */
};

#define UNTRUSTED    "unavailable: The certificate of Redis at 127.0.0.1:"
#define CHECK_CLIENT "a client's certificate"

static const struct trust rows[] = {
    {.name = "an authority that we trust"},
    {.name = "the host's name instead of its address", .host = "localhost"},
    {.name = "an authority that this machine does not know",
     .ca = "",
     .begins = UNTRUSTED,
     .holds = " is not trusted: self-signed certificate in certificate chain; check the CA file."},
    {.name = "another authority than ours",
     .ca = "stranger.pem",
     .begins = UNTRUSTED,
     .holds = " is not trusted: self-signed certificate in certificate chain; check the CA file."},
    {.name = "a certificate that signed itself",
     .server = "stranger",
     .begins = UNTRUSTED,
     .holds = " is not trusted: self-signed certificate; check the CA file."},
    {.name = "one that signed itself and that we know", .server = "stranger", .ca = "stranger.pem"},
    {.name = "the certificate of another host, reached by address",
     .server = "other",
     .begins = UNTRUSTED,
     .holds = "IP address mismatch; check the address and the server name."},
    {.name = "the certificate of another host, reached by name",
     .server = "other",
     .host = "localhost",
     .begins = "unavailable: The certificate of Redis at localhost:",
     .holds = "hostname mismatch; check the address and the server name."},
    {.name = "the name that it must have is given",
     .server = "other",
     .server_name = "other.example"},
    {.name = "a name among many", .server = "other", .server_name = "any.wild.example"},
    {.name = "an address for a name", .host = "localhost", .server_name = "127.0.0.1"},
    {.name = "another name than that of a good certificate",
     .server_name = "other.example",
     .begins = UNTRUSTED,
     .holds = "hostname mismatch"},
    {.name = "a certificate that has expired",
     .server = "old",
     .begins = UNTRUSTED,
     .holds = "certificate has expired; renew it, or check this machine's clock."},
    {.name = "TLS 1.2", .options = "TLSv1.2"},
    {.name = "TLS 1.3", .options = "TLSv1.3"},
    {.name = "TLS 1.1",
     .options = "TLSv1.1",
     .begins = "unavailable: Redis at 127.0.0.1:",
     .holds = " fails in TLS: "},
    {.name = "a CA file that is not there",
     .ca = "none.pem",
     .begins = "invalid: ",
     .holds = "/none.pem cannot be used as the CA file: No such file or directory."},
    {.name = "a CA file without a certificate",
     .ca = "redis.log",
     .begins = "invalid: ",
     .holds = "/redis.log cannot be used as the CA file: no certificate or crl found."},
    {.name = "a server that wants to know us is told",
     .auth = "yes",
     .certificate = "client.pem",
     .key = "client.key"},
    {.name = "a server that may know us", .auth = "optional"},
    {.name = "a server that wants to know us is not told",
     .auth = "yes",
     .begins = "unavailable: ",
     .holds = CHECK_CLIENT},
    {.name = "the same with TLS 1.2",
     .auth = "yes",
     .options = "TLSv1.2",
     .begins = "unavailable: ",
     .holds = CHECK_CLIENT},
    {.name = "a server that does not trust what we show",
     .auth = "yes",
     .certificate = "stranger.pem",
     .key = "stranger.key",
     .begins = "unavailable: ",
     .holds = "client's certificate"},
    {.name = "a certificate of ours that is not there",
     .certificate = "none.pem",
     .begins = "invalid: ",
     .holds = "/none.pem cannot be used as the client's certificate: No such file or directory."},
    {.name = "a key of another certificate",
     .certificate = "client.pem",
     .key = "here.key",
     .begins = "invalid: ",
     .holds = "/here.key cannot be used as the client's key (PEM, without a passphrase): key "
              "values mismatch."},
    {.name = "a key that is nowhere",
     .certificate = "client.pem",
     .begins = "invalid: ",
     .holds = "/client.pem cannot be used as the client's key (PEM, without a passphrase): "},
    {.name = "a key with a passphrase",
     .certificate = "client.pem",
     .key = "locked.key",
     .begins = "invalid: ",
     .holds = "/locked.key cannot be used as the client's key (PEM, without a passphrase): "},
};

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static const char *named_path(const char *name, const char *suffix)
{
    char file[64];

    (void)snprintf(file, sizeof(file), "%s%s", name, suffix);
    return redis_extra_path(file);
}

static void prepare_server(const struct trust *row)
{
    const char *server = or_else(row->server, "here");
    const char *protocols = or_else(row->options, "TLSv1.2 TLSv1.3");
    bool is_old = strcmp(protocols, "TLSv1.1") == 0;
    struct desk admin;

    plain_desk_open(&admin);
    (void)ASK(&admin, "CONFIG", "SET", "tls-cert-file", named_path(server, ".pem"), "tls-key-file",
              named_path(server, ".key"), "tls-auth-clients", or_else(row->auth, "no"),
              "tls-protocols", protocols, "tls-ciphers",
              is_old ? "ALL:@SECLEVEL=0" : "DEFAULT:@SECLEVEL=2");
    assert_string_equal(desk_await(&admin), "\"OK\"\n");
    desk_close(&admin);
}

static void play_row(const struct trust *row)
{
    struct desk desk;
    char address[64];

    prepare_server(row);
    tls_desk_open(&desk);
    if (row->ca != NULL)
        desk.config.ca_file = row->ca[0] != '\0' ? redis_extra_path(row->ca) : NULL;
    if (row->certificate != NULL)
        desk.config.client_certificate = redis_extra_path(row->certificate);
    if (row->key != NULL)
        desk.config.client_key = redis_extra_path(row->key);
    desk.config.server_name = row->server_name;
    (void)snprintf(address, sizeof(address), "%s%s", or_else(row->host, "127.0.0.1"),
                   strchr(tls_address, ':'));
    desk.config.address = address;
    (void)ASK(&desk, "PING");
    (void)desk_await(&desk);
    print_message("#   %s", desk.said.text);
    assert_memory_equal(desk.said.text, or_else(row->begins, "\"PONG\"\n"),
                        strlen(or_else(row->begins, "\"PONG\"\n")));
    assert_non_null(strstr(desk.said.text, or_else(row->holds, "")));
    desk_close(&desk);
}

static void trust_is_given_by_certificates_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        print_message("# %s\n", rows[i].name);
        play_row(&rows[i]);
    }
    prepare_server(&rows[0]);
}

static void what_speaks_no_tls_is_explained(void **state)
{
    static const struct {
        const char *name, *says;
        const char *begins, *holds;
        bool closes;
    } servers[] = {
        {"a server of another kind", "HTTP/1.1 400 Bad Request\r\n\r\n",
         "unavailable: Redis at 127.0.0.1:",
         " fails in TLS: wrong version number; check that it speaks TLS 1.2 or later at this port.",
         false},
        {"a server that hangs up", "", "unavailable: The connection to Redis at 127.0.0.1:",
         "broke: the other side closed it. It said nothing before; check whether it wants a "
         "client's ",
         true},
        {"a server that says nothing", NULL, "timeout: Redis at 127.0.0.1:",
         " took the connection, but not TLS within 60 ms; check that it speaks TLS at this port.",
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        struct fake_server *server;
        struct desk desk;

        print_message("# %s\n", servers[i].name);
        tls_desk_open(&desk);
        server = fake_server_new(desk.loop, servers[i].says, servers[i].closes);
        desk.config.address = fake_server_address(server);
        if (servers[i].says == NULL)
            desk.config.timeout_ms = 60;
        (void)ASK(&desk, "PING");
        (void)ASK(&desk, "PING");
        (void)desk_await(&desk);
        assert_memory_equal(desk.said.text, servers[i].begins, strlen(servers[i].begins));
        assert_non_null(strstr(desk.said.text, servers[i].holds));
        redis_free(desk.redis);
        desk.redis = NULL;
        fake_server_free(server);
        desk_close(&desk);
    }
}

static void plain_words_at_a_tls_port_are_explained(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    desk.config.address = tls_address;
    (void)ASK(&desk, "PING");
    (void)desk_await(&desk);
    assert_memory_equal(desk.said.text, "unavailable: The connection to Redis at 127.0.0.1:", 50);
    assert_non_null(strstr(desk.said.text, "check whether it expects TLS."));
    desk_close(&desk);
}

static void a_unix_socket_has_no_tls(void **state)
{
    static const char *const addresses[] = {"/tmp/redis.sock", "unix:/tmp/redis.sock"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct desk desk;

        tls_desk_open(&desk);
        desk.config.address = addresses[i];
        (void)ASK(&desk, "PING");
        assert_memory_equal(desk_await(&desk), "invalid: TLS is for hosts: The address ", 39);
        desk_close(&desk);
    }
}

#define LARGE_SIZE 200000

/* Many TLS records each way, and answers that end within one. */
static void much_goes_both_ways(void **state)
{
    char *large = memory_alloc(LARGE_SIZE + 1);
    struct str expected;
    struct desk desk;

    (void)state;
    memset(large, 'x', LARGE_SIZE);
    str_init(&expected);
    tls_desk_open(&desk);
    for (int i = 1; i <= 10000; i++) {
        (void)ASK(&desk, "INCR", "tls:count");
        str_add_format(&expected, "(%d)\n", i);
    }
    (void)ASK(&desk, "SET", "tls:large", large);
    (void)ASK(&desk, "MGET", "tls:large", "tls:large", "tls:none");
    (void)ASK(&desk, "GET", "tls:large");
    str_add_format(&expected, "\"OK\"\n[\"%s\" \"%s\" nil]\n\"%s\"\n", large, large, large);
    (void)desk_await(&desk);
    assert_true(strcmp(desk.said.text, expected.text) == 0);
    desk_close(&desk);
    str_release(&expected);
    free(large);
}

static void a_killed_connection_comes_back(void **state)
{
    struct desk desk, admin;

    (void)state;
    plain_desk_open(&admin);
    tls_desk_open(&desk);
    (void)ASK(&admin, "PING");
    (void)desk_await(&admin);
    for (int again = 0; again < 3; again++) {
        (void)ASK(&desk, "PING");
        assert_string_equal(desk_await(&desk), "\"PONG\"\n");
        (void)ASK(&desk, "BLPOP", "tls:none", "0");
        (void)ASK(&admin, "CLIENT", "KILL", "TYPE", "normal");
        (void)desk_await(&admin);
        assert_memory_equal(desk_await(&desk), "unavailable: The connection to Redis at ", 40);
    }
    desk_close(&desk);
    desk_close(&admin);
}

static void freed(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct desk *desk = arg;

    redis_free(desk->redis);
    desk->redis = NULL;
    desk_answered(reply, err, desk);
}

static void a_callback_may_end_everything(void **state)
{
    struct desk desk;

    (void)state;
    tls_desk_open(&desk);
    desk.to_arrive = 1;
    (void)redis_command(desk.redis, 1, (const char *const[]){"PING"}, NULL, freed, &desk);
    (void)redis_command(desk.redis, 1, (const char *const[]){"PING"}, NULL, freed, &desk);
    assert_string_equal(desk_await(&desk), "\"PONG\"\n");
    desk_close(&desk);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void users_and_databases_are_the_same_over_tls(void **state)
{
    struct desk desk, admin;

    (void)state;
    plain_desk_open(&admin);
    (void)ASK(&admin, "ACL", "SETUSER", "tls-reader", "on", ">se cret", "~*", "+get", "+select");
    (void)ASK(&admin, "SELECT", "5");
    (void)ASK(&admin, "SET", "tls:five", "5");
    assert_string_equal(desk_await(&admin), "\"OK\"\n\"OK\"\n\"OK\"\n");
    tls_desk_open(&desk);
    desk.config.user = "tls-reader";
    desk.config.password_file = redis_extra_path("tls-secret");
    desk.config.database = 5;
    write_file(desk.config.password_file, "se cret\n");
    (void)ASK(&desk, "GET", "tls:five");
    (void)ASK(&desk, "SET", "tls:five", "6");
    assert_memory_equal(desk_await(&desk), "\"5\"\ndenied: Redis says: NOPERM ", 30);
    desk_close(&desk);
    desk_close(&admin);
}

/* The files are read for each connection, so that a new authority needs no restart. */
static void a_new_authority_counts_at_the_next_connection(void **state)
{
    static const struct trust by_stranger = {.server = "stranger"};
    char command[600];
    struct desk desk;

    (void)state;
    prepare_server(&by_stranger);
    tls_desk_open(&desk);
    desk.config.ca_file = redis_extra_path("changing.pem");
    (void)snprintf(command, sizeof(command), "cp %s %s", redis_extra_path("authority.pem"),
                   desk.config.ca_file);
    assert_int_equal(system(command), 0);
    (void)ASK(&desk, "PING");
    assert_non_null(strstr(desk_await(&desk), "self-signed certificate"));
    (void)snprintf(command, sizeof(command), "cp %s %s", redis_extra_path("stranger.pem"),
                   desk.config.ca_file);
    assert_int_equal(system(command), 0);
    (void)ASK(&desk, "PING");
    assert_string_equal(desk_await(&desk), "\"PONG\"\n");
    desk_close(&desk);
    prepare_server(&rows[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_is_given_by_certificates_only),
        cmocka_unit_test(what_speaks_no_tls_is_explained),
        cmocka_unit_test(plain_words_at_a_tls_port_are_explained),
        cmocka_unit_test(a_unix_socket_has_no_tls),
        cmocka_unit_test(much_goes_both_ways),
        cmocka_unit_test(a_killed_connection_comes_back),
        cmocka_unit_test(a_callback_may_end_everything),
        cmocka_unit_test(users_and_databases_are_the_same_over_tls),
        cmocka_unit_test(a_new_authority_counts_at_the_next_connection),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
