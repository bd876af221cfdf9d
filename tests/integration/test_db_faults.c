/*
 * PostgreSQL that refuses, is slow, goes away or was never there; and queries that are let go.
 * After each of these the next query must work.
 */
#include "agent/io/db.h"

#include "agent/io/loop.h"
#include "tests/support/asking.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct loop *loop;
static const char *folder;
static struct db_config config = {.name = "main"};
static struct db *db, *other; /* `other` looks on */

static void write_sql(const char *sql)
{
    struct asked asked = ask_statement(
        loop, other, &(struct db_statement){.sql = sql, .timeout_ms = 10000, .writes = true});

    assert_string_equal(asked.err.text, "");
}

static int set_up(void **state)
{
    (void)state;
    config.conninfo = getenv("TEST_DATABASE");
    folder = getenv("TEST_DIR");
    if (config.conninfo == NULL || folder == NULL) {
        (void)fputs("run it under tests/support/with-services\n", stderr);
        return -1;
    }
    loop = loop_new();
    db = db_new(loop, &config);
    other = db_new(loop, &config);
    write_sql("CREATE SCHEMA test_faults");
    write_sql("CREATE TABLE test_faults.secrets (n int PRIMARY KEY, word text)");
    write_sql("INSERT INTO test_faults.secrets VALUES (1, 'Paris')");
    write_sql("CREATE ROLE stranger LOGIN PASSWORD 'right'");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_free(db);
    db_free(other);
    loop_free(loop);
    return 0;
}

/* Waits until the server is busy with a query whose text holds `mark`, or not any more. */
static void await_activity(const char *mark, bool busy)
{
    char sql[300];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) %s 0 FROM pg_stat_activity "
                   "WHERE state = 'active' AND query LIKE '%%%s%%' AND pid <> pg_backend_pid()",
                   busy ? ">" : "=", mark);
    ask_until(loop, other, sql);
}

static void expect_answer(struct db *which)
{
    struct asked asked = ask(loop, which, "SELECT 42");

    assert_string_equal(asked.err.text, "");
    assert_true(asked.integer == 42);
    assert_string_equal(asked.sqlstate, "");
}

static const struct {
    const char *name, *sql;
    enum error_kind kind;
    const char *sqlstate, *text; /* NULL: not looked at */
} faults[] = {
    {"a missing table", "SELECT 1 FROM test_faults.nix", ERROR_MISSING, "42P01",
     "relation \"test_faults.nix\" does not exist (SQLSTATE 42P01)"},
    {"a missing column, with the server's hint", "SELECT words FROM test_faults.secrets",
     ERROR_MISSING, "42703",
     "column \"words\" does not exist; Perhaps you meant to reference the column \"secrets.word\"."
     " (SQLSTATE 42703)"},
    {"a missing schema is a missing table", "SELECT 1 FROM nix.nix", ERROR_MISSING, "42P01", NULL},
    {"a missing function", "SELECT nix(1)", ERROR_REFUSED, "42883", NULL},
    {"a syntax error", "SELECT 1 +", ERROR_REFUSED, "42601", NULL},
    {"an error of the values does not tell them", "SELECT word::int FROM test_faults.secrets",
     ERROR_REFUSED, "22P02", "invalid input syntax for type integer: \"...\" (SQLSTATE 22P02)"},
    {"a division by zero", "SELECT 1 / (n - 1) FROM test_faults.secrets", ERROR_REFUSED, "22012",
     NULL},
    {"writing", "INSERT INTO test_faults.secrets VALUES (2, 'x')", ERROR_REFUSED, "25006", NULL},
    {"writing inside a CTE",
     "WITH x AS (DELETE FROM test_faults.secrets RETURNING 1) SELECT count(*) FROM x",
     ERROR_REFUSED, "25006", NULL},
    {"two statements", "SELECT 1; SELECT 2", ERROR_REFUSED, "42601", NULL},
    {"no statement", "", ERROR_REFUSED, "", NULL},
    {"COPY out", "COPY (SELECT 1) TO STDOUT", ERROR_REFUSED, "", NULL},
    {"COPY in", "COPY test_faults.secrets FROM STDIN", ERROR_REFUSED, NULL, NULL},
    {"an error after rows were found", "SELECT 1 / (500 - n) FROM generate_series(1, 1000) n",
     ERROR_REFUSED, "22012", NULL},
};

static void faults_have_a_kind_and_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct asked asked = ask(loop, db, faults[i].sql);

        print_message("# %s\n", faults[i].name);
        assert_string_equal(error_kind_name(asked.err.kind), error_kind_name(faults[i].kind));
        assert_null(strchr(asked.err.text, '\n'));
        if (faults[i].sqlstate != NULL)
            assert_string_equal(asked.sqlstate, faults[i].sqlstate);
        if (faults[i].text != NULL)
            assert_string_equal(asked.err.text, faults[i].text);
        expect_answer(db);
    }
}

static void a_missing_privilege_is_denied(void **state)
{
    char conninfo[200];
    struct db_config as_stranger = {.name = "main", .conninfo = conninfo};
    struct db *stranger = db_new(loop, &as_stranger);
    struct asked asked;

    (void)state;
    (void)snprintf(conninfo, sizeof(conninfo), "host=%s user=stranger dbname=postgres", folder);
    asked = ask(loop, stranger, "SELECT 1 FROM test_faults.secrets");
    assert_int_equal(asked.err.kind, ERROR_DENIED);
    assert_string_equal(asked.err.text,
                        "permission denied for schema test_faults (SQLSTATE 42501)");
    expect_answer(stranger);
    db_free(stranger);
}

static void a_slow_statement_times_out(void **state)
{
    int64_t pid = ask(loop, db, "SELECT pg_backend_pid()").integer;
    struct asked asked = ask_statement(
        loop, db, &(struct db_statement){.sql = "SELECT pg_sleep(60)", .timeout_ms = 30});

    (void)state;
    assert_int_equal(asked.err.kind, ERROR_TIMEOUT);
    assert_string_equal(asked.sqlstate, "57014");
    assert_true(ask(loop, db, "SELECT pg_backend_pid()").integer == pid);
    expect_answer(db);
}

static void a_lock_that_is_held_is_unavailable(void **state)
{
    struct asking holder = {.loop = loop};
    struct db_query *holding =
        db_query(db,
                 &(struct db_statement){
                     .sql = "DO $$ BEGIN LOCK test_faults.secrets; PERFORM pg_sleep(60); END $$",
                     .timeout_ms = 60000,
                     .writes = true,
                 },
                 asking_done, &holder);
    struct asked asked;

    (void)state;
    await_activity("LOCK test_faults", true);
    asked = ask_statement(loop, other,
                          &(struct db_statement){.sql = "SELECT 1 FROM test_faults.secrets",
                                                 .timeout_ms = 10000,
                                                 .lock_timeout_ms = 30});
    assert_int_equal(asked.err.kind, ERROR_UNAVAILABLE);
    assert_string_equal(asked.sqlstate, "55P03");
    db_query_cancel(holding);
    await_activity("LOCK test_faults", false);
    expect_answer(db);
    assert_int_equal(holder.asked.calls, 0);
}

/* The folder is not there at first; the same db finds it later. */
static void an_unreachable_server_is_asked_again(void **state)
{
    char conninfo[200], path[150];
    struct db_config later_config = {.name = "later", .conninfo = conninfo};
    struct db *later = db_new(loop, &later_config);
    struct asked asked;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/later", folder);
    (void)snprintf(conninfo, sizeof(conninfo), "host=%s user=postgres dbname=postgres", path);
    assert_int_equal(db_server_version(later), 0);
    for (int i = 0; i < 2; i++) {
        asked = ask(loop, later, "SELECT 1");
        assert_int_equal(asked.err.kind, ERROR_UNAVAILABLE);
        assert_non_null(strstr(asked.err.text, "database later: "));
        assert_non_null(strstr(asked.err.text, path));
    }
    assert_int_equal(symlink(folder, path), 0);
    expect_answer(later);
    (void)unlink(path);
    db_free(later);
}

struct count {
    unsigned came, failed;
};

static void count_failure(const struct db_result *result, const struct error *err, void *arg)
{
    struct count *count = arg;

    count->failed += result == NULL && err->kind == ERROR_UNAVAILABLE;
    if (++count->came == 500)
        loop_stop(loop);
}

/* A server that takes the connection and says nothing. All who wait hear of it after one limit. */
static void a_mute_server_costs_one_time_limit(void **state)
{
    char conninfo[200];
    struct db_config mute_config = {.name = "m", .conninfo = conninfo, .connect_timeout_ms = 50};
    struct db *mute = db_new(loop, &mute_config);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct count count = {0};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.1", folder);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 5), 0);
    (void)snprintf(conninfo, sizeof(conninfo), "host=%s port=1 user=postgres", folder);
    for (int i = 0; i < 500; i++)
        (void)db_query(mute, &(struct db_statement){.sql = "SELECT 1", .timeout_ms = 1000},
                       count_failure, &count);
    run_until(loop, &count.came, 500);
    assert_int_equal(count.failed, 500);
    db_free(mute);
    (void)close(listener);
}

static const struct {
    const char *name, *conninfo; /* after the host */
    enum error_kind kind;
    const char *sqlstate, *text;
} refusals[] = {
    {"no such database", "user=postgres dbname=nix", ERROR_MISSING, "3D000",
     "database \"nix\" does not exist (SQLSTATE 3D000)"},
    {"no such role", "user=nix dbname=postgres", ERROR_DENIED, "28000",
     "role \"nix\" does not exist (SQLSTATE 28000)"},
    {"a role that may not log in", "user=pg_monitor dbname=postgres", ERROR_DENIED, "28000", NULL},
    {"an unknown setting", "nix=1", ERROR_INVALID, "", NULL},
    {"a setting that is not one", "user=postgres hunter2", ERROR_INVALID, "", NULL},
    {"a port that is none", "port=x", ERROR_UNAVAILABLE, "", NULL},
};

static void refused_connections_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        char conninfo[200];
        struct db_config bad_config = {.name = "bad", .conninfo = conninfo};
        struct db *bad = db_new(loop, &bad_config);
        struct asked asked;

        print_message("# %s\n", refusals[i].name);
        (void)snprintf(conninfo, sizeof(conninfo), "host=%s %s", folder, refusals[i].conninfo);
        asked = ask(loop, bad, "SELECT 1");
        assert_string_equal(error_kind_name(asked.err.kind), error_kind_name(refusals[i].kind));
        assert_string_equal(asked.sqlstate, refusals[i].sqlstate);
        assert_null(strchr(asked.err.text, '\n'));
        assert_null(strstr(asked.err.text, "LOCATION"));
        assert_null(strstr(asked.err.text, "hunter2"));
        if (refusals[i].text != NULL)
            assert_non_null(strstr(asked.err.text, refusals[i].text));
        db_free(bad);
    }
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

/* One session per row, all with the same db: the file is read each time. */
static void the_password_file_is_read_at_each_connect(void **state)
{
    static const struct {
        const char *password; /* NULL: no such file */
        mode_t mode;
        enum error_kind kind;
    } steps[] = {
        {NULL, 0, ERROR_INVALID},
        {"wrong\n", 0600, ERROR_DENIED},
        {"right\n", 0604, ERROR_INVALID},
        {"right\n", 0600, ERROR_NONE},
    };
    char conninfo[200], path[150], hba[150];
    struct db_config stranger_config = {.name = "s", .conninfo = conninfo, .password_file = path};
    struct db *stranger = db_new(loop, &stranger_config);

    (void)state;
    (void)snprintf(conninfo, sizeof(conninfo), "host=%s user=stranger dbname=postgres", folder);
    (void)snprintf(path, sizeof(path), "%s/password", folder);
    (void)snprintf(hba, sizeof(hba), "%s/data/pg_hba.conf", folder);
    write_file(hba, "local all stranger scram-sha-256\nlocal all all trust\n");
    write_sql("SELECT pg_reload_conf()");
    ask_until(loop, other, "SELECT pg_conf_load_time() > pg_postmaster_start_time()");
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct asked asked;

        if (steps[i].password != NULL) {
            write_file(path, steps[i].password);
            assert_int_equal(chmod(path, steps[i].mode), 0);
        }
        asked = ask(loop, stranger, "SELECT 42");
        assert_string_equal(error_kind_name(asked.err.kind), error_kind_name(steps[i].kind));
        assert_null(strstr(asked.err.text, "right"));
    }
    db_free(stranger);
    stranger_config.password_file = NULL;
    stranger = db_new(loop, &stranger_config);
    assert_int_equal(ask(loop, stranger, "SELECT 1").err.kind, ERROR_DENIED);
    db_free(stranger);
    (void)unlink(path);
}

static void a_session_killed_while_asking_is_unavailable(void **state)
{
    struct asking victim = {.loop = loop, .db = db};

    (void)state;
    (void)db_query(db, &(struct db_statement){.sql = "SELECT pg_sleep(61)", .timeout_ms = 60000},
                   asking_done, &victim);
    await_activity("pg_sleep(61)", true);
    assert_true(ask(loop, other,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE query = 'SELECT pg_sleep(61)'")
                    .integer == 1);
    run_until(loop, &victim.asked.calls, 1);
    assert_int_equal(victim.asked.calls, 1);
    assert_int_equal(victim.asked.err.kind, ERROR_UNAVAILABLE);
    assert_string_equal(victim.asked.sqlstate, "57P01");
    expect_answer(db);
}

static void a_session_that_crashes_is_unavailable(void **state)
{
    struct asking victim = {.loop = loop, .db = db};
    int64_t pid = ask(loop, db, "SELECT pg_backend_pid()").integer;
    int64_t reached;

    (void)state;
    (void)db_query(db, &(struct db_statement){.sql = "SELECT pg_sleep(62)", .timeout_ms = 60000},
                   asking_done, &victim);
    await_activity("pg_sleep(62)", true);
    /* The server takes all sessions down after that and recovers. */
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    run_until(loop, &victim.asked.calls, 1);
    assert_int_equal(victim.asked.err.kind, ERROR_UNAVAILABLE);
    assert_true(strlen(victim.asked.err.text) > 0);
    do {
        reached = ask(loop, db, "SELECT 42").integer;
    } while (reached != 42);
    /* The other one's session was taken down while it was idle. */
    expect_answer(other);
}

static void a_session_killed_while_idle_is_not_noticed(void **state)
{
    char sql[200];

    (void)state;
    for (int i = 0; i < 5; i++) {
        int64_t pid = ask(loop, db, "SELECT pg_backend_pid()").integer;

        (void)snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d)", (int)pid);
        assert_true(ask(loop, other, sql).integer == 1);
        (void)snprintf(sql, sizeof(sql), "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = %d",
                       (int)pid);
        ask_until(loop, other, sql);
        expect_answer(db);
    }
}

/* It takes 5 s, so only in a soak. */
static void a_stopped_server_is_given_up(void **state)
{
    int64_t pid = ask(loop, db, "SELECT pg_backend_pid()").integer;
    struct asked asked;

    (void)state;
    if (getenv("SOAK") == NULL)
        return;
    assert_int_equal(kill((pid_t)pid, SIGSTOP), 0);
    asked = ask_statement(loop, db, &(struct db_statement){.sql = "SELECT 1", .timeout_ms = 100});
    assert_int_equal(kill((pid_t)pid, SIGCONT), 0);
    assert_int_equal(asked.err.kind, ERROR_TIMEOUT);
    assert_string_equal(asked.sqlstate, "");
    expect_answer(db);
}

static void a_cancelled_query_leaves_no_backend(void **state)
{
    struct asking victim = {.loop = loop};
    struct db_query *query =
        db_query(db, &(struct db_statement){.sql = "SELECT pg_sleep(63)", .timeout_ms = 60000},
                 asking_done, &victim);

    (void)state;
    await_activity("pg_sleep(63)", true);
    db_query_cancel(query);
    await_activity("pg_sleep(63)", false);
    expect_answer(db);
    assert_int_equal(victim.asked.calls, 0);
}

static void a_cancelled_query_in_line_is_not_asked(void **state)
{
    struct asking first = {.loop = loop}, last = {.loop = loop};
    struct db_query *waiting;

    (void)state;
    (void)db_query(db, &(struct db_statement){.sql = "SELECT 1", .timeout_ms = 1000}, asking_done,
                   &first);
    waiting = db_query(db, &(struct db_statement){.sql = "SELECT 1", .timeout_ms = 1000},
                       asking_done, &last);
    db_query_cancel(waiting);
    expect_answer(db);
    assert_int_equal(first.asked.calls, 1);
    assert_int_equal(last.asked.calls, 0);
}

static void a_freed_db_calls_nobody(void **state)
{
    struct asking silent = {.loop = loop};
    struct db *gone = db_new(loop, &config);

    (void)state;
    for (int i = 0; i < 10; i++)
        (void)db_query(gone,
                       &(struct db_statement){.sql = "SELECT pg_sleep(64)", .timeout_ms = 60000},
                       asking_done, &silent);
    await_activity("pg_sleep(64)", true);
    db_free(gone);
    await_activity("pg_sleep(64)", false);
    assert_int_equal(silent.asked.calls, 0);
}

/* What a callback may do: free the db, cancel another query, ask again. */
struct deed {
    struct db *db;
    struct db_query *self, *victim;
    bool frees, asks;
    struct asking next;
    unsigned calls;
};

static void do_deed(const struct db_result *result, const struct error *err, void *arg)
{
    struct deed *deed = arg;

    (void)result;
    (void)err;
    deed->calls++;
    db_query_cancel(deed->self); /* too late, and harmless */
    db_query_cancel(deed->victim);
    if (deed->asks)
        (void)db_query(deed->db, &(struct db_statement){.sql = "SELECT 42", .timeout_ms = 1000},
                       asking_done, &deed->next);
    if (deed->frees)
        db_free(deed->db);
    if (!deed->asks)
        loop_stop(loop);
}

static const struct {
    const char *name, *sql;
    bool frees, asks, cancels;
} deeds[] = {
    {"free on success", "SELECT 1", true, false, false},
    {"free on failure", "SELECT 1 / 0", true, false, false},
    {"ask on success", "SELECT 1", false, true, false},
    {"ask on failure", "SELECT 1 / 0", false, true, false},
    {"cancel the next on success", "SELECT 1", false, true, true},
    {"cancel the next on failure", "SELECT 1 / 0", false, true, true},
    {"cancel the next and free", "SELECT 1", true, false, true},
};

static void callbacks_may_do_anything(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(deeds); i++) {
        struct deed deed = {.db = db_new(loop, &config), .frees = deeds[i].frees};
        struct asking silent = {.loop = loop};
        struct db_query *victim;

        print_message("# %s\n", deeds[i].name);
        deed.asks = deeds[i].asks;
        deed.next = (struct asking){.loop = loop};
        deed.self =
            db_query(deed.db, &(struct db_statement){.sql = deeds[i].sql, .timeout_ms = 1000},
                     do_deed, &deed);
        victim = db_query(deed.db, &(struct db_statement){.sql = "SELECT 2", .timeout_ms = 1000},
                          asking_done, &silent);
        deed.victim = deeds[i].cancels ? victim : NULL;
        run_until(loop, deed.asks ? &deed.next.asked.calls : &deed.calls, 1);
        assert_int_equal(deed.calls, 1);
        assert_int_equal(silent.asked.calls, deeds[i].frees || deeds[i].cancels ? 0 : 1);
        if (deed.asks)
            assert_true(deed.next.asked.integer == 42);
        if (!deed.frees)
            db_free(deed.db);
    }
}

static void errors_are_freed_like_results(void **state)
{
    struct db_config bad_config = {.name = "bad", .conninfo = "host=/nonexistent"};
    struct deed deed = {.db = db_new(loop, &bad_config), .frees = true};

    (void)state;
    for (int i = 0; i < 3; i++)
        (void)db_query(deed.db, &(struct db_statement){.sql = "SELECT 1", .timeout_ms = 1000},
                       do_deed, &deed);
    run_until(loop, &deed.calls, 1);
    assert_int_equal(deed.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_have_a_kind_and_a_sentence),
        cmocka_unit_test(a_missing_privilege_is_denied),
        cmocka_unit_test(a_slow_statement_times_out),
        cmocka_unit_test(a_lock_that_is_held_is_unavailable),
        cmocka_unit_test(an_unreachable_server_is_asked_again),
        cmocka_unit_test(a_mute_server_costs_one_time_limit),
        cmocka_unit_test(refused_connections_say_why),
        cmocka_unit_test(the_password_file_is_read_at_each_connect),
        cmocka_unit_test(a_session_killed_while_asking_is_unavailable),
        cmocka_unit_test(a_session_killed_while_idle_is_not_noticed),
        cmocka_unit_test(a_stopped_server_is_given_up),
        cmocka_unit_test(a_cancelled_query_leaves_no_backend),
        cmocka_unit_test(a_cancelled_query_in_line_is_not_asked),
        cmocka_unit_test(a_freed_db_calls_nobody),
        cmocka_unit_test(callbacks_may_do_anything),
        cmocka_unit_test(errors_are_freed_like_results),
        cmocka_unit_test(a_session_that_crashes_is_unavailable),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
