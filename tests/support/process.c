#include "tests/support/process.h"

#include "tests/support/require.h"

#include <errno.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

bool process_ends_within(pid_t child, int64_t us)
{
    struct pollfd ended = {.fd = pidfd_open(child, 0), .events = POLLIN};
    const struct timespec patience = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    int count;

    REQUIRE(ended.fd >= 0);
    count = ppoll(&ended, 1, &patience, NULL);
    REQUIRE(count >= 0);
    (void)close(ended.fd);
    return count > 0;
}
