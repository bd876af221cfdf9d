#include "metrics/walked_key.h"

#include <string.h>

/* Ranges of ctid are scanned as such from this version on; earlier ones read the whole table. */
#define VERSION_WITH_BLOCKS 140000

static bool is_skewed(const struct walked_key_request *request, const struct index_facts *index)
{
    return !index->unique && index->column.has_statistics &&
           (double)request->relation->rows * index->column.most_common >
               (double)request->piece_rows;
}

bool walked_key_is_even(const struct walked_key_request *request, const struct index_facts *index)
{
    return index->unique || request->relation->rows <= request->piece_rows ||
           (index->column.has_statistics && !is_skewed(request, index));
}

/* The integer form of the first column. */
static struct walked_key by_first(const struct index_facts *index)
{
    return (struct walked_key){
        .type = key_type_of(index->column.type), .columns = &index->column.name, .column_count = 1};
}

static bool has_integer_form(const struct index_facts *index)
{
    return key_type_of(index->column.type) != KEY_NONE;
}

/* A primary key of one number is best. */
static int fitness(const struct index_facts *index)
{
    return (index->primary ? 8 : 0) + (index->unique ? 4 : 0) +
           (key_type_of(index->column.type) == KEY_INTEGER ? 2 : 0) + 1;
}

static int fitness_of_key(const struct walked_key_request *request, const struct index_facts *index)
{
    bool is_key = index->primary || index->unique || index->unique_never_null;

    return is_key && index->never_null && has_integer_form(index) &&
                   walked_key_is_even(request, index)
               ? fitness(index)
               : 0;
}

/* The fewer columns there are to compare, the better. */
static int fitness_of_tuple(const struct walked_key_request *request,
                            const struct index_facts *index)
{
    (void)request;
    if (!index->unique_never_null || !index->plain_order)
        return 0;
    return 1000 - 2 * (int)index->key_count + (index->primary ? 1 : 0);
}

static bool has_blocks(const struct walked_key_request *request)
{
    return strchr("rm", request->relation->kind) != NULL && !request->relation->has_heirs &&
           request->server_version >= VERSION_WITH_BLOCKS;
}

/* Ranges of a key that is not unique are as exact; but a value with most rows would be one piece,
 * so that where blocks can be walked, it must be known that there is none. */
static int fitness_of_column(const struct walked_key_request *request,
                             const struct index_facts *index)
{
    bool fits =
        has_blocks(request) ? walked_key_is_even(request, index) : !is_skewed(request, index);

    return fits && index->never_null && has_integer_form(index) ? fitness(index) : 0;
}

static const struct index_facts *best_index(const struct walked_key_request *request,
                                            int (*fitness_of)(const struct walked_key_request *,
                                                              const struct index_facts *))
{
    const struct index_facts *best = NULL;
    int most = 0;

    for (size_t i = 0; i < request->relation->index_count; i++) {
        int fits = fitness_of(request, &request->relation->indexes[i]);

        if (fits <= most)
            continue;
        most = fits;
        best = &request->relation->indexes[i];
    }
    return best;
}

struct walked_key walked_key_choose(const struct walked_key_request *request)
{
    static const char *const ctid[] = {"ctid"};
    struct walked_key blocks = {.type = KEY_BLOCK, .columns = ctid, .column_count = 1};
    const struct index_facts *index = best_index(request, fitness_of_key);

    blocks.by_wish = request->fast;
    if (request->fast && has_blocks(request))
        return blocks;
    if (index != NULL)
        return by_first(index);
    index = best_index(request, fitness_of_tuple);
    if (index != NULL)
        return (struct walked_key){
            .type = KEY_TUPLE, .columns = index->columns, .column_count = index->key_count};
    index = best_index(request, fitness_of_column);
    if (index != NULL)
        return by_first(index);
    if (has_blocks(request))
        return blocks;
    return (struct walked_key){.type = KEY_NONE};
}

static bool holds(const struct index_facts *index, const char *const *needed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        while (at < index->column_count && strcmp(index->columns[at], needed[i]) != 0)
            at++;
        if (at == index->column_count)
            return false;
    }
    return true;
}

struct walked_key walked_key_of_values(const struct walked_key_request *request, const char *column,
                                       const char *const *needed, size_t needed_count)
{
    for (size_t i = 0; i < request->relation->index_count; i++) {
        const struct index_facts *index = &request->relation->indexes[i];

        if (request->relation->has_heirs || strcmp(index->column.name, column) != 0 ||
            is_skewed(request, index) || !holds(index, needed, needed_count))
            continue;
        if (has_integer_form(index))
            return by_first(index);
        if (index->plain_order)
            return (struct walked_key){
                .type = KEY_TUPLE, .columns = &index->column.name, .column_count = 1};
    }
    return (struct walked_key){.type = KEY_NONE};
}
