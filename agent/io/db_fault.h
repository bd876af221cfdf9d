/*
 * What PostgreSQL says when it fails, as an error: one line, with its SQLSTATE, and the kind that
 * the caller decides by. Pure text; for agent/io/db.c.
 */
#ifndef AGENT_IO_DB_FAULT_H
#define AGENT_IO_DB_FAULT_H

#include "agent/base/error.h"

/* An error and the SQLSTATE it came with, "" if there was none. */
struct db_failure {
    struct error err;
    char sqlstate[6];
};

/* As the server sent it; each may be NULL. */
struct db_fault {
    const char *sqlstate;
    const char *message;
    const char *detail;
    const char *hint;
};

/* REFUSED unless the SQLSTATE says better; UNAVAILABLE when there is none. */
void db_fault_of_statement(const struct db_fault *fault, struct db_failure *failure);

/*
 * `report` is libpq's text of a failed connecting, written with PQERRORS_VERBOSE: only there stands
 * the server's SQLSTATE. UNAVAILABLE if the server was not reached.
 */
void db_fault_of_connecting(const char *report, struct db_failure *failure);

#endif
