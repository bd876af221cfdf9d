/* How db.c makes a result. The rows are libpq's; they go when the callback and all who kept the
 * result have let go of them. */
#ifndef AGENT_IO_DB_RESULT_INSIDE_H
#define AGENT_IO_DB_RESULT_INSIDE_H

#include <libpq-fe.h>
#include <stdint.h>

struct db_result {
    PGresult *rows;    /* NULL: none yet */
    unsigned *keepers; /* who let go of the rows later; shared by the copies */
    int64_t took_us;
};

/* From here on it may be kept; the caller is the first keeper. */
void db_result_hand_out(struct db_result *result);
void db_result_let_go(struct db_result *result);

#endif
