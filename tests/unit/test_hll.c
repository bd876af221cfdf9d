#include "metrics/hll.h"

#include "tests/support/test.h"

#include <string.h>

#define HEADER     "HYLL\1\0\0\0\0\0\0\0\0\0\0\0"
#define HEADER_LEN 16
#define DENSE_LEN  (HEADER_LEN + HLL_REGISTERS * 6 / 8)

/* What Redis 7 keeps after PFADD k a b c; the cached cardinality says 99 here instead of 3. */
static const uint8_t abc[] = {'H',  'Y',  'L',  'L',  1,    0,    0,    0,    99,
                              0,    0,    0,    0,    0,    0,    0,    0x60, 0xf3,
                              0x80, 0x50, 0xb1, 0x84, 0x4b, 0xfb, 0x80, 0x42, 0x5a};

static struct error err;

static bool merges(struct hll *hll, const void *bytes, size_t length)
{
    err = (struct error){0};
    return hll_merge(hll, bytes, length, &err);
}

/* The dense form of registers, one bit at a time: slow and plainly right. */
static void make_dense(const uint8_t registers[HLL_REGISTERS], uint8_t out[DENSE_LEN])
{
    memset(out, 0, DENSE_LEN);
    memcpy(out, "HYLL", 4);
    for (size_t i = 0; i < HLL_REGISTERS * 6; i++)
        if ((registers[i / 6] >> (i % 6) & 1) != 0)
            out[HEADER_LEN + i / 8] |= (uint8_t)(1U << (i % 8));
}

/* Register values as a large set leaves them: each next value half as often; seeded. */
static void fill(uint8_t registers[HLL_REGISTERS], uint64_t seed)
{
    uint64_t x = seed * 2654435761U + 88172645463325252U;

    for (size_t i = 0; i < HLL_REGISTERS; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        registers[i] = (uint8_t)__builtin_ctzll(x | 1ULL << 50);
        if ((x >> 56) == 0)
            registers[i] = (uint8_t)((x >> 40) % 52);
    }
}

static void a_sparse_string_of_redis(void **state)
{
    struct hll hll = {{0}};

    (void)state;
    assert_true(merges(&hll, abc, sizeof abc));
    assert_int_equal(3, hll_count(&hll));
    assert_true(merges(&hll, abc, sizeof abc));
    assert_int_equal(3, hll_count(&hll));
}

static void the_empty_set(void **state)
{
    struct hll hll = {{0}};

    (void)state;
    assert_int_equal(0, hll_count(&hll));
    assert_true(merges(&hll, HEADER "\x7f\xff", HEADER_LEN + 2));
    assert_int_equal(0, hll_count(&hll));
}

static void dense_registers_are_the_packed_ones(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        static uint8_t registers[HLL_REGISTERS], dense[DENSE_LEN];
        struct hll hll = {{0}};

        fill(registers, seed);
        make_dense(registers, dense);
        assert_true(merges(&hll, dense, sizeof dense));
        assert_memory_equal(registers, hll.registers, HLL_REGISTERS);
    }
}

static void a_union_keeps_the_larger_register(void **state)
{
    static uint8_t a[HLL_REGISTERS], b[HLL_REGISTERS], dense[DENSE_LEN];
    struct hll hll = {{0}};

    (void)state;
    fill(a, 101);
    fill(b, 102);
    make_dense(a, dense);
    assert_true(merges(&hll, dense, sizeof dense));
    make_dense(b, dense);
    assert_true(merges(&hll, dense, sizeof dense));
    for (size_t i = 0; i < HLL_REGISTERS; i++)
        assert_int_equal(a[i] > b[i] ? a[i] : b[i], hll.registers[i]);
    assert_true(merges(&hll, abc, sizeof abc));
    assert_true(hll.registers[0x20f3 + 1] >= 1);
}

static void registers_beyond_what_hashes_give(void **state)
{
    static uint8_t registers[HLL_REGISTERS], dense[DENSE_LEN];
    struct hll hll = {{0}};

    (void)state;
    for (size_t i = 0; i < HLL_REGISTERS; i++)
        registers[i] = 51;
    make_dense(registers, dense);
    assert_true(merges(&hll, dense, sizeof dense));
    assert_int_equal(UINT64_C(1) << 62, hll_count(&hll));
    registers[12345] = 52;
    make_dense(registers, dense);
    assert_false(merges(&hll, dense, sizeof dense));
    assert_non_null(strstr(err.text, "largest value"));
}

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
    const char *name, *bytes;
    size_t length;
    const char *says;
} damaged[] = {
    {"an empty string", BYTES(""), "not a HyperLogLog"},
    {"another string", BYTES("hello, this is text"), "not a HyperLogLog"},
    {"a number", BYTES("42"), "not a HyperLogLog"},
    {"a cut header", BYTES("HYLL\1\0\0\0"), "not a HyperLogLog"},
    {"a wrong magic", BYTES("HYLK\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff"), "not a HyperLogLog"},
    {"an unknown encoding", BYTES("HYLL\2\0\0\0\0\0\0\0\0\0\0\0\x7f\xff"), "unknown encoding 2"},
    {"a sparse one without runs", BYTES(HEADER), "damaged"},
    {"runs that end too early", BYTES(HEADER "\x7f\xfe"), "damaged"},
    {"runs past the last register", BYTES(HEADER "\x7f\xff\x00"), "damaged"},
    {"a value past the last register", BYTES(HEADER "\x7f\xfe\x81"), "damaged"},
    {"a run cut in its middle", BYTES(HEADER "\x40\x00\x7f"), "damaged"},
    {"a dense one that is too short", BYTES("HYLL\0\0\0\0\0\0\0\0\0\0\0\0\0"), "17 bytes"},
};

static void damaged_strings_give_no_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct hll hll = {{0}};

        print_message("# %s\n", damaged[i].name);
        assert_false(merges(&hll, damaged[i].bytes, damaged[i].length));
        assert_int_equal(ERROR_INVALID, err.kind);
        assert_non_null(strstr(err.text, damaged[i].says));
    }
}

static void a_dense_one_that_is_too_long(void **state)
{
    static uint8_t dense[DENSE_LEN + 1];
    struct hll hll = {{0}};

    (void)state;
    memcpy(dense, HEADER, HEADER_LEN);
    dense[4] = 0;
    assert_true(merges(&hll, dense, DENSE_LEN));
    assert_false(merges(&hll, dense, DENSE_LEN + 1));
    assert_false(merges(&hll, dense, DENSE_LEN - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sparse_string_of_redis),
        cmocka_unit_test(the_empty_set),
        cmocka_unit_test(dense_registers_are_the_packed_ones),
        cmocka_unit_test(a_union_keeps_the_larger_register),
        cmocka_unit_test(registers_beyond_what_hashes_give),
        cmocka_unit_test(damaged_strings_give_no_number),
        cmocka_unit_test(a_dense_one_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
