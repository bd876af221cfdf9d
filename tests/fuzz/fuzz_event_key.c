/*
 * Keys of any event: words of the input, split at newlines, become the event, its identifier and
 * its filters. The key keeps every part in its place, and the week stands at its end.
 */
#include "metrics/event_key.h"

#include <assert.h>
#include <string.h>

#define MOST_WORDS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split(char *text, const char *words[MOST_WORDS])
{
    size_t count = 0;

    for (char *at = text; at != NULL && count < MOST_WORDS; count++) {
        char *end = strchr(at, '\n');

        words[count] = at;
        at = end;
        if (at != NULL)
            *at++ = '\0';
    }
    return count;
}

static void take_prefix(const char **at, const char *prefix)
{
    assert(strncmp(*at, prefix, strlen(prefix)) == 0);
    *at += strlen(prefix);
}

/* Walks along the key: each part must be the next thing that stands there. */
static void check(const struct event_rule *rule, const char *key)
{
    const char *at = key;

    if (rule->operation == OPERATION_SUM)
        take_prefix(&at, "{event_sums}_");
    else
        take_prefix(&at, rule->unique == NULL ? "{event_counters}_" : "{hll_counters}_");
    take_prefix(&at, rule->event);
    if (rule->operation == OPERATION_SUM)
        take_prefix(&at, "-operator:sum(value)");
    if (rule->operation == OPERATION_TOTAL)
        take_prefix(&at, "-operator:total");
    for (size_t i = 0; i < rule->filter_count; i++) {
        take_prefix(&at, i == 0 ? "-filter:[" : ",");
        take_prefix(&at, rule->filters[i].name);
        take_prefix(&at, ":");
        take_prefix(&at, rule->filters[i].text);
    }
    if (rule->filter_count > 0)
        take_prefix(&at, "]");
    if (event_identifier_length(rule) > 0) {
        take_prefix(&at, "-");
        assert(strncmp(at, rule->unique, event_identifier_length(rule)) == 0);
        at += event_identifier_length(rule);
    }
    take_prefix(&at, "-2020-53");
    assert(*at == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_filter filters[MOST_WORDS];
    struct event_rule rule = {.filters = filters};
    const char *words[MOST_WORDS] = {NULL};
    struct str text, key;
    size_t count;

    str_init(&text);
    str_init(&key);
    str_add_bytes(&text, data, size);
    count = split(text.text, words);
    rule.event = words[0];
    if (count > 1 && words[1][0] != '\0')
        rule.unique = words[1];
    if (count > 2)
        rule.operation = (enum event_operation)((unsigned char)words[2][0] % 3);
    for (size_t i = 3; i + 1 < count; i += 2)
        filters[rule.filter_count++] = (struct event_filter){words[i], words[i + 1], false};
    event_key_stem(&rule, &key);
    event_key_add_week((struct iso_week){2020, 53}, &key);
    check(&rule, key.text);
    str_release(&key);
    str_release(&text);
    return 0;
}
