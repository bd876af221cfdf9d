/* Definitions as they are after expansion: one document for each key path and time frame. */
#ifndef AGENT_METRIC_DOCUMENTS_H
#define AGENT_METRIC_DOCUMENTS_H

#include "agent/base/arena.h"
#include "agent/base/str.h"
#include "agent/metric.h"

/* A YAML list of them; each as its file has it, but for key path and time frame. */
void metric_documents_write(const struct metric *const *metrics, size_t count, struct arena *arena,
                            struct str *out);

#endif
