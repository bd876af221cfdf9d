/*
 * The real agent, as systemd starts it, beside a real PostgreSQL, Redis and receiver: asked again
 * and again to collect, and killed with SIGKILL after a seeded while. What arrives is one chain of
 * pings, each once, and archive, receipts and the receiver's rows say the same. 30 cases, several
 * at a time, or SOAK of them; SEED is the first one's.
 */
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/str.h"
#include "agent/io/loop.h"
#include "agent/receiver/receiver.h"
#include "agent/store_archive.h"
#include "agent/verbs/verb.h"
#include "tests/support/asking.h"
#include "tests/support/killed_agent.h"
#include "tests/support/process.h"
#include "tests/support/redis_desk.h"
#include "tests/support/service.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LANES      5
#define MOST_KILLS 4
#define WRONG_SIZE 400

static const char *const schema[] = {
    "CREATE SCHEMA service",
    "CREATE TABLE service.walked (id bigint PRIMARY KEY, author int, n int)",
    "INSERT INTO service.walked SELECT g, g % 5000, g % 13 FROM generate_series(1, 60000) g",
    "CREATE TABLE service.small (id int PRIMARY KEY)",
    "INSERT INTO service.small SELECT generate_series(1, 11)",
    "ANALYZE",
};

/* In memory that the lanes share. */
struct verdict {
    bool played;
    unsigned kills, in_flight, pings; /* in_flight: killed after it began, before it had sent */
    char wrong[WRONG_SIZE];
};

struct play {
    struct service service;
    struct loop *loop;
    struct db *db;
    struct verdict *verdict;
};

static unsigned receiver_port_number;
static pid_t receiver_process;
static int64_t whole_us; /* from asking to the receipt, undisturbed */

static void wrong(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct play *play, const char *format, ...)
{
    va_list arguments;

    if (play->verdict->wrong[0] != '\0')
        return;
    va_start(arguments, format);
    (void)vsnprintf(play->verdict->wrong, WRONG_SIZE, format, arguments);
    va_end(arguments);
}

/* ---- The receiver, in a process of its own ---- */

static _Noreturn void receive(int tell)
{
    struct db_config database = {.name = "central", .conninfo = getenv("TEST_DATABASE")};
    struct receiver_config config = {.listen = "127.0.0.1:0", .database = &database};
    struct loop *loop = loop_new();
    struct error err;
    struct receiver *receiver;
    unsigned port;

    log_set_level(LEVEL_WARNING);
    receiver = receiver_new(loop, &config, &err);
    port = receiver != NULL ? receiver_port(receiver) : 0;
    if (write(tell, &port, sizeof(port)) == (ssize_t)sizeof(port) && port != 0)
        loop_run(loop);
    _exit(EXIT_FAILURE);
}

static void start_receiver(void)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    receiver_process = fork();
    assert_true(receiver_process >= 0);
    if (receiver_process == 0)
        receive(ends[1]);
    assert_int_equal(read(ends[0], &receiver_port_number, sizeof(receiver_port_number)),
                     sizeof(receiver_port_number));
    assert_int_not_equal(receiver_port_number, 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* ---- One agent ---- */

static void open_play(struct play *play)
{
    static struct db_config config = {.name = "main"};
    struct str lines;

    config.conninfo = getenv("TEST_DATABASE");
    play->loop = loop_new();
    play->db = db_new(play->loop, &config);
    service_init(&play->service);
    service_define(&play->service, "counted", "database", "{relation: walked, where: n < 5}");
    service_define(&play->service, "authors", "database",
                   "{relation: walked, operation: distinct_count, column: author}");
    service_define(&play->service, "small", "database", "{relation: small}");
    service_define(&play->service, "counter", "redis", "{key: \"service:counter\"}");
    service_define(&play->service, "users", "redis_hll", "{keys: [\"service:users\"]}");
    str_init(&lines);
    str_add_format(&lines,
                   "consent: on\nendpoint: {url: \"http://127.0.0.1:%u/v1/pings\", proxy: \"\"}\n"
                   "databases: {main: {conninfo: \"%s options='-csearch_path=service'\", duty: 1}}"
                   "\nredis: {address: %s}\nplan: {piece_target: 10ms, small_table_rows: 1000}\n",
                   receiver_port_number, getenv("TEST_DATABASE"), getenv("TEST_REDIS"));
    service_settings(&play->service, lines.text);
    str_release(&lines);
}

static void close_play(struct play *play)
{
    service_release(&play->service);
    db_free(play->db);
    loop_free(play->loop);
}

static const char *archive(const struct play *play, const char *sql, char out[AGENT_TEXT_SIZE])
{
    char file[AGENT_PATH_SIZE];

    (void)snprintf(file, sizeof(file), "%s/" AGENT_STORE, play->service.scratch.folder);
    return agent_ask(file, sql, out);
}

static void expect(struct play *play, const char *what, const char *sql, const char *expected)
{
    char found[AGENT_TEXT_SIZE];

    (void)archive(play, sql, found);
    if (strcmp(found, expected) != 0)
        wrong(play, "%s: '%s' instead of '%s'", what, found, expected);
}

static void start(struct play *play)
{
    service_start(&play->service);
    service_await(&play->service, "READY=1", NULL);
}

/*
 * Asks, and waits until the ping that comes of it is taken. One of an earlier life may still be on
 * its way, and what the agent tells of that one must not be taken for this.
 */
static void ask_and_await(struct play *play)
{
    char newest[AGENT_TEXT_SIZE], sql[128], found[AGENT_TEXT_SIZE];

    (void)archive(play, "SELECT coalesce(max(seq), 0) FROM pings", newest);
    (void)snprintf(sql, sizeof(sql), "SELECT 1 FROM pings WHERE seq > %.20s AND state = 'sent'",
                   newest);
    service_signal(&play->service, SIGUSR1);
    do
        service_await(&play->service, "; 0 pings waiting", NULL);
    while (*archive(play, sql, found) == '\0');
}

static void stop(struct play *play)
{
    int code;

    service_signal(&play->service, SIGTERM);
    code = service_end(&play->service);
    if (code != EXIT_DONE)
        wrong(play, "TERM ends it with %d", code);
}

/* ---- One case ---- */

static void live_and_die(struct play *play)
{
    int64_t us = (int64_t)(drand48() * 1.3 * (double)whole_us);
    char found[AGENT_TEXT_SIZE];

    if (lrand48() % 8 == 0) {
        service_start(&play->service);
    } else {
        start(play);
        service_signal(&play->service, SIGUSR1);
    }
    /* It is to die at any moment whatever, and only time picks one without regard to the agent. */
    if (process_ends_within(play->service.process, us))
        wrong(play, "it ends by itself");
    service_signal(&play->service, SIGKILL);
    (void)service_end(&play->service);
    service_forget_notices(&play->service);
    play->verdict->kills++;
    (void)archive(play,
                  "SELECT count(*) FROM runs WHERE state = 'open' OR id IN (SELECT run_id FROM"
                  " pings WHERE state = 'waiting')",
                  found);
    play->verdict->in_flight += strcmp(found, "0") != 0 && found[0] != '\0' ? 1 : 0;
}

/* What the receiver stored of this instance: how many, the highest number, and the ids in order. */
static void judge_rows(struct play *play)
{
    char instance[AGENT_TEXT_SIZE], expected[AGENT_TEXT_SIZE];
    struct asked asked;
    struct str sql;

    (void)archive(play, "SELECT id FROM instance", instance);
    (void)archive(play,
                  "SELECT count(*) || ' ' || max(p.seq) || ' ' || count(DISTINCT r.recorded_at ||"
                  " '/' || r.id) || ' ' || (SELECT id FROM pings ORDER BY seq DESC LIMIT 1)"
                  " FROM pings p JOIN runs r ON r.id = p.run_id",
                  expected);
    str_init(&sql);
    str_add_format(&sql,
                   "SELECT count(*) || ' ' || max(seq) || ' ' || count(DISTINCT ping_id) || ' ' ||"
                   " (array_agg(ping_id ORDER BY seq DESC))[1]"
                   " FROM pings WHERE instance_id = '%s'",
                   instance);
    asked = ask(play->loop, play->db, sql.text);
    str_release(&sql);
    if (asked.err.kind != ERROR_NONE)
        wrong(play, "%s", asked.err.text);
    else if (strcmp(asked.text, expected) != 0)
        wrong(play, "the receiver has '%s', the archive '%s'", asked.text, expected);
}

static void tell_fault(const char *sentence, void *arg)
{
    wrong(arg, "%s", sentence);
}

static void judge_archive(struct play *play)
{
    struct store *store;
    char folder[AGENT_PATH_SIZE];
    struct error err;

    (void)snprintf(folder, sizeof(folder), "%s/state", play->service.scratch.folder);
    store = store_open(folder, &err);
    if (store == NULL || !store_verify(store, tell_fault, play, &err))
        wrong(play, "%s", err.text);
    store_close(store);
    expect(play, "pings that were not sent", "SELECT count(*) FROM pings WHERE state <> 'sent'",
           "0");
    expect(play, "pings without a receipt",
           "SELECT count(*) FROM pings WHERE id NOT IN (SELECT ping_id FROM receipts)", "0");
    expect(play, "runs with two pings", "SELECT count(*) - count(DISTINCT run_id) FROM pings", "0");
    expect(play, "collections that came to nothing",
           "SELECT count(*) FROM runs WHERE id NOT IN (SELECT run_id FROM pings)", "0");
    expect(play, "numbers", "SELECT max(seq) - count(*) FROM pings", "0");
}

/* What was asked for when it died is gone on with by itself, until its ping has arrived. */
static void await_rest(struct play *play)
{
    static const char under_way[] =
        "SELECT count(*) FROM runs r LEFT JOIN pings p ON p.run_id = r.id"
        " WHERE (r.state = 'open' AND r.wanted) OR (r.state = 'finished' AND p.id IS NULL)"
        " OR (p.state = 'sealed' AND p.wanted)";
    char found[AGENT_TEXT_SIZE];

    /* It tells of each step, once the archive knows of it. */
    while (strcmp(archive(play, under_way, found), "0") != 0)
        service_await(&play->service, "STATUS=", NULL);
    service_forget_notices(&play->service);
}

static void play_case(struct play *play, long seed)
{
    char found[AGENT_TEXT_SIZE];
    long kills;

    srand48(seed);
    open_play(play);
    kills = lrand48() % MOST_KILLS + 1;
    for (long i = 0; i < kills; i++)
        live_and_die(play);
    start(play);
    await_rest(play);
    ask_and_await(play);
    stop(play);
    judge_archive(play);
    judge_rows(play);
    play->verdict->pings =
        (unsigned)strtoul(archive(play, "SELECT count(*) FROM pings", found), NULL, 10);
    if (play->verdict->pings > kills + 1)
        wrong(play, "%u pings, but it was asked %ld times", play->verdict->pings, kills + 1);
    close_play(play);
    play->verdict->played = true;
}

/* ---- Many cases at a time ---- */

static pid_t fork_lane(struct verdict *verdicts, long first, long lane, long count)
{
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    for (long i = lane; i < count; i += LANES) {
        struct play play = {.verdict = &verdicts[i]};

        play_case(&play, first + i);
    }
    _exit(EXIT_SUCCESS);
}

static void judge(const struct verdict *verdicts, long first, long count)
{
    unsigned kills = 0, in_flight = 0, pings = 0, failed = 0;

    for (long i = 0; i < count; i++) {
        kills += verdicts[i].kills;
        in_flight += verdicts[i].in_flight;
        pings += verdicts[i].pings;
        if (verdicts[i].played && verdicts[i].wrong[0] == '\0')
            continue;
        failed++;
        print_message("seed %ld: %s\n", first + i,
                      verdicts[i].played ? verdicts[i].wrong : "not played to its end");
    }
    print_message("%ld cases, %u kills, %u of them with a run or a ping under way; %u pings\n",
                  count, kills, in_flight, pings);
    assert_int_equal(failed, 0);
    assert_true(count < 30 || in_flight > 0);
}

static void test_killed_at_random(void **state)
{
    const char *soak = getenv("SOAK"), *seed = getenv("SEED");
    long first = seed != NULL ? strtol(seed, NULL, 10) : 1;
    long count = soak != NULL ? strtol(soak, NULL, 10) : seed != NULL ? 1 : 30;
    struct verdict *verdicts = mmap(NULL, (size_t)count * sizeof(*verdicts), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t lanes[LANES];

    (void)state;
    assert_ptr_not_equal(verdicts, MAP_FAILED);
    for (long i = 0; i < LANES; i++)
        lanes[i] = fork_lane(verdicts, first, i, count);
    for (long i = 0; i < LANES; i++)
        (void)waitpid(lanes[i], NULL, 0);
    judge(verdicts, first, count);
}

/* ---- What is set up once ---- */

static void fill_services(void)
{
    struct db_config config = {.name = "main", .conninfo = getenv("TEST_DATABASE")};
    struct loop *loop = loop_new();
    struct db *db = db_new(loop, &config);
    struct desk desk;

    for (size_t i = 0; i < COUNT_OF(schema); i++) {
        struct db_statement statement = {.sql = schema[i], .timeout_ms = 30000, .writes = true};

        assert_string_equal(ask_statement(loop, db, &statement).err.text, "");
    }
    db_free(db);
    loop_free(loop);
    desk_open(&desk);
    (void)ASK(&desk, "SET", "service:counter", "41");
    (void)ASK(&desk, "PFADD", "service:users", "a", "b", "c");
    (void)desk_await(&desk);
    desk_close(&desk);
}

static int set_up(void **state)
{
    struct verdict verdict = {0};
    struct play play = {.verdict = &verdict};
    int64_t began_us;

    (void)state;
    fill_services();
    start_receiver();
    open_play(&play);
    start(&play);
    ask_and_await(&play);
    began_us = now_monotonic_us();
    ask_and_await(&play);
    whole_us = now_monotonic_us() - began_us;
    stop(&play);
    judge_archive(&play);
    judge_rows(&play);
    close_play(&play);
    print_message("undisturbed it takes %" PRId64 " ms%s%s\n", whole_us / 1000,
                  verdict.wrong[0] != '\0' ? ": " : "", verdict.wrong);
    return verdict.wrong[0] != '\0' ? 1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)kill(receiver_process, SIGKILL);
    (void)waitpid(receiver_process, NULL, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_at_random)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
