/* Whether a pass comes forward as it should: judged from what it took so far. Pure. */
#ifndef METRICS_PACE_H
#define METRICS_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    unsigned pieces;
    int64_t took_us;    /* of the server, for `rows` of them */
    int64_t rows;       /* that were counted */
    double share;       /* of the pass that is done, 0 to 1 */
    double from;        /* what of it was done before `elapsed_us` began */
    int64_t elapsed_us; /* on the wall, rests included */
};

#define PACE_SLOW_TIMES 3

/*
 * It took PACE_SLOW_TIMES as long as `cost_s` for all of `all_rows` promises; judged once something
 * was seen of it. Then another way to count is worth a new beginning.
 */
bool pace_is_slow(const struct pace *pace, double cost_s, int64_t all_rows);

/*
 * At this pace it takes more than twice the time that a whole run may take, so it only keeps others
 * waiting. Judged after a hundredth of that time. `deadline_us` 0: a run may take any time.
 */
bool pace_is_hopeless(const struct pace *pace, int64_t deadline_us);

#endif
