/* Redis behind sentinels: the master is found, and what is set or answered wrong is explained. */
#include "tests/support/test.h"

#include "tests/support/fake_server.h"
#include "tests/support/redis_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct redis_group open_group = {.name = "open"};
static struct redis_group secured_group = {.name = "secured", .secured = true};
static struct redis_group *const groups[] = {&open_group, &secured_group};
static struct redis_extra *extra;

static const char *port_of(const char *address)
{
    return strrchr(address, ':') + 1;
}

static void write_secret(const char *name, const char *text)
{
    const char *path = redis_extra_path(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static int start_groups(void **state)
{
    (void)state;
    extra = redis_extra_new();
    redis_extra_do(extra, "certificates");
    write_secret("watch", "watch\n");
    write_secret("wrong", "guess\n");
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        redis_group_start(groups[i], extra);
    return 0;
}

static int stop_groups(void **state)
{
    (void)state;
    redis_extra_free(extra);
    return 0;
}

/* Finding */

static void the_master_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        struct desk desk;

        print_message("# %s\n", groups[i]->name);
        redis_group_master(groups[i], &desk);
        assert_string_equal(redis_server(desk.redis), "");
        (void)ASK(&desk, "SET", "s:found", "1");
        (void)ASK(&desk, "GET", "s:found");
        assert_string_equal(desk_await(&desk), "\"OK\"\n\"1\"\n");
        assert_string_equal(redis_server(desk.redis), groups[i]->servers[0]);
        desk_close(&desk);
    }
}

static const struct {
    const char *name;
    bool secured;
    const char *master, *sentinel_password, *password;
    bool plain, other_authority;
    const char *begins, *holds;
} wrong[] = {
    {"a name that no sentinel knows", false, "nobody", NULL, NULL, false, false,
     "invalid: Sentinel at 127.0.0.1:", " knows no master named \"nobody\"; check the name."},
    {"a wrong password for the sentinels", true, "mymaster", "wrong", "work", false, false,
     "denied: Sentinel at 127.0.0.1:", " refuses AUTH; check the user and the password: "},
    {"no password for the sentinels", true, "mymaster", NULL, "work", false, false,
     "denied: Sentinel at 127.0.0.1:", "NOAUTH"},
    {"a wrong password for the master", true, "mymaster", "watch", "guess", false, false,
     "denied: The master that a sentinel names cannot be used: Redis at 127.0.0.1:",
     " refuses AUTH; check the user and the password: "},
    {"no TLS where it is needed", true, "mymaster", "watch", "work", true, false,
     "unavailable: ", "check whether it expects TLS."},
    {"sentinels that we do not trust", true, "mymaster", "watch", "work", false, true,
     "unavailable: The certificate of Sentinel at 127.0.0.1:", " is not trusted: "},
};

static void what_is_set_wrong_is_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct desk desk;

        print_message("# %s\n", wrong[i].name);
        redis_group_master(wrong[i].secured ? &secured_group : &open_group, &desk);
        desk.config.sentinels++;
        desk.config.sentinel_count--;
        desk.config.sentinel_master = wrong[i].master;
        desk.config.password = wrong[i].password;
        desk.config.timeout_ms = 500;
        desk.config.sentinel_password_file = wrong[i].sentinel_password != NULL
                                                 ? redis_extra_path(wrong[i].sentinel_password)
                                                 : NULL;
        if (wrong[i].plain)
            desk.config.tls = false;
        if (wrong[i].other_authority)
            desk.config.ca_file = redis_extra_path("stranger.pem");
        (void)ASK(&desk, "PING");
        (void)desk_await(&desk);
        print_message("#   %s", desk.said.text);
        assert_memory_equal(desk.said.text, wrong[i].begins, strlen(wrong[i].begins));
        assert_non_null(strstr(desk.said.text, wrong[i].holds));
        desk_close(&desk);
    }
}

/* Sentinels that are none, or wrong */

struct liars {
    struct desk desk;
    struct fake_server *servers[2];
    char texts[2][128];
    const char *list[2];
};

/* Each says once that the master is at its address; NULL: it says nothing at all. */
static void liars_open(struct liars *liars, const char *first, const char *second)
{
    const char *masters[] = {first, second};

    desk_open(&liars->desk);
    for (int i = 0; i < 2; i++) {
        const char *port = masters[i] != NULL ? port_of(masters[i]) : "";

        (void)snprintf(liars->texts[i], sizeof(liars->texts[i]),
                       "+OK\r\n*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(port), port);
        liars->servers[i] = fake_server_new(
            liars->desk.loop, masters[i] != NULL ? liars->texts[i] : NULL, masters[i] != NULL);
        liars->list[i] = fake_server_address(liars->servers[i]);
    }
    liars->desk.config.address = NULL;
    liars->desk.config.sentinels = liars->list;
    liars->desk.config.sentinel_count = 2;
    liars->desk.config.sentinel_master = "mymaster";
    liars->desk.config.timeout_ms = 300;
}

static void liars_close(struct liars *liars)
{
    redis_free(liars->desk.redis);
    liars->desk.redis = NULL;
    for (int i = 0; i < 2; i++)
        fake_server_free(liars->servers[i]);
    desk_close(&liars->desk);
}

static void a_replica_is_not_taken_for_the_master(void **state)
{
    struct liars liars;

    (void)state;
    liars_open(&liars, open_group.servers[1], open_group.servers[0]);
    (void)ASK(&liars.desk, "SET", "s:stale", "1");
    assert_string_equal(desk_await(&liars.desk), "\"OK\"\n");
    assert_string_equal(redis_server(liars.desk.redis), open_group.servers[0]);
    assert_non_null(strstr(fake_server_heard(liars.servers[1])->text, "service-ping"));
    liars_close(&liars);
}

/* So little patience is for one round only: each of them speaks once. */
static void where_only_a_replica_is_named_it_is_said(void **state)
{
    struct liars liars;

    (void)state;
    liars_open(&liars, open_group.servers[1], open_group.servers[1]);
    liars.desk.config.timeout_ms = 80;
    (void)ASK(&liars.desk, "SET", "s:stale", "1");
    (void)desk_await(&liars.desk);
    assert_memory_equal(liars.desk.said.text, "unavailable: The master that a sentinel names", 45);
    assert_non_null(strstr(liars.desk.said.text, " is not a master now; its role is \"slave\"."));
    liars_close(&liars);
}

static void a_silent_sentinel_is_passed_over(void **state)
{
    struct liars liars;

    (void)state;
    liars_open(&liars, NULL, open_group.servers[0]);
    (void)ASK(&liars.desk, "GET", "s:none");
    assert_string_equal(desk_await(&liars.desk), "nil\n");
    liars_close(&liars);
}

static void silent_sentinels_are_named(void **state)
{
    struct liars liars;

    (void)state;
    liars_open(&liars, NULL, NULL);
    liars.desk.config.timeout_ms = 60;
    (void)ASK(&liars.desk, "PING");
    (void)ASK(&liars.desk, "PING");
    (void)desk_await(&liars.desk);
    assert_memory_equal(liars.desk.said.text, "timeout: Sentinel at 127.0.0.1:", 31);
    assert_non_null(strstr(liars.desk.said.text, " did not tell the master within 60 ms; check "));
    assert_non_null(strstr(liars.desk.said.text, "\ntimeout: "));
    liars_close(&liars);
}

static void sentinels_that_are_not_there_are_named(void **state)
{
    struct liars liars;
    char nobody[32];

    (void)state;
    liars_open(&liars, NULL, NULL);
    liars.list[0] = liars.list[1] = free_address(nobody);
    (void)ASK(&liars.desk, "PING");
    assert_memory_equal(desk_await(&liars.desk), "unavailable: Cannot reach Sentinel at ", 38);
    liars_close(&liars);
}

static void a_redis_is_no_sentinel(void **state)
{
    struct liars liars;

    (void)state;
    liars_open(&liars, NULL, NULL);
    liars.list[0] = liars.list[1] = open_group.servers[0];
    (void)ASK(&liars.desk, "PING");
    (void)desk_await(&liars.desk);
    assert_memory_equal(liars.desk.said.text, "invalid: Sentinel at 127.0.0.1:", 31);
    assert_non_null(strstr(liars.desk.said.text, "check that it is one"));
    liars_close(&liars);
}

/* Servers of our own, that no sentinel puts right again. */
static void a_master_that_becomes_a_replica_is_left(void **state)
{
    char first[32], second[32];
    struct liars liars;
    struct desk admin;

    (void)state;
    redis_extra_do(extra, "server first %s", port_of(free_address(first)));
    redis_extra_do(extra, "server second %s", port_of(free_address(second)));
    liars_open(&liars, first, second);
    (void)ASK(&liars.desk, "INCR", "s:demoted");
    assert_string_equal(desk_await(&liars.desk), "(1)\n");
    desk_open(&admin);
    admin.config.address = first;
    (void)ASK(&admin, "REPLICAOF", "127.0.0.1", port_of(second));
    (void)desk_await(&admin);

    (void)ASK(&liars.desk, "INCR", "s:demoted");
    (void)ASK(&liars.desk, "GET", "s:demoted");
    (void)desk_await(&liars.desk);
    assert_memory_equal(liars.desk.said.text, "unavailable: Redis at 127.0.0.1:", 32);
    assert_non_null(strstr(liars.desk.said.text, " is not a master any more; the next command "));
    assert_non_null(strstr(liars.desk.said.text, "\nunavailable: "));
    (void)ASK(&liars.desk, "INCR", "s:demoted");
    assert_string_equal(desk_await(&liars.desk), "(1)\n");
    assert_string_equal(redis_server(liars.desk.redis), second);
    desk_close(&admin);
    liars_close(&liars);
}

static void nobody_takes_part(const struct redis_reply *reply, const struct error *err, void *arg)
{
    (void)reply;
    (void)err;
    (void)arg;
    fail_msg("a command was answered after its redis was freed");
}

static void free_redis(void *arg)
{
    struct desk *desk = arg;

    redis_free(desk->redis);
    desk->redis = NULL;
    loop_stop(desk->loop);
}

/* While a sentinel is asked, during a pause, while the master is connected to. */
static void what_is_freed_on_the_way_calls_nobody(void **state)
{
    static const char *const words[] = {"PING"};
    char nobody[32];

    (void)state;
    for (int ms = 0; ms < 40; ms++) {
        struct liars liars;

        liars_open(&liars, open_group.servers[1], NULL);
        if (ms % 2 == 0)
            liars.list[1] = free_address(nobody);
        (void)redis_command(liars.desk.redis, 1, words, NULL, nobody_takes_part, NULL);
        (void)loop_after(liars.desk.loop, ms, free_redis, &liars.desk);
        run_guarded(liars.desk.loop);
        liars_close(&liars);
    }
}

static void freed_when_told(const struct redis_reply *reply, const struct error *err, void *arg)
{
    assert_null(reply);
    assert_non_null(err);
    free_redis(arg);
}

static void a_callback_may_end_the_search(void **state)
{
    static const char *const words[] = {"PING"};
    struct liars liars;

    (void)state;
    liars_open(&liars, NULL, NULL);
    liars.desk.config.timeout_ms = 20;
    (void)redis_command(liars.desk.redis, 1, words, NULL, freed_when_told, &liars.desk);
    (void)redis_command(liars.desk.redis, 1, words, NULL, nobody_takes_part, NULL);
    run_guarded(liars.desk.loop);
    liars_close(&liars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_master_is_found),
        cmocka_unit_test(what_is_set_wrong_is_explained),
        cmocka_unit_test(a_replica_is_not_taken_for_the_master),
        cmocka_unit_test(where_only_a_replica_is_named_it_is_said),
        cmocka_unit_test(a_silent_sentinel_is_passed_over),
        cmocka_unit_test(silent_sentinels_are_named),
        cmocka_unit_test(sentinels_that_are_not_there_are_named),
        cmocka_unit_test(a_redis_is_no_sentinel),
        cmocka_unit_test(a_master_that_becomes_a_replica_is_left),
        cmocka_unit_test(what_is_freed_on_the_way_calls_nobody),
        cmocka_unit_test(a_callback_may_end_the_search),
    };

    return cmocka_run_group_tests(tests, start_groups, stop_groups);
}
