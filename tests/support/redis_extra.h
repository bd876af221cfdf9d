/*
 * More Redis servers than that of with-services: tests/support/redis-extra, told line by line what
 * to start. What it cannot do ends the program with TAP's "Bail out!".
 */
#ifndef TESTS_SUPPORT_REDIS_EXTRA_H
#define TESTS_SUPPORT_REDIS_EXTRA_H

struct redis_extra;

struct redis_extra *redis_extra_new(void);
void redis_extra_free(struct redis_extra *extra); /* stops all that it started */

/* A line as redis-extra takes it; returns when it is done. */
void redis_extra_do(struct redis_extra *extra, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "$TEST_DIR/NAME" in a buffer that the next eight calls leave alone. */
const char *redis_extra_path(const char *name);

#endif
