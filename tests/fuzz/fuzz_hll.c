/*
 * HyperLogLogs as somebody else's Redis may hold them. Whatever the bytes: they are refused, or the
 * registers are what a plain reading of them gives, and merging them again changes nothing.
 */
#include "metrics/hll.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bit by bit, for comparison with what is read eight registers at a time. */
static unsigned dense_register(const uint8_t *packed, size_t index)
{
    unsigned value = 0;

    for (size_t bit = 0; bit < 6; bit++) {
        size_t at = index * 6 + bit;

        value |= (unsigned)(packed[at / 8] >> at % 8 & 1) << bit;
    }
    return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hll once = {{0}}, twice;
    struct error err = {0};
    uint64_t count;

    if (!hll_merge(&once, data, size, &err)) {
        assert(err.kind == ERROR_INVALID && err.text[0] != '\0');
        return 0;
    }
    twice = once;
    assert(hll_merge(&twice, data, size, &err));
    assert(memcmp(&once, &twice, sizeof once) == 0);
    count = hll_count(&once);
    assert(count == hll_count(&twice));
    for (size_t i = 0; i < HLL_REGISTERS; i++) {
        assert(once.registers[i] < 64);
        assert(data[4] != 0 || once.registers[i] == dense_register(data + 16, i));
        assert(once.registers[i] == 0 || count > 0);
    }
    return 0;
}
