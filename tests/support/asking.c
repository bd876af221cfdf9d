#include "tests/support/asking.h"

#include "agent/base/clock.h"
#include "agent/io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS INT64_C(20000)

static void add_to_list(int64_t element, void *arg)
{
    struct asked *asked = arg;

    if (asked->list_count < sizeof(asked->list) / sizeof(asked->list[0]))
        asked->list[asked->list_count] = element;
    asked->list_count++;
    asked->list_sum += element;
}

static void keep(const struct db_result *result, struct asked *asked)
{
    struct error ignored;
    const char *bytes;
    size_t length;

    asked->rows = db_rows(result);
    asked->took_us = db_took_us(result);
    if (asked->rows == 0)
        return;
    asked->is_null = db_is_null(result, 0, 0);
    bytes = db_bytes(result, 0, 0, &length);
    (void)snprintf(asked->text, sizeof(asked->text), "%s", bytes);
    asked->is_integer = db_integer(result, 0, 0, &asked->integer, &ignored);
    asked->is_list = db_array(result, 0, 0, add_to_list, asked, &ignored);
}

void asking_done(const struct db_result *result, const struct error *err, void *arg)
{
    struct asking *asking = arg;

    /* Neither or both would be a broken promise; it then counts as a second answer. */
    asking->asked.calls += (result == NULL) != (err == NULL) ? 1 : 2;
    if (err != NULL)
        asking->asked.err = *err;
    if (asking->db != NULL)
        (void)snprintf(asking->asked.sqlstate, sizeof(asking->asked.sqlstate), "%s",
                       db_sqlstate(asking->db));
    if (result != NULL)
        keep(result, &asking->asked);
    loop_stop(asking->loop);
}

/* Without cmocka, because benchmarks are linked with this file as well. */
static _Noreturn void bail_out(const char *why, const char *what)
{
    (void)printf("Bail out! %s: %s\n", why, what);
    exit(EXIT_FAILURE);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

void run_until(struct loop *loop, const unsigned *count, unsigned least)
{
    int64_t end_us = now_monotonic_us() + PATIENCE_MS * 1000;
    struct loop_timer *patience = loop_after(loop, PATIENCE_MS + 100, stop, loop);

    while (*count < least && now_monotonic_us() < end_us)
        loop_run(loop);
    /* When it is over, the timer has come and gone. */
    if (*count < least)
        bail_out("nothing came within 20 s", "run_until");
    loop_timer_cancel(patience);
}

struct asked ask_statement(struct loop *loop, struct db *db, const struct db_statement *statement)
{
    struct asking asking = {.loop = loop, .db = db};

    (void)db_query(db, statement, asking_done, &asking);
    if (asking.asked.calls != 0)
        bail_out("answered inside the call that asked", statement->sql);
    run_until(loop, &asking.asked.calls, 1);
    if (asking.asked.calls != 1)
        bail_out("more than one answer", statement->sql);
    return asking.asked;
}

struct asked ask(struct loop *loop, struct db *db, const char *sql)
{
    return ask_statement(loop, db, &(struct db_statement){.sql = sql, .timeout_ms = 10000});
}

void ask_until(struct loop *loop, struct db *db, const char *sql)
{
    int64_t began_us = now_monotonic_us();

    for (;;) {
        struct asked asked = ask(loop, db, sql);

        if (asked.is_integer && asked.integer == 1)
            return;
        if (now_monotonic_us() - began_us > PATIENCE_MS * 1000)
            bail_out("never became true", sql);
    }
}
