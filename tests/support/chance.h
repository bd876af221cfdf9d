/* Chance for seeded tests: srand48 first. */
#ifndef TESTS_SUPPORT_CHANCE_H
#define TESTS_SUPPORT_CHANCE_H

#include <stddef.h>

/* From 0 to n - 1. */
long below(long n);

const char *one_of(const char *const *texts, size_t count);
#define ONE_OF(...)                                                                                \
    one_of((const char *const[]){__VA_ARGS__},                                                     \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

#endif
