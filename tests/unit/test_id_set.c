#include "metrics/id_set.h"

#include "tests/support/test.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t count;
    int64_t ids[8];
    int64_t distinct;
} cases[] = {
    {"nothing", 0, {0}, 0},
    {"the same id again and again", 4, {7, 7, 7, 7}, 1},
    {"ids on both sides of zero", 4, {-1, 0, 1, -1}, 3},
    {"the ends of sixty-four bits", 4, {INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX}, 2},
    {"equal lower halves are different ids",
     3,
     {5, 5 + (INT64_C(1) << 32), 5 - (INT64_C(1) << 32)},
     3},
    {"the ends of thirty-two bits",
     4,
     {UINT32_MAX, INT64_C(1) + UINT32_MAX, INT32_MIN, INT32_MAX},
     4},
};

/* The count, and the count of what was saved and loaded again. */
static void assert_distinct(struct id_set *set, int64_t distinct)
{
    struct id_set *again;
    struct str bytes;

    str_init(&bytes);
    assert_true(id_set_count(set) == distinct);
    id_set_save(set, &bytes);
    again = id_set_load(bytes.text, bytes.length);
    assert_non_null(again);
    assert_true(id_set_count(again) == distinct);
    for (size_t cut = 1; cut < bytes.length; cut++)
        if (cut % 97 == 1 && distinct < 10)
            assert_null(id_set_load(bytes.text, cut));
    id_set_free(again);
    str_release(&bytes);
}

static void test_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct id_set *set = id_set_new();

        print_message("  %s\n", cases[i].name);
        for (size_t j = 0; j < cases[i].count; j++)
            id_set_add(set, cases[i].ids[j]);
        assert_distinct(set, cases[i].distinct);
        id_set_free(set);
    }
}

static int compare_ids(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static int64_t count_sorted(int64_t *ids, size_t count)
{
    int64_t distinct = count > 0;

    qsort(ids, count, sizeof(ids[0]), compare_ids);
    for (size_t i = 1; i < count; i++)
        distinct += ids[i] != ids[i - 1];
    return distinct;
}

/* Random ids within `width` of `centre`, counted by sorting as well. */
static void test_random(void **state)
{
    static const struct {
        const char *name;
        int64_t centre, width;
    } rows[] = {
        {"close ids", 1000000, 20000},
        {"ids around zero", 0, 60000},
        {"wide ids", INT64_C(1) << 40, INT64_C(1) << 38},
        {"a few ids many times", -5, 10},
        {"crowded pages on both sides of zero", 0, 30000},
        {"crowded pages at the end of thirty-two bits", UINT32_MAX, 150000},
        {"pages that are crowded late", -3000000, 400000},
    };
    static int64_t ids[200000];

    (void)state;
    srand48(20261121);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct id_set *set = id_set_new();

        print_message("  %s\n", rows[i].name);
        for (size_t j = 0; j < COUNT_OF(ids); j++) {
            ids[j] = rows[i].centre + (int64_t)((drand48() - 0.5) * (double)rows[i].width);
            id_set_add(set, ids[j]);
            /* Asking in between changes nothing. */
            if (j == 12345)
                (void)id_set_count(set);
        }
        assert_distinct(set, count_sorted(ids, COUNT_OF(ids)));
        id_set_free(set);
    }
}

static void test_goes_on_after_saving(void **state)
{
    struct id_set *set = id_set_new(), *again;
    struct str bytes;

    (void)state;
    str_init(&bytes);
    for (int64_t id = 0; id < 30000; id++)
        id_set_add(set, id * 3);
    id_set_save(set, &bytes);
    again = id_set_load(bytes.text, bytes.length);
    assert_non_null(again);
    for (int64_t id = 0; id < 60000; id++)
        id_set_add(again, id);
    assert_true(id_set_count(again) == 60000 + 10000);
    assert_distinct(again, 60000 + 10000);
    id_set_free(again);
    id_set_free(set);
    str_release(&bytes);
}

/* Ids as the server sends them, a set's own and another one's added in turns. */
static void test_bytes(void **state)
{
    struct id_set *by_bytes = id_set_new(), *one_by_one = id_set_new();

    (void)state;
    for (int64_t part = 0; part < 50; part++) {
        uint64_t bytes[5000];

        for (size_t i = 0; i < COUNT_OF(bytes); i++) {
            int64_t id = (part % 7 - 3) * (INT64_C(1) << 32) + (int64_t)(i * i % 70001) - 900;

            bytes[i] = htobe64((uint64_t)id);
            id_set_add(one_by_one, id);
        }
        id_set_add_bytes(by_bytes, (const char *)bytes, sizeof(bytes), ID_BITS_ALL);
    }
    assert_true(id_set_count(by_bytes) > 7 * 4096);
    assert_distinct(by_bytes, id_set_count(one_by_one));
    id_set_free(by_bytes);
    id_set_free(one_by_one);
}

static void test_foreign_bytes(void **state)
{
    static const char *const texts[] = {"x", "12345678", "\0\0\0\0\377\377\377\377",
                                        "not a set of ids"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_null(id_set_load(texts[i], i == 2 ? 8 : strlen(texts[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_goes_on_after_saving),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_foreign_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
