/*
 * Random scripts of asking, cancelling, killing sessions and freeing on a real PostgreSQL. Always:
 * answers come once, in the order of asking, are the right ones, and never after a cancel.
 * SOAK=n plays n scripts; SEED=n begins with that one.
 */
#include "agent/io/db.h"
#include "agent/io/loop.h"
#include "tests/support/asking.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 60

enum fate { WAITING, ANSWERED, DROPPED };

struct script;

struct query {
    struct script *script;
    struct db_query *query;
    int kind;
    enum fate fate;
};

struct script {
    uint64_t random;
    struct loop *loop;
    struct db *db, *killer;
    struct query queries[MOST];
    unsigned count, answered;
    bool killed; /* from now on UNAVAILABLE is a right answer */
    const char *wrong;
};

static const struct {
    const char *sql;
    unsigned timeout_ms;
    enum error_kind kind;
    int64_t integer;
} kinds[] = {
    {"SELECT 42", 5000, ERROR_NONE, 42},
    {"SELECT count(*) FROM generate_series(1, 20000)", 5000, ERROR_NONE, 20000},
    {"SELECT length(repeat('x', 1000000))", 5000, ERROR_NONE, 1000000},
    {"SELECT 1 / 0", 5000, ERROR_REFUSED, 0},
    {"SELECT nix", 5000, ERROR_MISSING, 0},
    {"SELECT pg_sleep(30)", 3, ERROR_TIMEOUT, 0},
    {"COPY (SELECT 1) TO STDOUT", 5000, ERROR_REFUSED, 0},
};

static unsigned pick(struct script *script, unsigned below)
{
    script->random = script->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(script->random >> 33) % below;
}

static bool is_right(const struct query *query, const struct db_result *result,
                     const struct error *err)
{
    struct error ignored;
    int64_t integer;

    if (err != NULL)
        return err->kind == kinds[query->kind].kind ||
               (query->script->killed && err->kind == ERROR_UNAVAILABLE);
    return kinds[query->kind].kind == ERROR_NONE && db_integer(result, 0, 0, &integer, &ignored) &&
           integer == kinds[query->kind].integer;
}

static void answered(const struct db_result *result, const struct error *err, void *arg)
{
    struct query *query = arg;
    struct script *script = query->script;

    if (query->fate != WAITING)
        script->wrong = "an answer that nobody waits for";
    for (const struct query *before = script->queries; before < query; before++)
        if (before->fate == WAITING)
            script->wrong = "an answer out of its turn";
    if (!is_right(query, result, err))
        script->wrong = err != NULL ? err->text : "another number";
    if (script->wrong != NULL)
        print_message("# %s: %s\n", kinds[query->kind].sql, script->wrong);
    query->fate = ANSWERED;
    script->answered++;
    loop_stop(script->loop);
}

static void ask_some(struct script *script)
{
    for (unsigned i = pick(script, 5); i > 0 && script->count < MOST; i--) {
        struct query *query = &script->queries[script->count++];

        query->script = script;
        query->kind = (int)pick(script, COUNT_OF(kinds));
        query->query = db_query(script->db,
                                &(struct db_statement){.sql = kinds[query->kind].sql,
                                                       .timeout_ms = kinds[query->kind].timeout_ms},
                                answered, query);
    }
}

static void cancel_one(struct script *script)
{
    struct query *query = &script->queries[script->count > 0 ? pick(script, script->count) : 0];

    if (script->count == 0 || query->fate != WAITING)
        return;
    query->fate = DROPPED;
    db_query_cancel(query->query);
}

static void kill_session(struct script *script)
{
    script->killed = true;
    (void)ask(script->loop, script->killer,
              "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
              "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
}

static void free_db(struct script *script, struct db_config *config)
{
    db_free(script->db);
    script->db = db_new(script->loop, config);
    for (unsigned i = 0; i < script->count; i++)
        if (script->queries[i].fate == WAITING)
            script->queries[i].fate = DROPPED;
}

static unsigned waiting(const struct script *script)
{
    unsigned count = 0;

    for (unsigned i = 0; i < script->count; i++)
        count += script->queries[i].fate == WAITING;
    return count;
}

static void play(struct script *script, struct db_config *config)
{
    for (int i = 0; i < 25; i++) {
        unsigned what = pick(script, 20);

        if (what < 8)
            ask_some(script);
        else if (what < 14 && waiting(script) > 0)
            run_until(script->loop, &script->answered, script->answered + 1);
        else if (what < 18)
            cancel_one(script);
        else if (what == 18)
            kill_session(script);
        else
            free_db(script, config);
    }
    run_until(script->loop, &script->answered, script->answered + waiting(script));
}

static void any_script_keeps_the_promises(void **state)
{
    struct db_config config = {.name = "main", .conninfo = getenv("TEST_DATABASE")};
    const char *soak = getenv("SOAK"), *first = getenv("SEED");
    uint64_t cases = soak != NULL ? strtoull(soak, NULL, 10) : 30;
    uint64_t seed = first != NULL ? strtoull(first, NULL, 10) : 1;
    struct loop *loop = loop_new();
    struct db *killer;

    (void)state;
    assert_non_null(config.conninfo);
    killer = db_new(loop, &config);
    for (uint64_t end = seed + cases; seed < end; seed++) {
        struct script script = {.random = seed, .loop = loop, .killer = killer};

        script.db = db_new(loop, &config);
        play(&script, &config);
        db_free(script.db);
        if (script.wrong != NULL)
            fail_msg("SEED=%llu", (unsigned long long)seed);
    }
    db_free(killer);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_script_keeps_the_promises)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
