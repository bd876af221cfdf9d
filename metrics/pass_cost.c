#include "metrics/pass_cost.h"

/* Microseconds of server time for each row, measured on PostgreSQL 15. */
#define ROW_US    0.12
#define COLUMN_US 0.02
#define IDS_US    0.12

double pass_cost(const struct pass *pass, const struct relation_facts *relation)
{
    double us = ROW_US;

    (void)relation;
    for (size_t i = 0; i < pass->column_count; i++)
        us += pass->columns[i].kind == COLUMN_IDS ? IDS_US : COLUMN_US;
    return (double)pass->rows * us / 1e6;
}
