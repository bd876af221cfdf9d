/*
 * What a statement of db.h answered: the rows as they came, and how long they took.
 */
#ifndef AGENT_IO_DB_RESULT_H
#define AGENT_IO_DB_RESULT_H

#include "agent/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_result;

/* What was given to db_done, for longer than the callback: until db_result_release. */
struct db_result *db_result_keep(const struct db_result *result);
void db_result_release(struct db_result *result); /* NULL is fine */

/* Results: rows and columns from 0. */
int db_rows(const struct db_result *result);

/* A field as it came: `type` is PostgreSQL's number of it, `bytes` is never NULL. */
struct db_field {
    unsigned type;
    bool is_null;
    const char *bytes;
    size_t length;
};
struct db_field db_field(const struct db_result *result, int row, int column);

bool db_is_null(const struct db_result *result, int row, int column);

/* Of int2, int4, int8 or bool (0 and 1) columns; 0 for NULL; INVALID for other types. */
MUST_CHECK bool db_integer(const struct db_result *result, int row, int column, int64_t *out,
                           struct error *err);

/* The bytes of a text column (zero-terminated) or any other in binary form; "" for NULL. */
const char *db_bytes(const struct db_result *result, int row, int column, size_t *length);

/* Calls `each` for every element that is not NULL of an int2[], int4[] or int8[] column. */
typedef void db_each(int64_t value, void *arg);
MUST_CHECK bool db_array(const struct db_result *result, int row, int column, db_each *each,
                         void *arg, struct error *err);

/* The wall time from sending the statement until its result was whole: the server's time and the
 * wire's. */
int64_t db_took_us(const struct db_result *result);

#endif
