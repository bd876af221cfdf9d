#include "agent/metric.h"

#include <string.h>

static const char *const category_names[CATEGORY_COUNT] = {"standard", "subscription",
                                                           "operational", "optional"};

const char *time_frame_name(enum time_frame frame)
{
    static const char *const names[] = {"none", "7d", "28d", "all"};

    return names[frame];
}

const char *data_category_name(enum data_category which)
{
    return category_names[which];
}

const char *value_type_name(enum value_type type)
{
    static const char *const names[] = {"string", "number", "boolean", "object"};

    return names[type];
}

const char *metric_status_name(enum metric_status status)
{
    static const char *const names[] = {"active", "broken", "removed"};

    return names[status];
}

bool data_category_from_name(const char *name, enum data_category *which)
{
    for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
        if (strcmp(name, category_names[i]) != 0)
            continue;
        *which = (enum data_category)i;
        return true;
    }
    return false;
}
