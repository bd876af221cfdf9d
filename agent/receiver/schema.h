/*
 * The tables and views of the central side, made when they are not there yet. Raw pings, their
 * metrics as long rows (a partition a week of recorded_at, made when its first ping arrives), what
 * was reported beside them, and what could not be read.
 */
#ifndef AGENT_RECEIVER_SCHEMA_H
#define AGENT_RECEIVER_SCHEMA_H

#include "agent/io/db.h"

#include <stdint.h>

/* All or nothing, under an advisory lock, so that several receivers may start at once. REFUSED if
 * the database does not speak UTF-8: the raw bytes could not be kept as they are. */
struct db_query *schema_create(struct db *db, db_done *done, void *arg);

/* The number of the ISO week (Monday, UTC) that a wall time lies in: the key of a partition. */
int64_t schema_week(int64_t wall_us);

struct db_query *schema_create_week(struct db *db, int64_t week, db_done *done, void *arg);

#endif
