/* Sessions on the server that with-services started. What fails ends the program with a reason. */
#ifndef TESTS_BENCH_SUPPORT_SERVER_H
#define TESTS_BENCH_SUPPORT_SERVER_H

#include <libpq-fe.h>
#include <stdnoreturn.h>

noreturn void bench_fail(const char *what);

/* The value of a variable of the environment that with-services or make set. */
const char *bench_environment(const char *name);

PGconn *server_open(const char *database);

/* Rows, or none; PQclear is the caller's. */
PGresult *server_ask(PGconn *session, const char *sql);
void server_do(PGconn *session, const char *sql);
double server_number(PGconn *session, const char *sql); /* first column of the first row */

/* On a session of its own. */
void server_do_in(const char *database, const char *sql);

#endif
