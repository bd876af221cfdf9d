/*
 * A loop and a session with the test's PostgreSQL, for tests of what reads the database: the desk
 * makes the tables that are read, and says what a plain statement finds in them.
 */
#ifndef TESTS_SUPPORT_SQL_DESK_H
#define TESTS_SUPPORT_SQL_DESK_H

#include "tests/support/asking.h"

struct sql_desk {
    struct loop *loop;
    struct db *db;
    struct db_config config; /* "main" */
    char conninfo[512];
};

/* `more` is added to the conninfo of TEST_DATABASE: "options='-csearch_path=mine'", or "". The desk
 * must not move. */
void sql_desk_open(struct sql_desk *desk, const char *more);
void sql_desk_close(struct sql_desk *desk);

/* Another session: the statistics are told what one has written when it ends. */
void sql_desk_renew(struct sql_desk *desk);

/* Within 30 s; the test fails where the statement does. */
struct asked sql_desk_ask(struct sql_desk *desk, const char *sql);
void sql_desk_write(struct sql_desk *desk, const char *sql);
void sql_desk_write_format(struct sql_desk *desk, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
