/*
 * What GitLab's protocol posts beside a ping: how long each metric took and what went wrong with
 * it, after the ping was taken; or why the ping could not be posted. Pure, without white space.
 */
#ifndef AGENT_PAYLOAD_REPORTS_H
#define AGENT_PAYLOAD_REPORTS_H

#include "agent/payload.h"

/*
 * {"metadata": {"uuid", "metrics": [{"name", "time_elapsed", "error"}]}}: a member for each item,
 * in the order of the payload; time_elapsed in seconds; error, the reason, where there is no value.
 */
void payload_write_metadata(const char *uuid, const struct payload_item *items, size_t count,
                            struct str *out);

struct payload_failure {
    int64_t at_us;                         /* wall time, microseconds since 1970 UTC */
    int64_t elapsed_us;                    /* since posting began; collecting is no part of it */
    const char *uuid, *hostname, *version; /* NULL: not in the payload either */
    const char *message;
};

/*
 * {"error": {"time", "uuid", "hostname", "version", "message", "elapsed"}}: time in UTC with
 * milliseconds, elapsed in seconds, rounded to a tenth.
 */
void payload_write_failure(const struct payload_failure *failure, struct str *out);

#endif
