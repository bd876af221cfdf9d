/*
 * Outcomes -> one nested JSON document. Pure: the same input always gives the same bytes, keys
 * sorted. Two forms: ours, which is GitLab's nesting with our reserved object `service_ping`, and
 * GitLab's own, in which everything but the metrics travels beside the document.
 */
#ifndef AGENT_PAYLOAD_H
#define AGENT_PAYLOAD_H

#include "agent/base/digest.h"
#include "agent/base/error.h"
#include "agent/base/str.h"
#include "agent/value.h"

/* The version of the form of `service_ping`; also told to the endpoint. */
enum { PAYLOAD_SCHEMA = 1 };

enum payload_form {
    PAYLOAD_OURS,   /* null where there is no value; indented by two blanks, with a last newline */
    PAYLOAD_GITLAB, /* -1 where there is no value, no `service_ping`; without any white space */
};

struct payload_item {
    const char *key_path;
    struct outcome outcome;
};

/* Slots of the schedule that passed without a collection; seconds since 1970, both included. */
struct payload_gap {
    int64_t from, to;
    const char *reason;
};

struct payload_input {
    enum payload_form form;
    const struct payload_item *items; /* any order; sorted here */
    size_t count;
    const char *ping_id, *instance_id, *previous_ping_id; /* previous NULL for the first */
    const char *previous_digest; /* SHA-256 of the previous ping's bytes; NULL for the first */
    const struct payload_gap *missed;
    size_t missed_count;
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
 * Adds the document to `out`. Every key path stands in it; all members of our own objects are
 * sorted, too. `uuid`, `hostname`, `version`, `edition` and `installation_type` stand at the top as
 * their metrics say; `recorded_at` always, from the input: as "2026-11-21T10:04:05Z" in our form,
 * as "2026-11-21T11:04:05.000+01:00" (in time_zone, "Z" for UTC) in GitLab's. The windows of
 * `service_ping` follow from recorded_at alone: `7d_database` and `28d_database` are instants,
 * `7d_redis` and `28d_redis` the first and the last day of 1 and 4 whole ISO weeks in time_zone,
 * all ends inclusive. REFUSED if one key path stands twice, runs through another or has more than
 * 32 parts, or if one begins with our own key `service_ping`, in either form.
 */
MUST_CHECK bool payload_write(const struct payload_input *input, struct str *out,
                              struct error *err);

#endif
