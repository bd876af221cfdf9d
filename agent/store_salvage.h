/* Copies what can be read of a damaged store into a new one, row by row. Only for store_recover. */
#ifndef AGENT_STORE_SALVAGE_H
#define AGENT_STORE_SALVAGE_H

#include "agent/base/arena.h"
#include "agent/store_file.h"

/* What came of one table. */
struct store_saved {
    const char *what; /* "pings" */
    size_t rows;      /* that are in the new store */
    bool whole;       /* every row could be read */
};

/* Everything is in the arena. */
struct salvaged {
    struct store_saved *saved;
    size_t saved_count;
    size_t emptied;  /* pings whose bytes had changed: only their place in the chain was saved */
    size_t lost;     /* pings of which no more is known than that there were so many */
    size_t orphaned; /* tries and receipts of pings that could not be saved */
    int64_t next_seq;
    bool consent_lost;
};

struct salvage {
    struct arena *arena;          /* must outlive both files */
    struct store_file *from, *to; /* `from` NULL: nothing can be read */
    bool older;                   /* `from` may lack tables of this version */
    struct salvaged *salvaged;
};

/* In one transaction. False only if `to` cannot be written. */
MUST_CHECK bool salvage_all(struct salvage *salvage, struct error *err);

#endif
