/*
 * What a definition says, in one canonical text: JSON, keys sorted. Everything that decides what
 * is counted and how it is described is in it; the file's name, its layout, comments, the order of
 * keys and the way of quoting are not. Absent and null fields are alike.
 *
 * It is of one metric, not of one document: `key_path` and `time_frame` are those of the expanded
 * metric, so that another time frame in a list is one new metric and leaves its siblings alone.
 * Where instrumentation.yml says what is counted, that is in it as `counted_as`, and where it says
 * that the number lives elsewhere, as `elsewhere`.
 */
#ifndef AGENT_APPROVAL_TEXT_H
#define AGENT_APPROVAL_TEXT_H

#include "agent/base/digest.h"
#include "agent/metric.h"

const char *approval_text(const struct metric *metric, struct arena *arena);

/* SHA-256 of the text. Returns `out`. */
char *approval_digest(const struct metric *metric, char out[DIGEST_TEXT_SIZE]);

#endif
