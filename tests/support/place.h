/* A folder of a test's own with a store in it; both are gone when the test ends. */
#ifndef TESTS_SUPPORT_PLACE_H
#define TESTS_SUPPORT_PLACE_H

#include "agent/base/arena.h"
#include "agent/store.h"

struct place {
    char folder[64];
    struct store *store;
    struct arena *arena;
    struct error err; /* of the last call that failed */
};

/* For cmocka: *state becomes a struct place. */
int place_set_up(void **state);
int place_tear_down(void **state);

const char *place_path(const struct place *place, const char *name);

/* The store closed if it was open, and opened; ends the program if that fails. */
void place_open(struct place *place);
void place_close(struct place *place);

/* Gives a ping its place in the chain. */
void place_next(struct place *place, struct store_ping *ping);

/* Ends the program unless what SQL finds in the file (one text) is as expected. */
void place_expect(const struct place *place, const char *sql, const char *expected);

/* Does to the file what only somebody else would. */
void place_change(const struct place *place, const char *sql);

/* 64 letters, as a digest. */
extern const char digest_a[], digest_b[];

#endif
