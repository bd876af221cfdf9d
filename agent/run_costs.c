#include "agent/run_costs.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"

/* How many times the one is the other, as the greater of both ways round. */
static double distance(double ratio)
{
    return ratio < 1 ? 1 / ratio : ratio;
}

/*
 * How much more there is to be read than then. Estimates are compared with estimates, since what is
 * wrong with them is wrong again; but one that was made before the table was analyzed is worth
 * nothing, so what was really read is looked at as well, and the smaller change is believed.
 */
static double growth(const struct store_cost *then, int64_t rows)
{
    double by_estimate = 0, by_read = 0;

    if (rows <= 0)
        return 1;
    if (then->rows_expected > 0)
        by_estimate = (double)rows / (double)then->rows_expected;
    if (then->rows_read > 0)
        by_read = (double)rows / (double)then->rows_read;
    if (by_estimate > 0 && by_read > 0)
        return distance(by_estimate) <= distance(by_read) ? by_estimate : by_read;
    if (by_estimate > 0)
        return by_estimate;
    return by_read > 0 ? by_read : 1;
}

static bool measure(struct probe *probe, struct store *store, struct error *err)
{
    struct store_cost cost;
    bool found;

    if (!store_probe_cost_of(store, probe->name, &cost, &found, err))
        return false;
    if (found) {
        probe->cost_s = (double)cost.busy_us / (double)US_PER_SECOND * growth(&cost, probe->rows);
        probe->measured = true;
    }
    return true;
}

void run_costs_measure(struct probe *first, struct store *store)
{
    struct error err;

    for (struct probe *probe = first; probe != NULL; probe = probe->next) {
        if (measure(probe, store, &err))
            continue;
        log_warning("run", "what earlier runs took cannot be read: %s", err.text);
        return;
    }
}

/* What takes too long takes as long the next time. */
bool run_costs_are_usual(const struct probe *probe, const struct answers *answers)
{
    for (size_t i = 0; i < probe->metric_count; i++) {
        size_t index;

        if (!answers_find(answers, probe->metrics[i]->key_path, &index) || !answers->given[index])
            continue;
        if (answers->outcomes[index].status == STATUS_OK ||
            answers->outcomes[index].status == STATUS_TIMEOUT)
            return true;
    }
    return false;
}

static struct budget_item item_of(struct probe *probe)
{
    return (struct budget_item){.name = probe->name,
                                .cost_s = probe->cost_s,
                                .metric_count = probe->metric_count,
                                .owner = probe};
}

static double left_of(const struct run_costs *costs, double taken_s)
{
    return costs->budget_s - costs->spent_s - taken_s;
}

struct budget_item *run_costs_admit(struct run_costs *costs, struct probe *first, size_t *count)
{
    struct budget_item *items;
    size_t number = 0;

    for (struct probe *probe = first; probe != NULL; probe = probe->next)
        number++;
    items = ARENA_ARRAY(costs->arena, struct budget_item, number + 1);
    *count = 0;
    for (struct probe *probe = first; probe != NULL; probe = probe->next)
        items[(*count)++] = item_of(probe);
    if (costs->budget_s > 0)
        budget_choose(items, *count, left_of(costs, costs->promised_s));
    for (size_t i = 0; i < *count; i++) {
        struct probe *probe = items[i].owner;

        probe->left_out = items[i].left_out;
        if (!probe->left_out)
            costs->promised_s += probe->cost_s;
    }
    return items;
}

bool run_costs_begin(struct run_costs *costs, struct probe *probe, struct outcome *without)
{
    struct budget_item item = item_of(probe);

    if (costs->budget_s > 0)
        budget_choose(&item, 1, left_of(costs, costs->running_s));
    probe->left_out = item.left_out;
    if (probe->left_out) {
        costs->promised_s -= probe->cost_s;
        *without = run_costs_without(costs, &item);
    } else {
        costs->running_s += probe->cost_s;
    }
    return !probe->left_out;
}

void run_costs_done(struct run_costs *costs, const struct probe *probe,
                    const struct probe_cost *cost)
{
    costs->running_s -= probe->cost_s;
    costs->promised_s -= probe->cost_s;
    if (cost != NULL)
        costs->spent_s += (double)cost->busy_us / (double)US_PER_SECOND;
}

struct outcome run_costs_without(const struct run_costs *costs, const struct budget_item *item)
{
    return outcome_without(STATUS_BUDGET, budget_reason(item, costs->budget_s, costs->arena));
}
