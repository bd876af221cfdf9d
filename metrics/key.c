#include "metrics/key.h"

#include <inttypes.h>
#include <string.h>

#define SECONDS_PER_DAY INT64_C(86400)
#define US_PER_SECOND   INT64_C(1000000)
#define US_PER_DAY      (SECONDS_PER_DAY * US_PER_SECOND)
#define EPOCH_SECONDS   INT64_C(946684800) /* 2000-01-01 */
#define EPOCH_DAYS      INT64_C(730425)    /* from 0000-03-01 to 2000-01-01 */

enum key_type key_type_of(const char *type_name)
{
    static const struct {
        const char *name;
        enum key_type type;
    } types[] = {
        {"int8", KEY_INTEGER},        {"int4", KEY_INTEGER},          {"int2", KEY_INTEGER},
        {"timestamp", KEY_TIMESTAMP}, {"timestamptz", KEY_TIMESTAMP}, {"date", KEY_DATE},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(type_name, types[i].name) == 0)
            return types[i].type;
    return KEY_NONE;
}

static int64_t divide_down(int64_t number, int64_t by)
{
    return number / by - (number % by < 0 ? 1 : 0);
}

/* Days since 2000-01-01 of the Gregorian calendar, extended to all times, as a year of 1 BC. */
static void write_date(int64_t days, struct str *out, bool *before_christ)
{
    int64_t from_march = days + EPOCH_DAYS;
    int64_t era = divide_down(from_march, 146097);
    int64_t day = from_march - era * 146097; /* of 400 years that begin in March */
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */

    year += era * 400 + (month >= 10 ? 1 : 0);
    *before_christ = year <= 0;
    str_add_format(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year <= 0 ? 1 - year : year,
                   month < 10 ? month + 3 : month - 9, day_of_year - (153 * month + 2) / 5 + 1);
}

static void write_timestamp(int64_t key, struct str *out)
{
    int64_t days = divide_down(key, US_PER_DAY);
    int64_t us = key - days * US_PER_DAY, second = us / US_PER_SECOND;
    bool before_christ;

    write_date(days, out, &before_christ);
    str_add_format(out, " %02" PRId64 ":%02" PRId64 ":%02" PRId64, second / 3600, second / 60 % 60,
                   second % 60);
    if (us % US_PER_SECOND != 0)
        str_add_format(out, ".%06" PRId64, us % US_PER_SECOND);
    /* Columns without time zone ignore the zone; in both cases this is UTC. */
    str_add(out, before_christ ? "+00 BC" : "+00");
}

/*
 * Between the infinities and the first and last time that there is (timestamp.h, date.h of
 * PostgreSQL) no column has a value: such a bound means the same as the next one that can be
 * written.
 */
static void write_time(enum key_type type, int64_t key, struct str *out)
{
    static const struct {
        int64_t minus_infinity, first, end;
    } limits[] = {
        [KEY_TIMESTAMP] = {INT64_MIN, INT64_C(-211813488000000000), INT64_C(9223371331200000000)},
        [KEY_DATE] = {INT32_MIN, -2451545, 2145031949},
    };
    bool before_christ;

    if (key > limits[type].minus_infinity && key < limits[type].first)
        key = limits[type].first;
    str_add_char(out, '\'');
    if (key <= limits[type].minus_infinity || key >= limits[type].end) {
        str_add(out, key < 0 ? "-infinity" : "infinity");
    } else if (type == KEY_TIMESTAMP) {
        write_timestamp(key, out);
    } else {
        write_date(key, out, &before_christ);
        str_add(out, before_christ ? " BC" : "");
    }
    str_add_char(out, '\'');
}

void key_write(enum key_type type, int64_t key, struct str *out)
{
    if (type == KEY_BLOCK)
        str_add_format(out, "'(%" PRId64 ",0)'", key);
    else if (type != KEY_INTEGER)
        write_time(type, key, out);
    else if (key == INT64_MIN) /* without the cast it would be minus a number that is no bigint */
        str_add_format(out, "'%" PRId64 "'::bigint", key);
    else
        str_add_format(out, "%" PRId64, key);
}

bool key_read(const char *bytes, size_t length, int64_t *key)
{
    uint64_t bits = length > 0 && (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;

    if (length != 2 && length != 4 && length != 8)
        return false;
    for (size_t i = 0; i < length; i++)
        bits = bits << 8 | (unsigned char)bytes[i];
    *key = (int64_t)bits;
    return true;
}

int64_t key_of_time(enum key_type type, int64_t seconds)
{
    int64_t since = seconds - EPOCH_SECONDS;

    return type == KEY_DATE ? divide_down(since, SECONDS_PER_DAY) : since * US_PER_SECOND;
}
