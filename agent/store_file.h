/*
 * One SQLite file: opened, statements kept prepared, errors told in words a person can act on. The
 * only module that knows SQLite; what stands in the tables is the store's affair.
 *
 * A statement is asked by statement_of, its parameters put (from 1), and run or stepped. A failure
 * of any of these is told by the call that ends it, so that only one call is checked.
 */
#ifndef AGENT_STORE_FILE_H
#define AGENT_STORE_FILE_H

#include "agent/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct store_file;
struct statement;

/* Opens a file that exists; nothing is read yet. NULL on failure. */
struct store_file *store_file_open(const char *path, struct error *err);
/* The same for reading alone; a file that nobody has open is not touched at all. */
struct store_file *store_file_open_to_read(const char *path, struct error *err);
void store_file_close(struct store_file *file); /* rolls back what is open; NULL is fine */

/* Statements without parameters and results, as many as the text holds. */
MUST_CHECK bool store_file_run(struct store_file *file, const char *sql, struct error *err);

/*
 * A transaction that is begun already is joined: work is committed once, by whoever commits. A
 * rollback drops all of it.
 */
MUST_CHECK bool store_file_begin(struct store_file *file, struct error *err);
MUST_CHECK bool store_file_commit(struct store_file *file, struct error *err);
void store_file_rollback(struct store_file *file);

/*
 * Ends a transaction by what came of its work: commits if `done`, otherwise (and if that fails)
 * rolls back. Returns whether the work stands.
 */
MUST_CHECK bool store_file_end(struct store_file *file, bool done, struct error *err);

/* `sql` is a literal: the statement is found again by its address. */
struct statement *statement_of(struct store_file *file, const char *sql);
void statement_put_integer(struct statement *statement, int at, int64_t number);
void statement_put_text(struct statement *statement, int at, const char *text); /* NULL: NULL */
void statement_put_bytes(struct statement *statement, int at, const void *bytes, size_t length);
/* What stands in a column of another statement's row, of whatever type. */
void statement_put_column(struct statement *statement, int at, struct statement *row, int column);

/* Runs a statement that gives no rows. */
MUST_CHECK bool statement_run(struct statement *statement, struct error *err);

/* The next row; `*row` false: there are no more, and the statement is at its beginning again. */
MUST_CHECK bool statement_step(struct statement *statement, bool *row, struct error *err);
void statement_end(struct statement *statement); /* before the last row */

/* The one number that a statement asks for; 0 if it gives no row. */
MUST_CHECK bool statement_number(struct statement *statement, int64_t *number, struct error *err);

/* Columns of the row, from 0; texts are valid until the next step or end. */
int64_t statement_integer(struct statement *statement, int column);
const char *statement_text(struct statement *statement, int column); /* NULL for NULL */
const char *statement_bytes(struct statement *statement, int column, size_t *length);

#endif
