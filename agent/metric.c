#include "agent/metric.h"

#include "agent/base/words.h"

const char *const time_frame_names[] = {"none", "7d", "28d", "all", NULL};
const char *const data_category_names[] = {"standard", "subscription", "operational", "optional",
                                           NULL};
const char *const value_type_names[] = {"string", "number", "boolean", "object", NULL};
const char *const metric_status_names[] = {"active", "broken", "removed", NULL};

const char *time_frame_name(enum time_frame frame)
{
    return time_frame_names[frame];
}

const char *data_category_name(enum data_category which)
{
    return data_category_names[which];
}

const char *value_type_name(enum value_type type)
{
    return value_type_names[type];
}

const char *metric_status_name(enum metric_status status)
{
    return metric_status_names[status];
}

bool data_category_from_name(const char *name, enum data_category *which)
{
    int index = words_find(data_category_names, name);

    if (index >= 0)
        *which = (enum data_category)index;
    return index >= 0;
}

/* A dot comes before every other sign, an end before the dot. */
static int rank(char c)
{
    if (c == '\0')
        return 0;
    return c == '.' ? 1 : 2 + (unsigned char)c;
}

int key_path_compare(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return rank(*a) - rank(*b);
}
