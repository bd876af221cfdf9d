/* What parse makes of a definition whose number is in Redis keys. */
#ifndef METRICS_KEY_SPEC_H
#define METRICS_KEY_SPEC_H

#include "metrics/event_rule.h"
#include "metrics/key_tally.h"

#include <stdbool.h>
#include <stddef.h>

struct key_spec {
    enum key_fold fold;
    bool weekly;  /* each stem stands for a key a week: "-YYYY-WW" */
    bool named;   /* by GitLab's rules: its lists of exceptions apply */
    bool by_path; /* there are no stems: GitLab's lists say what the key path means */
    size_t count;
    const char **stems;       /* keys, or keys without their week; each once */
    const char **identifiers; /* of FOLD_TOTALS, one for each stem; otherwise NULL */
    const char **events;      /* of RedisHLLMetric and the like, one for each stem; or NULL */
    struct event_rules rules; /* of `events:`, for writing; otherwise empty */
};

/* A spec with room for so many stems. */
struct key_spec *key_spec_new(struct arena *arena, enum key_fold fold, size_t room);

/* `identifier` is NULL but for FOLD_TOTALS. A stem that stands there already is not added again. */
void key_spec_add(struct key_spec *spec, const char *stem, const char *identifier);

/* Adds "{hll_counters}_EVENT[-IDENTIFIER]"; `identifier` is the part before the first dot of what
 * is given, NULL for none. `room` as above, the same in each call. */
void key_spec_add_event(struct key_spec *spec, struct arena *arena, size_t room, const char *event,
                        const char *identifier);

#endif
