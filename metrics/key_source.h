/*
 * What the sources share whose numbers are Redis keys: a metric's spec, how it becomes keys, and
 * one probe that reads the keys of all metrics. redis.c and events.c differ in what they parse.
 */
#ifndef METRICS_KEY_SOURCE_H
#define METRICS_KEY_SOURCE_H

#include "agent/source.h"
#include "metrics/event_rule.h"
#include "metrics/key_tally.h"

#include <stdbool.h>
#include <stddef.h>

/* What parse makes of a definition. */
struct key_spec {
    enum key_fold fold;
    bool weekly; /* each stem stands for a key a week: "-YYYY-WW" */
    size_t count;
    const char **stems;       /* keys, or keys without their week; each once */
    const char **identifiers; /* of FOLD_TOTALS, one for each stem; otherwise NULL */
    struct event_rules rules; /* of internal events, for writing; otherwise empty */
};

/* A spec with room for so many stems. */
struct key_spec *key_spec_new(struct arena *arena, enum key_fold fold, size_t room);

/* `identifier` is NULL but for FOLD_TOTALS. A stem that stands there already is not added again. */
void key_spec_add(struct key_spec *spec, const char *stem, const char *identifier);

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
