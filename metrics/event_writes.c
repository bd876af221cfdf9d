#include "metrics/event_writes.h"

#include "metrics/amount.h"
#include "metrics/event_check.h"
#include "metrics/key_names.h"
#include "metrics/key_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_DAY INT64_C(86400)
#define KEEP_S          (42 * SECONDS_PER_DAY)

struct indexed_rule {
    const struct event_rule *rule;
    const char *stem;
    bool dated;
};

struct event_index {
    const struct source_context *context;
    struct indexed_rule *rules; /* sorted by event, stem and dated; each once */
    size_t count;
};

static const char *stem_of(const struct event_index *index, const struct event_rule *rule,
                           bool dated, struct arena *arena)
{
    const char *stem;
    struct str str;

    str_init(&str);
    event_key_stem(rule, &str);
    stem = key_name(&index->context->settings->keys, arena_copy(arena, str.text), dated, arena);
    str_release(&str);
    return stem;
}

static int compare_rules(const void *a, const void *b)
{
    const struct indexed_rule *left = a, *right = b;
    int order = strcmp(left->rule->event, right->rule->event);

    if (order == 0)
        order = strcmp(left->stem, right->stem);
    return order != 0 ? order : (int)left->dated - (int)right->dated;
}

/* The plain totals are counted with or without a metric, so they are no rules here. */
static bool is_base(const struct event_rule *rule)
{
    return rule->operation == OPERATION_NONE && rule->filter_count == 0 && rule->unique == NULL;
}

static void index_metric(struct event_index *index, const struct metric *metric,
                         struct arena *arena)
{
    const struct key_spec *spec = metric->spec;

    for (size_t i = 0; i < spec->rules.count; i++) {
        const struct event_rule *rule = &spec->rules.items[i];

        if (is_base(rule))
            continue;
        index->rules = arena_grow(arena, index->rules, index->count, sizeof index->rules[0]);
        index->rules[index->count++] =
            (struct indexed_rule){rule, stem_of(index, rule, spec->weekly, arena), spec->weekly};
    }
}

/* Others have specs of their own. */
static bool counts_events(const struct metric *metric)
{
    return metric->spec != NULL && (strcmp(metric->data_source, "internal_events") == 0 ||
                                    strcmp(metric->data_source, "redis_hll") == 0);
}

struct event_index *event_index_new(struct arena *arena, const struct source_context *context,
                                    const struct metric *const *metrics, size_t count)
{
    struct event_index *index = ARENA_NEW(arena, struct event_index);
    size_t kept = 0;

    index->context = context;
    for (size_t i = 0; i < count; i++)
        if (counts_events(metrics[i]))
            index_metric(index, metrics[i], arena);
    if (index->count > 0)
        qsort(index->rules, index->count, sizeof index->rules[0], compare_rules);
    for (size_t i = 0; i < index->count; i++)
        if (kept == 0 || compare_rules(&index->rules[kept - 1], &index->rules[i]) != 0)
            index->rules[kept++] = index->rules[i];
    index->count = kept;
    return index;
}

const struct event_property *event_property_get(const struct event *event, const char *name)
{
    for (size_t i = 0; i < event->property_count; i++)
        if (strcmp(event->properties[i].name, name) == 0 && event->properties[i].text != NULL)
            return &event->properties[i];
    return NULL;
}

static bool read_number(const struct event_property *property, struct amount *out)
{
    struct error ignored;

    return property->is_number &&
           amount_parse(property->text, strlen(property->text), out, &ignored);
}

/* Typed: 30 and 30.0 are the same, 30 and "30" are not. */
static bool filter_holds(const struct event_filter *filter, const struct event *event)
{
    const struct event_property *property = event_property_get(event, filter->name);
    struct amount wanted, given;
    struct error ignored;

    if (property == NULL || property->is_number != filter->is_number)
        return false;
    if (!filter->is_number)
        return strcmp(property->text, filter->text) == 0;
    return read_number(property, &given) &&
           amount_parse(filter->text, strlen(filter->text), &wanted, &ignored) &&
           amount_equal(&wanted, &given);
}

static bool rule_holds(const struct event_rule *rule, const struct event *event)
{
    for (size_t i = 0; i < rule->filter_count; i++)
        if (!filter_holds(&rule->filters[i], event))
            return false;
    return true;
}

/* The same number always has the same text. */
static const char *property_text(const struct event_property *property, struct arena *arena)
{
    struct amount number;
    const char *text;
    struct str str;

    if (!read_number(property, &number))
        return property->text;
    str_init(&str);
    amount_write(&number, &str);
    text = arena_copy(arena, str.text);
    str_release(&str);
    return text;
}

/*
 * What tells occurrences apart. GitLab hashes texts with a seed of each process; here the text
 * itself is added, so that the same label counts once wherever it comes from.
 */
static const char *unique_value(const struct event *event, const char *unique, struct arena *arena)
{
    const struct {
        const char *unique, *value;
    } ids[] = {{"user.id", event->user},
               {"project.id", event->project},
               {"namespace.id", event->namespace}};
    const struct event_property *property = event_property_get(event, unique);

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (strcmp(unique, ids[i].unique) == 0)
            return ids[i].value;
    return property != NULL ? property_text(property, arena) : NULL;
}

static void add_write(struct event_writes *writes, const struct event_write *write, struct str *key)
{
    writes->items =
        arena_grow(writes->arena, writes->items, writes->count, sizeof writes->items[0]);
    writes->items[writes->count] = *write;
    writes->items[writes->count++].key = arena_copy(writes->arena, key->text);
    str_release(key);
}

/* Of all events of a batch it is the same, and takes a while to find out. */
static const char *week_text(struct event_writes *writes, int64_t day)
{
    struct str text;

    if (writes->week[0] != '\0' && writes->day == day)
        return writes->week;
    str_init(&text);
    event_key_add_week(iso_week_of(day), &text);
    (void)snprintf(writes->week, sizeof writes->week, "%s", text.text);
    writes->day = day;
    str_release(&text);
    return writes->week;
}

static void add_stem(struct event_writes *writes, const struct event_write *write, const char *stem,
                     int64_t day)
{
    struct str key;

    str_init(&key);
    str_add(&key, stem);
    if (write->keep_s > 0)
        str_add(&key, week_text(writes, day));
    add_write(writes, write, &key);
}

static enum write_kind kind_of(const struct event_rule *rule)
{
    if (rule->operation == OPERATION_SUM)
        return WRITE_SUM;
    if (rule->unique == NULL)
        return WRITE_COUNT;
    return rule->operation == OPERATION_TOTAL ? WRITE_TOTAL : WRITE_UNIQUE;
}

static const char *write_value(const struct event_rule *rule, const struct event *event,
                               struct arena *arena)
{
    const struct event_property *value = event_property_get(event, "value");

    if (rule->unique != NULL)
        return unique_value(event, rule->unique, arena);
    return value != NULL && value->is_number ? property_text(value, arena) : NULL;
}

static void add_totals(struct event_writes *writes, const struct event_index *index,
                       const struct event *event, size_t number, int64_t day)
{
    struct event_write write = {.kind = WRITE_COUNT, .event = number};
    const struct event_rule base = {.event = event->name};

    add_stem(writes, &write, stem_of(index, &base, false, writes->arena), day);
    write.keep_s = KEEP_S;
    add_stem(writes, &write, stem_of(index, &base, true, writes->arena), day);
}

/* An event of the time before internal events. */
static void add_old(struct event_writes *writes, const struct event_index *index,
                    const struct event *event, size_t number, int64_t day)
{
    const struct key_lists *lists = &index->context->settings->keys;
    const struct known_event *known = key_known_event(lists, event->name);
    struct event_write write = {.kind = WRITE_UNIQUE, .keep_s = KEEP_S, .event = number};
    struct str key;

    write.value = event_only_id(event);
    if (write.value == NULL)
        return;
    if (known == NULL) {
        const char *stem = arena_format(writes->arena, "{hll_counters}_%s", event->name);

        add_stem(writes, &write, key_name(lists, stem, true, writes->arena), day);
        return;
    }
    str_init(&key);
    known_event_key(known, day, &key);
    write.keep_s = known_event_keep_days(known) * SECONDS_PER_DAY;
    add_write(writes, &write, &key);
}

static size_t first_rule(const struct event_index *index, const char *name)
{
    size_t low = 0, high = index->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(index->rules[middle].rule->event, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void event_writes_add(struct event_writes *writes, const struct event_index *index,
                      const struct event *event, size_t number, int64_t day)
{
    if (event_is_old(index->context, event->name)) {
        add_old(writes, index, event, number, day);
        return;
    }
    add_totals(writes, index, event, number, day);
    for (size_t i = first_rule(index, event->name);
         i < index->count && strcmp(index->rules[i].rule->event, event->name) == 0; i++) {
        const struct indexed_rule *indexed = &index->rules[i];
        struct event_write write = {
            .kind = kind_of(indexed->rule),
            .keep_s = indexed->dated ? KEEP_S : 0,
            .event = number,
        };

        if (!rule_holds(indexed->rule, event))
            continue;
        if (write.kind != WRITE_COUNT)
            write.value = write_value(indexed->rule, event, writes->arena);
        if (write.kind == WRITE_COUNT || write.value != NULL)
            add_stem(writes, &write, indexed->stem, day);
    }
}

static int compare_writes(const void *a, const void *b)
{
    const struct event_write *left = a, *right = b;
    int order = strcmp(left->key, right->key);

    if (order != 0)
        return order;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->value != NULL && right->value != NULL)
        order = strcmp(left->value, right->value);
    if (order != 0 || left->event == right->event)
        return order;
    return left->event < right->event ? -1 : 1;
}

void event_writes_sort(struct event_writes *writes)
{
    if (writes->count > 0)
        qsort(writes->items, writes->count, sizeof writes->items[0], compare_writes);
}
