#include "metrics/id_set.h"

#include "metrics/id_pages.h"

#include "agent/base/memory.h"

#include <endian.h>
#include <roaring/roaring.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Ids are added by this many, sorted by container: three times faster than one by one. */
#define PENDING       16384
#define WORTH_SORTING 256

/* From so many ids on, CRoaring needs as much memory for a page as we. */
#define CROWDED      4096
#define READ_AT_ONCE 1024
/* A page whose ids are fewer among the pending ones is not worth the question whether it is so. */
#define WORTH_ASKING 8

/* No id is in both. */
struct half {
    uint32_t upper; /* with the sign bit flipped, so that they stand in the order of the ids */
    roaring_bitmap_t *lower;
    struct id_pages *pages; /* NULL while there are none */
};

struct id_set {
    struct half *halves; /* sorted */
    size_t count, room;
    uint32_t upper;         /* of all that are pending */
    struct id_pages *pages; /* of the half with this upper; NULL: none */
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
    for (size_t i = 0; i < set->count; i++) {
        roaring_bitmap_free(set->halves[i].lower);
        id_pages_free(set->halves[i].pages);
    }
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

static struct half *insert(struct id_set *set, size_t place, struct half half)
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
    return &set->halves[place];
}

static struct half *find_or_insert(struct id_set *set, uint32_t upper)
{
    size_t place = find(set, upper);

    if (place < set->count && set->halves[place].upper == upper)
        return &set->halves[place];
    return insert(set, place, (struct half){.upper = upper, .lower = roaring_bitmap_create()});
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

/* ---- Moving what is crowded ---- */

static void move_page(struct half *half, uint32_t first)
{
    uint32_t last = first | 65535, ids[READ_AT_ONCE], count;
    roaring_uint32_iterator_t *at = roaring_create_iterator(half->lower);

    if (at == NULL)
        memory_exhausted();
    if (half->pages == NULL)
        half->pages = id_pages_new();
    (void)id_pages_open(half->pages, first);
    (void)roaring_move_uint32_iterator_equalorlarger(at, first);
    do {
        count = roaring_read_uint32_iterator(at, ids, READ_AT_ONCE);
        for (uint32_t i = 0; i < count && ids[i] <= last; i++)
            (void)id_pages_add(half->pages, ids[i]);
    } while (count == READ_AT_ONCE && ids[count - 1] < last);
    roaring_free_uint32_iterator(at);
    roaring_bitmap_remove_range_closed(half->lower, first, last);
}

/* Those pages of which many ids came just now; `ids` are sorted by page. */
static void move_crowded(struct half *half, const uint32_t *ids, size_t count)
{
    for (size_t i = 0, next; i < count; i = next) {
        uint32_t first = ids[i] & ~(uint32_t)65535;

        for (next = i + 1; next < count && (ids[next] ^ first) < 65536;)
            next++;
        if (next - i >= WORTH_ASKING &&
            roaring_bitmap_range_cardinality(half->lower, first, (uint64_t)first + 65536) > CROWDED)
            move_page(half, first);
    }
}

/* ---- Adding ---- */

static void add_pending(struct id_set *set)
{
    const uint32_t *ids = set->pending;
    struct half *half;

    if (set->pending_count == 0)
        return;
    half = find_or_insert(set, set->upper);
    if (set->pending_count >= WORTH_SORTING)
        ids = sort_pending(set);
    roaring_bitmap_add_many(half->lower, set->pending_count, ids);
    if (set->pending_count >= WORTH_SORTING)
        move_crowded(half, ids, set->pending_count);
    set->pages = half->pages;
    set->pending_count = 0;
}

/* Goes on with the ids of another half. */
static void turn_to(struct id_set *set, uint32_t upper)
{
    size_t place;

    add_pending(set);
    place = find(set, upper);
    set->upper = upper;
    set->pages =
        place < set->count && set->halves[place].upper == upper ? set->halves[place].pages : NULL;
}

static inline void add(struct id_set *set, uint64_t id)
{
    uint64_t bits = id ^ (UINT64_C(1) << 63);
    uint32_t upper = (uint32_t)(bits >> 32);

    if (upper != set->upper)
        turn_to(set, upper);
    else if (set->pending_count == PENDING)
        add_pending(set);
    if (set->pages != NULL && id_pages_add(set->pages, (uint32_t)bits))
        return;
    set->pending[set->pending_count++] = (uint32_t)bits;
}

void id_set_add(struct id_set *set, int64_t id)
{
    add(set, (uint64_t)id);
}

void id_set_add_bytes(struct id_set *set, const char *bytes, size_t length, struct id_bits bits)
{
    for (size_t i = 0; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t)) {
        uint64_t id;

        memcpy(&id, bytes + i, sizeof(id));
        id = be64toh(id) >> bits.shift & bits.mask;
        if ((id & bits.none) == 0)
            add(set, id);
    }
}

int64_t id_set_count(struct id_set *set)
{
    uint64_t count = 0;

    add_pending(set);
    for (size_t i = 0; i < set->count; i++) {
        count += roaring_bitmap_get_cardinality(set->halves[i].lower);
        if (set->halves[i].pages != NULL)
            count += id_pages_count(set->halves[i].pages);
    }
    return (int64_t)count;
}

/* ---- Saving ---- */

/* For each half: its upper bits, its pages, the length of its bitmap, the bitmap in CRoaring's
 * portable form. */
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
        id_number_save(half->upper, out);
        id_pages_save(half->pages, out);
        id_number_save((uint32_t)length, out);
        str_add_bytes(out, bytes, length);
        free(bytes);
    }
}

static bool load_bitmap(struct half *half, const unsigned char **at, const unsigned char *end)
{
    roaring_bitmap_t *bitmap;
    uint32_t length;

    if (!id_number_load(&length, at, end) || (size_t)(end - *at) < length)
        return false;
    bitmap = roaring_bitmap_portable_deserialize_safe((const char *)*at, length);
    if (bitmap == NULL)
        return false;
    roaring_bitmap_free(half->lower);
    half->lower = bitmap;
    *at += length;
    return roaring_bitmap_portable_size_in_bytes(bitmap) == length;
}

/* Reads one half and moves on. */
static bool load_half(struct id_set *set, const unsigned char **at, const unsigned char *end)
{
    struct half *half;
    uint32_t upper;

    if (!id_number_load(&upper, at, end) ||
        (set->count > 0 && set->halves[set->count - 1].upper >= upper))
        return false;
    half = find_or_insert(set, upper);
    return id_pages_load(&half->pages, at, end) && load_bitmap(half, at, end);
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
