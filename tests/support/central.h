/*
 * What an endpoint in the test's process has received: each ping is opened and read, its place in
 * the chain is noted, and the slots that it says were missed.
 */
#ifndef TESTS_SUPPORT_CENTRAL_H
#define TESTS_SUPPORT_CENTRAL_H

#include "agent/base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_call;

struct central_ping {
    char id[UUID_TEXT_SIZE];
    int64_t seq, recorded_at;
    char digest[DIGEST_TEXT_SIZE], previous_digest[DIGEST_TEXT_SIZE]; /* "": the first ping */
};

struct central_gap {
    int64_t from, to; /* seconds since 1970 UTC, both included */
    char reason[160];
};

struct central {
    struct central_ping *pings; /* in the order of arrival, each id once */
    size_t count;
    struct central_gap *gaps;
    size_t gap_count;
    unsigned repetitions; /* of an id with the same bytes; with others the program ends */
};

void central_release(struct central *central);

/* Takes a call's ping; the caller replies. */
void central_take(struct central *central, struct http_call *call);

bool central_has(const struct central *central, const char *id);
bool central_told(const struct central *central, int64_t slot);

/* Numbers from 1 without gaps, and each digest that of the ping before: a sentence about the first
 * fault, or NULL. */
const char *central_fault(const struct central *central);

#endif
