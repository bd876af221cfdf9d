/*
 * PostgreSQL, asked without waiting. The only module that knows libpq.
 *
 * One `struct db` is one session, opened when it is first needed and again when it broke. A
 * statement is one libpq pipeline: BEGIN READ ONLY, SET LOCAL of its timeouts, the statement with
 * binary results, COMMIT, Sync. So a transaction never outlives a statement, nothing is left on the
 * session, and it holds behind a pooler in transaction mode. Statements asked while one runs wait
 * in line.
 */
#ifndef AGENT_IO_DB_H
#define AGENT_IO_DB_H

#include "agent/base/error.h"
#include "agent/io/db_result.h"
#include "agent/io/db_statement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct db;
struct db_query;

struct db_config {
    const char *name;          /* for messages: "main" */
    const char *conninfo;      /* libpq's keyword=value or URI form; service and pass files work */
    const char *password_file; /* read at each connect (file_read_secret); NULL: libpq's own ways */
    unsigned connect_timeout_ms; /* 0: 10 s */
};

/* Exactly one of result and err is set; both are gone once the callback returns, but for a result
 * that db_result_keep keeps. */
typedef void db_done(const struct db_result *result, const struct error *err, void *arg);

/* `config` and its texts must outlive the db. */
struct db *db_new(struct loop *loop, const struct db_config *config);

/* Closes the session; what is asked or running is dropped and calls nobody. NULL is fine. */
void db_free(struct db *db);

/*
 * The statement and its texts are copied. `done` is called once from the loop, in the order of
 * asking, never after cancel; it may ask, cancel and free. When connecting fails, all that wait
 * hear of it; whoever asks then makes it try again.
 */
struct db_query *db_query(struct db *db, const struct db_statement *statement, db_done *done,
                          void *arg);

/*
 * Lets go of a query. One that runs has its session closed; the server notices within
 * client_connection_check_interval (PostgreSQL 14 and later) or is asked to cancel.
 */
void db_query_cancel(struct db_query *query); /* NULL is fine */

/* 150020 for 15.20; 0 before the first connection. */
int db_server_version(const struct db *db);

/* "42P01" of what was given to db_done last, for the one caller that decides by it; "" if none. */
const char *db_sqlstate(const struct db *db);

/* A quoted identifier: abc, "Ab c". `name` may be schema.relation in plain words; parts are quoted
 * one by one. */
struct str;
void db_quote_name(const char *name, struct str *out);
void db_quote_identifier(const char *name, struct str *out); /* one name, points and all */
void db_quote_text(const char *text, struct str *out); /* 'it''s', E'' where backslashes stand */

#endif
