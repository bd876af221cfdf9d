#include "metrics/id_set.h"

#include "agent/base/memory.h"

#include <roaring/roaring.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Ids are added by this many, sorted by container: three times faster than one by one. */
#define PENDING       16384
#define WORTH_SORTING 256

struct half {
    uint32_t upper; /* with the sign bit flipped, so that they stand in the order of the ids */
    roaring_bitmap_t *lower;
};

struct id_set {
    struct half *halves; /* sorted */
    size_t count, room;
    uint32_t upper; /* of all that are pending */
    size_t pending_count;
    uint32_t pending[PENDING], sorted[PENDING];
};

struct id_set *id_set_new(void)
{
    return memory_alloc(sizeof(struct id_set));
}

void id_set_free(struct id_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        roaring_bitmap_free(set->halves[i].lower);
    free(set->halves);
    free(set);
}

/* The place of the first that is not below. */
static size_t find(const struct id_set *set, uint32_t upper)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->halves[middle].upper < upper)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct id_set *set, size_t place, struct half half)
{
    if (half.lower == NULL)
        memory_exhausted();
    if (set->count == set->room) {
        set->room = set->room == 0 ? 4 : 2 * set->room;
        set->halves = memory_resize(set->halves, set->room * sizeof(set->halves[0]));
    }
    memmove(&set->halves[place + 1], &set->halves[place],
            (set->count - place) * sizeof(set->halves[0]));
    set->halves[place] = half;
    set->count++;
}

/* One pass of a radix sort, by the eight bits above `shift`. False: they are the same in all. */
static bool sort_by(const uint32_t *from, uint32_t *to, size_t count, unsigned shift)
{
    uint32_t places[257] = {0};

    for (size_t i = 0; i < count; i++)
        places[(from[i] >> shift & 255) + 1]++;
    if (places[(from[0] >> shift & 255) + 1] == count)
        return false;
    for (size_t i = 0; i < 256; i++)
        places[i + 1] += places[i];
    for (size_t i = 0; i < count; i++)
        to[places[from[i] >> shift & 255]++] = from[i];
    return true;
}

/* By container, which are the upper 16 bits; says where they stand afterwards. */
static const uint32_t *sort_pending(struct id_set *set)
{
    uint32_t *at = set->pending, *room = set->sorted;

    for (unsigned shift = 16; shift < 32; shift += 8)
        if (sort_by(at, room, set->pending_count, shift)) {
            uint32_t *sorted = room;

            room = at;
            at = sorted;
        }
    return at;
}

static void add_pending(struct id_set *set)
{
    size_t place = find(set, set->upper);
    const uint32_t *ids = set->pending;

    if (set->pending_count == 0)
        return;
    if (set->pending_count >= WORTH_SORTING)
        ids = sort_pending(set);
    if (place == set->count || set->halves[place].upper != set->upper)
        insert(set, place, (struct half){.upper = set->upper, .lower = roaring_bitmap_create()});
    roaring_bitmap_add_many(set->halves[place].lower, set->pending_count, ids);
    set->pending_count = 0;
}

void id_set_add(struct id_set *set, int64_t id)
{
    uint64_t bits = (uint64_t)id ^ (UINT64_C(1) << 63);
    uint32_t upper = (uint32_t)(bits >> 32);

    if (set->pending_count == PENDING || upper != set->upper)
        add_pending(set);
    set->upper = upper;
    set->pending[set->pending_count++] = (uint32_t)bits;
}

int64_t id_set_count(struct id_set *set)
{
    uint64_t count = 0;

    add_pending(set);
    for (size_t i = 0; i < set->count; i++)
        count += roaring_bitmap_get_cardinality(set->halves[i].lower);
    return (int64_t)count;
}

static void add_number(struct str *out, uint32_t number)
{
    for (int shift = 0; shift < 32; shift += 8)
        str_add_char(out, (char)(number >> shift));
}

static uint32_t read_number(const unsigned char *bytes)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)bytes[i] << (8 * i);
    return number;
}

/* For each half: its upper bits, the length of its bitmap, the bitmap in CRoaring's portable form.
 */
void id_set_save(struct id_set *set, struct str *out)
{
    add_pending(set);
    for (size_t i = 0; i < set->count; i++) {
        const struct half *half = &set->halves[i];
        size_t length;
        char *bytes;

        length = roaring_bitmap_portable_size_in_bytes(half->lower);
        bytes = memory_alloc(length);
        (void)roaring_bitmap_portable_serialize(half->lower, bytes);
        add_number(out, half->upper);
        add_number(out, (uint32_t)length);
        str_add_bytes(out, bytes, length);
        free(bytes);
    }
}

/* Reads one half and moves on. */
static bool load_half(struct id_set *set, const unsigned char **at, const unsigned char *end)
{
    struct half half;
    size_t length;

    if (end - *at < 8)
        return false;
    half.upper = read_number(*at);
    length = read_number(*at + 4);
    *at += 8;
    if ((size_t)(end - *at) < length ||
        (set->count > 0 && set->halves[set->count - 1].upper >= half.upper))
        return false;
    half.lower = roaring_bitmap_portable_deserialize_safe((const char *)*at, length);
    if (half.lower == NULL)
        return false;
    insert(set, set->count, half);
    *at += length;
    return roaring_bitmap_portable_size_in_bytes(half.lower) == length;
}

struct id_set *id_set_load(const void *bytes, size_t length)
{
    struct id_set *set = id_set_new();
    const unsigned char *at = bytes, *end = at + length;

    while (at < end)
        if (!load_half(set, &at, end)) {
            id_set_free(set);
            return NULL;
        }
    return set;
}
