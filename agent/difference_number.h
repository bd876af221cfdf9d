/* How far two numbers in decimal text are apart, without passing through a double. Pure. */
#ifndef AGENT_DIFFERENCE_NUMBER_H
#define AGENT_DIFFERENCE_NUMBER_H

#include "agent/base/arena.h"

/*
 * "+34" and "+2.8": what `after` has more than `before`, and that in hundredths of `before`,
 * rounded to one place; NULL for what cannot be said: of anything but plain numbers, of numbers
 * beyond 18 places, and of hundredths of 0.
 */
void difference_number(const char *before, const char *after, struct arena *arena, const char **by,
                       const char **percent);

#endif
