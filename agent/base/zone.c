#include "agent/base/zone.h"

#include "agent/base/str.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define SECONDS_PER_DAY 86400

void zone_set(const char *zone)
{
    if (zone != NULL)
        (void)setenv("TZ", zone, 1);
    else
        (void)unsetenv("TZ");
    tzset();
}

int64_t zone_offset_s(const char *zone, int64_t at)
{
    const char *before = getenv("TZ");
    bool had_one = before != NULL;
    time_t seconds = (time_t)at;
    struct tm local = {0};
    struct str kept;

    /* What getenv returned is gone once the variable is set. */
    str_init(&kept);
    str_add(&kept, had_one ? before : "");
    zone_set(zone);
    (void)localtime_r(&seconds, &local);
    zone_set(had_one ? kept.text : NULL);
    str_release(&kept);
    return local.tm_gmtoff;
}

int64_t zone_days_before(int64_t when, int days)
{
    time_t seconds = (time_t)when;
    struct tm local = {0};

    if (localtime_r(&seconds, &local) == NULL)
        return when - (int64_t)days * SECONDS_PER_DAY;
    local.tm_mday -= days;
    local.tm_isdst = -1;
    return (int64_t)mktime(&local);
}
