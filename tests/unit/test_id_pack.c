/* How ids are packed, by what is known of them; and that they come out as they went in. */
#include "metrics/id_pack.h"

#include "tests/support/test.h"

#include <endian.h>
#include <string.h>

#define MOST 6
#define NEW  UINT64_MAX /* nothing is known of this column yet */

static struct pass_column columns[MOST];
static const size_t all[MOST] = {0, 1, 2, 3, 4, 5};
static struct pass pass = {.columns = columns, .column_count = MOST};

/* Columns a to f, of ids in every row. */
static void begin(struct id_pack *pack, const uint64_t *bits)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};

    for (size_t i = 0; i < MOST; i++)
        columns[i] = (struct pass_column){.kind = COLUMN_IDS, .argument = names[i]};
    id_pack_init(pack, &pass);
    for (size_t i = 0; i < MOST; i++)
        if (bits[i] != NEW)
            pack->known[i] = (struct id_known){true, bits[i], 1};
}

static void write(const struct id_pack *pack, size_t count, struct str *out)
{
    str_clear(out);
    for (size_t i = 0; i < count; i++)
        if (id_pack_field(pack, i) == NULL)
            str_add_format(out, "%s ", columns[i].argument);
    for (size_t i = 0; i < id_pack_extras(pack); i++) {
        str_add(out, i > 0 ? ", " : "");
        id_pack_add_extra(pack, i, out);
    }
}

static const struct {
    const char *name;
    uint64_t bits[MOST];
    size_t count;
    const char *sql; /* the columns that stand by themselves, then the extras */
} cases[] = {
    {"a column that is alone stands by itself", {5}, 1, "a "},
    {"what is not known is asked for", {NEW, NEW}, 2, "a b bit_or(a), bit_or(b)"},
    {"one that is known waits for another", {7, NEW}, 2, "a b bit_or(b)"},
    {"two that fit share a number, and the room that is left",
     {7, 1023},
     2,
     "bit_or(a), bit_or(b), string_agg(int8send(coalesce(a, 134217728::bigint) | "
     "(coalesce(b, 17179869184::bigint) << 28)), NULL)"},
    {"three that fit exactly",
     {0x1fffff, 0xfffff, 0xfffff},
     3,
     "bit_or(a), bit_or(b), bit_or(c), string_agg(int8send(coalesce(a, 2097152::bigint) | "
     "(coalesce(b, 1048576::bigint) << 22) | (coalesce(c, 1048576::bigint) << 43)), NULL)"},
    {"the third begins a word, and stands alone in it",
     {0x1fffff, 0x1fffff, 0x1fffff},
     3,
     "c bit_or(a), bit_or(b), string_agg(int8send(coalesce(a, 2147483648::bigint) | "
     "(coalesce(b, 2147483648::bigint) << 32)), NULL)"},
    {"a later one fills a word that has room",
     {0xffffffff, 0xffffffff, 0xff, 0x3fffff},
     4,
     "bit_or(a), bit_or(c), bit_or(b), bit_or(d), "
     "string_agg(int8send(coalesce(a, 8796093022208::bigint) | "
     "(coalesce(c, 524288::bigint) << 44)), NULL), "
     "string_agg(int8send(coalesce(b, 68719476736::bigint) | "
     "(coalesce(d, 67108864::bigint) << 37)), NULL)"},
    {"ids that are 0 or NULL need the one bit",
     {0, UINT64_C(1) << 61},
     2,
     "bit_or(a), bit_or(b), string_agg(int8send(coalesce(a, 1::bigint) | "
     "(coalesce(b, 4611686018427387904::bigint) << 1)), NULL)"},
    {"wide and negative ids have no room for another",
     {1, UINT64_C(1) << 62, UINT64_C(1) << 63},
     3,
     "a b c "},
};

static void test_arrangements(void **state)
{
    struct str sql;

    (void)state;
    str_init(&sql);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct id_pack pack;

        print_message("  %s\n", cases[i].name);
        begin(&pack, cases[i].bits);
        id_pack_arrange(&pack, all, cases[i].count);
        write(&pack, cases[i].count, &sql);
        assert_string_equal(sql.text, cases[i].sql);
        id_pack_arrange(&pack, all, 0);
        assert_int_equal(id_pack_extras(&pack), 0);
        id_pack_release(&pack);
    }
    str_release(&sql);
}

/* Sums, and ids of some rows only, are not packed; nor is what few rows have. */
static void test_who_shares(void **state)
{
    static const uint64_t bits[MOST] = {1, 1, 1, 1, NEW, NEW};
    struct id_pack pack;

    (void)state;
    begin(&pack, bits);
    columns[0].kind = COLUMN_SUM;
    columns[1].filter = "(state_id = 1)";
    columns[4].filter = "(state_id = 1)";
    pack.known[3].share = 0.25;
    id_pack_arrange(&pack, all, MOST);
    assert_int_equal(pack.field_count, 0);
    assert_int_equal(pack.asked_count, 1);
    assert_int_equal(pack.asked[0], 5);
    pack.known[3].share = 0.5;
    id_pack_arrange(&pack, all, MOST);
    assert_int_equal(pack.field_count, 2);
    assert_null(id_pack_field(&pack, 1));
    assert_non_null(id_pack_field(&pack, 2));
    assert_non_null(id_pack_field(&pack, 3));
    id_pack_release(&pack);
}

/* An index tells the bits, until it takes too long. */
static void test_indexed(void **state)
{
    static const uint64_t bits[MOST] = {NEW, NEW, NEW, NEW, NEW, NEW};
    struct id_pack pack;
    struct str sql;

    (void)state;
    str_init(&sql);
    begin(&pack, bits);
    columns[1].indexed = true;
    pass.key.from = "public.issues";
    id_pack_arrange(&pack, all, 2);
    write(&pack, 2, &sql);
    assert_string_equal(sql.text, "a b bit_or(a), (SELECT min(b) FROM public.issues) | "
                                  "(SELECT max(b) FROM public.issues)");
    id_pack_avoid_indexes(&pack);
    write(&pack, 2, &sql);
    assert_string_equal(sql.text, "a b bit_or(a), bit_or(b)");
    id_pack_release(&pack);
    str_release(&sql);
}

static void test_learning(void **state)
{
    static const uint64_t bits[MOST] = {NEW, NEW, NEW, NEW, NEW, NEW};
    struct id_pack pack;

    (void)state;
    begin(&pack, bits);
    id_pack_arrange(&pack, all, 3);
    assert_int_equal(pack.asked_count, 3);
    for (size_t i = 0; i < 3; i++)
        id_pack_learn(&pack, i, 0xff, i == 2 ? 0.1 : 1);
    id_pack_arrange(&pack, all, 3);
    assert_int_equal(pack.field_count, 3);
    assert_int_equal(pack.fields[0].width, 20);
    assert_true(id_pack_fits(&pack, 0, 0xfffff));
    assert_false(id_pack_fits(&pack, 1, 0x100000));
    assert_true(id_pack_fits(&pack, 2, 0));
    /* What was learnt stays, and the room is given anew. */
    id_pack_arrange(&pack, all, 3);
    assert_int_equal(pack.field_count, 3);
    assert_in_range(pack.fields[1].width, 21, 40);
    assert_false(id_pack_fits(&pack, 1, UINT64_MAX));
    id_pack_arrange(&pack, all, 3);
    assert_int_equal(pack.field_count, 0);
    id_pack_release(&pack);
}

/* As the server would put them together. */
static uint64_t word_of(const struct id_pack *pack, const uint64_t *ids)
{
    uint64_t word = 0;

    for (size_t i = 0; i < pack->field_count; i++) {
        const struct id_field *field = &pack->fields[i];
        uint64_t id = ids[field->column];

        word |= (id == NEW ? UINT64_C(1) << field->width : id) << field->shift;
    }
    return htobe64(word);
}

static void test_round_trip(void **state)
{
    static const uint64_t bits[MOST] = {0x1fffff, 0xfffff, 0xfffff, NEW, NEW, NEW};
    static const uint64_t rows[][3] = {
        {0, 0, 0},   {NEW, NEW, NEW},     {0x1fffff, 0xfffff, 0xfffff},
        {1, NEW, 2}, {NEW, 0xfffff, NEW}, {0x100000, 5, 0}};
    static const int64_t distinct[] = {4, 3, 3};
    uint64_t words[COUNT_OF(rows)];
    struct id_pack pack;

    (void)state;
    begin(&pack, bits);
    id_pack_arrange(&pack, all, 3);
    assert_int_equal(pack.word_count, 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        words[i] = word_of(&pack, rows[i]);
    for (size_t i = 0; i < 3; i++) {
        struct id_set *set = id_set_new();

        id_set_add_bytes(set, (const char *)words, sizeof(words),
                         id_pack_bits(id_pack_field(&pack, i)));
        assert_true(id_set_count(set) == distinct[i]);
        for (size_t j = 0; j < COUNT_OF(rows); j++)
            if (rows[j][i] != NEW)
                id_set_add(set, (int64_t)rows[j][i]);
        assert_true(id_set_count(set) == distinct[i]);
        id_set_free(set);
    }
    id_pack_release(&pack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrangements), cmocka_unit_test(test_who_shares),
        cmocka_unit_test(test_indexed),      cmocka_unit_test(test_learning),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
