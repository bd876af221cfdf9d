/* What systemd hears, on a real datagram socket. */
#include "agent/io/notify.h"

#include "tests/support/test.h"

#include "agent/base/clock.h"
#include "agent/io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct manager {
    struct loop *loop;
    int socket;
    char name[32]; /* in the abstract space */
};

static int begin(void **state)
{
    static struct manager manager;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(manager.name, sizeof(manager.name), "@test-notify-%ld", (long)getpid());

    manager.loop = loop_new();
    loop_by_moved_clock(manager.loop);
    now_stop_at(INT64_C(1795255200) * US_PER_SECOND);
    manager.socket = socket(AF_UNIX, SOCK_DGRAM, 0);
    (void)memcpy(address.sun_path + 1, manager.name + 1, (size_t)length - 1);
    assert_int_equal(bind(manager.socket, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length)),
                     0);
    *state = &manager;
    return 0;
}

static int end(void **state)
{
    const struct manager *manager = *state;

    (void)close(manager->socket);
    loop_free(manager->loop);
    return 0;
}

static void assert_hears(const struct manager *manager, const char *text)
{
    char heard[256];
    ssize_t length = recv(manager->socket, heard, sizeof(heard) - 1, MSG_DONTWAIT);

    heard[length > 0 ? length : 0] = '\0';
    assert_string_equal(heard, text);
}

static void everything_is_told_once(void **state)
{
    const struct manager *manager = *state;
    struct notify *notify;

    (void)setenv("NOTIFY_SOCKET", manager->name, 1);
    notify = notify_new(manager->loop);
    assert_null(getenv("NOTIFY_SOCKET"));
    notify_ready(notify);
    assert_hears(manager, "READY=1");
    notify_status(notify, "waiting for Monday");
    notify_status(notify, "waiting for Monday");
    assert_hears(manager, "STATUS=waiting for Monday");
    assert_hears(manager, "");
    notify_reloading(notify);
    assert_hears(manager, "RELOADING=1\nMONOTONIC_USEC=1795255200000000");
    notify_stopping(notify);
    assert_hears(manager, "STOPPING=1");
    notify_free(notify);
}

static void the_watchdog_hears_at_half_of_its_time(void **state)
{
    const struct manager *manager = *state;
    struct notify *notify;

    (void)setenv("NOTIFY_SOCKET", manager->name, 1);
    (void)setenv("WATCHDOG_USEC", "60000000", 1);
    notify = notify_new(manager->loop);
    for (int i = 0; i < 3; i++) {
        assert_false(loop_skip(manager->loop, 29 * US_PER_SECOND));
        assert_hears(manager, "");
        assert_true(loop_skip(manager->loop, US_PER_SECOND));
        assert_hears(manager, "WATCHDOG=1");
    }
    notify_free(notify);
}

static void another_process_watchdog_is_not_ours(void **state)
{
    const struct manager *manager = *state;
    struct notify *notify;

    (void)setenv("NOTIFY_SOCKET", manager->name, 1);
    (void)setenv("WATCHDOG_USEC", "60000000", 1);
    (void)setenv("WATCHDOG_PID", "1", 1);
    notify = notify_new(manager->loop);
    assert_false(loop_skip(manager->loop, 3600 * US_PER_SECOND));
    notify_free(notify);
}

static void without_a_manager_nothing_is_told(void **state)
{
    const struct manager *manager = *state;
    static const char *const places[] = {NULL, "", "relative", "@"};

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct notify *notify;

        if (places[i] != NULL)
            (void)setenv("NOTIFY_SOCKET", places[i], 1);
        notify = notify_new(manager->loop);
        notify_ready(notify);
        notify_status(notify, "idle");
        notify_free(notify);
    }
    assert_hears(manager, "");
}

#define WITH_A_MANAGER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_A_MANAGER(everything_is_told_once),
        WITH_A_MANAGER(the_watchdog_hears_at_half_of_its_time),
        WITH_A_MANAGER(another_process_watchdog_is_not_ours),
        WITH_A_MANAGER(without_a_manager_nothing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
