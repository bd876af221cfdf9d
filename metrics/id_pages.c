#include "metrics/id_pages.h"

#include "agent/base/memory.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE (ID_PAGE_WORDS * sizeof(uint64_t))

struct id_pages *id_pages_new(void)
{
    return memory_alloc(sizeof(struct id_pages));
}

void id_pages_free(struct id_pages *pages)
{
    for (size_t i = 0; pages != NULL && i < ID_PAGE_COUNT; i++)
        free(pages->of[i]);
    free(pages);
}

uint64_t *id_pages_open(struct id_pages *pages, uint32_t number)
{
    uint64_t **page = &pages->of[number >> 16];

    if (*page == NULL)
        *page = memory_alloc(PAGE_SIZE);
    return *page;
}

uint64_t id_pages_count(const struct id_pages *pages)
{
    uint64_t count = 0;

    for (size_t i = 0; i < ID_PAGE_COUNT; i++)
        for (size_t j = 0; pages->of[i] != NULL && j < ID_PAGE_WORDS; j++)
            count += (uint64_t)__builtin_popcountll(pages->of[i][j]);
    return count;
}

/* ---- Saving ---- */

void id_number_save(uint32_t number, struct str *out)
{
    uint32_t bytes = htole32(number);

    str_add_bytes(out, &bytes, sizeof(bytes));
}

bool id_number_load(uint32_t *number, const unsigned char **at, const unsigned char *end)
{
    if ((size_t)(end - *at) < sizeof(*number))
        return false;
    memcpy(number, *at, sizeof(*number));
    *number = le32toh(*number);
    *at += sizeof(*number);
    return true;
}

static void save_page(const uint64_t *page, struct str *out)
{
    uint64_t words[ID_PAGE_WORDS];

    for (size_t i = 0; i < ID_PAGE_WORDS; i++)
        words[i] = htole64(page[i]);
    str_add_bytes(out, words, sizeof(words));
}

static void load_page(uint64_t *page, const unsigned char *bytes)
{
    memcpy(page, bytes, PAGE_SIZE);
    for (size_t i = 0; i < ID_PAGE_WORDS; i++)
        page[i] = le64toh(page[i]);
}

void id_pages_save(const struct id_pages *pages, struct str *out)
{
    uint32_t count = 0;

    for (uint32_t i = 0; pages != NULL && i < ID_PAGE_COUNT; i++)
        count += pages->of[i] != NULL;
    id_number_save(count, out);
    for (uint32_t i = 0; count > 0 && i < ID_PAGE_COUNT; i++)
        if (pages->of[i] != NULL) {
            id_number_save(i, out);
            save_page(pages->of[i], out);
        }
}

bool id_pages_load(struct id_pages **pages, const unsigned char **at, const unsigned char *end)
{
    uint32_t count, place, least = 0;

    if (!id_number_load(&count, at, end) || count > ID_PAGE_COUNT ||
        (size_t)(end - *at) / (sizeof(place) + PAGE_SIZE) < count)
        return false;
    *pages = count > 0 ? id_pages_new() : NULL;
    for (uint32_t i = 0; i < count; i++, least = place + 1) {
        if (!id_number_load(&place, at, end) || place < least || place >= ID_PAGE_COUNT)
            return false;
        load_page(id_pages_open(*pages, place << 16), *at);
        *at += PAGE_SIZE;
    }
    return true;
}
