#include "metrics/event_key.h"

#include <string.h>

const char *event_operation_name(enum event_operation operation)
{
    static const char *const names[] = {NULL, "sum(value)", "total"};

    return names[operation];
}

size_t event_identifier_length(const struct event_rule *rule)
{
    return rule->unique != NULL ? strcspn(rule->unique, ".") : 0;
}

static void add_filters(const struct event_rule *rule, struct str *out)
{
    for (size_t i = 0; i < rule->filter_count; i++) {
        str_add(out, i == 0 ? "-filter:[" : ",");
        str_add(out, rule->filters[i].name);
        str_add_char(out, ':');
        str_add(out, rule->filters[i].text);
    }
    if (rule->filter_count > 0)
        str_add_char(out, ']');
}

void event_key_path(const struct event_rule *rule, struct str *out)
{
    size_t identifier = event_identifier_length(rule);

    str_add(out, rule->event);
    if (rule->operation != OPERATION_NONE) {
        str_add(out, "-operator:");
        str_add(out, event_operation_name(rule->operation));
    }
    add_filters(rule, out);
    if (identifier > 0) {
        str_add_char(out, '-');
        str_add_bytes(out, rule->unique, identifier);
    }
}

static const char *slot_of(const struct event_rule *rule)
{
    if (rule->operation == OPERATION_SUM)
        return "{event_sums}_";
    return rule->unique == NULL ? "{event_counters}_" : "{hll_counters}_";
}

void event_key_stem(const struct event_rule *rule, struct str *out)
{
    str_add(out, slot_of(rule));
    event_key_path(rule, out);
}

void event_key_add_week(struct iso_week week, struct str *out)
{
    str_add_format(out, "-%04d-%02d", week.year, week.week);
}
