/*
 * PostgreSQL's binary form of whole numbers and lists of them, as far as nothing but bytes is
 * needed: db_integer and db_array stand on it.
 */
#ifndef AGENT_IO_DB_BINARY_H
#define AGENT_IO_DB_BINARY_H

#include "agent/base/error.h"
#include "agent/io/db.h"

#include <stddef.h>
#include <stdint.h>

/* The types' numbers (pg_type.dat): they never change. */
enum { TYPE_BOOL = 16, TYPE_INT8 = 20, TYPE_INT2 = 21, TYPE_INT4 = 23 };
enum { TYPE_INT2_LIST = 1005, TYPE_INT4_LIST = 1007, TYPE_INT8_LIST = 1016 };

/* INVALID if `type` is none of the four, or has another length. */
MUST_CHECK bool db_binary_integer(const struct db_field *field, int64_t *out, struct error *err);

/* INVALID if `type` is none of the three lists, or the bytes do not hold what they announce; the
 * elements before that have been given to `each`. */
MUST_CHECK bool db_binary_list(const struct db_field *field, db_each *each, void *arg,
                               struct error *err);

#endif
