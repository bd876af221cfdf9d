/*
 * A ping as raw bytes and as long rows, in one transaction; and what is no ping, as a dead letter.
 * PostgreSQL itself takes the JSON text apart, so that every number stays exact.
 */
#ifndef AGENT_RECEIVER_ROWS_H
#define AGENT_RECEIVER_ROWS_H

#include "agent/base/clock.h"
#include "agent/io/db.h"
#include "agent/receiver/intake.h"

/* What stands in the receipt; the same for every copy of a ping. */
struct rows_receipt {
    bool fresh;   /* stored just now, not before */
    bool same;    /* the stored ping has the same bytes */
    int64_t id;   /* a number of the ping, for GitLab's clients */
    int64_t rows; /* metrics that were stored */
    char received_at[TIME_TEXT_SIZE];
    char digest[DIGEST_TEXT_SIZE];
};

/* A row for every metric: scalars, lists, and objects that service_ping.objects names. */
struct db_query *rows_store(struct db *db, const struct intake_ping *ping, const char *json,
                            db_done *done, void *arg);

/* UNAVAILABLE when another receiver stored the same ping at the same moment: ask again. */
MUST_CHECK bool rows_receipt(const struct db_result *result, const struct intake_ping *ping,
                             struct rows_receipt *receipt, struct error *err);

/* The same bytes for the same reason are kept once, and counted. */
struct db_query *rows_bury(struct db *db, const char *reason, const void *bytes, size_t length,
                           db_done *done, void *arg);

#endif
