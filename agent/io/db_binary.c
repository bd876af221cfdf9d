#include "agent/io/db_binary.h"

/* All numbers are big-endian on the wire. */
static uint64_t unsigned_of(const char *bytes, size_t length)
{
    uint64_t number = 0;

    for (size_t i = 0; i < length; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

static int64_t signed_of(const char *bytes, size_t length)
{
    uint64_t number = unsigned_of(bytes, length);
    unsigned shift = 64 - 8 * (unsigned)length;

    /* Up to the top and back brings the sign along. */
    return (int64_t)(number << shift) >> shift;
}

static size_t size_of_type(unsigned type)
{
    static const struct {
        unsigned type;
        size_t size;
    } sizes[] = {{TYPE_INT8, 8}, {TYPE_INT4, 4}, {TYPE_INT2, 2}, {TYPE_BOOL, 1}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (sizes[i].type == type)
            return sizes[i].size;
    return 0;
}

bool db_binary_integer(unsigned type, const char *bytes, size_t length, int64_t *out,
                       struct error *err)
{
    if (size_of_type(type) == 0)
        return error_set(err, ERROR_INVALID,
                         "the answer is of type %u where a whole number (int2, int4, int8 or "
                         "bool) is needed",
                         type);
    if (length != size_of_type(type))
        return error_set(err, ERROR_INVALID, "a number of type %u came with %zu bytes", type,
                         length);
    *out = type == TYPE_BOOL ? bytes[0] != 0 : signed_of(bytes, length);
    return true;
}

static unsigned type_of_elements(unsigned list_type)
{
    static const struct {
        unsigned list, element;
    } types[] = {
        {TYPE_INT8_LIST, TYPE_INT8}, {TYPE_INT4_LIST, TYPE_INT4}, {TYPE_INT2_LIST, TYPE_INT2}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].list == list_type)
            return types[i].element;
    return 0;
}

static bool refuse(struct error *err)
{
    return error_set(err, ERROR_INVALID, "a list came in a form that cannot be read");
}

/* Each element is its length (-1: NULL, all bits set) and its bytes. */
static bool read_elements(const char *at, const char *end, size_t size, db_binary_each *each,
                          void *arg, struct error *err)
{
    while (at < end) {
        uint64_t length;

        if (end - at < 4)
            return refuse(err);
        length = unsigned_of(at, 4);
        at += 4;
        if (length == UINT32_MAX)
            continue;
        if (length != size || (size_t)(end - at) < size)
            return refuse(err);
        each(signed_of(at, size), arg);
        at += size;
    }
    return true;
}

/* The head is: dimensions, whether there are NULLs, element type; then size and first index of each
 * dimension. How many elements there are follows from the length as well. */
bool db_binary_list(unsigned type, const char *bytes, size_t length, db_binary_each *each,
                    void *arg, struct error *err)
{
    unsigned element_type = type_of_elements(type);
    uint64_t dimensions;

    if (element_type == 0)
        return error_set(err, ERROR_INVALID,
                         "the answer is of type %u where a list of whole numbers (int2[], int4[] "
                         "or int8[]) is needed",
                         type);
    if (length < 12 || unsigned_of(bytes + 8, 4) != element_type)
        return refuse(err);
    dimensions = unsigned_of(bytes, 4);
    if (dimensions > 6 || length < 12 + 8 * dimensions)
        return refuse(err);
    return read_elements(bytes + 12 + 8 * dimensions, bytes + length, size_of_type(element_type),
                         each, arg, err);
}
