/*
 * What a run costs as the number of metrics of one table grows: 1, 10, 30, 100, each time with the
 * first ones of one list, which begins with a condition that no index knows. The list is the thirty
 * in another order, then counts by conditions of two columns over all time, 28 and 7 days.
 */
#include "tests/bench/support/agent.h"
#include "tests/bench/support/table.h"

#include <stdio.h>

#define RUNS 3
#define MOST 100

static const size_t numbers[] = {1, 10, 30, MOST};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

/* Of the thirty: the first ten have two windows, a sum and a distinct count among them. */
static const size_t first_ten[] = {1, 0, 3, 4, 9, 5, 17, 22, 2, 24};

static const char *const states[] = {"state_id = 1", "state_id = 2", "confidential",
                                     "NOT confidential", "weight IS NULL"};
static const char *const types[] = {"issue_type = 0", "issue_type IN (1, 2)", "issue_type <> 1",
                                    "milestone_id IS NULL", "closed_by_id IS NOT NULL"};
static const int days[] = {0, 28, 7};

static bool is_of_first(size_t index)
{
    for (size_t i = 0; i < sizeof(first_ten) / sizeof(first_ten[0]); i++)
        if (first_ten[i] == index)
            return true;
    return false;
}

static void make_list(struct bench_metric list[MOST])
{
    static char texts[MOST][64];
    size_t count = 0;

    for (size_t i = 0; i < sizeof(first_ten) / sizeof(first_ten[0]); i++)
        list[count++] = thirty[first_ten[i]];
    for (size_t i = 0; i < THIRTY; i++)
        if (!is_of_first(i))
            list[count++] = thirty[i];
    for (size_t i = 0; count < MOST; i++) {
        (void)snprintf(texts[count], sizeof(texts[count]), "%s AND %s", states[i % 5],
                       types[i / 5 % 5]);
        list[count] = (struct bench_metric){BENCH_COUNT, NULL, texts[count], days[i / 25]};
        count++;
    }
}

int main(void)
{
    static struct bench_metric list[MOST];
    static struct bench_agent agents[NUMBERS];
    static char names[NUMBERS][32];
    struct figures figures[NUMBERS][RUNS], base, median;

    table_need();
    make_list(list);
    for (size_t i = 0; i < NUMBERS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "growth_%zu", numbers[i]);
        agents[i] = (struct bench_agent){.name = names[i],
                                         .database = BENCH_DATABASE,
                                         .relation = "issues",
                                         .metrics = list,
                                         .metric_count = numbers[i],
                                         .duty = 1};
        bench_agent_prepare(&agents[i]);
    }
    (void)bench_agent_run(&agents[0]);
    for (size_t run = 0; run < RUNS; run++)
        for (size_t i = 0; i < NUMBERS; i++)
            figures[i][run] = bench_agent_run(&agents[i]);
    base = figures_median(figures[0], RUNS);
    figures_print_heading("metrics of one table", "one");
    for (size_t i = 0; i < NUMBERS; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "%zu", numbers[i]);
        median = i == 0 ? base : figures_median(figures[i], RUNS);
        figures_print(name, &median, &base);
    }
    return 0;
}
