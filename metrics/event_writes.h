/*
 * What events raise in Redis: for each event its total of all time, its total of the week, and
 * every counter that the metrics in force select, each once. Pure.
 */
#ifndef METRICS_EVENT_WRITES_H
#define METRICS_EVENT_WRITES_H

#include "agent/source.h"
#include "metrics/event_key.h"
#include "metrics/period.h"

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
    bool dated; /* the key is of one week and expires */
    const char *key;
    const char *value; /* NULL of WRITE_COUNT */
    size_t event;      /* its number in the batch */
};

struct event_writes {
    struct arena *arena;
    struct event_write *items;
    size_t count;
};

/* The rules of all metrics, by event. */
struct event_index;

/* Takes the specs (struct key_spec) of internal events; in `arena`, which they must outlive. */
struct event_index *event_index_new(struct arena *arena, const struct metric *const *metrics,
                                    size_t count);

/* Adds what the event raises in the week given; a rule whose property it lacks is skipped. */
void event_writes_add(struct event_writes *writes, const struct event_index *index,
                      const struct event *event, size_t number, struct iso_week week);

/* By key, kind and value, so that what can be written in one command stands side by side. */
void event_writes_sort(struct event_writes *writes);

/* The property, or NULL; one without a text counts as missing. */
const struct event_property *event_property_get(const struct event *event, const char *name);

#endif
