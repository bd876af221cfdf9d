#include "tests/bench/support/server.h"

#include <stdio.h>
#include <stdlib.h>

noreturn void bench_fail(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

const char *bench_environment(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL)
        bench_fail("run this by 'make bench B=NAME'");
    return value;
}

PGconn *server_open(const char *database)
{
    char conninfo[512];
    PGconn *session;

    (void)snprintf(conninfo, sizeof(conninfo), "%s dbname=%s", bench_environment("TEST_DATABASE"),
                   database);
    session = PQconnectdb(conninfo);
    if (PQstatus(session) != CONNECTION_OK)
        bench_fail(PQerrorMessage(session));
    server_do(session, "SET client_min_messages = warning");
    return session;
}

PGresult *server_ask(PGconn *session, const char *sql)
{
    PGresult *result = PQexec(session, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        bench_fail(PQerrorMessage(session));
    return result;
}

void server_do(PGconn *session, const char *sql)
{
    PQclear(server_ask(session, sql));
}

double server_number(PGconn *session, const char *sql)
{
    PGresult *result = server_ask(session, sql);
    double number = strtod(PQgetvalue(result, 0, 0), NULL);

    PQclear(result);
    return number;
}

void server_do_in(const char *database, const char *sql)
{
    PGconn *session = server_open(database);

    server_do(session, sql);
    PQfinish(session);
}
