/* How outcomes are shown to people: a table, a summary of what is missing, or a list in JSON. */
#ifndef AGENT_VERBS_PREVIEW_SHOW_H
#define AGENT_VERBS_PREVIEW_SHOW_H

#include "agent/base/arena.h"
#include "agent/base/str.h"
#include "agent/value.h"

struct shown_metric {
    const char *key_path;
    struct outcome outcome;
};

struct shown_list {
    struct arena *arena;
    struct shown_metric *metrics;
    size_t count;
};

/* Copies what it is given. */
void preview_add(struct shown_list *list, const char *key_path, const struct outcome *outcome);
void preview_sort(struct shown_list *list); /* what shares a parent stands together */

/* All metrics, an empty line between groups, in lines of at most `width` signs if that is possible
 * (0: no limit); then how many are missing, and why. */
void preview_write_table(const struct shown_list *list, size_t width, struct str *out);
void preview_write_summary(const struct shown_list *list, struct str *out);
/* Status by status, each reason once with the metrics that it holds for. */
void preview_write_faults(const struct shown_list *list, struct str *out);
void preview_write_json(const struct shown_list *list, struct str *out);

#endif
