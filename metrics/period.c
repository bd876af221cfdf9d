#include "metrics/period.h"

#include "agent/base/zone.h"

#include <time.h>

#define DAYS_PER_WEEK 7
#define SKEW_DAYS     2 /* GitLab's: what is younger may still change */

static int frame_days(enum time_frame frame)
{
    static const int days[] = {[TIME_FRAME_7D] = 7, [TIME_FRAME_28D] = 28, [TIME_FRAME_ALL] = 0};

    return days[frame];
}

bool period_window(enum time_frame frame, int64_t recorded_at, struct period_window *window)
{
    int days = frame_days(frame);

    if (days == 0)
        return false;
    window->to = zone_days_before(recorded_at, SKEW_DAYS);
    window->from = zone_days_before(recorded_at, SKEW_DAYS + days);
    return true;
}

/* On a failure, which no time in reach has, the day of UTC. */
int64_t period_day_of(int64_t when)
{
    time_t seconds = (time_t)when;
    struct tm local = {0};

    (void)localtime_r(&seconds, &local);
    return day_of(when, local.tm_gmtoff);
}

size_t period_weeks_between(int64_t first, int64_t last, struct iso_week *weeks, size_t room)
{
    int64_t end = monday_of(last);
    size_t count = 0;

    if (first >= end)
        return 0;
    for (int64_t monday = monday_of(first); monday < end; monday += DAYS_PER_WEEK, count++)
        if (count < room)
            weeks[count] = iso_week_of(monday);
    return count;
}

size_t period_weeks(enum time_frame frame, int64_t recorded_at,
                    struct iso_week weeks[PERIOD_MOST_WEEKS])
{
    int64_t today = period_day_of(recorded_at);
    int days = frame_days(frame);

    return days == 0 ? 0 : period_weeks_between(today - days, today, weeks, PERIOD_MOST_WEEKS);
}

bool period_days(enum time_frame frame, int64_t recorded_at, int64_t *first, int64_t *last)
{
    int days = frame_days(frame);

    *last = period_day_of(recorded_at);
    *first = *last - days;
    return days > 0;
}
