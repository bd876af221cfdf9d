/*
 * Finds who is guilty when many are asked together and the answer is a failure. A pure stepper:
 *
 *     while (bisect_next(&bisect, &range))
 *         ... ask items [first, first + count) ...
 *         ... bisect_answered() or bisect_failed() ...
 *
 * All are asked first; what fails is asked again in halves, until one stands alone. Each item is
 * answered once or found guilty once.
 */
#ifndef METRICS_BISECT_H
#define METRICS_BISECT_H

#include <stdbool.h>
#include <stddef.h>

struct bisect_range {
    size_t first, count;
};

/* Half after half of what is left: never more than two ranges for each halving. */
#define BISECT_DEEPEST 66

struct bisect {
    struct bisect_range waiting[BISECT_DEEPEST]; /* the next one last */
    size_t waiting_count;
};

void bisect_begin(struct bisect *bisect, size_t count);

/* False when every item is answered or guilty. */
bool bisect_next(const struct bisect *bisect, struct bisect_range *range);

void bisect_answered(struct bisect *bisect);

/* True if the range was one item: it is guilty. */
bool bisect_failed(struct bisect *bisect);

#endif
