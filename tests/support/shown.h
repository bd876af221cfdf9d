/*
 * An instance that has something to show: definitions of every source, approvals, and a store with
 * runs and pings. No agent runs and nothing is asked of any service.
 */
#ifndef TESTS_SUPPORT_SHOWN_H
#define TESTS_SUPPORT_SHOWN_H

#include "agent/approvals.h"
#include "agent/consent.h"
#include "tests/support/place.h"
#include "tests/support/scratch.h"

struct shown {
    struct place *place;
    struct scratch scratch;
    const char *config; /* the file of the settings */
    struct settings settings;
    struct catalog catalog;
    struct approvals *approvals;
    struct consent consent;
    char last_ping[UUID_TEXT_SIZE]; /* of shown_ping */
};

/* The clock stands at 2026-11-21 10:00 UTC; no run was made yet. */
void shown_open(struct shown *shown);
void shown_close(struct shown *shown);

/* Settings with these lines of YAML after what is always there: what the file says from now on, and
 * shown->settings. */
void shown_settle(struct shown *shown, const char *lines);

/* Reads definitions, approvals and consent anew. */
void shown_load(struct shown *shown);
void shown_define(struct shown *shown, const char *key_path, const char *more);

/* A finished run of the catalog as it is: each metric gets `number` (texts their name), but for
 * those that a part of the key path makes fail: "denied", "absent", "unavailable". */
void shown_run(struct shown *shown, int64_t number);

/* The same, sealed as a ping in that state. */
void shown_ping(struct shown *shown, int64_t number, enum ping_state state);

#define SHOWN_NOW INT64_C(1795255200)

#endif
