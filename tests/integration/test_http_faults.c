/* What the HTTP client says and does when no answer comes, and who may stop it when. */
#include "tests/support/test.h"

#include "tests/support/fake_server.h"
#include "tests/support/http_desk.h"
#include "tests/support/redis_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* `says` is said to the first bytes. */
static const struct {
    const char *name, *says;
    bool closes;
    const char *begins, *holds; /* of what comes of a request */
} servers[] = {
    {"a server that never answers", NULL, false,
     "timeout: The request to 127.0.0.1:", " failed: Operation timed out after "},
    {"a server that stops in the middle", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
     false, "timeout: The request to 127.0.0.1:", " failed: Operation timed out after "},
    {"a server that hangs up", "", true, "unavailable: The request to 127.0.0.1:",
     " failed: Empty reply from server; check the network and the "
     "proxy.\n"},
    {"a server that hangs up in the middle", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
     true, "unavailable: The request to 127.0.0.1:",
     " failed: transfer closed with 96 bytes remaining to read; "
     "check the network and the proxy.\n"},
    {"a server of another kind", "SSH-2.0-OpenSSH_9.2\r\n", true,
     "unavailable: The request to 127.0.0.1:", " failed: Received HTTP/0.9 when not allowed; "},
    {"a cookie is no part of the answer",
     "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok", false, "200 ok\n", ""},
    {"an answer without a length", "HTTP/1.1 200 OK\r\n\r\nuntil the end", true,
     "200 until the end\n", ""},
    {"an answer in chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", false,
     "200 abc\n", ""},
    {"an answer that says to go on first", "HTTP/1.1 100 Continue\r\n\r\n" OK_ANSWER, false,
     "200 ok\n", ""},
    {"a redirect to a file",
     "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", false,
     "302 ->file:///etc/passwd \n", ""},
};

static void bad_servers_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        struct http_desk desk;
        struct fake_server *server;
        char url[64];

        print_message("# %s\n", servers[i].name);
        http_desk_open(&desk);
        if (strncmp(servers[i].begins, "timeout", 7) == 0)
            desk.config.timeout_ms = 80;
        server = fake_server_new(desk.loop, servers[i].says, servers[i].closes);
        (void)snprintf(url, sizeof(url), "http://%s/", fake_server_address(server));
        (void)http_desk_ask(&desk, "GET", url, NULL);
        assert_memory_equal(desk.said.text, servers[i].begins, strlen(servers[i].begins));
        assert_non_null(strstr(desk.said.text, servers[i].holds));
        fake_server_free(server);
        http_desk_close(&desk);
    }
}

static void a_refused_port_is_explained(void **state)
{
    char address[32], url[64], begins[128];
    struct http_desk desk;

    (void)state;
    http_desk_open(&desk);
    (void)snprintf(url, sizeof(url), "http://user:secret@%s/path", free_address(address));
    (void)snprintf(begins, sizeof(begins), "unavailable: The request to %s failed: ", address);
    (void)http_desk_ask(&desk, "GET", url, NULL);
    assert_memory_equal(desk.said.text, begins, strlen(begins));
    assert_non_null(strstr(desk.said.text, "Couldn't connect to server; check the address, "));
    assert_null(strstr(desk.said.text, "secret"));
    http_desk_close(&desk);
}

static const struct {
    const char *name, *url, *says;
} urls[] = {
    {"no URL", "", "invalid: The URL cannot be read ("},
    {"a URL without a scheme", "ping.example/secret", "invalid: The URL cannot be read ("},
    {"a URL without a host", "https://", "invalid: The URL cannot be read ("},
    {"a port out of range", "https://user:secret@ping.example:99999/",
     "invalid: The URL cannot be read ("},
    {"a blank in the host", "https://ping example/secret", "invalid: The URL cannot be read ("},
    {"a file", "file:///etc/passwd", "invalid: The URL of  begins with file://; "},
    {"another protocol", "ftp://user:secret@ping.example:21/",
     "invalid: The URL of ping.example:21 begins with ftp://; only https:// and http:// are "
     "possible.\n"},
};

static void bad_urls_are_explained(void **state)
{
    struct http_desk desk;

    (void)state;
    http_desk_open(&desk);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        print_message("# %s\n", urls[i].name);
        (void)http_desk_ask(&desk, "GET", urls[i].url, NULL);
        assert_memory_equal(desk.said.text, urls[i].says, strlen(urls[i].says));
        assert_null(strstr(desk.said.text, "secret"));
    }
    http_desk_close(&desk);
}

/* Who is asked for http://HOST/ under which settings: the proxy or the host. */
static const struct {
    const char *name;
    const char *setting; /* of the client; "P" stands for the proxy's address */
    bool environment, excepted;
    bool by_proxy;
} proxies[] = {
    {"no proxy at all", NULL, false, false, false},
    {"the environment's proxy", NULL, true, false, true},
    {"the environment's proxy, but not for this host", NULL, true, true, false},
    {"an empty setting wins over the environment", "", true, false, false},
    {"a setting", "P", false, false, true},
};

static void play_proxy(size_t i)
{
    struct http_desk desk;
    struct fake_server *proxy, *host;
    char url[64], proxy_url[64], expected[128];

    http_desk_open(&desk);
    proxy = fake_server_new(desk.loop, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy", false);
    host = fake_server_new(desk.loop, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhost", false);
    (void)snprintf(proxy_url, sizeof(proxy_url), "http://%s", fake_server_address(proxy));
    (void)snprintf(url, sizeof(url), "http://%s/", fake_server_address(host));
    desk.config.proxy = proxies[i].setting;
    if (proxies[i].setting != NULL && proxies[i].setting[0] == 'P')
        desk.config.proxy = proxy_url;
    if (proxies[i].environment)
        (void)setenv("http_proxy", proxy_url, 1);
    if (proxies[i].excepted)
        (void)setenv("no_proxy", "127.0.0.1", 1);
    assert_string_equal(http_desk_ask(&desk, "GET", url, NULL),
                        proxies[i].by_proxy ? "200 proxy\n" : "200 host\n");
    (void)snprintf(expected, sizeof(expected), "GET %s HTTP/1.1\r\n", url);
    assert_int_equal(strncmp(fake_server_heard(proxy)->text, expected, strlen(expected)) == 0,
                     proxies[i].by_proxy);
    (void)unsetenv("http_proxy");
    (void)unsetenv("no_proxy");
    fake_server_free(host);
    fake_server_free(proxy);
    http_desk_close(&desk);
}

static void the_right_one_is_asked(void **state)
{
    (void)state;
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
    (void)unsetenv("ALL_PROXY");
    (void)unsetenv("no_proxy");
    (void)unsetenv("NO_PROXY");
    for (size_t i = 0; i < COUNT_OF(proxies); i++) {
        print_message("# %s\n", proxies[i].name);
        play_proxy(i);
    }
}

static const char *const secret_proxies[] = {
    "http://user:secret@127.0.0.1:99999",
    "gopher://user:secret@127.0.0.1:1",
    "http://user:secret@127.0.0.1:1",
};

static void the_password_of_a_proxy_is_never_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(secret_proxies); i++) {
        struct http_desk desk;

        http_desk_open(&desk);
        desk.config.proxy = secret_proxies[i];
        (void)http_desk_ask(&desk, "GET", "http://127.0.0.1:2/", NULL);
        print_message("# %s", desk.said.text);
        assert_memory_equal(desk.said.text, "unavailable: The request to 127.0.0.1:2 failed: ", 48);
        assert_null(strstr(desk.said.text, "secret"));
        http_desk_close(&desk);
    }
}

/* In its callback an exchange may cancel itself and others, send anew, and end the client. */
struct meddler {
    struct http_desk *desk;
    struct http_exchange *itself, *other;
    const char *url;
    bool sends, frees;
};

static void nobody_takes_part(const struct http_response *response, const struct error *err,
                              void *arg)
{
    (void)response;
    (void)err;
    (void)arg;
    fail_msg("a cancelled request called back");
}

static void meddle(const struct http_response *response, const struct error *err, void *arg)
{
    struct meddler *meddler = arg;
    struct http_desk *desk = meddler->desk;

    assert_true((response == NULL) != (err == NULL));
    http_cancel(meddler->itself);
    http_cancel(meddler->other);
    if (meddler->sends)
        (void)http_desk_send(desk, "GET", meddler->url, NULL);
    if (meddler->frees) {
        http_client_free(desk->client);
        desk->client = NULL;
    }
    http_desk_answered(response, err, desk);
}

static void begin_meddling(struct meddler *meddler, const char *url)
{
    const struct http_request request = {.method = "GET", .url = url};
    struct http_desk *desk = meddler->desk;

    desk->to_arrive++;
    meddler->url = url;
    meddler->itself = http_send(desk->client, &request, meddle, meddler);
    meddler->other = http_send(desk->client, &request, nobody_takes_part, NULL);
}

/* A slow request beside it, a good URL and a bad one: both ways of being called back. */
static void play_meddler(struct meddler meddler, bool bad_url)
{
    struct http_desk desk;
    struct fake_server *server, *mute;
    char url[64], mute_url[64];
    const struct http_request slow = {.method = "GET", .url = mute_url};
    struct http_exchange *silent;

    http_desk_open(&desk);
    meddler.desk = &desk;
    server = fake_server_new(desk.loop, OK_ANSWER, false);
    mute = fake_server_new(desk.loop, NULL, false);
    (void)snprintf(url, sizeof(url), "http://%s/", fake_server_address(server));
    (void)snprintf(mute_url, sizeof(mute_url), "http://%s/", fake_server_address(mute));
    silent = http_send(desk.client, &slow, nobody_takes_part, NULL);
    begin_meddling(&meddler, bad_url ? "nonsense" : url);
    meddler.url = url;
    (void)http_desk_await(&desk);
    assert_memory_equal(desk.said.text, bad_url ? "invalid:" : "200 ok\n", bad_url ? 8 : 7);
    if (!meddler.frees)
        http_cancel(silent);
    fake_server_free(mute);
    fake_server_free(server);
    http_desk_close(&desk);
}

static void a_callback_may_cancel_send_and_free(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        play_meddler((struct meddler){.frees = (i & 1) != 0}, (i & 2) != 0);
}

static void a_callback_may_send_again(void **state)
{
    struct http_desk desk;
    struct meddler meddler = {.desk = &desk, .sends = true};
    char address[32], url[64];

    (void)state;
    http_desk_open(&desk);
    (void)snprintf(url, sizeof(url), "http://%s/", free_address(address));
    begin_meddling(&meddler, url);
    (void)http_desk_await(&desk);
    assert_memory_equal(desk.said.text, "unavailable:", 12);
    assert_memory_equal(strchr(desk.said.text, '\n') + 1, "unavailable:", 12);
    http_desk_close(&desk);
}

static void what_is_cancelled_or_freed_calls_nobody(void **state)
{
    static const char *const paths[] = {"http://127.0.0.1:1/", "nonsense", "http://localhost:1/"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const struct http_request request = {.method = "GET", .url = paths[i]};
        struct http_desk desk;

        http_desk_open(&desk);
        http_cancel(http_send(desk.client, &request, nobody_takes_part, NULL));
        http_cancel(NULL);
        (void)http_send(desk.client, &request, nobody_takes_part, NULL);
        http_client_free(desk.client);
        desk.client = NULL;
        loop_run(desk.loop);
        http_desk_close(&desk);
    }
    http_client_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_servers_are_explained),
        cmocka_unit_test(a_refused_port_is_explained),
        cmocka_unit_test(bad_urls_are_explained),
        cmocka_unit_test(the_right_one_is_asked),
        cmocka_unit_test(the_password_of_a_proxy_is_never_told),
        cmocka_unit_test(a_callback_may_cancel_send_and_free),
        cmocka_unit_test(a_callback_may_send_again),
        cmocka_unit_test(what_is_cancelled_or_freed_calls_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
