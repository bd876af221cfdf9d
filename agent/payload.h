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
    const char *definitions_digest;
    const char *consent;           /* "on", "local" */
    const char *const *categories; /* permitted ones, NULL-terminated */
    const char *agent_version;
};

/*
 * `recorded_at`, `uuid`, `hostname`, `version`, `edition` and `installation_type` stand at the top:
 * recorded_at always, the others as their metrics say. REFUSED if one key path runs through
 * another.
 */
MUST_CHECK bool payload_write(const struct payload_input *input, struct str *out,
                              struct error *err);

#endif
