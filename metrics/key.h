/*
 * The columns that can be walked by their integer form: whole numbers, timestamps with and without
 * time zone, dates, and the blocks of a table. The form is PostgreSQL's own binary one
 * (microseconds or days since 2000-01-01); each has a literal in SQL. Pure.
 */
#ifndef METRICS_KEY_H
#define METRICS_KEY_H

#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_type {
    KEY_NONE,
    KEY_INTEGER,
    KEY_TIMESTAMP,
    KEY_DATE,
    KEY_BLOCK, /* ctid by the number of its block */
    KEY_TUPLE, /* any columns that a btree orders, in their text form: it has no integer form */
};

/* By pg_type.typname: "int8", "timestamptz"; KEY_NONE for all that cannot be walked. */
enum key_type key_type_of(const char *type_name);

/*
 * Adds the literal: of a block, the place before its first row. The ends of the integer form of
 * times are PostgreSQL's infinities. Not for KEY_TUPLE.
 */
void key_write(enum key_type type, int64_t key, struct str *out);

/* From the binary form of a column of that type; false if the length is not one of such a type. */
bool key_read(const char *bytes, size_t length, int64_t *key);

/* Of a moment in seconds since 1970 UTC; a date is the day it falls on. */
int64_t key_of_time(enum key_type type, int64_t seconds);

#endif
