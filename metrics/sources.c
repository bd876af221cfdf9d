#include "metrics/sources.h"

#include <stddef.h>

const struct source_ops *const metric_sources[] = {
    &database_source, &redis_source, &events_source, &system_source, NULL,
};
