#include "agent/difference_number.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MOST_PLACES = 18 };

/* Units of 10^-scale, of numbers with at most MOST_PLACES places: differences fit as well. */
struct fixed {
    int64_t units;
    unsigned scale;
};

static bool read_fixed(const char *text, struct fixed *out)
{
    bool negative = text[0] == '-', behind = false;
    unsigned places = 0;

    *out = (struct fixed){0};
    text += negative ? 1 : 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text == '.' && !behind) {
            behind = true;
            continue;
        }
        if (*text < '0' || *text > '9' || ++places > MOST_PLACES)
            return false;
        out->units = out->units * 10 + (*text - '0');
        out->scale += behind ? 1 : 0;
    }
    if (negative)
        out->units = -out->units;
    return true;
}

static bool widen(struct fixed *number, unsigned scale)
{
    for (; number->scale < scale; number->scale++)
        if (__builtin_mul_overflow(number->units, 10, &number->units))
            return false;
    return true;
}

static const char *write_fixed(int64_t units, unsigned scale, struct arena *arena)
{
    uint64_t size = units < 0 ? 0 - (uint64_t)units : (uint64_t)units, unit = 1;
    const char *sign = units < 0 ? "-" : "+";

    for (unsigned i = 0; i < scale; i++)
        unit *= 10;
    if (scale == 0)
        return arena_format(arena, "%s%llu", sign, (unsigned long long)size);
    return arena_format(arena, "%s%llu.%0*llu", sign, (unsigned long long)(size / unit), (int)scale,
                        (unsigned long long)(size % unit));
}

/* A ratio for people: here a double is good enough. */
static const char *write_percent(int64_t by, int64_t of, struct arena *arena)
{
    double share = 100.0 * (double)by / (of < 0 ? -(double)of : (double)of);

    return arena_format(arena, "%+.1f", share);
}

void difference_number(const char *before, const char *after, struct arena *arena, const char **by,
                       const char **percent)
{
    struct fixed from, to;
    int64_t change;

    *by = *percent = NULL;
    if (!read_fixed(before, &from) || !read_fixed(after, &to) || !widen(&from, to.scale) ||
        !widen(&to, from.scale) || __builtin_sub_overflow(to.units, from.units, &change))
        return;
    *by = write_fixed(change, to.scale, arena);
    if (from.units != 0)
        *percent = write_percent(change, from.units, arena);
}
