#include "agent/budget.h"

#include <stdlib.h>
#include <string.h>

/* An estimate that meets the budget to the last digit is within it, whatever was added up. */
#define ROUNDING_S 1e-9

static double cost_of_metric(const struct budget_item *item)
{
    return item->metric_count > 0 ? item->cost_s / (double)item->metric_count : item->cost_s;
}

static int compare_items(const void *left, const void *right)
{
    const struct budget_item *a = left, *b = right;
    double cost_a = cost_of_metric(a), cost_b = cost_of_metric(b);

    if (cost_a != cost_b)
        return cost_a < cost_b ? -1 : 1;
    return strcmp(a->name, b->name);
}

void budget_sort(struct budget_item *items, size_t count)
{
    if (count > 1)
        qsort(items, count, sizeof(items[0]), compare_items);
}

void budget_choose(struct budget_item *items, size_t count, double left_s)
{
    budget_sort(items, count);
    for (size_t i = 0; i < count; i++) {
        struct budget_item *item = &items[i];

        item->left_out = item->cost_s > 0 && item->cost_s > left_s + ROUNDING_S;
        item->left_s = left_s > 0 ? left_s : 0;
        if (!item->left_out)
            left_s -= item->cost_s;
    }
}

static const char *seconds_text(double s, struct arena *arena)
{
    if (s <= 0)
        return "nothing";
    if (s < 1)
        return arena_format(arena, "%.0f ms", s < 0.001 ? 1 : s * 1000);
    if (s < 10)
        return arena_format(arena, "%.1f s", s);
    if (s < 600)
        return arena_format(arena, "%.0f s", s);
    if (s < 36000)
        return arena_format(arena, "%.0f min", s / 60);
    return arena_format(arena, "%.0f h", s / 3600);
}

const char *budget_reason(const struct budget_item *item, double budget_s, struct arena *arena)
{
    return arena_format(arena,
                        "the pass '%s' takes about %s of the database's time, and plan.budget of "
                        "%s has %s left",
                        item->name, seconds_text(item->cost_s, arena),
                        seconds_text(budget_s, arena), seconds_text(item->left_s, arena));
}
