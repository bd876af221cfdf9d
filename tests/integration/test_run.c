/* The verb `run` as a process of its own: notices, signals, exit codes. */
#include "agent/base/str.h"
#include "agent/verbs/verb.h"
#include "tests/support/service.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int set_up(void **state)
{
    static struct service service;

    service_init(&service);
    service_define(&service, "hostname", "system", "{}");
    service_settings(&service, "");
    *state = &service;
    return 0;
}

static int tear_down(void **state)
{
    service_release(*state);
    return 0;
}

/* A statement that takes longer than any test. */
static void endless_settings(struct service *service)
{
    struct str lines;

    service_define(service, "endless", "database",
                   "{operation: sql, sql: \"SELECT count(*) FROM endless\"}");
    str_init(&lines);
    str_add_format(&lines,
                   "databases: {main: {conninfo: \"%s\"}}\nplan: {statement_timeout: 60s}\n",
                   getenv("TEST_DATABASE"));
    service_settings(service, lines.text);
    str_release(&lines);
}

static void start_and_await(struct service *service)
{
    service_start(service);
    service_await(service, "READY=1", NULL);
}

/* ---- Starting ---- */

static void tells_systemd_when_it_is_ready(void **state)
{
    struct service *service = *state;
    char notice[NOTICE_SIZE], day[8], hour[8];
    int year;

    service_start(service);
    service_await(service, "STATUS=", notice);
    assert_int_equal(sscanf(notice, "STATUS=next collection %7s %d-%*d-%*d %7s UTC; consent local;",
                            day, &year, hour),
                     3);
    service_await(service, "READY=1", NULL);
    assert_true(service_logged(service, "nobody has agreed yet, so nothing leaves"));
    service_signal(service, SIGTERM);
    service_await(service, "STOPPING=1", NULL);
    assert_int_equal(service_end(service), EXIT_DONE);
}

static void a_second_agent_is_refused(void **state)
{
    struct service *service = *state;
    struct service second = *service;

    start_and_await(service);
    second.process = 0;
    service_start(&second);
    assert_int_equal(service_end(&second), EXIT_DEFERRED);
    assert_true(service_logged(service, "another service-ping (pid "));
    service_signal(service, SIGINT);
    assert_int_equal(service_end(service), EXIT_DONE);
}

static const struct {
    const char *name, *settings, *definition;
    const char *said;
} bad[] = {
    {"a setting that is none", "shedule: weekly", NULL, "shedule"},
    {"a schedule that is none", "schedule: \"61 * * * *\"", NULL, "schedule"},
    {"a definition that is none", "", "key_path: 7\n", "bad.yml"},
};

static void bad_settings_end_it(void **state)
{
    struct service *service = *state;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        print_message("  %s\n", bad[i].name);
        service_settings(service, bad[i].settings);
        if (bad[i].definition != NULL)
            scratch_write(&service->scratch, "definitions/metrics/bad.yml", bad[i].definition);
        service_start(service);
        assert_int_equal(service_end(service), EXIT_SETTINGS);
        assert_true(service_logged(service, bad[i].said));
    }
}

/* ---- Signals ---- */

static void usr1_collects_now(void **state)
{
    struct service *service = *state;

    start_and_await(service);
    service_signal(service, SIGUSR1);
    service_await(service, "STATUS=collecting: ", NULL);
    service_await(service, "STATUS=next collection", NULL);
    assert_true(service_logged(service, "number 1, is sealed and kept here"));
    service_signal(service, SIGTERM);
    assert_int_equal(service_end(service), EXIT_DONE);
}

static void hup_reads_everything_anew(void **state)
{
    struct service *service = *state;

    start_and_await(service);
    service_settings(service, "schedule: \"61 * * * *\"");
    service_signal(service, SIGHUP);
    service_await(service, "RELOADING=1", NULL);
    service_await(service, "those from before stay in force", NULL);
    service_await(service, "READY=1", NULL);
    service_settings(service, "consent: on\nschedule: \"0 4 1 1 *\"");
    service_signal(service, SIGHUP);
    service_await(service, "-01-01 04:00 UTC; consent on; 0 pings waiting", NULL);
    service_await(service, "READY=1", NULL);
    service_signal(service, SIGTERM);
    assert_int_equal(service_end(service), EXIT_DONE);
}

/* Also while the database works on a statement of twice the time that an end is waited for; and the
 * next start goes on by itself. */
static void term_ends_it_at_once(void **state)
{
    struct service *service = *state;

    endless_settings(service);
    start_and_await(service);
    service_signal(service, SIGUSR1);
    service_await(service, "STATUS=collecting: 1 of 2 metrics", NULL);
    service_signal(service, SIGTERM);
    assert_int_equal(service_end(service), EXIT_DONE);
    start_and_await(service);
    service_await(service, "STATUS=collecting: 1 of 2 metrics", NULL);
    assert_true(service_logged(service, "going on with a collection of 2 metrics"));
    service_signal(service, SIGTERM);
    assert_int_equal(service_end(service), EXIT_DONE);
}

/* libpq reads its service file without asking whether it is one. */
static void term_ends_it_even_where_a_library_hangs(void **state)
{
    struct service *service = *state;
    char pipe[PATH_MAX];

    (void)snprintf(pipe, sizeof(pipe), "%s/pg_service.conf", service->scratch.folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    (void)setenv("PGSERVICEFILE", pipe, 1);
    service_define(service, "somewhere", "database", "{relation: nowhere}");
    service_settings(service, "databases: {main: {conninfo: \"service=nowhere\"}}");
    start_and_await(service);
    service_signal(service, SIGUSR1);
    service_await_log(service, "beginning a collection");
    service_signal(service, SIGTERM);
    assert_int_equal(service_end(service), EXIT_DONE);
    (void)unsetenv("PGSERVICEFILE");
}

#define WITH_A_SERVICE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* A view that never answers. */
static int make_endless_view(void **state)
{
    char command[1024];

    (void)state;
    (void)snprintf(
        command, sizeof(command),
        "psql -q -X -d \"%s\" -c 'CREATE VIEW endless AS SELECT 1 AS id FROM pg_sleep(600)'",
        getenv("TEST_DATABASE"));
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_A_SERVICE(tells_systemd_when_it_is_ready),
        WITH_A_SERVICE(a_second_agent_is_refused),
        WITH_A_SERVICE(bad_settings_end_it),
        WITH_A_SERVICE(usr1_collects_now),
        WITH_A_SERVICE(hup_reads_everything_anew),
        WITH_A_SERVICE(term_ends_it_at_once),
        WITH_A_SERVICE(term_ends_it_even_where_a_library_hangs),
    };

    return cmocka_run_group_tests(tests, make_endless_view, NULL);
}
