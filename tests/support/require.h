/*
 * What helpers of tests take for granted. Ends the program with the place if it does not hold:
 * cmocka is not to be had here, because benchmarks are linked with tests/support as well.
 */
#ifndef TESTS_SUPPORT_REQUIRE_H
#define TESTS_SUPPORT_REQUIRE_H

#include <stdbool.h>

#define REQUIRE(what) require_that((what), #what, __FILE__, __LINE__)

void require_that(bool holds, const char *what, const char *file, int line);

#endif
