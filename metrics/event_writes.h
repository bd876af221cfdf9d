/*
 * What events raise in Redis: for each event its total of all time, its total of the week, and
 * every counter that the metrics in force select, each once. GitLab also raises those of removed
 * metrics, which nobody reads. Dated keys are kept six weeks. Pure.
 *
 * An event without a definition of its own that GitLab's lists know (the legacy list, or a registry
 * of known events) is of the time before internal events: the one id that comes with it is added to
 * the HyperLogLog of its series and nothing else is raised.
 */
#ifndef METRICS_EVENT_WRITES_H
#define METRICS_EVENT_WRITES_H

#include "agent/source.h"
#include "metrics/event_key.h"

#include <stdbool.h>
#include <stddef.h>

enum write_kind {
    WRITE_COUNT,  /* a counter goes up by one */
    WRITE_SUM,    /* a sum goes up by `value` */
    WRITE_UNIQUE, /* `value` is added to a HyperLogLog */
    WRITE_TOTAL,  /* the field `value` of a hash goes up by one */
};

struct event_write {
    enum write_kind kind;
    int64_t keep_s; /* how long the key is kept; 0: for ever */
    const char *key;
    const char *value; /* NULL of WRITE_COUNT */
    size_t event;      /* its number in the batch */
};

struct event_writes {
    struct arena *arena;
    struct event_write *items;
    size_t count;
    int64_t day; /* of `week`, once there is one */
    char week[16];
};

/* The rules of all metrics, by event. */
struct event_index;

/* Takes the rules of all that count internal events; they and the context must outlive `arena`. */
struct event_index *event_index_new(struct arena *arena, const struct source_context *context,
                                    const struct metric *const *metrics, size_t count);

/* Adds what the event raises on a day (as in week.h); a rule whose property it lacks is skipped. */
void event_writes_add(struct event_writes *writes, const struct event_index *index,
                      const struct event *event, size_t number, int64_t day);

/* By key, kind and value, so that what can be written in one command stands side by side. */
void event_writes_sort(struct event_writes *writes);

/* The property, or NULL; one without a text counts as missing. */
const struct event_property *event_property_get(const struct event *event, const char *name);

#endif
