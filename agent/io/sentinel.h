/*
 * The way to a master that Redis Sentinel watches over, as a stepper without I/O: ask the sentinels
 * in turn, connect to the master that one of them names, and if that fails, ask on. After a round
 * without success comes a pause and another round, until the patience is over. It is longer while
 * they name a master that does not take us, because then a failover may be under way. (Redis
 * documentation, "Guidelines for Redis clients with support for Redis Sentinel".)
 */
#ifndef AGENT_IO_SENTINEL_H
#define AGENT_IO_SENTINEL_H

#include "agent/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SENTINEL_PAUSE_MS 250
#define SENTINEL_PATIENCE 3 /* how many times as long it is during a failover */

enum sentinel_step {
    SENTINEL_ASK,     /* the sentinel at sentinel_asked() */
    SENTINEL_CONNECT, /* to sentinel_master(), and see whether it is one */
    SENTINEL_WAIT,    /* for SENTINEL_PAUSE_MS, then ask for the next step */
    SENTINEL_GIVE_UP, /* for sentinel_error() */
};

/* Only its functions touch it. */
struct sentinel {
    const char *const *addresses;
    size_t count;
    size_t first; /* index of the one that is asked first: who was right the last time */
    size_t asked; /* in this round */
    int64_t began_us, patience_us;
    bool named;       /* `master` waits to be tried */
    char master[300]; /* host:port; empty: none named yet */
    char failed[300]; /* host:port of a master that failed in this round, not tried twice */
    bool reached;     /* `err` is about a master, which says more than one about a sentinel */
    struct error err; /* of this round */
};

/* `addresses`, at least one, must outlive it. Once; what it learns lasts from search to search. */
void sentinel_init(struct sentinel *sentinel, const char *const *addresses, size_t count);

/* A search begins. After `patience_ms`, or SENTINEL_PATIENCE times that, no round begins. */
void sentinel_begin(struct sentinel *sentinel, int64_t now_us, unsigned patience_ms);

enum sentinel_step sentinel_next(struct sentinel *sentinel, int64_t now_us);
const char *sentinel_asked(const struct sentinel *sentinel);
const char *sentinel_master(const struct sentinel *sentinel); /* "host:port", "[v6]:port" */
const struct error *sentinel_error(const struct sentinel *sentinel);

/* What came of SENTINEL_ASK: a master's host and port, or an error. */
void sentinel_named(struct sentinel *sentinel, const char *host, const char *port);
void sentinel_refused(struct sentinel *sentinel, const struct error *err);

/* What came of SENTINEL_CONNECT. */
void sentinel_found(struct sentinel *sentinel);
void sentinel_lost(struct sentinel *sentinel, const struct error *err);

#endif
