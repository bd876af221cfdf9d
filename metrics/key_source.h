/*
 * What the sources share whose numbers are Redis keys: one probe that reads the keys of all
 * metrics. redis.c and events.c differ in what they parse.
 */
#ifndef METRICS_KEY_SOURCE_H
#define METRICS_KEY_SOURCE_H

#include "agent/source.h"

#include <stddef.h>

struct key_source;

/* The entries of struct source_ops; `opened` is a struct key_source. */
void *key_source_open(const struct source_context *context, const struct metric *const *metrics,
                      size_t count);
void key_source_plan(void *opened, struct plan *plan);
void key_source_describe(const struct metric *metric, const struct source_context *context,
                         struct arena *arena, struct description *out);
void key_source_describe_probe(void *opened, const struct probe *probe, struct arena *arena,
                               struct description *out);
void key_source_begin(void *opened, struct probe *probe, const void *saved, size_t length);
void key_source_cancel(void *opened, struct probe *probe);
void key_source_close(void *opened);

/* Who is told that the source is open instead of the source itself; see events.c. */
void key_source_open_as(struct key_source *source, void *outer);

/* The connection, made when first asked for; NULL if no Redis is configured. */
struct redis *key_source_redis(struct key_source *source);

/* Why nothing can be read or written without a Redis. */
extern const char key_source_off[];

#endif
