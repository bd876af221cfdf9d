#include "metrics/key_names.h"

#include "agent/base/week.h"

#include <stdlib.h>
#include <string.h>

#define KEEP_DAYS_WEEKLY 42
#define KEEP_DAYS_DAILY  29

/* Every item of the lists begins with its name. */
static int compare_name(const void *name, const void *item)
{
    const char *const *named = item;

    return strcmp(name, *named);
}

static const void *find(const void *items, size_t count, size_t size, const char *name)
{
    return count > 0 ? bsearch(name, items, count, size, compare_name) : NULL;
}

const char *key_name(const struct key_lists *lists, const char *stem, bool dated,
                     struct arena *arena)
{
    const char *slot_end = strstr(stem, "}_");
    const struct key_override *found = NULL;

    if (slot_end != NULL)
        found = find(lists->paths, lists->path_count, sizeof lists->paths[0], slot_end + 2);
    if (found != NULL)
        stem = arena_format(arena, "%.*s%s", (int)(slot_end + 2 - stem), stem, found->instead);
    if (dated || strncmp(stem, "{event_sums}_", 13) == 0)
        return stem;
    found = find(lists->totals, lists->total_count, sizeof lists->totals[0], stem);
    return found != NULL ? found->instead : stem;
}

bool key_is_legacy(const struct key_lists *lists, const char *event)
{
    return find(lists->legacy, lists->legacy_count, sizeof lists->legacy[0], event) != NULL;
}

const struct known_event *key_known_event(const struct key_lists *lists, const char *event)
{
    return find(lists->known, lists->known_count, sizeof lists->known[0], event);
}

const struct key_aggregate *key_aggregate_named(const struct key_lists *lists, const char *name)
{
    return find(lists->aggregates, lists->aggregate_count, sizeof lists->aggregates[0], name);
}

static void add_in_braces(const char *name, const char *slot, struct str *out)
{
    size_t length = strlen(slot);
    const char *found;

    while ((found = strstr(name, slot)) != NULL) {
        str_add_bytes(out, name, (size_t)(found - name));
        str_add_format(out, "{%s}", slot);
        name = found + length;
    }
    str_add(out, name);
}

static void add_name(const struct known_event *event, struct str *out)
{
    if (event->slot != NULL)
        add_in_braces(event->name, event->slot, out);
    else if (event->category != NULL)
        str_add_format(out, "{%s}", event->name);
    else
        str_add_format(out, "{hll_counters}_%s", event->name);
}

/* From 1, in the calendar's year, which is not always the ISO year beside it. */
static int day_of_year(int64_t day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    char text[DAY_TEXT_SIZE]; /* YYYY-MM-DD */
    long year, month;
    bool leap;

    year = strtol(day_text(day, text), NULL, 10);
    month = strtol(text + 5, NULL, 10);
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return before[month - 1] + (leap && month > 2) + (int)strtol(text + 8, NULL, 10);
}

void known_event_key(const struct known_event *event, int64_t day, struct str *out)
{
    struct iso_week week = iso_week_of(day);

    if (event->daily)
        str_add_format(out, "%04d-%03d-", week.year, day_of_year(day));
    add_name(event, out);
    if (!event->daily)
        str_add_format(out, "-%04d-%02d", week.year, week.week);
}

int64_t known_event_keep_days(const struct known_event *event)
{
    if (event->keep_days > 0)
        return event->keep_days;
    return event->daily ? KEEP_DAYS_DAILY : KEEP_DAYS_WEEKLY;
}
