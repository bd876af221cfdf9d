/*
 * Writes events to Redis. A batch is one pipelined round trip: what raises the same key is one
 * command.
 */
#ifndef METRICS_EVENT_RECORDER_H
#define METRICS_EVENT_RECORDER_H

#include "agent/source.h"

#include <stddef.h>

struct event_recorder;
struct redis;

/* The metrics' specs, the context and `redis` must outlive the recorder. */
struct event_recorder *event_recorder_new(struct redis *redis, const struct source_context *context,
                                          const struct metric *const *metrics, size_t count);
void event_recorder_free(struct event_recorder *recorder); /* tells nobody; NULL is fine */

/*
 * Counts the events, which may go when it returns, in the week that is now; at least one. An event
 * counts as recorded when all its counters were raised; err is the first fault.
 */
void event_recorder_record(struct event_recorder *recorder, const struct event *events,
                           size_t count, record_done *done, void *arg);

#endif
