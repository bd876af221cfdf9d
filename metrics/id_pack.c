#include "metrics/id_pack.h"

#include "agent/base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64
/* Wider ids, and negative ones, have no room beside another. */
#define WIDEST 62
/* A word is sent for each row, an id only where there is one: so many ids a row are worth it. */
#define WORTH 1.3

void id_pack_init(struct id_pack *pack, const struct pass *pass)
{
    size_t room = pass->column_count + 1;

    *pack = (struct id_pack){.pass = pass};
    pack->known = memory_alloc(room * sizeof(pack->known[0]));
    pack->fields = memory_alloc(room * sizeof(pack->fields[0]));
    pack->asked = memory_alloc(room * sizeof(pack->asked[0]));
}

void id_pack_release(struct id_pack *pack)
{
    free(pack->known);
    free(pack->fields);
    free(pack->asked);
}

/* ---- Arranging ---- */

static unsigned width_of(uint64_t bits)
{
    return bits == 0 ? 0 : WORD_BITS - (unsigned)__builtin_clzll(bits);
}

static bool may_share(const struct id_pack *pack, size_t column)
{
    const struct pass_column *asked = &pack->pass->columns[column];
    const struct id_known *known = &pack->known[column];

    return asked->kind == COLUMN_IDS && asked->filter == NULL &&
           (!known->known || width_of(known->bits) <= WIDEST);
}

static unsigned used_of(const struct id_pack *pack, size_t word)
{
    unsigned used = 0;

    for (size_t i = 0; i < pack->field_count; i++)
        if (pack->fields[i].word == word)
            used += pack->fields[i].width + 1;
    return used;
}

/* Into the first word that has room. */
static void place(struct id_pack *pack, size_t column)
{
    struct id_field field = {.column = column, .width = width_of(pack->known[column].bits)};

    while (field.word < pack->word_count && used_of(pack, field.word) + field.width + 1 > WORD_BITS)
        field.word++;
    if (field.word == pack->word_count)
        pack->word_count++;
    pack->fields[pack->field_count++] = field;
}

static bool is_worth_it(const struct id_pack *pack, size_t word)
{
    double share = 0;

    for (size_t i = 0; i < pack->field_count; i++)
        if (pack->fields[i].word == word)
            share += pack->known[pack->fields[i].column].share;
    return share >= WORTH;
}

/* What is left of a word goes to its fields in equal parts, so that ids may grow. */
static void settle_word(const struct id_pack *pack, size_t word, struct id_field *fields,
                        size_t count)
{
    unsigned spare = WORD_BITS - used_of(pack, word), shift = 0;

    for (size_t i = 0; i < count; i++) {
        fields[i].width += spare / (unsigned)count;
        fields[i].shift = shift;
        shift += fields[i].width + 1;
    }
}

/* Puts the fields in the order of their words, without those of words that are not worth it. */
static void settle_words(struct id_pack *pack)
{
    size_t size = (pack->field_count + 1) * sizeof(struct id_field);
    struct id_field *sorted = memory_alloc(size);
    size_t count = 0, words = 0;

    for (size_t word = 0; word < pack->word_count; word++) {
        size_t first = count;

        if (!is_worth_it(pack, word))
            continue;
        for (size_t i = 0; i < pack->field_count; i++)
            if (pack->fields[i].word == word)
                sorted[count++] = pack->fields[i];
        settle_word(pack, word, sorted + first, count - first);
        for (size_t i = first; i < count; i++)
            sorted[i].word = words;
        words++;
    }
    memcpy(pack->fields, sorted, count * sizeof(*sorted));
    pack->field_count = count;
    pack->word_count = words;
    free(sorted);
}

static void ask_bits(struct id_pack *pack, const size_t *columns, size_t count)
{
    for (size_t i = 0; i < pack->field_count; i++)
        pack->asked[pack->asked_count++] = pack->fields[i].column;
    for (size_t i = 0; i < count; i++)
        if (may_share(pack, columns[i]) && !pack->known[columns[i]].known)
            pack->asked[pack->asked_count++] = columns[i];
}

void id_pack_arrange(struct id_pack *pack, const size_t *columns, size_t count)
{
    size_t sharing = 0;

    pack->field_count = pack->word_count = pack->asked_count = 0;
    for (size_t i = 0; i < count; i++)
        sharing += may_share(pack, columns[i]) ? 1 : 0;
    if (sharing < 2)
        return;
    for (size_t i = 0; i < count; i++)
        if (may_share(pack, columns[i]) && pack->known[columns[i]].known)
            place(pack, columns[i]);
    settle_words(pack);
    ask_bits(pack, columns, count);
}

void id_pack_avoid_indexes(struct id_pack *pack)
{
    pack->avoids_indexes = true;
}

const struct id_field *id_pack_field(const struct id_pack *pack, size_t column)
{
    for (size_t i = 0; pack != NULL && i < pack->field_count; i++)
        if (pack->fields[i].column == column)
            return &pack->fields[i];
    return NULL;
}

/* ---- The statement ---- */

size_t id_pack_extras(const struct id_pack *pack)
{
    return pack != NULL ? pack->asked_count + pack->word_count : 0;
}

/* coalesce(author_id, 2097152::bigint) | (coalesce(project_id, 524288::bigint) << 22) */
static void add_word(const struct id_pack *pack, size_t word, struct str *out)
{
    for (size_t i = 0; i < pack->field_count; i++) {
        const struct id_field *field = &pack->fields[i];

        if (field->word != word)
            continue;
        str_add_format(out, "%scoalesce(%s, %" PRIu64 "::bigint)", field->shift > 0 ? " | (" : "",
                       pack->pass->columns[field->column].argument, UINT64_C(1) << field->width);
        if (field->shift > 0)
            str_add_format(out, " << %u)", field->shift);
    }
}

/* All ids lie between the lowest and the highest, which the index tells of the same moment: no
 * higher bit is set than in those two, and one that is negative has the highest of all. */
static void add_bits(const struct id_pack *pack, const struct pass_column *column, struct str *out)
{
    if (!column->indexed || pack->avoids_indexes)
        str_add_format(out, "bit_or(%s)", column->argument);
    else
        str_add_format(out, "(SELECT min(%s) FROM %s) | (SELECT max(%s) FROM %s)", column->argument,
                       pack->pass->key.from, column->argument, pack->pass->key.from);
}

void id_pack_add_extra(const struct id_pack *pack, size_t index, struct str *out)
{
    if (index < pack->asked_count) {
        add_bits(pack, &pack->pass->columns[pack->asked[index]], out);
        return;
    }
    str_add(out, "string_agg(int8send(");
    add_word(pack, index - pack->asked_count, out);
    str_add(out, "), NULL)");
}

/* ---- The answer ---- */

bool id_pack_fits(struct id_pack *pack, size_t field, uint64_t bits)
{
    pack->known[pack->fields[field].column].bits |= bits;
    return width_of(bits) <= pack->fields[field].width;
}

void id_pack_learn(struct id_pack *pack, size_t asked, uint64_t bits, double share)
{
    pack->known[pack->asked[asked]] = (struct id_known){true, bits, share};
}

struct id_bits id_pack_bits(const struct id_field *field)
{
    uint64_t none = UINT64_C(1) << field->width;

    return (struct id_bits){.shift = field->shift, .mask = 2 * none - 1, .none = none};
}
