/*
 * Outcomes -> one nested JSON document, GitLab's form with our reserved object `service_ping`.
 * Pure: the same input always gives the same bytes, keys sorted, indented by two blanks.
 */
#ifndef AGENT_PAYLOAD_H
#define AGENT_PAYLOAD_H

#include "agent/base/digest.h"
#include "agent/base/error.h"
#include "agent/base/str.h"
#include "agent/value.h"

/* The version of the form of `service_ping`; also told to the endpoint. */
enum { PAYLOAD_SCHEMA = 1 };

struct payload_item {
    const char *key_path;
    struct outcome outcome;
};

struct payload_input {
    const struct payload_item *items; /* any order; sorted here */
    size_t count;
    const char *ping_id, *instance_id, *previous_ping_id; /* previous NULL for the first */
    int64_t seq;
    int64_t recorded_at, collected_in_ms;
    bool resumed;
    const char *time_zone;
    int64_t zone_offset_s; /* seconds east of UTC in time_zone at recorded_at */
    const char *definitions_digest;
    const char *consent;           /* "on", "local" */
    const char *const *categories; /* permitted ones, NULL-terminated */
    const char *agent_version;
};

/*
 * Adds the document and a final newline to `out`. Every key path stands in it, with null where
 * there is no value; all members of our own objects are sorted, too. `uuid`, `hostname`, `version`,
 * `edition` and `installation_type` stand at the top as their metrics say; `recorded_at` always,
 * from the input.
 * The windows of `service_ping` follow from recorded_at alone: `7d_database` and `28d_database` are
 * instants, `7d_redis` and `28d_redis` the first and the last day of 1 and 4 whole ISO weeks in
 * time_zone, all ends inclusive.
 * REFUSED if one key path stands twice, runs through another or has more than 32 parts,
 * or if one begins with our own key `service_ping`.
 */
MUST_CHECK bool payload_write(const struct payload_input *input, struct str *out,
                              struct error *err);

#endif
