#include "agent/io/db_statement.h"

#include "agent/base/memory.h"
#include "agent/base/str.h"

#include <stddef.h>
#include <string.h>

static char *copy_to(char **room, const char *text)
{
    char *copy = *room;

    *room = stpcpy(copy, text) + 1;
    return copy;
}

struct db_statement *db_statement_copy(const struct db_statement *statement)
{
    size_t count = (size_t)statement->param_count;
    size_t size = sizeof(*statement) + count * sizeof(char *) + strlen(statement->sql) + 1;
    struct db_statement *copy;
    const char **params;
    char *room;

    for (size_t i = 0; i < count; i++)
        size += statement->params[i] != NULL ? strlen(statement->params[i]) + 1 : 0;
    copy = memory_alloc(size);
    params = (const char **)(copy + 1);
    room = (char *)(params + count);
    *copy = *statement;
    copy->params = params;
    copy->sql = copy_to(&room, statement->sql);
    for (size_t i = 0; i < count; i++)
        params[i] = statement->params[i] != NULL ? copy_to(&room, statement->params[i]) : NULL;
    return copy;
}

/*
 * One SELECT and not several SET LOCAL: it costs the same, but of those pg_stat_statements would
 * keep one entry for every timeout that occurs.
 *
 * Compiling (jit) is for statements of seconds: of a piece with 24 aggregates over 280,000 rows it
 * takes 17 ms and saves 16, and 156 ms once the estimated cost is above jit_optimize_above_cost,
 * which an estimate that is too high reaches for small pieces, too.
 *
 * Texts of times and floats are those that can be read back as the same value, whatever is set for
 * the role or the database: walks write keys as they were read.
 */
void db_statement_settings(const struct db_statement *statement, int server_version,
                           struct str *sql)
{
    static const char more[] = ", pg_catalog.set_config('%s', '%u', true)";
    static const char alone[] = ", pg_catalog.set_config('max_parallel_workers_per_gather', '0', "
                                "true), pg_catalog.set_config('jit', 'off', true), "
                                "pg_catalog.set_config('datestyle', 'ISO', true), "
                                "pg_catalog.set_config('extra_float_digits', '1', true)";

    str_add_format(sql, "SELECT pg_catalog.set_config('statement_timeout', '%u', true)",
                   statement->timeout_ms);
    if (statement->lock_timeout_ms > 0)
        str_add_format(sql, more, "lock_timeout", statement->lock_timeout_ms);
    if (!statement->writes)
        str_add(sql, alone);
    if (server_version >= 140000)
        str_add_format(sql, more, "client_connection_check_interval", 500U);
}
