/* Metrics for tests of sources, made of YAML text without a catalog. */
#ifndef TESTS_SUPPORT_DEFINITION_H
#define TESTS_SUPPORT_DEFINITION_H

#include "agent/base/arena.h"
#include "agent/base/complaints.h"
#include "agent/metric.h"

/*
 * Reads one definition with a single time frame (`all` if it names none) and has `source` parse it.
 * A key path that is missing is "metric"; its value is a number. Ends the process if the text is no
 * YAML.
 */
struct metric *metric_of_text(const char *yaml, const struct source_ops *source,
                              struct arena *arena, struct complaints *complaints);

/* The same for many documents: texts up to NULL. Complaints end the process. */
const struct metric *const *metrics_of_texts(const char *const *yamls,
                                             const struct source_ops *source, struct arena *arena,
                                             size_t *count);

#endif
