#include "agent/verbs/preview_show.h"

#include "agent/base/json.h"
#include "agent/catalog.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/table.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_COUNT = STATUS_OFF + 1, NAMED = 3, LONGEST_REASON = 300 };
enum { KEY_COLUMN, VALUE_COLUMN, LEAST_KEY = 32, LEAST_VALUE = 20 };

void preview_add(struct shown_list *list, const char *key_path, const struct outcome *outcome)
{
    list->metrics = arena_grow(list->arena, list->metrics, list->count, sizeof(list->metrics[0]));
    list->metrics[list->count++] = (struct shown_metric){
        .key_path = arena_copy(list->arena, key_path),
        .outcome = outcome_copy(outcome, list->arena),
    };
}

static int compare(const void *left, const void *right)
{
    const struct shown_metric *a = left, *b = right;

    return key_path_compare(a->key_path, b->key_path);
}

void preview_sort(struct shown_list *list)
{
    if (list->count > 0)
        qsort(list->metrics, list->count, sizeof(list->metrics[0]), compare);
}

/* A group is what shares the first part of the path; all without a second part are one, too. */
static bool same_group(const char *a, const char *b)
{
    size_t length_a = strcspn(a, "."), length_b = strcspn(b, ".");

    if (a[length_a] == '\0' || b[length_b] == '\0')
        return a[length_a] == b[length_b];
    return length_a == length_b && strncmp(a, b, length_a) == 0;
}

/* "hyperloglog ±0.81%", without the words on what the bound means or, if it is no number, is. */
static const char *show_method(struct arena *arena, const struct outcome *outcome)
{
    const char *method = outcome->method != NULL ? outcome->method : "exact";

    if (outcome->status != STATUS_OK)
        return "";
    if (outcome->error_bound == NULL || strspn(outcome->error_bound, "0123456789") == 0)
        return method;
    return arena_format(arena, "%s ±%.*s", method, (int)strcspn(outcome->error_bound, " "),
                        outcome->error_bound);
}

/* The value, or in its place the status; texts stand in quotes, so that they are told apart. */
static const char *show_value(struct arena *arena, const struct outcome *outcome)
{
    if (outcome->status == STATUS_OK)
        return figure_value(arena, &outcome->value);
    return arena_format(arena, "- %s", status_name(outcome->status));
}

void preview_write_table(const struct shown_list *list, size_t width, struct str *out)
{
    static const char *const titles[] = {"KEY PATH", "VALUE", "METHOD", "TOOK", NULL};
    struct table table;

    table_begin(&table, list->arena, titles);
    for (size_t i = 0; i < list->count; i++) {
        const struct shown_metric *metric = &list->metrics[i];
        const struct outcome *outcome = &metric->outcome;
        const char *const cells[] = {
            metric->key_path,
            show_value(list->arena, outcome),
            show_method(list->arena, outcome),
            figure_took(list->arena, outcome->took_us),
        };

        if (i > 0 && !same_group(list->metrics[i - 1].key_path, metric->key_path))
            table_add_gap(&table);
        table_add(&table, cells);
    }
    table_fit(&table, VALUE_COLUMN, LEAST_VALUE, width);
    table_fit(&table, KEY_COLUMN, LEAST_KEY, width);
    table_write(&table, out);
}

static bool same_fault(const struct outcome *a, const struct outcome *b)
{
    return a->status == b->status &&
           strcmp(a->reason != NULL ? a->reason : "", b->reason != NULL ? b->reason : "") == 0;
}

static bool stood_before(const struct shown_list *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_fault(&list->metrics[i].outcome, &list->metrics[index].outcome))
            return true;
    return false;
}

/* "counts.a, counts.b, counts.c and 6 more" */
static const char *name_alike(const struct shown_list *list, size_t first, size_t *count)
{
    struct str names;
    const char *copy;

    *count = 0;
    str_init(&names);
    for (size_t i = first; i < list->count; i++) {
        if (!same_fault(&list->metrics[i].outcome, &list->metrics[first].outcome))
            continue;
        if ((*count)++ < NAMED)
            str_add_format(&names, "%s%s", *count > 1 ? ", " : "", list->metrics[i].key_path);
    }
    if (*count > NAMED)
        str_add_format(&names, " and %zu more", *count - NAMED);
    copy = arena_copy(list->arena, names.text);
    str_release(&names);
    return copy;
}

/* The reasons of one status, each once with the metrics that it holds for. */
static void write_faults(const struct shown_list *list, enum outcome_status status, struct str *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct outcome *outcome = &list->metrics[i].outcome;
        const char *reason = outcome->reason != NULL ? outcome->reason : "no reason was given";
        const char *names;
        size_t count;

        if (outcome->status != status || stood_before(list, i))
            continue;
        names = name_alike(list, i, &count);
        reason = figure_plain(list->arena, reason, LONGEST_REASON);
        if (count == 1)
            str_add_format(out, "  %s: %s: %s\n", status_name(status), names, reason);
        else
            str_add_format(out, "  %s (%zu): %s\n    %s\n", status_name(status), count, reason,
                           names);
    }
}

void preview_write_faults(const struct shown_list *list, struct str *out)
{
    if (list->count > 0)
        str_add(out, "Without a value:\n");
    for (size_t i = STATUS_OK + 1; i < STATUS_COUNT; i++)
        write_faults(list, (enum outcome_status)i, out);
}

void preview_write_summary(const struct shown_list *list, struct str *out)
{
    size_t counts[STATUS_COUNT] = {0};

    for (size_t i = 0; i < list->count; i++)
        counts[list->metrics[i].outcome.status]++;
    str_add_format(out, "%s: %s ok", figure_of(list->arena, list->count, "metric", "metrics"),
                   figure_count(list->arena, (int64_t)counts[STATUS_OK]));
    for (size_t i = STATUS_OK + 1; i < STATUS_COUNT; i++)
        if (counts[i] > 0)
            str_add_format(out, ", %s %s", figure_count(list->arena, (int64_t)counts[i]),
                           status_name((enum outcome_status)i));
    str_add_char(out, '\n');
    if (counts[STATUS_OK] == list->count)
        return;
    preview_write_faults(list, out);
}

static void write_metric(const struct shown_metric *metric, struct js_writer *writer)
{
    const struct outcome *outcome = &metric->outcome;
    bool ok = outcome->status == STATUS_OK;
    struct str value;

    str_init(&value);
    if (ok)
        value_write_json(&outcome->value, &value);
    js_open_object(writer, NULL);
    js_put_text(writer, "key_path", metric->key_path);
    js_put_raw(writer, "value", ok ? value.text : "null");
    js_put_text(writer, "status", status_name(outcome->status));
    js_put_text(writer, "reason", outcome->reason);
    js_put_text(writer, "method", ok && outcome->method == NULL ? "exact" : outcome->method);
    js_put_text(writer, "error_bound", outcome->error_bound);
    js_put_integer(writer, "took_us", outcome->took_us);
    js_close_object(writer);
    str_release(&value);
}

void preview_write_json(const struct shown_list *list, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < list->count; i++)
        write_metric(&list->metrics[i], &writer);
    js_close_list(&writer);
    str_add_char(out, '\n');
}
