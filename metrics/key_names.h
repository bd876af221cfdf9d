/*
 * GitLab's exceptions to the rules by which Redis keys are named, as lists in its own files
 * (struct key_lists). Pure; they are consulted for reading and for writing alike.
 *
 * Overrides: the path of an event (what stands between slot and week) is looked up first, in every
 * slot; then the whole key of an undated counter, also one of the older kind (USAGE_X). Sums are
 * not looked up as whole keys. (redis_counter.rb, event_selection_rule.rb, hll_redis_counter.rb of
 * GitLab 15 to 18.)
 *
 * Known events: what the registries of GitLab 13 to 16 say of an event decides its series:
 *
 *     with redis_slot                 every occurrence of the slot in the name stands in braces
 *     without it                      the whole name stands in braces
 *     with neither slot nor category  {hll_counters}_NAME: entries of 15.11 and 16.0 look so
 *     weekly                          -YYYY-WW behind it, kept six weeks
 *     daily                           YYYY-DDD- before it, kept 29 days: the ISO year with the day
 *                                     of the calendar year, so that 2021-01-01 is "2020-001"
 *
 * A slot that does not occur in the name leaves the key without braces, as there. Daily series are
 * read with both ends included: 8 days for 7d, 29 for 28d.
 */
#ifndef METRICS_KEY_NAMES_H
#define METRICS_KEY_NAMES_H

#include "agent/base/str.h"
#include "agent/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name in use for what the rules give, without its week; `dated`: one will be added. */
const char *key_name(const struct key_lists *lists, const char *stem, bool dated,
                     struct arena *arena);

/* Whether the keys of the event have no identifier in a union with others. */
bool key_is_legacy(const struct key_lists *lists, const char *event);

/* NULL if no registry knows it. */
const struct known_event *key_known_event(const struct key_lists *lists, const char *event);
const struct key_aggregate *key_aggregate_named(const struct key_lists *lists, const char *name);

/* Adds the key of the event's series for the day (as in week.h) or its week. */
void known_event_key(const struct known_event *event, int64_t day, struct str *out);

/* How long it is kept, in days. */
int64_t known_event_keep_days(const struct known_event *event);

#endif
