#include "agent/payload.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/memory.h"
#include "agent/base/week.h"
#include "agent/base/zone.h"
#include "agent/metric.h"
#include "agent/payload_tree.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_A_WEEK = 7, SKEW_DAYS = 2 };

static bool is_exact(const struct outcome *outcome)
{
    return (outcome->method == NULL || strcmp(outcome->method, "exact") == 0) &&
           outcome->error_bound == NULL;
}

static bool has_note(const struct outcome *outcome)
{
    return outcome->status == STATUS_OK && !is_exact(outcome);
}

static bool is_missing(const struct outcome *outcome)
{
    return outcome->status != STATUS_OK;
}

static bool is_object(const struct outcome *outcome)
{
    return outcome->status == STATUS_OK && outcome->value.kind == VALUE_JSON;
}

static void write_note(struct js_writer *writer, const struct payload_item *item)
{
    const struct outcome *outcome = &item->outcome;

    js_open_object(writer, NULL);
    js_put_text(writer, "error_bound", outcome->error_bound);
    js_put_text(writer, "key_path", item->key_path);
    js_put_text(writer, "method", outcome->method != NULL ? outcome->method : "exact");
    js_close_object(writer);
}

static void write_missing(struct js_writer *writer, const struct payload_item *item)
{
    js_open_object(writer, NULL);
    js_put_text(writer, "key_path", item->key_path);
    js_put_text(writer, "reason", item->outcome.reason);
    js_put_text(writer, "status", status_name(item->outcome.status));
    js_close_object(writer);
}

static void write_key_path(struct js_writer *writer, const struct payload_item *item)
{
    js_put_text(writer, NULL, item->key_path);
}

/* The lists of `service_ping` that name some of the metrics. */
struct chosen_list {
    const char *key;
    bool (*chosen)(const struct outcome *outcome);
    void (*write)(struct js_writer *writer, const struct payload_item *item);
};

static const struct chosen_list not_ok = {"not_ok", is_missing, write_missing};
static const struct chosen_list notes = {"notes", has_note, write_note};
static const struct chosen_list objects = {"objects", is_object, write_key_path};

/* What the pages of one document share: the input, its items in order. */
struct page {
    const struct payload_input *input;
    const struct payload_item *items;
};

static void write_list(struct js_writer *writer, const struct page *page,
                       const struct chosen_list *list)
{
    js_open_list(writer, list->key);
    for (size_t i = 0; i < page->input->count; i++)
        if (list->chosen(&page->items[i].outcome))
            list->write(writer, &page->items[i]);
    js_close_list(writer);
}

static void write_numbers(struct js_writer *writer, const struct page *page)
{
    size_t missing = 0;

    for (size_t i = 0; i < page->input->count; i++)
        if (is_missing(&page->items[i].outcome))
            missing++;
    js_open_object(writer, "metrics");
    js_put_integer(writer, "not_ok", (int64_t)missing);
    js_put_integer(writer, "ok", (int64_t)(page->input->count - missing));
    js_put_integer(writer, "total", (int64_t)page->input->count);
    js_close_object(writer);
}

/* Whole seconds are all that recorded_at has: "2026-11-21T10:04:05Z". */
static const char *instant_text(int64_t at, char out[TIME_TEXT_SIZE])
{
    (void)time_text(at * US_PER_SECOND, out);
    (void)memcpy(out + strlen("2026-11-21T10:04:05"), "Z", 2);
    return out;
}

static void write_window(struct js_writer *writer, const char *key, const char *from,
                         const char *to)
{
    js_open_object(writer, key);
    js_put_text(writer, "from", from);
    js_put_text(writer, "to", to);
    js_close_object(writer);
}

/* The database is asked for a window that ends two days ago, when late rows have arrived. */
static void write_database_window(struct js_writer *writer, const char *key,
                                  const struct payload_input *input, int days)
{
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

    write_window(writer, key,
                 instant_text(zone_days_before(input->recorded_at, SKEW_DAYS + days), from),
                 instant_text(zone_days_before(input->recorded_at, SKEW_DAYS), to));
}

/* Redis' keys hold whole weeks, and the week that runs is never read. */
static void write_redis_window(struct js_writer *writer, const char *key,
                               const struct payload_input *input, int64_t weeks)
{
    char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE];
    int64_t monday = monday_of(day_of(input->recorded_at, input->zone_offset_s));

    write_window(writer, key, day_text(monday - weeks * DAYS_A_WEEK, from),
                 day_text(monday - 1, to));
}

static void write_windows(struct js_writer *writer, const struct payload_input *input)
{
    js_open_object(writer, "windows");
    write_database_window(writer, "28d_database", input, 28);
    write_redis_window(writer, "28d_redis", input, 4);
    write_database_window(writer, "7d_database", input, 7);
    write_redis_window(writer, "7d_redis", input, 1);
    js_close_object(writer);
}

static void write_agent(struct js_writer *writer, const struct payload_input *input)
{
    js_open_object(writer, "agent");
    js_put_text(writer, "name", "service-ping");
    js_put_text(writer, "version", input->agent_version);
    js_close_object(writer);
}

static void write_consent(struct js_writer *writer, const struct payload_input *input)
{
    js_open_object(writer, "consent");
    js_open_list(writer, "categories");
    for (size_t i = 0; input->categories[i] != NULL; i++)
        js_put_text(writer, NULL, input->categories[i]);
    js_close_list(writer);
    js_put_text(writer, "mode", input->consent);
    js_close_object(writer);
}

static void write_missed(struct js_writer *writer, const struct payload_input *input)
{
    char at[TIME_TEXT_SIZE];

    js_open_list(writer, "missed");
    for (size_t i = 0; i < input->missed_count; i++) {
        js_open_object(writer, NULL);
        js_put_text(writer, "from", instant_text(input->missed[i].from, at));
        js_put_text(writer, "reason", input->missed[i].reason);
        js_put_text(writer, "to", instant_text(input->missed[i].to, at));
        js_close_object(writer);
    }
    js_close_list(writer);
}

static void write_metadata(struct js_writer *writer, const char *key, const void *arg)
{
    const struct page *page = arg;
    const struct payload_input *input = page->input;
    char recorded_at[TIME_TEXT_SIZE];

    js_open_object(writer, key);
    write_agent(writer, input);
    js_put_integer(writer, "collected_in_ms", input->collected_in_ms);
    write_consent(writer, input);
    js_put_text(writer, "definitions_digest", input->definitions_digest);
    js_put_text(writer, "instance_id", input->instance_id);
    write_numbers(writer, page);
    write_missed(writer, input);
    write_list(writer, page, &not_ok);
    write_list(writer, page, &notes);
    write_list(writer, page, &objects);
    js_put_text(writer, "ping_id", input->ping_id);
    js_put_text(writer, "previous_digest", input->previous_digest);
    js_put_text(writer, "previous_ping_id", input->previous_ping_id);
    js_put_text(writer, "recorded_at", instant_text(input->recorded_at, recorded_at));
    js_put_flag(writer, "resumed", input->resumed);
    js_put_integer(writer, "schema_version", PAYLOAD_SCHEMA);
    js_put_integer(writer, "seq", input->seq);
    js_put_text(writer, "time_zone", input->time_zone);
    write_windows(writer, input);
    js_close_object(writer);
}

static void write_recorded_at(struct js_writer *writer, const char *key, const void *arg)
{
    const struct page *page = arg;
    char text[TIME_TEXT_SIZE];

    js_put_text(writer, key, instant_text(page->input->recorded_at, text));
}

static bool is_utc(const char *time_zone)
{
    size_t length = strlen(time_zone), suffix = strlen("UTC");

    return length >= suffix && strcmp(time_zone + length - suffix, "UTC") == 0;
}

/* As Rails writes a time of its zone: milliseconds, and the offset of that moment. */
static void write_zoned_recorded_at(struct js_writer *writer, const char *key, const void *arg)
{
    const struct page *page = arg;
    int64_t offset = page->input->zone_offset_s, minutes = (offset < 0 ? -offset : offset) / 60;
    char local[TIME_TEXT_SIZE];
    struct str text;

    str_init(&text);
    str_add_format(&text, "%.*s.000", (int)strlen("2026-11-21T10:04:05"),
                   time_text((page->input->recorded_at + offset) * US_PER_SECOND, local));
    if (is_utc(page->input->time_zone))
        str_add_char(&text, 'Z');
    else
        str_add_format(&text, "%c%02d:%02d", offset < 0 ? '-' : '+', (int)(minutes / 60),
                       (int)(minutes % 60));
    js_put_text(writer, key, text.text);
    str_release(&text);
}

static void write_value_or(struct js_writer *writer, const char *key,
                           const struct payload_item *item, const char *fallback)
{
    struct str json;

    str_init(&json);
    if (item->outcome.status == STATUS_OK)
        value_write_json(&item->outcome.value, &json);
    else
        str_add(&json, fallback);
    js_put_raw(writer, key, json.text);
    str_release(&json);
}

static void write_value_or_null(struct js_writer *writer, const char *key, const void *arg)
{
    write_value_or(writer, key, arg, "null");
}

static void write_value_or_minus_one(struct js_writer *writer, const char *key, const void *arg)
{
    write_value_or(writer, key, arg, "-1");
}

/* What is reserved stays reserved where it is not written. */
static void write_nothing(struct js_writer *writer, const char *key, const void *arg)
{
    (void)writer;
    (void)key;
    (void)arg;
}

typedef void leaf_writer(struct js_writer *writer, const char *key, const void *arg);

static const struct form {
    bool indented;
    const char *end;
    leaf_writer *metadata, *recorded_at, *value;
} forms[] = {
    [PAYLOAD_OURS] = {true, "\n", write_metadata, write_recorded_at, write_value_or_null},
    [PAYLOAD_GITLAB] = {false, "", write_nothing, write_zoned_recorded_at,
                        write_value_or_minus_one},
};

/* The metrics and what is ours; `leaves` has room for two more than there are items. */
static size_t list_leaves(const struct page *page, struct payload_leaf *leaves)
{
    const struct form *form = &forms[page->input->form];
    size_t count = 0;

    leaves[count++] = (struct payload_leaf){"service_ping", form->metadata, page};
    leaves[count++] = (struct payload_leaf){"recorded_at", form->recorded_at, page};
    for (size_t i = 0; i < page->input->count; i++)
        if (strcmp(page->items[i].key_path, "recorded_at") != 0)
            leaves[count++] =
                (struct payload_leaf){page->items[i].key_path, form->value, &page->items[i]};
    return count;
}

static int compare_items(const void *left, const void *right)
{
    const struct payload_item *a = left, *b = right;

    return key_path_compare(a->key_path, b->key_path);
}

static struct payload_item *sorted_items(const struct payload_input *input)
{
    struct payload_item *items = memory_alloc((input->count + 1) * sizeof(items[0]));

    if (input->count > 0)
        (void)memcpy(items, input->items, input->count * sizeof(items[0]));
    qsort(items, input->count, sizeof(items[0]), compare_items);
    return items;
}

bool payload_write(const struct payload_input *input, struct str *out, struct error *err)
{
    struct payload_item *items = sorted_items(input);
    struct payload_leaf *leaves = memory_alloc((input->count + 2) * sizeof(leaves[0]));
    const struct page page = {.input = input, .items = items};
    struct js_writer writer;
    bool done;

    js_begin(&writer, out, forms[input->form].indented);
    done = payload_tree_write(&writer, leaves, list_leaves(&page, leaves), err);
    if (done)
        str_add(out, forms[input->form].end);
    free(leaves);
    free(items);
    return done;
}
