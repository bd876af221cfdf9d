#include "tests/support/chance.h"

#include <stdlib.h>

long below(long n)
{
    return lrand48() % n;
}

const char *one_of(const char *const *texts, size_t count)
{
    return texts[below((long)count)];
}
