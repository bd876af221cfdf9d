/* The places that numbers can come from: the only thing agent/main.c knows of metrics/. */
#ifndef METRICS_SOURCES_H
#define METRICS_SOURCES_H

struct source_ops;

extern const struct source_ops database_source;
extern const struct source_ops redis_source;
extern const struct source_ops events_source;
extern const struct source_ops system_source;

/* NULL-terminated. A new kind of source is a new file and a new row in this table. */
extern const struct source_ops *const metric_sources[];

#endif
