#include "agent/verbs/diff_show.h"

#include "agent/verbs/figures.h"
#include "agent/verbs/paragraph.h"
#include "agent/verbs/table.h"

#include <inttypes.h>
#include <string.h>

enum {
    NAME_COLUMN = 9,
    LONGEST_CELL = 40,
    LEAST_CELL = 16,
    LEAST_KEY_PATH = 24,
    SHORT_DIGEST = 13, /* a quote and 12 digits */
};

static const char *count_of(size_t count, struct arena *arena)
{
    return figure_count(arena, (int64_t)count);
}

/* ---- Definitions ---- */

/* "changed  counts.issues" */
static void write_head(const char *name, const char *key_path, struct str *out)
{
    str_add_format(out, "%-*s", NAME_COLUMN, name);
    str_add(out, key_path);
}

static void write_change(const struct approval_change *change, struct arena *arena, size_t width,
                         struct str *out)
{
    write_head(approval_change_name(change), change->key_path, out);
    if (!change->gone && !change->held)
        str_add(out, "  (approved by the settings' `accept`)");
    str_add_char(out, '\n');
    if (change->fields.count == 0)
        paragraph_add(change->words, NAME_COLUMN, width, out);
    for (size_t i = 0; i < change->fields.count; i++)
        paragraph_add(difference_field_words(&change->fields.fields[i], arena), NAME_COLUMN, width,
                      out);
}

static void write_summary(const struct approval_changes *changes, struct arena *arena, size_t width,
                          struct str *out)
{
    const char *held = "Nothing is held.";

    if (changes->held > 0)
        held = arena_format(
            arena,
            "%s held and not collected: 'service-ping accept KEY_PATH', or 'accept --all', lets "
            "%s be counted as %s now.",
            figure_of(arena, changes->held, "metric is", "metrics are"),
            changes->held == 1 ? "it" : "them", changes->held == 1 ? "it is" : "they are");
    paragraph_add(arena_format(arena, "%s new, %s changed, %s gone since they were approved. %s",
                               count_of(changes->new, arena), count_of(changes->changed, arena),
                               count_of(changes->gone, arena), held),
                  0, width, out);
}

void diff_write_changes(const struct approval_changes *changes, struct arena *arena, size_t width,
                        struct str *out)
{
    for (size_t i = 0; i < changes->count; i++)
        write_change(&changes->changes[i], arena, width, out);
    if (changes->count == 0)
        return;
    str_add_char(out, '\n');
    write_summary(changes, arena, width, out);
}

static void write_fields_json(const struct difference_fields *fields, struct js_writer *writer)
{
    js_open_list(writer, "fields");
    for (size_t i = 0; i < fields->count; i++) {
        const struct difference_field *field = &fields->fields[i];

        js_open_object(writer, NULL);
        js_put_raw(writer, "from", field->from != NULL ? field->from : "null");
        js_put_text(writer, "name", field->name);
        js_put_raw(writer, "to", field->to != NULL ? field->to : "null");
        js_close_object(writer);
    }
    js_close_list(writer);
}

void diff_write_changes_json(const struct approval_changes *changes, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < changes->count; i++) {
        const struct approval_change *change = &changes->changes[i];

        js_open_object(&writer, NULL);
        write_fields_json(&change->fields, &writer);
        js_put_flag(&writer, "held", change->held);
        js_put_text(&writer, "key_path", change->key_path);
        js_put_text(&writer, "state", approval_change_name(change));
        js_put_text(&writer, "words", change->words);
        js_close_object(&writer);
    }
    js_close_list(&writer);
    str_add_char(out, '\n');
}

bool diff_write_told(const char *json, size_t length, size_t width, struct str *out, size_t *count)
{
    struct error ignored;
    struct js_value *list = js_parse(json, length, &ignored);
    bool known = js_kind(list) == JS_LIST;

    *count = js_count(list);
    for (size_t i = 0; i < *count; i++) {
        const char *key_path = js_text(js_get(js_at(list, i), "key_path"));
        const char *state = js_text(js_get(js_at(list, i), "state"));
        const char *words = js_text(js_get(js_at(list, i), "words"));

        if (key_path == NULL || state == NULL)
            continue;
        paragraph_add(state, 0, 0, out);
        str_truncate(out, out->length - 1);
        paragraph_add(key_path, NAME_COLUMN, 0, out);
        paragraph_add(words != NULL ? words : "", NAME_COLUMN, width, out);
    }
    js_free(list);
    return known;
}

/* ---- Pings ---- */

static const char *cell_of(const struct difference_side *side, struct arena *arena)
{
    return figure_plain(arena, figure_grouped(arena, difference_side_words(side)), LONGEST_CELL);
}

static const char *change_of(const struct difference *item, struct arena *arena)
{
    const char *by;

    if (item->by == NULL)
        return "";
    by = arena_format(arena, "%c%s", item->by[0], figure_grouped(arena, item->by + 1));
    return item->percent != NULL ? arena_format(arena, "%s (%s%%)", by, item->percent) : by;
}

/* What the pings say of themselves; of a digest its beginning is enough. */
static void write_told(const struct ping_difference *found, struct arena *arena, size_t width,
                       struct str *out)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct difference *item = &found->items[i];
        size_t most = strstr(item->key_path, "digest") != NULL ? SHORT_DIGEST : 400;
        const char *from = figure_plain(arena, difference_side_words(&item->before), most);
        const char *to = figure_plain(arena, difference_side_words(&item->after), most);

        if (item->kind == DIFFERENCE_PING)
            paragraph_add(arena_format(arena, "%s: from %s to %s", item->key_path, from, to), 2,
                          width, out);
    }
    if (found->counts[DIFFERENCE_PING] > 0)
        str_add_char(out, '\n');
}

static void write_table(const struct ping_difference *found, struct arena *arena, size_t width,
                        struct str *out)
{
    static const char *const titles[] = {"what", "key path", "before", "after", "difference", NULL};
    struct table table;

    if (found->count == found->counts[DIFFERENCE_PING])
        return;
    table_begin(&table, arena, titles);
    for (size_t i = 0; i < found->count; i++) {
        const struct difference *item = &found->items[i];
        const char *const cells[] = {
            difference_kind_name(item->kind), figure_plain(arena, item->key_path, 400),
            cell_of(&item->before, arena),    cell_of(&item->after, arena),
            change_of(item, arena),
        };

        if (item->kind != DIFFERENCE_PING)
            table_add(&table, cells);
    }
    table_fit(&table, 2, LEAST_CELL, width);
    table_fit(&table, 3, LEAST_CELL, width);
    table_fit(&table, 1, LEAST_KEY_PATH, width);
    table_write(&table, out);
}

static void write_reason(const struct difference *item, const char *when,
                         const struct difference_side *side, size_t width, struct str *out)
{
    if (side->reason == NULL)
        return;
    str_add_format(out, "%s was %s %s:", item->key_path, side->status, when);
    paragraph_add(side->reason, 2, width, out);
}

static void write_reasons(const struct ping_difference *found, size_t width, struct str *out)
{
    bool any = false;

    for (size_t i = 0; i < found->count; i++)
        any = any || found->items[i].before.reason != NULL || found->items[i].after.reason != NULL;
    if (any)
        str_add_char(out, '\n');
    for (size_t i = 0; i < found->count; i++) {
        write_reason(&found->items[i], "before", &found->items[i].before, width, out);
        write_reason(&found->items[i], "after", &found->items[i].after, width, out);
    }
}

static const char *ping_words(const struct difference_ping *ping, struct arena *arena)
{
    if (ping->seq == 0)
        return arena_format(arena, "the ping of %s", figure_plain(arena, ping->recorded_at, 40));
    return arena_format(arena, "ping %" PRId64 " (%s)", ping->seq,
                        figure_plain(arena, ping->recorded_at, 40));
}

void diff_write_pings(const struct ping_difference *found, struct arena *arena, size_t width,
                      struct str *out)
{
    const size_t *counts = found->counts;

    if (found->count > 0) {
        write_told(found, arena, width, out);
        write_table(found, arena, width, out);
        write_reasons(found, width, out);
        str_add(out, found->count > counts[DIFFERENCE_PING] ? "\n" : "");
    }
    paragraph_add(
        arena_format(arena, "From %s to %s: %s changed, %s, %s added, %s gone, %s as before.",
                     ping_words(&found->before, arena), ping_words(&found->after, arena),
                     figure_of(arena, counts[DIFFERENCE_VALUE], "value", "values"),
                     figure_of(arena, counts[DIFFERENCE_STATUS], "status", "statuses"),
                     figure_of(arena, counts[DIFFERENCE_ADDED], "metric", "metrics"),
                     count_of(counts[DIFFERENCE_GONE], arena), count_of(found->same, arena)),
        0, width, out);
}
