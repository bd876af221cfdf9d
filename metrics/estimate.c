#include "metrics/estimate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Below this many the buckets that are empty say more than the ranks of those that are not. */
#define SMALL (2.5 * ESTIMATE_BUCKETS)
/* GitLab's own: 0.7213 is not 1/(2 ln 2) to the last digit. */
#define ALPHA    (0.7213 / (1 + 1.079 / ESTIMATE_BUCKETS))
#define TOP_RANK 32

/* The next number of the list, behind which stands a comma or the end; -1: there is none. */
static long next_number(const char **at)
{
    char *end;
    long number;

    if (**at < '0' || **at > '9')
        return -1;
    number = strtol(*at, &end, 10);
    *at = end + (*end == ',' ? 1 : 0);
    if (number / ESTIMATE_RANKS >= ESTIMATE_BUCKETS || number % ESTIMATE_RANKS == 0 ||
        number % ESTIMATE_RANKS > TOP_RANK || (*end != ',' && *end != '}'))
        return -1;
    return number;
}

bool estimate_add(struct estimate *estimate, const char *list)
{
    struct estimate sum = *estimate;
    const char *at = list + 1;

    if (*list != '{')
        return false;
    while (*at != '}') {
        long number = next_number(&at);
        unsigned char *rank;

        if (number < 0)
            return false;
        rank = &sum.ranks[number / ESTIMATE_RANKS];
        if (number % ESTIMATE_RANKS > *rank)
            *rank = (unsigned char)(number % ESTIMATE_RANKS);
    }
    if (at[1] != '\0')
        return false;
    *estimate = sum;
    return true;
}

/* The shortest text that is this very double, as Ruby writes it: with a digit behind the point. */
static void write_double(double number, struct str *out)
{
    char text[32];
    bool whole = floor(number) == number;

    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    str_add_format(out, "%s%s", text, whole ? ".0" : "");
}

void estimate_write(const struct estimate *estimate, struct str *out)
{
    double empty = 0, harmonic = 0, many;

    /* Each of these is a whole number of 2^-32, so that the sums are exact in any order. */
    for (size_t i = 0; i < ESTIMATE_BUCKETS; i++) {
        if (estimate->ranks[i] == 0)
            empty++;
        else
            harmonic += ldexp(1, -estimate->ranks[i]);
    }
    many = trunc((double)(ESTIMATE_BUCKETS * ESTIMATE_BUCKETS) * ALPHA / (empty + harmonic));
    if (empty > 0 && many < SMALL)
        write_double(ESTIMATE_BUCKETS * log(ESTIMATE_BUCKETS / empty), out);
    else
        str_add_format(out, "%" PRId64, (int64_t)many);
}
