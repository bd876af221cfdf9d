#include "agent/io/db_result.h"

#include "agent/base/memory.h"
#include "agent/io/db_result_inside.h"

#include <stdlib.h>

void db_result_hand_out(struct db_result *result)
{
    result->keepers = memory_alloc(sizeof(*result->keepers));
    *result->keepers = 1;
}

void db_result_let_go(struct db_result *result)
{
    if (--*result->keepers > 0)
        return;
    PQclear(result->rows);
    free(result->keepers);
}

struct db_result *db_result_keep(const struct db_result *result)
{
    struct db_result *kept = memory_alloc(sizeof(*kept));

    *kept = *result;
    (*kept->keepers)++;
    return kept;
}

void db_result_release(struct db_result *result)
{
    if (result != NULL)
        db_result_let_go(result);
    free(result);
}

int db_rows(const struct db_result *result)
{
    return PQntuples(result->rows);
}

struct db_field db_field(const struct db_result *result, int row, int column)
{
    return (struct db_field){
        .type = PQftype(result->rows, column),
        .is_null = PQgetisnull(result->rows, row, column) != 0,
        .bytes = PQgetvalue(result->rows, row, column),
        .length = (size_t)PQgetlength(result->rows, row, column),
    };
}

int64_t db_took_us(const struct db_result *result)
{
    return result->took_us;
}
