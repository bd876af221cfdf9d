#include "tests/support/test.h"

#include "agent/io/address.h"

#include <string.h>

static const struct {
    const char *name, *text, *default_port, *host, *port;
} good[] = {
    {"a host and a port", "redis.example:6380", "6379", "redis.example", "6380"},
    {"a host alone takes the default port", "redis.example", "6379", "redis.example", "6379"},
    {"a v4 address", "127.0.0.1:0", NULL, "127.0.0.1", "0"},
    {"a v6 address in brackets with a port", "[::1]:8080", NULL, "::1", "8080"},
    {"a v6 address in brackets without a port", "[fe80::1%eth0]", "6379", "fe80::1%eth0", "6379"},
    {"a bare v6 address has no port of its own", "::1", "6379", "::1", "6379"},
    {"the largest port", "h:65535", NULL, "h", "65535"},
};

static const struct {
    const char *name, *text, *default_port, *says;
} bad[] = {
    {"nothing at all", "", "6379", "names no host"},
    {"a port without a host", ":80", "6379", "names no host"},
    {"empty brackets", "[]:80", "6379", "names no host"},
    {"brackets that do not close", "[::1:80", "6379", "names no host"},
    {"something between brackets and port", "[::1]x:80", "6379", "names no host"},
    {"no port where one is needed", "localhost", NULL, "needs a port"},
    {"a bare v6 address where a port is needed", "::1", NULL, "needs a port"},
    {"an empty port", "localhost:", "6379", "needs a port"},
    {"a port that is a name", "localhost:http", "6379", "needs a port"},
    {"a port that is too large", "localhost:65536", "6379", "needs a port"},
    {"a port with a sign", "localhost:+80", "6379", "needs a port"},
    {"a URL", "redis://localhost", "6379", "is a URL or a path"},
    {"a path", "/run/redis.sock", "6379", "is a URL or a path"},
};

static void takes_good_addresses_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct address address;
        struct error err = {0};

        print_message("# %s\n", good[i].name);
        assert_true(address_parse(good[i].text, good[i].default_port, &address, &err));
        assert_string_equal(address.host, good[i].host);
        assert_string_equal(address.port, good[i].port);
    }
}

static void says_what_is_wrong_with_bad_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct address address;
        struct error err = {0};

        print_message("# %s\n", bad[i].name);
        assert_false(address_parse(bad[i].text, bad[i].default_port, &address, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_non_null(strstr(err.text, bad[i].says));
    }
}

static void refuses_a_host_that_is_too_long(void **state)
{
    char text[300];
    struct address address;
    struct error err = {0};

    (void)state;
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_false(address_parse(text, "1", &address, &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    text[255] = '\0';
    assert_true(address_parse(text, "1", &address, &err));
    assert_string_equal(address.host, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_good_addresses_apart),
        cmocka_unit_test(says_what_is_wrong_with_bad_ones),
        cmocka_unit_test(refuses_a_host_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
