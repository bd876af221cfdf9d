#include "tests/support/sql_desk.h"

#include "tests/support/test.h"

#include "agent/io/loop.h"

#include <stdio.h>
#include <stdlib.h>

void sql_desk_open(struct sql_desk *desk, const char *more)
{
    (void)snprintf(desk->conninfo, sizeof(desk->conninfo), "%s %s", getenv("TEST_DATABASE"), more);
    desk->config = (struct db_config){.name = "main", .conninfo = desk->conninfo};
    desk->loop = loop_new();
    desk->db = db_new(desk->loop, &desk->config);
}

void sql_desk_close(struct sql_desk *desk)
{
    db_free(desk->db);
    loop_free(desk->loop);
}

void sql_desk_renew(struct sql_desk *desk)
{
    db_free(desk->db);
    desk->db = db_new(desk->loop, &desk->config);
}

static struct asked ask_or_fail(struct sql_desk *desk, const char *sql, bool writes)
{
    const struct db_statement statement = {.sql = sql, .timeout_ms = 30000, .writes = writes};
    struct asked asked = ask_statement(desk->loop, desk->db, &statement);

    if (asked.err.kind != ERROR_NONE)
        fail_msg("%s: %s", sql, asked.err.text);
    return asked;
}

struct asked sql_desk_ask(struct sql_desk *desk, const char *sql)
{
    return ask_or_fail(desk, sql, false);
}

void sql_desk_write(struct sql_desk *desk, const char *sql)
{
    (void)ask_or_fail(desk, sql, true);
}

void sql_desk_write_format(struct sql_desk *desk, const char *format, ...)
{
    char sql[4096];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    assert_in_range(length, 0, sizeof(sql) - 1);
    sql_desk_write(desk, sql);
}
