#include "metrics/bisect.h"

#include <assert.h>

void bisect_begin(struct bisect *bisect, size_t count)
{
    bisect->waiting[0] = (struct bisect_range){.first = 0, .count = count};
    bisect->waiting_count = count > 0 ? 1 : 0;
}

bool bisect_next(const struct bisect *bisect, struct bisect_range *range)
{
    if (bisect->waiting_count == 0)
        return false;
    *range = bisect->waiting[bisect->waiting_count - 1];
    return true;
}

void bisect_answered(struct bisect *bisect)
{
    assert(bisect->waiting_count > 0);
    bisect->waiting_count--;
}

bool bisect_failed(struct bisect *bisect)
{
    struct bisect_range whole, half;

    assert(bisect->waiting_count > 0);
    whole = bisect->waiting[--bisect->waiting_count];
    if (whole.count == 1)
        return true;
    assert(bisect->waiting_count + 2 <= BISECT_DEEPEST);
    half = (struct bisect_range){.first = whole.first, .count = whole.count / 2};
    bisect->waiting[bisect->waiting_count++] = (struct bisect_range){
        .first = half.first + half.count,
        .count = whole.count - half.count,
    };
    bisect->waiting[bisect->waiting_count++] = half;
    return false;
}
