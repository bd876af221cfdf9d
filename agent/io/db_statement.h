/* A statement for agent/io/db.h, and the settings under which it runs. Pure. */
#ifndef AGENT_IO_DB_STATEMENT_H
#define AGENT_IO_DB_STATEMENT_H

#include <stdbool.h>

struct str;

struct db_statement {
    const char *sql;           /* exactly one statement; parameters are $1, $2, ... */
    const char *const *params; /* text form, NULL for NULL; may be NULL if param_count is 0 */
    int param_count;
    unsigned timeout_ms;      /* statement_timeout; the client gives up a little later; not 0 */
    unsigned lock_timeout_ms; /* 0: none of its own */
    bool writes;              /* BEGIN instead of BEGIN READ ONLY */
};

/* With all its texts in one block, for free(). */
struct db_statement *db_statement_copy(const struct db_statement *statement);

/* Adds the SELECT that sets them for the present transaction; a server is sent only what it knows.
 */
void db_statement_settings(const struct db_statement *statement, int server_version,
                           struct str *sql);

#endif
