#include "agent/base/week.h"

#include <stdio.h>

enum { SECONDS_A_DAY = 86400 };

struct date {
    int year, month, day;
};

/* Rounds towards the past, unlike C's division. */
static int64_t divide_down(int64_t number, int64_t by)
{
    return number / by - (number % by < 0 ? 1 : 0);
}

/*
 * The proleptic Gregorian calendar, from years that begin in March so that the leap day comes last:
 * 400 of them have 146097 days. 719468 days lie between 0000-03-01 and 1970-01-01.
 */
static struct date date_of(int64_t day)
{
    int64_t era = divide_down(day + 719468, 146097);
    int64_t in_era = day + 719468 - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153;

    return (struct date){
        .year = (int)(year + era * 400 + (month >= 10 ? 1 : 0)),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(in_year - (153 * month + 2) / 5 + 1),
    };
}

int64_t day_of(int64_t at, int64_t offset_s)
{
    return divide_down(at + offset_s, SECONDS_A_DAY);
}

int64_t monday_of(int64_t day)
{
    return divide_down(day + 3, 7) * 7 - 3;
}

struct iso_week iso_week_of(int64_t day)
{
    int64_t thursday = monday_of(day) + 3;
    int year = date_of(thursday).year;
    int week = 1;

    while (date_of(thursday - (int64_t)7 * week).year == year)
        week++;
    return (struct iso_week){.year = year, .week = week};
}

char *day_text(int64_t day, char out[DAY_TEXT_SIZE])
{
    struct date date = date_of(day);

    (void)snprintf(out, DAY_TEXT_SIZE, "%04d-%02d-%02d", date.year, date.month, date.day);
    return out;
}
