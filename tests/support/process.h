/* Waiting for a process as for anything else that has a descriptor. */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether a child has ended, or does within that time; it is still to be waited for. */
bool process_ends_within(pid_t child, int64_t us);

#endif
