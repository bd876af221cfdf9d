#include "tests/support/test.h"

#include "agent/io/endpoints.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static void a_path_is_one_endpoint(void **state)
{
    static const char *const texts[] = {"/run/redis.sock", "unix:/run/redis.sock"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct endpoints endpoints;
        const struct sockaddr_un *path;
        struct error err = {0};
        socklen_t length = 0;

        assert_true(endpoints_find(&endpoints, texts[i], "6379", &err));
        path = (const struct sockaddr_un *)endpoints_next(&endpoints, &length);
        assert_non_null(path);
        assert_int_equal(path->sun_family, AF_UNIX);
        assert_string_equal(path->sun_path, "/run/redis.sock");
        assert_int_equal(length, sizeof(*path));
        assert_null(endpoints_next(&endpoints, &length));
        endpoints_release(&endpoints);
    }
}

static void a_number_is_one_endpoint(void **state)
{
    struct endpoints endpoints;
    const struct sockaddr_in *address;
    struct error err = {0};
    socklen_t length = 0;

    (void)state;
    assert_true(endpoints_find(&endpoints, "127.0.0.2", "6379", &err));
    address = (const struct sockaddr_in *)(const void *)endpoints_next(&endpoints, &length);
    assert_non_null(address);
    assert_int_equal(address->sin_family, AF_INET);
    assert_int_equal(ntohs(address->sin_port), 6379);
    assert_int_equal(ntohl(address->sin_addr.s_addr), 0x7f000002);
    assert_null(endpoints_next(&endpoints, &length));
    endpoints_release(&endpoints);
    endpoints_release(&endpoints);
}

static const struct {
    const char *name, *text, *says;
} bad[] = {
    {"an empty path", "unix:", "path of a unix socket"},
    {"a path longer than the kernel takes",
     "/tmp/"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaa/redis.sock",
     "from 1 to 107 bytes"},
    {"a URL", "redis://localhost:6379", "is a URL"},
    {"no port", "localhost", "needs a port"},
};

static void bad_addresses_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct endpoints endpoints;
        struct error err = {0};
        socklen_t length;

        print_message("# %s\n", bad[i].name);
        assert_false(endpoints_find(&endpoints, bad[i].text, NULL, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_non_null(strstr(err.text, bad[i].says));
        assert_null(endpoints_next(&endpoints, &length));
        endpoints_release(&endpoints);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_one_endpoint),
        cmocka_unit_test(a_number_is_one_endpoint),
        cmocka_unit_test(bad_addresses_are_explained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
