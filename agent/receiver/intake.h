/*
 * What was posted -> one ping with its identity, or a sentence that says why it cannot be one.
 * Pure: no database, no clock. Takes our form (an object `service_ping`) and GitLab's bare form,
 * where uuid and recorded_at together tell pings apart, unless headers say who it is. Beside a
 * ping, GitLab's protocol has reports: an object `metadata` or `error` with a uuid.
 */
#ifndef AGENT_RECEIVER_INTAKE_H
#define AGENT_RECEIVER_INTAKE_H

#include "agent/base/digest.h"
#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stdint.h>

enum { INTAKE_LARGEST = 16 * 1024 * 1024, INTAKE_NAME_SIZE = 129 };

/* As it arrived. The headers may be NULL. */
struct intake_post {
    const char *body;
    size_t length;
    const char *encoding; /* Content-Encoding */
    const char *ping_id, *instance_id;
};

struct intake_ping {
    char ping_id[UUID_TEXT_SIZE];
    char instance_id[INTAKE_NAME_SIZE];
    char previous_ping_id[UUID_TEXT_SIZE]; /* "" when there is none */
    char agent_version[INTAKE_NAME_SIZE];  /* "" when it is not said, like the next */
    char definitions_digest[DIGEST_TEXT_SIZE];
    int64_t seq, schema_version; /* 0 when they are not said */
    int64_t recorded_us;         /* wall time, microseconds since 1970 UTC */
    char digest[DIGEST_TEXT_SIZE];
    bool bare; /* GitLab's form */
};

/*
 * `json` gets the payload's bytes as they were sealed: what came, unpacked. It is filled as far as
 * possible also on failure (INVALID), for the dead letter.
 */
MUST_CHECK bool intake_read(const struct intake_post *post, struct str *json,
                            struct intake_ping *ping, struct error *err);

/*
 * A report, whose one object is called `object`: instance_id is the header's or else its uuid,
 * ping_id "" if no header says it. Otherwise as intake_read.
 */
MUST_CHECK bool intake_read_report(const struct intake_post *post, const char *object,
                                   struct str *json, struct intake_ping *ping, struct error *err);

/* Reads "2026-11-21T10:04:05.123Z", "... 10:04:05 +02:00", "... UTC"; a time without zone is UTC.
 */
MUST_CHECK bool intake_time(const char *text, int64_t *wall_us);

#endif
