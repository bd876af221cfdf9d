/*
 * What goes beside a ping under GitLab's protocol, from what the store has of the ping's run. It
 * says nothing that the payload does not say: where uuid, hostname and version were not collected,
 * it has the store's own identity and null.
 */
#ifndef AGENT_DELIVERY_REPORT_H
#define AGENT_DELIVERY_REPORT_H

#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stdint.h>

struct store;

struct delivery_report {
    struct store *store;
    int64_t run_id;
    const char *failure; /* why the ping was not taken; NULL: it was */
    int64_t elapsed_us;  /* since posting began */
};

/* The metadata, or the error, as payload_reports.h has them. */
MUST_CHECK bool delivery_report_write(const struct delivery_report *report, struct str *out,
                                      struct error *err);

#endif
