/* Copies what can be read of a damaged store into a new one, row by row. Only for store_recover. */
#ifndef AGENT_STORE_SALVAGE_H
#define AGENT_STORE_SALVAGE_H

#include "agent/store_file.h"
#include "agent/store_recover.h"

struct salvage {
    struct arena *arena;          /* must outlive both files */
    struct store_file *from, *to; /* `from` NULL: nothing can be read */
    bool older;                   /* `from` may lack tables of this version */
    struct store_recovery *recovery;
};

/* In one transaction. False only if `to` cannot be written. */
MUST_CHECK bool salvage_all(struct salvage *salvage, struct error *err);

#endif
