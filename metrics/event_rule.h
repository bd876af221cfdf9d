/*
 * The `events:` list of a definition, read into rules. Pure.
 */
#ifndef METRICS_EVENT_RULE_H
#define METRICS_EVENT_RULE_H

#include "agent/base/arena.h"
#include "agent/base/complaints.h"
#include "agent/metric.h"
#include "metrics/event_key.h"

#include <stdbool.h>
#include <stddef.h>

struct event_rules {
    const struct event_rule *items;
    size_t count;
};

/* Where complaints about a metric go, and whether there was one. */
struct rule_critic {
    struct complaints *complaints;
    const struct metric *metric;
    bool complained;
};

void rule_complain(struct rule_critic *critic, const struct doc_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Reads the definition's `events:`, which stands. Everything that is wrong with it is complained
 * about; false if something was.
 */
bool event_rules_read(struct rule_critic *critic, struct arena *arena, struct event_rules *rules);

#endif
