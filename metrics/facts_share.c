#include "metrics/facts.h"

#include <math.h>

/* Of the rows between two bounds, those between two moments. */
static double overlap(double from, double to, double first, double last)
{
    if (to <= from)
        return from >= first && from <= last ? 1 : 0;
    return fmax(fmin(to, last) - fmax(from, first), 0) / (to - from);
}

/* In buckets: a histogram has one less than bounds. */
static double buckets_between(const struct fact_numbers *bounds, double first, double last)
{
    double found = 0, from = 0, to = 0;

    for (size_t i = 1; i < bounds->count; i++) {
        from = (double)bounds->values[i - 1];
        to = (double)bounds->values[i];
        found += overlap(from, to, first, last);
    }
    if (last > to && to > from)
        found += (last - fmax(to, first)) / (to - from);
    return found;
}

bool facts_share_between(const struct column_facts *column, int64_t first, int64_t last,
                         double *share)
{
    const struct fact_numbers *bounds = &column->bounds;
    double common = 0, rest = 1 - column->null_share;

    if (!column->has_statistics)
        return false;
    for (size_t i = 0; i < column->common.count && i < column->common_shares.count; i++) {
        double of_value = (double)column->common_shares.values[i] / 1e9;

        rest -= of_value;
        if (column->common.values[i] >= first && column->common.values[i] <= last)
            common += of_value;
    }
    if (bounds->count > 1 && rest > 0)
        common += rest * buckets_between(bounds, (double)first, (double)last) /
                  (double)(bounds->count - 1);
    *share = fmin(common, 1 - column->null_share);
    return true;
}
