/*
 * All that a collection would ask, nested as the payload is: SQL text in place of numbers. Where
 * GitLab's `queries` says {"redis_usage_data_counter": NAME} or "non-SQL usage data block", an
 * object stands here, too, but it names the very keys, so that they can be looked up by hand.
 */
#ifndef AGENT_QUERIES_DOCUMENT_H
#define AGENT_QUERIES_DOCUMENT_H

#include "agent/source.h"

struct queries {
    struct arena *arena;
    int64_t recorded_at; /* every window follows from it */
    struct query *items;
    size_t count;
};

/* Describes these metrics, for which the writers below write; all in `arena`. */
void queries_describe(struct queries *queries, struct arena *arena,
                      const struct source_context *context, const struct metric *const *metrics,
                      size_t count);

/* REFUSED if the key paths cannot stand together (payload.h). */
MUST_CHECK bool queries_write_json(const struct queries *queries, struct str *out,
                                   struct error *err);
MUST_CHECK bool queries_write_yaml(const struct queries *queries, struct str *out,
                                   struct error *err);

/* Statements alone, each with a comment that names its metric. */
void queries_write_sql(const struct queries *queries, struct str *out);
size_t queries_without_sql(const struct queries *queries); /* metrics that have none */

#endif
