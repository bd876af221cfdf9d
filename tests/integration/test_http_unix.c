/* The HTTP server on a unix socket: who gets in, who it is, and what stands in the way. */
#include "tests/support/test.h"

#include "agent/io/http_server.h"
#include "tests/support/http_desk.h"
#include "tests/support/scratch.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct hall {
    struct scratch scratch;
    struct http_desk desk;
    char path[128];
};

static int open_hall(void **state)
{
    static struct hall hall;

    scratch_init(&hall.scratch);
    http_desk_open(&hall.desk);
    (void)snprintf(hall.path, sizeof(hall.path), "%s/agent.sock", hall.scratch.folder);
    hall.desk.config.socket = hall.path;
    *state = &hall;
    return 0;
}

static int close_hall(void **state)
{
    struct hall *hall = *state;

    http_desk_close(&hall->desk);
    scratch_release(&hall->scratch);
    return 0;
}

static void say_who(struct http_call *call, void *arg)
{
    char user[64];

    (void)arg;
    http_call_user(call, user, sizeof(user));
    http_reply(call, 200, NULL, user, strlen(user));
}

static struct http_server *begin(struct hall *hall, const char *group, struct error *err)
{
    return http_server_new_unix(hall->desk.loop, &(struct http_socket){hall->path, group}, 1000,
                                say_who, NULL, err);
}

static void who_asks_is_known_by_name(void **state)
{
    struct hall *hall = *state;
    struct error err = {0};
    struct http_server *server = begin(hall, NULL, &err);
    const struct passwd *self = getpwuid(getuid());
    char expected[128];

    assert_string_equal(err.text, "");
    assert_non_null(self);
    (void)snprintf(expected, sizeof(expected), "200 %s\n", self->pw_name);
    assert_string_equal(http_desk_ask(&hall->desk, "GET", "http://service-ping/", NULL), expected);
    http_server_free(server);
}

static void only_owner_and_group_get_in(void **state)
{
    struct hall *hall = *state;
    struct error err = {0};
    struct http_server *server = begin(hall, NULL, &err);
    struct stat file;

    assert_non_null(server);
    assert_int_equal(stat(hall->path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0660);
    http_server_free(server);
    assert_int_not_equal(stat(hall->path, &file), 0);
}

static void a_group_that_is_not_there_is_named(void **state)
{
    struct hall *hall = *state;
    struct error err = {0};
    struct stat file;

    assert_null(begin(hall, "no-such-group", &err));
    assert_non_null(strstr(err.text, "there is no group 'no-such-group'"));
    assert_int_not_equal(stat(hall->path, &file), 0);
}

static void what_a_dead_process_left_is_replaced(void **state)
{
    struct hall *hall = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct error err = {0};
    struct http_server *server;
    int left = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)memcpy(address.sun_path, hall->path, strlen(hall->path));
    assert_int_equal(bind(left, (const struct sockaddr *)&address, sizeof(address)), 0);
    (void)close(left);
    server = begin(hall, NULL, &err);
    assert_string_equal(err.text, "");
    assert_memory_equal(http_desk_ask(&hall->desk, "GET", "http://service-ping/", NULL), "200 ", 4);

    assert_null(begin(hall, NULL, &err));
    assert_non_null(strstr(err.text, "another process listens there"));
    assert_memory_equal(http_desk_ask(&hall->desk, "GET", "http://service-ping/", NULL), "200 ", 4);
    http_server_free(server);
}

static void what_is_no_socket_stays(void **state)
{
    struct hall *hall = *state;
    struct error err = {0};
    struct stat file;

    scratch_write(&hall->scratch, "agent.sock", "mine");
    assert_null(begin(hall, NULL, &err));
    assert_non_null(strstr(err.text, "is no socket"));
    assert_int_equal(stat(hall->path, &file), 0);
    assert_int_equal(file.st_size, 4);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    struct hall *hall = *state;
    struct error err = {0};

    (void)memset(hall->path, 'a', sizeof(hall->path) - 1);
    assert_null(begin(hall, NULL, &err));
    assert_non_null(strstr(err.text, "may have 107 bytes at most"));
}

#define IN_A_HALL(test) cmocka_unit_test_setup_teardown(test, open_hall, close_hall)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_HALL(who_asks_is_known_by_name),
        IN_A_HALL(only_owner_and_group_get_in),
        IN_A_HALL(a_group_that_is_not_there_is_named),
        IN_A_HALL(what_a_dead_process_left_is_replaced),
        IN_A_HALL(what_is_no_socket_stays),
        IN_A_HALL(a_path_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
