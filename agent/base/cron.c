#include "agent/base/cron.h"

#include "agent/base/week.h"
#include "agent/base/zone.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#define SECONDS_PER_MINUTE INT64_C(60)
#define SECONDS_PER_HOUR   INT64_C(3600)
#define SECONDS_PER_DAY    INT64_C(86400)
#define DAYS_AHEAD         INT64_C(3294) /* 29 February comes after eight years at the latest */
#define LONGEST_ITEM       32

struct field {
    const char *name;
    unsigned low, high;
    const char *const *names; /* of the numbers from `low` on; NULL: it has none */
};

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

/* Day 7 of the week is Sunday, as day 0 is. */
static const struct field fields[FIELDS] = {
    [MINUTE] = {"minute", 0, 59, NULL},
    [HOUR] = {"hour", 0, 23, NULL},
    [DAY] = {"day of the month", 1, 31, NULL},
    [MONTH] = {"month", 1, 12, month_names},
    [WEEKDAY] = {"day of the week", 0, 7, weekday_names},
};

static const struct {
    const char *name, *means;
} shorthands[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

/* ---- Reading ---- */

static bool wrong(const struct field *field, const char *item, struct error *err)
{
    return error_set(err, ERROR_INVALID,
                     "'%s' is no %s: numbers from %u to %u%s, ranges '1-5', steps '*/15' and lists "
                     "of them by commas",
                     item, field->name, field->low, field->high,
                     field->names != NULL ? " or names such as 'mon' and 'jan' in their fields"
                                          : "");
}

static bool is_digit(char sign)
{
    return sign >= '0' && sign <= '9';
}

static bool is_letter(char sign)
{
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z');
}

static bool read_number(const char **at, unsigned *number)
{
    const char *from = *at;

    for (*number = 0; is_digit(**at) && *number < 1000; (*at)++)
        *number = *number * 10 + (unsigned)(**at - '0');
    return *at > from;
}

static bool read_value(const struct field *field, const char **at, unsigned *value)
{
    for (unsigned i = 0; field->names != NULL && field->names[i] != NULL; i++) {
        if (strncasecmp(*at, field->names[i], 3) != 0 || is_letter((*at)[3]))
            continue;
        *value = field->low + i;
        *at += 3;
        return true;
    }
    return read_number(at, value) && *value >= field->low && *value <= field->high;
}

static bool take_sign(const char **at, char sign)
{
    if (**at != sign)
        return false;
    (*at)++;
    return true;
}

/* "*", "5", "1-5", each with "/step"; "5/10" goes on to the highest, as "5-59/10" does. */
static bool read_item(const struct field *field, const char *item, uint64_t *bits)
{
    unsigned first = field->low, last = field->high, step = 1;
    const char *at = item;
    bool single = false;

    if (!take_sign(&at, '*')) {
        if (!read_value(field, &at, &first))
            return false;
        single = !take_sign(&at, '-');
        if (!single && !read_value(field, &at, &last))
            return false;
    }
    if (take_sign(&at, '/')) {
        single = false;
        if (!read_number(&at, &step) || step == 0)
            return false;
    }
    if (single)
        last = first;
    if (*at != '\0' || first > last)
        return false;
    for (unsigned i = first; i <= last && i < 64; i += step)
        *bits |= UINT64_C(1) << i;
    return true;
}

static bool read_field(const struct field *field, const char *text, size_t length, uint64_t *bits,
                       struct error *err)
{
    const char *end = text + length;
    char item[LONGEST_ITEM] = "";

    for (const char *at = text; at <= end; at++) {
        size_t size = 0;

        while (at < end && *at != ',' && size + 1 < sizeof(item))
            item[size++] = *at++;
        item[size] = '\0';
        if ((at < end && *at != ',') || !read_item(field, item, bits))
            return wrong(field, item, err);
    }
    return true;
}

static const char *long_form(const char *text)
{
    for (size_t i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++)
        if (strcasecmp(text, shorthands[i].name) == 0)
            return shorthands[i].means;
    return text;
}

static bool split(const char *text, const char *starts[FIELDS], size_t lengths[FIELDS])
{
    static const char blanks[] = " \t";
    size_t count = 0;

    for (const char *at = text + strspn(text, blanks); *at != '\0'; at += strspn(at, blanks)) {
        if (count == FIELDS)
            return false;
        starts[count] = at;
        lengths[count] = strcspn(at, blanks);
        at += lengths[count++];
    }
    return count == FIELDS;
}

bool cron_parse(const char *text, struct cron *cron, struct error *err)
{
    const char *starts[FIELDS];
    size_t lengths[FIELDS];
    uint64_t bits[FIELDS] = {0};

    if (!split(long_form(text), starts, lengths))
        return error_set(err, ERROR_INVALID,
                         "'%s' is no time of cron: five fields, minute hour day month weekday, or "
                         "@hourly, @daily, @weekly, @monthly, @yearly",
                         text);
    for (size_t i = 0; i < FIELDS; i++)
        if (!read_field(&fields[i], starts[i], lengths[i], &bits[i], err))
            return false;
    *cron = (struct cron){
        .minutes = bits[MINUTE],
        .hours = (uint32_t)bits[HOUR],
        .days = (uint32_t)bits[DAY],
        .months = (uint32_t)bits[MONTH],
        .weekdays = (uint32_t)((bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7f),
        .either_day = *starts[DAY] != '*' && *starts[WEEKDAY] != '*',
    };
    return true;
}

/* ---- Finding ---- */

static bool has(uint64_t bits, int number)
{
    return (bits >> number & 1) != 0;
}

/* `day` is counted from 1970-01-01, a Thursday. */
static bool day_fits(const struct cron *cron, int64_t day)
{
    time_t noon = (time_t)(day * SECONDS_PER_DAY);
    struct tm date = {0};
    bool by_day, by_weekday;

    (void)gmtime_r(&noon, &date);
    by_day = has(cron->days, date.tm_mday);
    by_weekday = has(cron->weekdays, date.tm_wday);
    return has(cron->months, date.tm_mon + 1) &&
           (cron->either_day ? by_day || by_weekday : by_day && by_weekday);
}

/* Where between two moments the clocks are changed: the first second with the later offset. */
static int64_t moment_of_change(const char *zone, int64_t before, int64_t after)
{
    int64_t offset = zone_offset_s(zone, before);

    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;

        if (zone_offset_s(zone, middle) == offset)
            before = middle;
        else
            after = middle;
    }
    return after;
}

/* When the clocks of the zone first show `local` (seconds as if they were UTC's). */
static int64_t moment_of(const char *zone, int64_t local)
{
    int64_t before = zone_offset_s(zone, local - SECONDS_PER_DAY);
    int64_t after = zone_offset_s(zone, local + SECONDS_PER_DAY);
    int64_t early = local - (before > after ? before : after);
    int64_t late = local - (before > after ? after : before);

    if (zone_offset_s(zone, early) == local - early)
        return early;
    if (zone_offset_s(zone, late) == local - late)
        return late;
    return moment_of_change(zone, early, late);
}

static bool next_of_day(const struct cron *cron, const char *zone, int64_t day, int64_t after,
                        int64_t *next)
{
    for (int hour = 0; hour < 24; hour++) {
        int64_t local = day * SECONDS_PER_DAY + hour * SECONDS_PER_HOUR;

        /* An hour that has passed by any offset of its day need not be looked at closely. */
        if (!has(cron->hours, hour) || moment_of(zone, local) + 3 * SECONDS_PER_HOUR < after)
            continue;
        for (int minute = 0; minute < 60; minute++) {
            if (!has(cron->minutes, minute))
                continue;
            *next = moment_of(zone, local + minute * SECONDS_PER_MINUTE);
            if (*next > after)
                return true;
        }
    }
    return false;
}

bool cron_next(const struct cron *cron, const char *zone, int64_t after, int64_t *next)
{
    /* A change of the clocks may show a time of the day before once more. */
    int64_t day = day_of(after, zone_offset_s(zone, after)) - 1;

    for (int64_t last = day + DAYS_AHEAD; day <= last; day++)
        if (day_fits(cron, day) && next_of_day(cron, zone, day, after, next))
            return true;
    return false;
}
