#include "agent/base/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

static const char hex[] = "0123456789abcdef";

char *digest_text(const void *bytes, size_t length, char out[DIGEST_TEXT_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char *at = out;
    int done = EVP_Digest(bytes, length, digest, &size, EVP_sha256(), NULL);

    assert(done == 1 && size == (DIGEST_TEXT_SIZE - 1) / 2);
    (void)done;
    for (unsigned int i = 0; i < size; i++) {
        *at++ = hex[digest[i] >> 4];
        *at++ = hex[digest[i] & 15];
    }
    *at = '\0';
    return out;
}

/* Sets the version and the variant of RFC 9562 and writes the five groups. */
static char *uuid_text(unsigned char bytes[16], unsigned version, char out[UUID_TEXT_SIZE])
{
    char *at = out;

    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    *at = '\0';
    return out;
}

static void fill_random(unsigned char *bytes, int length)
{
    int done = RAND_bytes(bytes, length);

    assert(done == 1);
    (void)done;
}

char *uuid_random(char out[UUID_TEXT_SIZE])
{
    unsigned char bytes[16];

    fill_random(bytes, sizeof(bytes));
    return uuid_text(bytes, 4, out);
}

char *uuid_ordered(int64_t wall_us, char out[UUID_TEXT_SIZE])
{
    unsigned char bytes[16];
    uint64_t milliseconds = (uint64_t)(wall_us / 1000);

    fill_random(bytes, sizeof(bytes));
    for (unsigned i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(milliseconds >> (40 - 8 * i));
    return uuid_text(bytes, 7, out);
}
