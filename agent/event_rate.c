#include "agent/event_rate.h"

#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct bucket {
    const char *name;
    int64_t credit_us; /* an event costs a second divided by the limit */
    int64_t at_us;
};

struct event_rate {
    int64_t per_second;
    struct arena *arena;
    struct bucket *buckets; /* sorted by name */
    size_t count;
};

struct event_rate *event_rate_new(int64_t per_second)
{
    struct event_rate *rate = memory_alloc(sizeof *rate);

    *rate = (struct event_rate){.per_second = per_second, .arena = arena_new()};
    return rate;
}

void event_rate_free(struct event_rate *rate)
{
    if (rate == NULL)
        return;
    arena_free(rate->arena);
    free(rate);
}

static size_t place_of(const struct event_rate *rate, const char *name)
{
    size_t low = 0, high = rate->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(rate->buckets[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct bucket *bucket_of(struct event_rate *rate, const char *name, int64_t now_us)
{
    size_t place = place_of(rate, name);

    if (place < rate->count && strcmp(rate->buckets[place].name, name) == 0)
        return &rate->buckets[place];
    rate->buckets = arena_grow(rate->arena, rate->buckets, rate->count, sizeof rate->buckets[0]);
    memmove(&rate->buckets[place + 1], &rate->buckets[place],
            (rate->count - place) * sizeof rate->buckets[0]);
    rate->buckets[place] = (struct bucket){arena_copy(rate->arena, name), US_PER_SECOND, now_us};
    rate->count++;
    return &rate->buckets[place];
}

bool event_rate_take(struct event_rate *rate, const char *name, int64_t now_us, struct error *err)
{
    struct bucket *bucket;
    int64_t cost_us, credit_us;

    if (rate->per_second == 0)
        return true;
    bucket = bucket_of(rate, name, now_us);
    cost_us = US_PER_SECOND / rate->per_second;
    credit_us = bucket->credit_us + (now_us - bucket->at_us);
    bucket->credit_us = credit_us < US_PER_SECOND ? credit_us : US_PER_SECOND;
    bucket->at_us = now_us;
    if (bucket->credit_us < cost_us)
        return error_set(err, ERROR_UNAVAILABLE,
                         "the event '%s' comes more often than %" PRId64
                         " times a second (events.rate_limit)",
                         name, rate->per_second);
    bucket->credit_us -= cost_us;
    return true;
}
