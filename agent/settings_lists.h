/*
 * GitLab's own lists about its Redis keys, in its YAML form, read from the files that the settings
 * name (GitLab keeps them in lib/gitlab/usage_data_counters and config/metrics/aggregates):
 *
 *     hll_redis_key_overrides.yml            PATH: OLDER PATH
 *     total_counter_redis_key_overrides.yml  WHOLE KEY: OLDER KEY
 *     hll_redis_legacy_events.yml            - EVENT
 *     known_events/x.yml                     - {name, aggregation, category, redis_slot, expiry}
 *     aggregates/x.yml                       - {name, operator, source, time_frame, events}
 *
 * What an entry says twice is taken from its first place, as GitLab's own search does. Feature
 * flags are ignored: they live in GitLab's database. Aggregates of source database are left out.
 */
#ifndef AGENT_SETTINGS_LISTS_H
#define AGENT_SETTINGS_LISTS_H

#include "agent/settings.h"

/* Complains about all that is wrong; everything is in `arena`. */
void settings_lists_load(const struct key_list_files *files, struct arena *arena,
                         struct key_lists *lists, struct complaints *complaints);

#endif
