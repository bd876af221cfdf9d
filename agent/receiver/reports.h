/*
 * What GitLab's protocol posts beside pings, in tables of its own: raw bytes, and for metadata a
 * row for each metric. The same bytes of the same ping are kept once. PostgreSQL takes the JSON
 * apart.
 */
#ifndef AGENT_RECEIVER_REPORTS_H
#define AGENT_RECEIVER_REPORTS_H

#include "agent/io/db.h"
#include "agent/receiver/intake.h"

/* Both answer what rows_receipt reads. */
struct db_query *reports_store_metadata(struct db *db, const struct intake_ping *ping,
                                        const char *json, db_done *done, void *arg);
struct db_query *reports_store_failure(struct db *db, const struct intake_ping *ping,
                                       const char *json, db_done *done, void *arg);

#endif
