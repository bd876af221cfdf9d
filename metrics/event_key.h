/*
 * The Redis keys of internal events, exactly as GitLab forms them, so that counters written by
 * either side are read by the other. Pure. Any filter value is taken as it stands: Redis accepts
 * every key, so a value that GitLab's own check of HyperLogLog keys refuses ("12.4") counts here.
 *
 *     {event_counters}_NAME[-filter:[k1:v1,k2:v2]]                       how often
 *     {event_sums}_NAME-operator:sum(value)[-filter:[...]]               the sum of its values
 *     {hll_counters}_NAME[-filter:[...]]-IDENTIFIER                      how many different ones
 *     {hll_counters}_NAME-operator:total[-filter:[...]]-IDENTIFIER       how often each (a hash)
 *
 * with "-YYYY-WW" (ISO year and week) at the end where the time frame is 7d or 28d.
 */
#ifndef METRICS_EVENT_KEY_H
#define METRICS_EVENT_KEY_H

#include "agent/base/str.h"
#include "metrics/period.h"

#include <stdbool.h>
#include <stddef.h>

enum event_operation { OPERATION_NONE, OPERATION_SUM, OPERATION_TOTAL };

struct event_filter {
    const char *name; /* "label", "property", "value" or a custom property */
    const char *text;
    bool is_number; /* 30 is not "30" */
};

/* Which occurrences of one event count, and what is counted of them. */
struct event_rule {
    const char *event;
    enum event_operation operation;
    const struct event_filter *filters; /* sorted by name */
    size_t filter_count;
    const char *unique; /* "user.id", "label", ...; NULL: none */
};

/* "sum(value)", "total"; NULL for none. */
const char *event_operation_name(enum event_operation operation);

/* Adds "NAME[-operator:...][-filter:[...]][-identifier]": what names overrides would apply to. */
void event_key_path(const struct event_rule *rule, struct str *out);

/* Adds the whole key but its week. */
void event_key_stem(const struct event_rule *rule, struct str *out);

void event_key_add_week(struct iso_week week, struct str *out);

/* The part of `unique` before its first dot: "user". Points into it; 0 if there is none. */
size_t event_identifier_length(const struct event_rule *rule);

#endif
