#include "tests/support/require.h"

#include <stdio.h>
#include <stdlib.h>

void require_that(bool holds, const char *what, const char *file, int line)
{
    if (holds)
        return;
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
    abort();
}
