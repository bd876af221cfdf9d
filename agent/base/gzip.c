#include "agent/base/gzip.h"

#include <zlib.h>

#include <limits.h>

#define GZIP_WINDOW (15 + 16) /* zlib.h: windowBits plus 16 means the gzip form */

static Bytef *readable(const void *bytes)
{
    union {
        const void *given; /* cppcheck-suppress unusedStructMember */
        Bytef *wanted;     /* zlib's next_in is not const, but never written to */
    } cast = {.given = bytes};

    return cast.wanted;
}

bool gzip_compress(const void *bytes, size_t length, struct str *out, struct error *err)
{
    z_stream stream = {.next_in = readable(bytes), .avail_in = (uInt)length};
    Bytef room[16384];
    int state;

    if (length > UINT_MAX)
        return error_set(err, ERROR_INVALID, "a text of %zu bytes is too long for gzip", length);
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return error_set(err, ERROR_UNAVAILABLE, "zlib does not start");
    do {
        stream.next_out = room;
        stream.avail_out = sizeof(room);
        state = deflate(&stream, Z_FINISH);
        str_add_bytes(out, room, sizeof(room) - stream.avail_out);
    } while (state == Z_OK);
    (void)deflateEnd(&stream);
    return state == Z_STREAM_END || error_set(err, ERROR_UNAVAILABLE, "zlib stopped: %d", state);
}

bool gzip_expand(const void *bytes, size_t length, size_t most, struct str *out, struct error *err)
{
    z_stream stream = {.next_in = readable(bytes), .avail_in = (uInt)length};
    size_t before = out->length;
    Bytef room[16384];
    int state = Z_OK;

    if (length > UINT_MAX)
        return error_set(err, ERROR_INVALID, "a gzip text of %zu bytes is too long", length);
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return error_set(err, ERROR_UNAVAILABLE, "zlib does not start");
    while (state == Z_OK && out->length - before <= most) {
        stream.next_out = room;
        stream.avail_out = sizeof(room);
        state = inflate(&stream, Z_NO_FLUSH);
        str_add_bytes(out, room, sizeof(room) - stream.avail_out);
    }
    (void)inflateEnd(&stream);
    if (out->length - before <= most && state == Z_STREAM_END && stream.avail_in == 0)
        return true;
    if (out->length - before > most)
        (void)error_set(err, ERROR_INVALID, "expands to more than %zu bytes", most);
    else
        (void)error_set(err, ERROR_INVALID, "not one whole gzip text");
    str_truncate(out, before);
    return false;
}
