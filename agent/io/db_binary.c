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

bool db_binary_integer(const struct db_field *field, int64_t *out, struct error *err)
{
    size_t size = size_of_type(field->type);

    if (size == 0)
        return error_set(err, ERROR_INVALID,
                         "the answer is of type %u where a whole number (int2, int4, int8 or "
                         "bool) is needed",
                         field->type);
    if (field->length != size)
        return error_set(err, ERROR_INVALID, "a number of type %u came with %zu bytes", field->type,
                         field->length);
    *out = field->type == TYPE_BOOL ? field->bytes[0] != 0 : signed_of(field->bytes, size);
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
static bool read_elements(const char *at, const char *end, size_t size, db_each *each, void *arg,
                          struct error *err)
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
bool db_binary_list(const struct db_field *field, db_each *each, void *arg, struct error *err)
{
    unsigned element_type = type_of_elements(field->type);
    uint64_t dimensions, head;

    if (element_type == 0)
        return error_set(err, ERROR_INVALID,
                         "the answer is of type %u where a list of whole numbers (int2[], int4[] "
                         "or int8[]) is needed",
                         field->type);
    if (field->length < 12 || unsigned_of(field->bytes + 8, 4) != element_type)
        return refuse(err);
    dimensions = unsigned_of(field->bytes, 4);
    head = 12 + 8 * dimensions;
    if (dimensions > 6 || field->length < head)
        return refuse(err);
    return read_elements(field->bytes + head, field->bytes + field->length,
                         size_of_type(element_type), each, arg, err);
}

bool db_integer(const struct db_result *result, int row, int column, int64_t *out,
                struct error *err)
{
    struct db_field field = db_field(result, row, column);

    *out = 0;
    return field.is_null || db_binary_integer(&field, out, err);
}

bool db_array(const struct db_result *result, int row, int column, db_each *each, void *arg,
              struct error *err)
{
    struct db_field field = db_field(result, row, column);

    return field.is_null || db_binary_list(&field, each, arg, err);
}

bool db_is_null(const struct db_result *result, int row, int column)
{
    return db_field(result, row, column).is_null;
}

const char *db_bytes(const struct db_result *result, int row, int column, size_t *length)
{
    struct db_field field = db_field(result, row, column);

    *length = field.length;
    return field.bytes;
}
