#include "metrics/period.h"

#include <time.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_WEEK   7
#define SKEW_DAYS       2 /* GitLab's: what is younger may still change */

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
    window->to = recorded_at - (int64_t)SKEW_DAYS * SECONDS_PER_DAY;
    window->from = window->to - (int64_t)days * SECONDS_PER_DAY;
    return true;
}

/* Years are counted from March here, so that the leap day is the last of its year. */
int64_t period_day_of_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

int64_t period_day(int64_t when)
{
    time_t seconds = (time_t)when;
    struct tm date;

    if (localtime_r(&seconds, &date) == NULL)
        return when / SECONDS_PER_DAY;
    return period_day_of_date(date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
}

/* 1970-01-01 was a Thursday. */
static int64_t monday_of(int64_t day)
{
    int64_t weekday = (day + 3) % DAYS_PER_WEEK;

    return day - (weekday < 0 ? weekday + DAYS_PER_WEEK : weekday);
}

static int year_of(int64_t day)
{
    int year = (int)(1970 + day / 366);

    while (period_day_of_date(year + 1, 1, 1) <= day)
        year++;
    while (period_day_of_date(year, 1, 1) > day)
        year--;
    return year;
}

static struct period_week week_of_monday(int64_t monday)
{
    int64_t thursday = monday + 3;
    int year = year_of(thursday);

    return (struct period_week){
        .year = year,
        .week = (int)((thursday - period_day_of_date(year, 1, 1)) / DAYS_PER_WEEK) + 1,
    };
}

size_t period_weeks_between(int64_t first, int64_t last, struct period_week *weeks, size_t room)
{
    int64_t end = monday_of(last);
    size_t count = 0;

    if (first >= end)
        return 0;
    for (int64_t monday = monday_of(first); monday < end; monday += DAYS_PER_WEEK, count++)
        if (count < room)
            weeks[count] = week_of_monday(monday);
    return count;
}

size_t period_weeks(enum time_frame frame, int64_t recorded_at,
                    struct period_week weeks[PERIOD_MOST_WEEKS])
{
    int64_t today = period_day(recorded_at);
    int days = frame_days(frame);

    return days == 0 ? 0 : period_weeks_between(today - days, today, weeks, PERIOD_MOST_WEEKS);
}

struct period_week period_week_of(int64_t when)
{
    return week_of_monday(monday_of(period_day(when)));
}
