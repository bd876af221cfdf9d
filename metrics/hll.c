#include "metrics/hll.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#define HEADER_SIZE    16
#define DENSE_SIZE     (HEADER_SIZE + HLL_REGISTERS * 6 / 8)
#define ENCODING_AT    4
#define HISTOGRAM_SIZE 64
#define Q              50 /* 64 bits of hash less 14 of register index */
#define LARGEST        (Q + 1)
#define LARGEST_COUNT  (UINT64_C(1) << 62)

enum encoding { DENSE, SPARSE };

/*
 * Four registers stand in three bytes, the first in the lowest bits. Eight at a time: six bytes
 * become two lanes of 24 bits in one word, whose four fields then move apart into bytes.
 */
static uint64_t spread(const uint8_t *packed)
{
    uint32_t low;
    uint16_t high;
    uint64_t bits, lanes;

    memcpy(&low, packed, sizeof low);
    memcpy(&high, packed + sizeof low, sizeof high);
    bits = (uint64_t)le32toh(low) | (uint64_t)le16toh(high) << 32;
    lanes = (bits & 0xffffff) | (bits & UINT64_C(0xffffff000000)) << 8;
    return htole64(
        (lanes & UINT64_C(0x0000003f0000003f)) | (lanes & UINT64_C(0x00000fc000000fc0)) << 2 |
        (lanes & UINT64_C(0x0003f0000003f000)) << 4 | (lanes & UINT64_C(0x00fc000000fc0000)) << 6);
}

/*
 * In chunks of a fixed size, so that the compiler makes vector code of the second loop. False if
 * there is a value that no hash can give.
 */
static bool merge_dense(struct hll *hll, const uint8_t *packed)
{
    enum { CHUNK = 256 };
    uint8_t chunk[CHUNK], wrong = 0;

    for (uint8_t *to = hll->registers; to < hll->registers + HLL_REGISTERS; to += CHUNK) {
        for (size_t i = 0; i < CHUNK; i += sizeof(uint64_t), packed += 6) {
            uint64_t eight = spread(packed);

            memcpy(chunk + i, &eight, sizeof eight);
        }
        for (size_t i = 0; i < CHUNK; i++) {
            wrong |= chunk[i] > LARGEST;
            to[i] = to[i] > chunk[i] ? to[i] : chunk[i];
        }
    }
    return wrong == 0;
}

/* One opcode of the run-length form: what length of registers has which value. */
struct run {
    size_t bytes, length;
    uint8_t value;
};

static struct run read_run(const uint8_t *at)
{
    if ((at[0] & 0x80) != 0) /* VAL 1vvvvvll */
        return (struct run){1, (size_t)(at[0] & 3) + 1, (uint8_t)((at[0] >> 2 & 0x1f) + 1)};
    if ((at[0] & 0x40) != 0) /* XZERO 01llllll llllllll; the second byte may be missing */
        return (struct run){2, (size_t)(at[0] & 0x3f) << 8, 0};
    return (struct run){1, (size_t)(at[0] & 0x3f) + 1, 0}; /* ZERO 00llllll */
}

static bool merge_sparse(struct hll *hll, const uint8_t *at, const uint8_t *end)
{
    size_t index = 0;

    while (at < end) {
        struct run run = read_run(at);

        if (run.bytes > (size_t)(end - at))
            return false;
        if (run.bytes == 2)
            run.length += (size_t)at[1] + 1;
        if (run.length > HLL_REGISTERS - index)
            return false;
        for (size_t i = index; run.value > 0 && i < index + run.length; i++)
            if (hll->registers[i] < run.value)
                hll->registers[i] = run.value;
        index += run.length;
        at += run.bytes;
    }
    return index == HLL_REGISTERS;
}

bool hll_merge(struct hll *hll, const void *bytes, size_t length, struct error *err)
{
    const uint8_t *at = bytes;

    if (length < HEADER_SIZE || memcmp(at, "HYLL", 4) != 0)
        return error_set(err, ERROR_INVALID, "the value is not a HyperLogLog of Redis");
    if (at[ENCODING_AT] == SPARSE) {
        if (!merge_sparse(hll, at + HEADER_SIZE, at + length))
            return error_set(err, ERROR_INVALID,
                             "the HyperLogLog is damaged: its runs do not make 16,384 registers");
        return true;
    }
    if (at[ENCODING_AT] != DENSE)
        return error_set(err, ERROR_INVALID, "the HyperLogLog has the unknown encoding %u",
                         at[ENCODING_AT]);
    if (length != DENSE_SIZE)
        return error_set(err, ERROR_INVALID,
                         "the HyperLogLog is damaged: it has %zu bytes instead of %d", length,
                         DENSE_SIZE);
    if (!merge_dense(hll, at + HEADER_SIZE))
        return error_set(err, ERROR_INVALID,
                         "the HyperLogLog is damaged: a register is beyond its largest value");
    return true;
}

void hll_unite(struct hll *hll, const struct hll *with)
{
    for (size_t i = 0; i < HLL_REGISTERS; i++)
        if (hll->registers[i] < with->registers[i])
            hll->registers[i] = with->registers[i];
}

/* sigma and tau of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches". */
static double sigma(double x)
{
    double before, y = 1, z = x;

    if (x == 1)
        return (double)INFINITY;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (before != z);
    return z;
}

static double tau(double x)
{
    double before, y = 1, z = 1 - x;

    if (x == 0 || x == 1)
        return 0;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (before != z);
    return z / 3;
}

/* Four tables, because neighbours often hold the same value and would wait for each other. */
static void count_values(const struct hll *hll, uint32_t histogram[HISTOGRAM_SIZE])
{
    uint32_t part[4][HISTOGRAM_SIZE] = {{0}};

    for (size_t i = 0; i < HLL_REGISTERS; i += 4)
        for (size_t k = 0; k < 4; k++)
            part[k][hll->registers[i + k]]++;
    for (size_t v = 0; v < HISTOGRAM_SIZE; v++)
        histogram[v] = part[0][v] + part[1][v] + part[2][v] + part[3][v];
}

/* The order of the operations is Redis': another one would differ in the last bit now and then. */
uint64_t hll_count(const struct hll *hll)
{
    const double m = HLL_REGISTERS, alpha = 0.721347520444481703680;
    uint32_t histogram[HISTOGRAM_SIZE];
    double estimate, z;

    count_values(hll, histogram);
    z = m * tau((m - histogram[LARGEST]) / m);
    for (size_t j = Q; j >= 1; j--) {
        z += histogram[j];
        z *= 0.5;
    }
    z += m * sigma(histogram[0] / m);
    estimate = alpha * m * m / z;
    return estimate < (double)LARGEST_COUNT ? (uint64_t)llround(estimate) : LARGEST_COUNT;
}
