#include "agent/payload_reports.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/memory.h"
#include "agent/metric.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TENTH_US = 100000 };

static int compare_items(const void *left, const void *right)
{
    const struct payload_item *const *a = left, *const *b = right;

    return key_path_compare((*a)->key_path, (*b)->key_path);
}

static const struct payload_item **sorted_items(const struct payload_item *items, size_t count)
{
    const struct payload_item **sorted = memory_alloc((count + 1) * sizeof(const void *));

    for (size_t i = 0; i < count; i++)
        sorted[i] = &items[i];
    qsort(sorted, count, sizeof(const void *), compare_items);
    return sorted;
}

static void put_fraction(struct js_writer *writer, const char *key, int64_t whole, int digits,
                         int64_t part)
{
    struct str number;

    str_init(&number);
    str_add_format(&number, "%" PRId64 ".%0*" PRId64, whole, digits, part);
    js_put_raw(writer, key, number.text);
    str_release(&number);
}

static void write_metric(struct js_writer *writer, const struct payload_item *item)
{
    const struct outcome *outcome = &item->outcome;
    int64_t took_us = outcome->took_us > 0 ? outcome->took_us : 0;

    js_open_object(writer, NULL);
    js_put_text(writer, "name", item->key_path);
    put_fraction(writer, "time_elapsed", took_us / US_PER_SECOND, 6, took_us % US_PER_SECOND);
    if (outcome->status != STATUS_OK)
        js_put_text(writer, "error",
                    outcome->reason != NULL ? outcome->reason : status_name(outcome->status));
    js_close_object(writer);
}

void payload_write_metadata(const char *uuid, const struct payload_item *items, size_t count,
                            struct str *out)
{
    const struct payload_item **sorted = sorted_items(items, count);
    struct js_writer writer;

    js_begin(&writer, out, false);
    js_open_object(&writer, NULL);
    js_open_object(&writer, "metadata");
    js_put_text(&writer, "uuid", uuid);
    js_open_list(&writer, "metrics");
    for (size_t i = 0; i < count; i++)
        write_metric(&writer, sorted[i]);
    js_close_list(&writer);
    js_close_object(&writer);
    js_close_object(&writer);
    free(sorted);
}

/* "2026-11-21T10:04:05.123Z" */
static void put_time(struct js_writer *writer, const char *key, int64_t at_us)
{
    char text[TIME_TEXT_SIZE];

    (void)time_text(at_us, text);
    (void)memcpy(text + strlen("2026-11-21T10:04:05.123"), "Z", 2);
    js_put_text(writer, key, text);
}

void payload_write_failure(const struct payload_failure *failure, struct str *out)
{
    int64_t tenths = (failure->elapsed_us + TENTH_US / 2) / TENTH_US;
    struct js_writer writer;

    js_begin(&writer, out, false);
    js_open_object(&writer, NULL);
    js_open_object(&writer, "error");
    put_time(&writer, "time", failure->at_us);
    js_put_text(&writer, "uuid", failure->uuid);
    js_put_text(&writer, "hostname", failure->hostname);
    js_put_text(&writer, "version", failure->version);
    js_put_text(&writer, "message", failure->message);
    put_fraction(&writer, "elapsed", tenths / 10, 1, tenths % 10);
    js_close_object(&writer);
    js_close_object(&writer);
}
