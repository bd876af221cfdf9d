/*
 * The real program, killed with SIGKILL at seeded moments and started again until it is done: no
 * number is wrong by one, none is counted twice, and one run makes one ping. 30 cases, or SOAK of
 * them, several at a time; SEED in the environment is the first one's, and without SOAK the only.
 */
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "tests/support/chance.h"
#include "tests/support/killed_agent.h"
#include "tests/support/redis_desk.h"
#include "tests/support/sql_desk.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LANES 30 /* cases at a time; each rests most of its time */
/* An undisturbed run takes about so long, and longer beside others: some states are saved in it. */
#define WALL_US    (5 * US_PER_SECOND)
#define MOST_KILLS 3
#define MOST_DUTY  0.05
#define STEPS_SIZE 300

static const char *const schema[] = {
    "CREATE SCHEMA kill",
    "CREATE TABLE kill.walked (id bigint PRIMARY KEY, author int, wide bigint, dec numeric,"
    " made_at timestamp NOT NULL, seen_at timestamp)",
    /* A row a second at the windows' edges: another recorded_at would be another number. */
    "INSERT INTO kill.walked SELECT g + g / 9000 * 1000,"
    " CASE WHEN g % 2 = 0 THEN 7 ELSE g % 5000 END, g * 2654435761 % 1099511627776, g / 7.0,"
    " at, CASE WHEN g % 9 > 0 THEN at END"
    " FROM generate_series(1::bigint, 100000) g, LATERAL (SELECT now() AT TIME ZONE 'UTC' -"
    " CASE g % 4 WHEN 0 THEN interval '2 days' - g % 900 * interval '1 second'"
    " WHEN 1 THEN interval '9 days' - g % 900 * interval '1 second'"
    " WHEN 2 THEN interval '30 days' - g % 900 * interval '1 second'"
    " ELSE g % 80000 * interval '1 minute' END AS at) AS made",
    "CREATE INDEX ON kill.walked (made_at)",
    "CREATE TABLE kill.joined (id int PRIMARY KEY, walked_id bigint, n int)",
    "INSERT INTO kill.joined SELECT g, g * 6, g % 13 FROM generate_series(1, 20000) g",
    "CREATE TABLE kill.keyless (n int, name text)",
    "INSERT INTO kill.keyless SELECT g, 'n' || g % 4321 FROM generate_series(1, 20000) g",
    "CREATE TABLE kill.small_a (id int PRIMARY KEY)",
    "INSERT INTO kill.small_a SELECT generate_series(1, 11)",
    "CREATE TABLE kill.small_b (n int)",
    "INSERT INTO kill.small_b SELECT generate_series(1, 222)",
    "ANALYZE",
};

#define EDGE(days) "(SELECT at - interval '" days " days' FROM run)"

/* `plain` is the same in SQL, where run.at is recorded_at; or the value itself. */
static const struct {
    struct agent_metric metric;
    const char *plain;
} metrics[] = {
    {{"counted", "database", "all", "{relation: walked}"}, "SELECT count(*) FROM kill.walked"},
    {{"filtered", "database", "all", "{relation: walked, where: author = 7}"},
     "SELECT count(*) FROM kill.walked WHERE author = 7"},
    {{"authors", "database", "all",
      "{relation: walked, operation: distinct_count, column: author}"},
     "SELECT count(DISTINCT author) FROM kill.walked"},
    {{"wide", "database", "all",
      "{relation: walked, operation: distinct_count, column: wide, where: author <> 7}"},
     "SELECT count(DISTINCT wide) FROM kill.walked WHERE author <> 7"},
    {{"sum", "database", "all", "{relation: walked, operation: sum, column: dec}"},
     "SELECT trim_scale(sum(dec)) FROM kill.walked"},
    {{"average", "database", "all", "{relation: walked, operation: average, column: author}"},
     "SELECT trim_scale(avg(author)) FROM kill.walked"},
    {{"guilty", "database", "all", "{relation: walked, where: 1 / (id - 9) < 0}"}, "NULL"},
    {{"made_7d", "database", "7d", "{relation: walked, timestamp_column: made_at}"},
     "SELECT count(*) FROM kill.walked WHERE made_at BETWEEN " EDGE("9") " AND " EDGE("2")},
    {{"made_28d", "database", "28d",
      "{relation: walked, timestamp_column: made_at, operation: distinct_count, column: wide}"},
     "SELECT count(DISTINCT wide) FROM kill.walked WHERE made_at BETWEEN " EDGE("30") " AND " EDGE(
         "2")},
    {{"seen_28d", "database", "28d", "{relation: walked, timestamp_column: seen_at}"},
     "SELECT count(*) FROM kill.walked WHERE seen_at BETWEEN " EDGE("30") " AND " EDGE("2")},
    {{"joined", "database", "all",
      "{relation: joined, joins: [{relation: walked, on: walked.id = joined.walked_id}],"
      " operation: sum, column: walked.dec}"},
     "SELECT trim_scale(sum(dec)) FROM kill.joined JOIN kill.walked ON walked.id = walked_id"},
    {{"thirteenth", "database", "all", "{relation: joined, where: n = 12}"},
     "SELECT count(*) FROM kill.joined WHERE n = 12"},
    {{"names", "database", "all", "{relation: keyless, operation: distinct_count, column: name}"},
     "SELECT count(DISTINCT name) FROM kill.keyless"},
    {{"keyless", "database", "all", "{relation: keyless, where: n % 3 = 0}"},
     "SELECT count(*) FROM kill.keyless WHERE n % 3 = 0"},
    {{"statement", "database", "all",
      "{operation: sql, sql: SELECT count(*) FROM walked WHERE id % 5 = 0}"},
     "SELECT count(*) FROM kill.walked WHERE id % 5 = 0"},
    {{"small_a", "database", "all", "{relation: small_a}"}, "SELECT 11"},
    {{"small_b", "database", "all", "{relation: small_b, operation: sum, column: n}"},
     "SELECT sum(n) FROM kill.small_b"},
    {{"counter", "redis", "all", "{key: kill:counter}"}, "SELECT 41"},
    {{"users", "redis_hll", "all", "{keys: [kill:users]}"}, "SELECT 3"},
};

static struct killed_agent agent;
static struct killed reference; /* how many calls an undisturbed run makes */
static double case_duty;
static char constants[COUNT_OF(metrics)][AGENT_TEXT_SIZE]; /* what SQL says of those of all time */

/* ---- What is set up once ---- */

static void write_definitions(void)
{
    for (size_t i = 0; i < COUNT_OF(metrics); i++)
        agent_define(&agent, "definitions", &metrics[i].metric);
    agent_define(&agent, "few",
                 &(struct agent_metric){"counter", "redis", "all", "{key: kill:counter}"});
    agent_define(&agent, "few",
                 &(struct agent_metric){"small_a", "database", "all", "{relation: small_a}"});
}

static void fill_redis(void)
{
    struct desk desk;

    desk_open(&desk);
    (void)ASK(&desk, "SET", "kill:counter", "41");
    (void)ASK(&desk, "PFADD", "kill:users", "a", "b", "c");
    (void)desk_await(&desk);
    desk_close(&desk);
}

/* What a metric of a run at that moment must say. */
static struct asked ask_plain(struct sql_desk *desk, size_t index, int64_t recorded_at)
{
    struct asked asked;
    struct str sql;

    str_init(&sql);
    str_add_format(&sql,
                   "WITH run AS (SELECT to_timestamp(%" PRId64 ") AT TIME ZONE 'UTC' AS at)"
                   " SELECT coalesce((%s)::text, 'NULL')",
                   recorded_at, metrics[index].plain);
    asked = ask(desk->loop, desk->db, sql.text);
    str_release(&sql);
    return asked;
}

static void fill_database(void)
{
    struct sql_desk desk;

    sql_desk_open(&desk, "");
    for (size_t i = 0; i < COUNT_OF(schema); i++)
        sql_desk_write(&desk, schema[i]);
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        struct asked asked;

        if (strcmp(metrics[i].metric.time_frame, "all") != 0)
            continue;
        asked = ask_plain(&desk, i, 0);
        assert_string_equal(asked.err.text, "");
        (void)snprintf(constants[i], sizeof(constants[i]), "%s", asked.text);
    }
    sql_desk_close(&desk);
}

/* ---- One case ---- */

/* In memory that the lanes share. */
struct verdict {
    bool played;
    unsigned kills, resumed;
    char steps[STEPS_SIZE], wrong[AGENT_TEXT_SIZE];
};

struct play {
    long seed;
    char name[32];
    unsigned snapshots;
    bool resumed; /* a run was open when the program was started again */
    bool sealed;  /* a ping was there when it was killed */
    struct verdict *verdict;
};

static void wrong(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct play *play, const char *format, ...)
{
    va_list arguments;

    if (play->verdict->wrong[0] != '\0')
        return;
    va_start(arguments, format);
    (void)vsnprintf(play->verdict->wrong, AGENT_TEXT_SIZE, format, arguments);
    va_end(arguments);
}

/* ---- What stands in its store ---- */

static void expect(struct play *play, const char *what, const char *sql, const char *expected)
{
    char file[AGENT_PATH_SIZE], found[AGENT_TEXT_SIZE];

    (void)agent_ask(agent_path(&agent, play->name, AGENT_STORE, file), sql, found);
    if (strcmp(found, expected) != 0)
        wrong(play, "%s: '%s' instead of '%s'", what, found, expected);
}

/* The store as the killed program left it. */
static void take_snapshot(struct play *play)
{
    char name[32], file[AGENT_PATH_SIZE], found[AGENT_TEXT_SIZE];

    (void)snprintf(name, sizeof(name), "snapshot%u", play->snapshots);
    if (!agent_snapshot(&agent, play->name, name))
        return;
    play->snapshots++;
    (void)agent_path(&agent, play->name, name, file);
    play->sealed = *agent_ask(file, "SELECT id FROM pings", found) != '\0';
    if (*agent_ask(file, "SELECT id FROM runs WHERE state = 'open'", found) != '\0')
        play->resumed = true;
    if (*agent_ask(file,
                   "SELECT name FROM probes WHERE NOT EXISTS"
                   " (SELECT 1 FROM outcomes WHERE key_path = 'counted')",
                   found) != '\0')
        play->verdict->resumed++;
}

/* What was answered before a kill is the same in the end, down to the time it took. */
static void expect_kept(struct play *play, unsigned snapshot)
{
    char name[32], path[AGENT_PATH_SIZE], file[AGENT_PATH_SIZE], sql[600];
    sqlite3_stmt *question = NULL;
    sqlite3 *db;

    (void)snprintf(name, sizeof(name), "snapshot%u", snapshot);
    (void)snprintf(sql, sizeof(sql), "ATTACH '%s' AS old",
                   agent_path(&agent, play->name, name, path));
    (void)sqlite3_open(agent_path(&agent, play->name, AGENT_STORE, file), &db);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        wrong(play, "%s: %s", name, sqlite3_errmsg(db));
    else if (sqlite3_prepare_v2(
                 db,
                 "SELECT key_path FROM old.outcomes o WHERE NOT EXISTS (SELECT 1 FROM main.outcomes"
                 " n WHERE n.run_id = o.run_id AND n.key_path = o.key_path AND n.status = o.status"
                 " AND n.value IS o.value AND n.took_us = o.took_us)",
                 -1, &question, NULL) == SQLITE_OK &&
             sqlite3_step(question) == SQLITE_ROW)
        wrong(play, "%s was answered before, and again", sqlite3_column_text(question, 0));
    (void)sqlite3_finalize(question);
    (void)sqlite3_close(db);
}

/* ---- What it says in the end ---- */

static void expect_number(struct play *play, const struct js_value *payload, size_t index,
                          const char *expected)
{
    const struct js_value *value = js_get(payload, metrics[index].metric.key_path);
    const char *found = js_kind(value) == JS_NULL ? "NULL" : js_number_text(value);

    if (found == NULL || strcmp(found, expected) != 0)
        wrong(play, "%s is %s instead of %s", metrics[index].metric.key_path,
              found != NULL ? found : "no number", expected);
}

static void expect_numbers(struct play *play, const struct js_value *payload, int64_t recorded_at)
{
    struct sql_desk desk;

    sql_desk_open(&desk, "");
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        struct asked asked;

        if (constants[i][0] != '\0') {
            expect_number(play, payload, i, constants[i]);
            continue;
        }
        asked = ask_plain(&desk, i, recorded_at);
        if (asked.err.kind != ERROR_NONE)
            wrong(play, "%s: %s", metrics[i].metric.key_path, asked.err.text);
        else
            expect_number(play, payload, i, asked.text);
    }
    sql_desk_close(&desk);
}

static void expect_payload(struct play *play)
{
    char output[AGENT_PATH_SIZE], file[AGENT_PATH_SIZE], recorded_at[AGENT_TEXT_SIZE];
    struct arena *arena = arena_new();
    struct js_value *payload = NULL;
    const char *text;
    size_t length;
    struct error err;

    (void)agent_ask(agent_path(&agent, play->name, AGENT_STORE, file),
                    "SELECT recorded_at FROM runs", recorded_at);
    if (file_read(agent_path(&agent, play->name, "output", output), arena, &text, &length, &err))
        payload = js_parse(text, length, &err);
    if (payload == NULL) {
        wrong(play, "the payload: %s", err.text);
    } else {
        if (js_flag(js_get(js_get(payload, "service_ping"), "resumed")) != play->resumed)
            wrong(play, "resumed is not %s", play->resumed ? "true" : "false");
        expect_numbers(play, payload, strtol(recorded_at, NULL, 10));
        expect(play, "the sealed bytes", "SELECT length(bytes) FROM pings",
               arena_format(arena, "%zu", length));
    }
    js_free(payload);
    arena_free(arena);
}

static void expect_all(struct play *play)
{
    expect(play, "runs", "SELECT group_concat(id || ' ' || state || ' ' || resumed) FROM runs",
           play->resumed ? "1 finished 1" : "1 finished 0");
    expect(play, "pings", "SELECT group_concat(seq || ' ' || run_id || previous_id) FROM pings",
           "1 1");
    expect(play, "probes", "SELECT count(*) FROM probes", "0");
    for (unsigned i = 0; i < play->snapshots; i++)
        expect_kept(play, i);
    expect_payload(play);
}

/* ---- One case ---- */

/* A moment named by a call, or by the time. */
static struct agent_start choose_moment(const struct play *play, unsigned nth)
{
    static const enum killing_call calls[] = {KILLING_SEND, KILLING_SEND,  KILLING_RECEIVE,
                                              KILLING_SYNC, KILLING_WRITE, KILLING_EXIT};
    struct agent_start start = {.name = play->name, .call = KILLING_SEND, .at = 1};

    if (below(3) == 0) {
        start.later_us = (unsigned)below(2 * WALL_US) + 1;
        return start;
    }
    start.call = calls[below((long)COUNT_OF(calls))];
    start.at = (unsigned)below((long)(reference.calls[start.call] / nth) + 1) + 1;
    start.later_us = below(2) == 0 ? (unsigned)below(20000) + 1 : 0;
    return start;
}

static void note_step(struct verdict *verdict, const struct agent_start *start, bool reached)
{
    size_t said = strlen(verdict->steps);

    (void)snprintf(verdict->steps + said, STEPS_SIZE - said, "%s%s %u +%u us%s",
                   said > 0 ? ", " : "", killing_call_name(start->call), start->at, start->later_us,
                   reached ? "" : " (not reached)");
}

static void kill_once(struct play *play, unsigned nth)
{
    struct agent_start start = choose_moment(play, nth);
    struct killed killed = agent_start(&agent, &start);

    note_step(play->verdict, &start, killed.killed);
    if (killed.killed) {
        play->verdict->kills++;
        take_snapshot(play);
    } else if (killed.code != 0) {
        wrong(play, "exit code %d", killed.code);
    } else {
        play->sealed = true;
    }
}

static void play_case(struct play *play)
{
    unsigned kills;
    struct killed last;

    srand48(play->seed);
    (void)snprintf(play->name, sizeof(play->name), "case%ld", play->seed);
    agent_settle(&agent, play->name, "definitions", case_duty);
    kills = (unsigned)below(MOST_KILLS) + 1;
    for (unsigned i = 0; i < kills && !play->sealed; i++)
        kill_once(play, i + 1);
    last = agent_start(&agent, &(struct agent_start){.name = play->name, .sealed = play->sealed});
    if (last.code != 0)
        wrong(play, "the last start ends with %d", last.code);
    else
        expect_all(play);
    play->verdict->played = true;
}

/* ---- Many cases at a time ---- */

static void *shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

/* A fault must end the lane that it is in, and not come back as one of the test. */
static pid_t fork_alone(void)
{
    static const int faults[] = {SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGABRT};
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    assert_true(child >= 0);
    for (size_t i = 0; child == 0 && i < COUNT_OF(faults); i++)
        (void)signal(faults[i], SIG_DFL);
    return child;
}

static void play_lane(struct verdict *verdicts, long first, long lane, long count)
{
    for (long i = lane; i < count; i += LANES) {
        struct play play = {.seed = first + i, .verdict = &verdicts[i]};

        play_case(&play);
    }
    _exit(EXIT_SUCCESS);
}

static pid_t fork_lane(struct verdict *verdicts, long first, long lane, long count)
{
    pid_t child = fork_alone();

    if (child == 0)
        play_lane(verdicts, first, lane, count);
    return child;
}

static void judge(const struct verdict *verdicts, long first, long count)
{
    unsigned kills = 0, resumed = 0, failed = 0;

    for (long i = 0; i < count; i++) {
        kills += verdicts[i].kills;
        resumed += verdicts[i].resumed;
        if (verdicts[i].played && verdicts[i].wrong[0] == '\0')
            continue;
        failed++;
        print_message("seed %ld (%s): %s\n", first + i, verdicts[i].steps,
                      verdicts[i].played ? verdicts[i].wrong : "not played to its end");
    }
    print_message("%ld cases, %u kills, %u of them with a walk under way that was saved\n", count,
                  kills, resumed);
    assert_int_equal(failed, 0);
    assert_true(count < 30 || (kills >= count / 2 && resumed > 0));
}

static void test_killed_at_random(void **state)
{
    const char *soak = getenv("SOAK"), *seed = getenv("SEED");
    long first = seed != NULL ? strtol(seed, NULL, 10) : 1;
    long count = soak != NULL ? strtol(soak, NULL, 10) : seed != NULL ? 1 : 30;
    struct verdict *verdicts = shared((size_t)count * sizeof(*verdicts));
    pid_t lanes[LANES];

    (void)state;
    if (!killing_is_permitted())
        skip();
    for (long i = 0; i < LANES; i++)
        lanes[i] = fork_lane(verdicts, first, i, count);
    for (long i = 0; i < LANES; i++)
        (void)waitpid(lanes[i], NULL, 0);
    judge(verdicts, first, count);
}

/* ---- One ping for each run ---- */

static void test_one_ping_a_run(void **state)
{
    static const enum killing_call calls[] = {KILLING_WRITE, KILLING_SYNC, KILLING_EXIT};
    struct agent_start start = {.name = "sealing"};
    struct verdict verdict = {0};
    struct play play = {.verdict = &verdict, .name = "sealing"};
    char file[AGENT_PATH_SIZE], found[AGENT_TEXT_SIZE];
    struct killed whole;
    unsigned kills = 0;

    (void)state;
    if (!killing_is_permitted())
        skip();
    srand48(1);
    agent_settle(&agent, start.name, "few", 1);
    (void)agent_start(&agent, &start);
    whole = agent_start(&agent, &start); /* the first one has made the store, too */
    assert_int_equal(whole.code, 0);
    for (unsigned i = 0; i < 24; i++) {
        start.call = calls[i % COUNT_OF(calls)];
        start.at = whole.calls[start.call] - (unsigned)below((long)whole.calls[start.call] / 2 + 1);
        start.later_us = below(4) == 0 ? 1 : 0;
        kills += agent_start(&agent, &start).killed ? 1 : 0;
    }
    start.at = 0;
    assert_int_equal(agent_start(&agent, &start).code, 0);
    print_message("%u kills, %s pings\n", kills,
                  agent_ask(agent_path(&agent, play.name, AGENT_STORE, file),
                            "SELECT count(*) FROM pings", found));
    expect(&play, "runs without a ping",
           "SELECT count(*) FROM runs WHERE id NOT IN (SELECT run_id FROM pings)", "0");
    expect(&play, "pings out of the chain",
           "SELECT count(*) FROM pings p LEFT JOIN pings b ON b.id = p.previous_id"
           " WHERE p.seq <> coalesce(b.seq, 0) + 1",
           "0");
    expect(&play, "gaps", "SELECT max(seq) - count(*) FROM pings", "0");
    assert_string_equal(verdict.wrong, "");
    assert_in_range(kills, 12, 24);
}

/* ---- All of it ---- */

static int set_up(void **state)
{
    struct agent_start start = {.name = "reference"};

    (void)state;
    killed_agent_init(&agent);
    fill_database();
    fill_redis();
    write_definitions();
    agent_settle(&agent, start.name, "definitions", 1);
    if (!killing_is_permitted())
        return 0;
    reference = agent_start(&agent, &start);
    assert_int_equal(reference.code, 0);
    case_duty = agent_duty_for(&agent, start.name, WALL_US);
    /* Beside others the reference takes longer than it will; what is saved needs three seconds. */
    case_duty = case_duty < MOST_DUTY ? case_duty : MOST_DUTY;
    print_message("an undisturbed run: %u calls to send, %u to sync; a duty of %.3f from now on\n",
                  reference.calls[KILLING_SEND], reference.calls[KILLING_SYNC], case_duty);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    killed_agent_release(&agent);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_random),
        cmocka_unit_test(test_one_ping_a_run),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
