/* What the files of the store share among themselves; nobody else includes this. */
#ifndef AGENT_STORE_INSIDE_H
#define AGENT_STORE_INSIDE_H

#include "agent/base/digest.h"
#include "agent/store_file.h"

struct store {
    struct store_file *file;
    int lock; /* descriptor that holds the lock of the folder; -1: none */
    char instance_id[UUID_TEXT_SIZE];
};

/* Costs of probes that no run has had for long, in the open transaction. */
MUST_CHECK bool store_forget_costs(struct store *store, struct error *err);

/* Outcomes and probe states of closed runs, but for the newest of them, in the open transaction. */
MUST_CHECK bool store_forget_runs(struct store *store, struct error *err);

#endif
