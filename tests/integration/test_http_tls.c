/* Which servers the HTTP client trusts, and whom it shows its own certificate: openssl's server. */
#include "tests/support/test.h"

#include "agent/base/str.h"
#include "tests/support/fake_server.h"
#include "tests/support/http_desk.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two hosts' certificates that sign themselves, and one of a client. */
static const struct {
    const char *name, *subject, *names;
} certificates[] = {
    {"here", "/CN=here", "subjectAltName=DNS:localhost,IP:127.0.0.1"},
    {"other", "/CN=other", "subjectAltName=DNS:other.example"},
    {"client", "/CN=client", "subjectAltName=DNS:client.example"},
};

static char folder[64];

static char *path_of(const char *name, const char *suffix, char out[96])
{
    (void)snprintf(out, 96, "%s/%s%s", folder, name, suffix);
    return out;
}

/* Its output is read by us: a line with "ACCEPT" says that it listens. */
static pid_t spawn(const char *const *words, int *output)
{
    posix_spawn_file_actions_t actions;
    int ends[2] = {-1, -1};
    pid_t pid = 0;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    (void)posix_spawn_file_actions_addclose(&actions, ends[0]);
    assert_int_equal(
        posix_spawnp(&pid, words[0], &actions, NULL, (char *const *)(uintptr_t)words, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    *output = ends[0];
    return pid;
}

static int make_certificates(void **state)
{
    (void)state;
    (void)alarm(60);
    (void)snprintf(folder, sizeof(folder), "/tmp/ping-tls.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    for (size_t i = 0; i < COUNT_OF(certificates); i++) {
        char key[96], certificate[96], bytes[256];
        int output, status = 0;
        pid_t pid = spawn(
            (const char *const[]){"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                  "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout",
                                  path_of(certificates[i].name, ".key", key), "-out",
                                  path_of(certificates[i].name, ".pem", certificate), "-subj",
                                  certificates[i].subject, "-addext", certificates[i].names, NULL},
            &output);

        while (read(output, bytes, sizeof(bytes)) > 0)
            continue;
        (void)close(output);
        if (waitpid(pid, &status, 0) != pid || status != 0)
            return -1;
    }
    return 0;
}

static int remove_certificates(void **state)
{
    char path[96];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(certificates); i++) {
        (void)unlink(path_of(certificates[i].name, ".key", path));
        (void)unlink(path_of(certificates[i].name, ".pem", path));
    }
    return rmdir(folder);
}

struct tls_server {
    pid_t pid;
    int output;
    char address[32];
};

/* `extra` are more options of `openssl s_server`, ended by NULL. */
static void tls_server_start(struct tls_server *server, const char *name, const char *const *extra)
{
    char key[96], certificate[96], byte;
    const char *words[24] = {"openssl",
                             "s_server",
                             "-www",
                             "-accept",
                             free_address(server->address),
                             "-cert",
                             path_of(name, ".pem", certificate),
                             "-key",
                             path_of(name, ".key", key)};
    struct str said;
    size_t count = 9;

    while (*extra != NULL)
        words[count++] = *extra++;
    server->pid = spawn(words, &server->output);
    str_init(&said);
    while (strstr(said.text, "ACCEPT") == NULL) {
        if (read(server->output, &byte, 1) != 1)
            fail_msg("openssl s_server does not start: %s", said.text);
        str_add_char(&said, byte);
    }
    str_release(&said);
}

static void tls_server_stop(const struct tls_server *server)
{
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
    (void)close(server->output);
}

#define NOT_TRUSTED                                                                                \
    "its certificate is not trusted: check the CA file, the host's name and this machine's clock."

static const struct {
    const char *name, *server;      /* whose certificate it has */
    const char *options[4];         /* of the server */
    const char *host;               /* in the URL, before its port */
    const char *ca_file, *identity; /* certificates we trust, and show */
    const char *begins, *holds;     /* of what comes */
} cases[] = {
    {"a certificate that is not known is refused",
     "here",
     {0},
     "127.0.0.1",
     NULL,
     NULL,
     "unavailable: The request to 127.0.0.1:",
     NOT_TRUSTED},
    {"the CA file makes it known", "here", {0}, "127.0.0.1", "here", NULL, "200 ", "s_server"},
    {"it counts for the host's name, too",
     "here",
     {0},
     "localhost",
     "here",
     NULL,
     "200 ",
     "s_server"},
    {"a CA file for another server is no use",
     "here",
     {0},
     "127.0.0.1",
     "other",
     NULL,
     "unavailable: The request to 127.0.0.1:",
     NOT_TRUSTED},
    {"a certificate of another host is refused",
     "other",
     {0},
     "127.0.0.1",
     "other",
     NULL,
     "unavailable: The request to 127.0.0.1:",
     NOT_TRUSTED},
    {"a CA file that is not there",
     "here",
     {0},
     "127.0.0.1",
     "none",
     NULL,
     "unavailable: The request to 127.0.0.1:",
     "; check the CA file."},
    {"TLS 1.2 will do", "here", {"-tls1_2"}, "127.0.0.1", "here", NULL, "200 ", "TLSv1.2"},
    {"TLS 1.1 will not",
     "here",
     {"-tls1_1", "-cipher", "ALL@SECLEVEL=0"},
     "127.0.0.1",
     "here",
     NULL,
     "unavailable: The request to 127.0.0.1:",
     "; check that it speaks TLS 1.2 or later at this port."},
    {"a server that asks who we are is told",
     "here",
     {"-Verify", "1"},
     "127.0.0.1",
     "here",
     "client",
     "200 ",
     "client"},
    {"a server that asks who we are refuses strangers",
     "here",
     {"-Verify", "1"},
     "127.0.0.1",
     "here",
     NULL,
     "unavailable: The request to 127.0.0.1:",
     "certificate required"},
    {"a certificate of ours that is not there",
     "here",
     {0},
     "127.0.0.1",
     "here",
     "none",
     "unavailable: The request to 127.0.0.1:",
     "; check the client's certificate and key."},
};

static void play(size_t i)
{
    struct tls_server server;
    struct http_desk desk;
    char url[64], ca[96], certificate[96], key[96];

    tls_server_start(&server, cases[i].server, cases[i].options);
    http_desk_open(&desk);
    if (cases[i].ca_file != NULL)
        desk.config.ca_file = path_of(cases[i].ca_file, ".pem", ca);
    if (cases[i].identity != NULL) {
        desk.config.client_certificate = path_of(cases[i].identity, ".pem", certificate);
        desk.config.client_key = path_of(cases[i].identity, ".key", key);
    }
    (void)snprintf(url, sizeof(url), "https://%s%s/", cases[i].host, strchr(server.address, ':'));
    (void)http_desk_ask(&desk, "GET", url, NULL);
    print_message("#   %s", cases[i].begins[0] == 'u' ? desk.said.text : "200\n");
    assert_memory_equal(desk.said.text, cases[i].begins, strlen(cases[i].begins));
    assert_non_null(strstr(desk.said.text, cases[i].holds));
    http_desk_close(&desk);
    tls_server_stop(&server);
}

static void trust_is_given_by_certificates_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("# %s\n", cases[i].name);
        play(i);
    }
}

static void plain_http_at_a_tls_port_and_the_other_way_round(void **state)
{
    struct tls_server server;
    struct http_desk desk;
    struct fake_server *plain;
    char url[64];

    (void)state;
    tls_server_start(&server, "here", (const char *const[]){NULL});
    http_desk_open(&desk);
    (void)snprintf(url, sizeof(url), "http://%s/", server.address);
    assert_memory_equal(http_desk_ask(&desk, "GET", url, NULL), "unavailable: ", 13);
    tls_server_stop(&server);

    plain = fake_server_new(desk.loop, "HTTP/1.1 400 Bad Request\r\n\r\n", true);
    (void)snprintf(url, sizeof(url), "https://%s/", fake_server_address(plain));
    (void)http_desk_ask(&desk, "GET", url, NULL);
    assert_memory_equal(desk.said.text, "unavailable: ", 13);
    assert_non_null(strstr(desk.said.text, "check that it speaks TLS 1.2 or later at this port"));
    fake_server_free(plain);
    http_desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_is_given_by_certificates_only),
        cmocka_unit_test(plain_http_at_a_tls_port_and_the_other_way_round),
    };

    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
